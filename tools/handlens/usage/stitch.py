"""Pictures of one page that was scrolled between them, put together as one where their pixels tell how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

_BIN = 4
"""Pixels of a line that are compared as one."""
_SAME = 6
"""Grey levels that the same pixels of two pictures may differ by."""
_LEAST_LINES = 12
"""Lines of pixels with something in them that two pictures must share."""
_MOST_CHANGED = 0.08
"""Of what is drawn in the shared part. Values may change between two looks; names don't."""


@dataclass(frozen=True, slots=True)
class _Step:
    """From one picture to the next the page moved up by ``by`` pixels, between ``left`` and ``right``; what moved ends
    at ``bottom`` (of the window, in both pictures)."""

    by: int
    left: int
    right: int
    bottom: int


def stitched(images: Sequence[Image]) -> list[Image]:
    """The pictures in their order, those that go on where the one before them ends put together."""
    runs: list[tuple[list[Image], list[_Step]]] = [([image], []) for image in images[:1]]
    for before, image in pairwise(images):
        step = _step(before, image)
        if step:
            runs[-1][0].append(image)
            runs[-1][1].append(step)
        else:
            runs.append(([image], []))
    return [_joined(run, steps) if steps else run[0] for run, steps in runs]


def _joined(images: Sequence[Image], steps: Sequence[_Step]) -> Image:
    """One tall picture: of each further one what it shows anew; what did not move stands where it was at first."""
    from PIL import Image as Pillow

    first, last = images[0], images[-1]
    foot = last.crop((0, steps[-1].bottom, last.width, last.height))
    whole = Pillow.new("RGB", (first.width, steps[-1].bottom + sum(step.by for step in steps) + foot.height))
    whole.paste(_paper(first), (0, 0, *whole.size))
    end = steps[0].bottom
    whole.paste(first.crop((0, 0, first.width, end)), (0, 0))
    moved = 0
    for image, step in zip(images[1:], steps, strict=True):
        moved += step.by
        begin, end = max(0, end - step.by), step.bottom
        whole.paste(image.crop((step.left, begin, step.right, end)), (step.left, begin + moved))
    whole.paste(foot, (0, end + moved))
    return whole


def _paper(image: Image) -> Any:
    """The colour that most of the picture has."""
    counted = image.resize((64, 64), 0).getcolors(64 * 64) or [(0, 0)]
    return max(counted, key=lambda one: one[0])[1]


def _step(before: Image, after: Image) -> _Step | None:
    """How far the page moved from one picture to the next; None where that can't be told."""
    import numpy as np

    if before.size != after.size:
        return None
    one, other = (np.asarray(image.convert("L"), dtype=np.int16) for image in (before, after))
    moved = np.abs(one - other) > _SAME
    across, down = np.flatnonzero(moved.any(axis=0)), np.flatnonzero(moved.any(axis=1))
    if len(down) < _LEAST_LINES:
        return None
    left, right, top, bottom = int(across[0]), int(across[-1]) + 1, int(down[0]), int(down[-1]) + 1
    by = _shift(one[top:bottom, left:right], other[top:bottom, left:right])
    return _Step(by, left, right, bottom) if by else None


def _shift(one: Any, other: Any) -> int:
    """By how many lines the second picture is further down the same page; 0 where they share nothing."""
    import numpy as np

    one, other = _coarse(one), _coarse(other)
    drawn = np.abs(one - np.median(one))
    lines = (drawn > _SAME).any(axis=1)
    best = _MOST_CHANGED, 0
    for by in range(1, len(one) - _LEAST_LINES):
        if lines[by:].sum() >= _LEAST_LINES:
            changed = float(np.abs(one[by:] - other[: len(one) - by]).sum() / drawn[by:].sum())
            best = min(best, (changed, by))
    return best[1]


def _coarse(lines: Any) -> Any:
    import numpy as np

    begins = np.arange(0, lines.shape[1], _BIN)
    return (np.add.reduceat(lines, begins, axis=1) / _BIN).astype(np.float32)
