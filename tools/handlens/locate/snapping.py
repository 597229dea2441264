"""From a place that was seen to the element that is there."""

from __future__ import annotations

from collections.abc import Mapping

from handlens.geometry import Box, Point
from handlens.locate.candidates import Candidate, Snapshot
from handlens.locate.names import name_match

REACH = 48.0
"""CSS pixels: a place further from an element than this does not mean it."""
_SPREAD = 30.0
_LEAST = 0.12
REGIONS = frozenset({"canvas", "video", "object", "embed", "img"})
"""Elements whose insides no structure tells."""

Plausible = Mapping[tuple[int, int], float]
"""How well candidates, by their keys, answer the description by themselves."""


def snap(point: Point, box: Box | None, label: str, snapshot: Snapshot, plausible: Plausible) -> Candidate | None:
    """The candidate in view that is meant by a place (CSS pixels), or None.

    It is there where the seen box holds its centre, the point lies in it, or it is near and called what was asked for
    or what the eye called it.
    """
    best: tuple[float, Candidate] | None = None
    for candidate in snapshot.candidates:
        if candidate.point is None or candidate.clipped or candidate.hit == 0 or candidate.kind == "hidden":
            continue
        far = _distance(point, candidate.box)
        if far > REACH:
            continue
        said = max(plausible.get(candidate.key, 0.0), 0.8 * _called(candidate, label))
        there = far == 0 or (box is not None and box.contains(candidate.box.center))
        if not there and said < 0.3:
            continue
        score = _score(candidate, point, box, far, said)
        if score > _LEAST and (best is None or score > best[0]):
            best = score, candidate
    return best[1] if best else None


def region_at(point: Point, snapshot: Snapshot) -> Candidate | None:
    """The innermost canvas, picture or video under a point."""
    holding = [
        candidate
        for candidate in snapshot.candidates
        if candidate.tag in REGIONS and candidate.point is not None and candidate.box.contains(point)
    ]
    return min(holding, key=lambda candidate: candidate.box.area, default=None)


def _score(candidate: Candidate, point: Point, box: Box | None, far: float, said: float) -> float:
    centre = candidate.box.center
    off = ((point.x - centre.x) ** 2 + (point.y - centre.y) ** 2) ** 0.5
    near = 1 / (1 + ((far + 0.25 * min(off, 4 * _SPREAD)) / _SPREAD) ** 2)
    fit = 0.5 + 0.5 * candidate.box.overlap(box) if box is not None and box.area else _small(candidate.box)
    kind = 1.0 if candidate.clickable else 0.7 if candidate.kind == "shape" else 0.55
    return near * fit * kind * (0.25 + 0.75 * said)


def _small(box: Box) -> float:
    """What holds half the page is seldom what was pointed at."""
    return 1.0 if box.area < 20_000 else max(0.3, (20_000 / box.area) ** 0.5)


def _called(candidate: Candidate, label: str) -> float:
    return name_match(candidate, label) if label and candidate.name else 0.0


def _distance(point: Point, box: Box) -> float:
    dx = max(box.x - point.x, 0.0, point.x - box.right)
    dy = max(box.y - point.y, 0.0, point.y - box.bottom)
    return (dx * dx + dy * dy) ** 0.5
