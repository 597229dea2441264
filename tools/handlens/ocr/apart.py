"""Columns that stand close: what the detector took for one line is cut where other lines end and begin too.

In a dense table the gap between two columns is hardly wider than a space. What tells them apart is that the gap goes
on through the lines above and below, with texts that end at its left bank or begin at its right bank.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from handlens.ocr.detect import Rotated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

_GAP = 0.24
"""Of a line's height, as the detector has it. Hardly any space of proportional type is wider."""
_EDGE = 28
"""Grey levels between neighbouring pixels where something is written. Even ground, however coloured, has none."""
_BANK = 3
_REACH = 8
"""Lines above and below in which a gap is looked for."""
_SUPPORT = 3
"""Other texts at the same bank."""
_VARIED = 0.1
"""Of the texts at a bank: so many differ from most in length, or stand further from their neighbour."""
_MARGIN = 5


@dataclass(slots=True)
class _Run:
    """Something written without a gap: columns ``left`` to ``right`` of the picture, in the line of ``place``."""

    left: float
    right: float
    place: Rotated
    cut: bool = False
    first: bool = True
    last: bool = True
    before: float = -1.0
    """Where what stands left of it in its line ends."""
    after: float = -1.0
    """Where what stands right of it begins."""


def apart(image: Image, places: list[Rotated]) -> list[Rotated]:
    """The places, those that run through several columns cut, and those that overlap in one line put together."""
    level = [place for place in places if place.angle == 0.0 and place.width > place.height]
    if len(level) < _SUPPORT:
        return places
    runs = {id(place): found for place, found in zip(level, _runs(image, level), strict=True) if found}
    every = [run for found in runs.values() for run in found]
    _introduce(every)
    pieces: list[_Run] = []
    for place in level:
        pieces += _cut(runs.get(id(place), []), every)
    whole = _united(pieces)
    changed = {id(run.place) for run in whole if run.cut}
    kept = [
        place for place in places if id(place) not in changed and (id(place) not in runs or _is_there(place, whole))
    ]
    return kept + [_place(run) for run in whole if run.cut]


def _is_there(place: Rotated, whole: list[_Run]) -> bool:
    return any(run.place is place for run in whole)


def _runs(image: Image, places: list[Rotated]) -> list[list[_Run]]:
    """What is written in each place, apart wherever there is a gap that could part two columns."""
    import numpy as np

    grey = image.mean(axis=2)
    written = np.zeros(grey.shape, np.int32)
    written[:, 1:] = np.abs(np.diff(grey, axis=1)) > _EDGE
    down = np.concatenate([np.zeros((1, grey.shape[1]), np.int32), written.cumsum(axis=0, dtype=np.int32)])
    usual = median(place.height for place in places)
    return [_runs_of(place, down, _GAP * min(place.height, usual)) for place in places]


def _runs_of(place: Rotated, down: Any, gap: float) -> list[_Run]:
    import numpy as np

    height, width = down.shape[0] - 1, down.shape[1]
    top, bottom = (min(max(0, round(place.cy + side * 0.3 * place.height)), height) for side in (-1, 1))
    left = min(max(0, math.floor(place.cx - place.width / 2)), width)
    right = min(max(0, math.ceil(place.cx + place.width / 2)), width)
    ink = np.flatnonzero((down[bottom] - down[top])[left:right])
    if not len(ink):
        return []
    breaks = np.flatnonzero(np.diff(ink) > max(4.0, gap))
    starts, ends = [0, *(breaks + 1)], [*breaks, len(ink) - 1]
    runs = [_Run(left + float(ink[a]), left + float(ink[b]) + 1, place) for a, b in zip(starts, ends, strict=True)]
    for run, following in itertools.pairwise(runs):
        run.last = following.first = False
    return runs


def _cut(runs: list[_Run], every: list[_Run]) -> list[_Run]:
    """The runs of one place, those that no column's border parts put together again."""
    pieces = runs[:1]
    for run in runs[1:]:
        before = pieces[-1]
        if _is_border(before, run, every):
            pieces.append(run)
            before.cut = run.cut = True
        else:
            pieces[-1] = _Run(before.left, run.right, before.place, before.cut)
    return pieces


def _is_border(before: _Run, after: _Run, every: list[_Run]) -> bool:
    """Whether the gap goes on: at the top of a table only below, at its end only above."""
    place = before.place
    near = [run for run in every if 0.5 < abs(run.place.cy - place.cy) / place.height < 1.2 * _REACH]
    below = [run for run in near if run.place.cy > place.cy]
    above = [run for run in near if run.place.cy < place.cy]
    return any(_parts(side, before, after) for side in (near, below, above))


def _parts(near: list[_Run], before: _Run, after: _Run) -> bool:
    middle = (before.right + after.left) / 2
    ending = [run for run in near if abs(run.right - before.right) <= _BANK]
    beginning = [run for run in near if abs(run.left - after.left) <= _BANK]
    left = _aligned([(run.left, run.after) for run in ending], any(run.last and run.after > 0 for run in ending))
    right = _aligned(
        [(run.right, run.before) for run in beginning], any(run.first and run.before > 0 for run in beginning)
    )
    across = sum(1 for run in near if run.left < middle - 1 and run.right > middle + 1)
    aligned = max(left, right)
    return aligned >= _SUPPORT and 5 * across <= aligned


def _aligned(others: list[tuple[float, float]], alone: bool) -> int:
    """How many texts stand at a bank; none where all look alike: the words of "A100 x 2", dates and times of day.

    ``others``: the other end of each, and where its neighbour over the gap begins; ``alone``: one of them is a text
    of its own for the detector too, as headers are.
    """
    if len(others) < _SUPPORT:
        return 0
    varied = max(sum(1 for end in ends if abs(end - median(ends)) > _BANK) for ends in zip(*others, strict=True))
    return len(others) if alone or varied >= max(2.0, _VARIED * len(others)) else 0


def _introduce(runs: list[_Run]) -> None:
    """Tell every run where its neighbours in its line are."""
    lines: list[list[_Run]] = []
    for run in sorted(runs, key=lambda run: run.place.cy):
        if lines and run.place.cy - lines[-1][-1].place.cy < 0.2 * run.place.height:
            lines[-1].append(run)
        else:
            lines.append([run])
    for line in lines:
        line.sort(key=lambda run: run.left)
        for run, following in itertools.pairwise(line):
            run.after, following.before = following.left, run.right


def _united(pieces: list[_Run]) -> list[_Run]:
    """The pieces, those of one line that overlap as one: the detector's places reach into their neighbours."""
    whole: list[_Run] = []
    for piece in sorted(pieces, key=lambda run: run.left):
        same = next((run for run in whole if _overlap(run, piece)), None)
        if same is None:
            whole.append(piece)
            continue
        inside = piece.right <= same.right + 1
        larger = same if inside or same.right - same.left >= piece.right - piece.left else piece
        same.left, same.right = min(same.left, piece.left), max(same.right, piece.right)
        same.place, same.cut = larger.place, True
    return whole


def _overlap(one: _Run, other: _Run) -> bool:
    level = abs(one.place.cy - other.place.cy) < 0.35 * min(one.place.height, other.place.height)
    return level and min(one.right, other.right) - max(one.left, other.left) > 0


def _place(run: _Run) -> Rotated:
    place = run.place
    width = run.right - run.left + 2 * _MARGIN
    return Rotated((run.left + run.right) / 2, place.cy, width, place.height, 0.0, place.score)
