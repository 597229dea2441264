"""The order in which the parts of a page are read: gutters between columns, and what spans them.

A region is cut at a gutter (an upright white band with text on both sides) where there is one. What crosses the gutter
(a title, a wide figure) parts the region into bands, each read on its own. Where no gutter is found, the region is
read from top to bottom. This is XY-cut that looks for columns first and lets a few things cross them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from handlens.pdf.gutters import Placed, best_gutter, is_in_table

P = TypeVar("P", bound=Placed)

SCATTERED = 1_000
"""Pieces of text on a page, from which nobody has set them in an order that could be found."""

_DEPTH = 12
_SHELF, _SHELF_LINES = 1.5, 8
_BANDS = 2.0, 1.0
_ROW = 12.0  # points


def regions(items: Sequence[P], height: float) -> list[list[P]]:
    """Groups of items in reading order; each group is one column of one band, its items top to bottom.

    height: a usual line's, in points.
    """
    return [sorted(group, key=lambda i: (i.rect.y0, i.rect.x0)) for group in _split(list(items), height, 0)]


def _split(items: list[P], height: float, depth: int) -> list[list[P]]:
    if len(items) < 2 or depth > _DEPTH:
        return [items] if items else []
    gutter = best_gutter(items, height)
    if gutter is None:
        for band in _BANDS:
            parts = _apart(items, band * height)
            groups = [group for part in parts for group in _split(part, height, depth + 1)] if len(parts) > 1 else []
            if len(groups) > len(parts):
                return groups
        return [items]
    if shelf := _shelf(items, gutter, height):
        return [group for part in shelf for group in _split(part, height, depth + 1)]
    low, high = gutter
    crossing = [i for i in items if i.rect.x0 < high - 0.5 and i.rect.x1 > low + 0.5]
    groups: list[list[P]] = []
    for band, spans in _bands(items, crossing):
        if spans or is_in_table(band, low, high):
            groups += _split(band, height, depth + 1) if len(band) < len(items) else [band]
            continue
        middle = (low + high) / 2
        left = [i for i in band if (i.rect.x0 + i.rect.x1) / 2 < middle]
        right = [i for i in band if (i.rect.x0 + i.rect.x1) / 2 >= middle]
        for part in _beside_tables(left, right):
            groups += _split(part, height, depth + 1)
    return groups


def _beside_tables(left: list[P], right: list[P]) -> list[list[P]]:
    """Left and right; where both are tables or figures, then what is only at the left, under them."""
    top, bottom = min((i.rect.y0 for i in right), default=0.0), max((i.rect.y1 for i in right), default=0.0)
    beside = [i for i in left if i.rect.y0 < bottom and i.rect.y1 > top]
    if beside and right and not any(i.bases for i in (*beside, *right)):
        return [[i for i in left if i.rect.y0 < bottom], right, [i for i in left if i.rect.y0 >= bottom]]
    return [left, right]


def _apart(items: list[P], least: float) -> list[list[P]]:
    """Items top to bottom, parted at white bands of so many points: a footer's columns are none of the page's."""
    parts: list[list[P]] = []
    bottom = 0.0
    for item in sorted(items, key=lambda i: i.rect.y0):
        if not parts or item.rect.y0 - bottom > least:
            parts.append([])
        parts[-1].append(item)
        bottom = max(bottom, item.rect.y1)
    return parts


def _shelf(items: list[P], gutter: tuple[float, float], height: float) -> tuple[list[P], list[P]] | None:
    """What stands side by side at the top and is read before the rest: senders and addresses, a date, authors.

    None where text begins there, or where no white band all the way across parts it from what is below.
    """
    ordered = sorted(items, key=lambda i: i.rect.y0)
    bottom = ordered[0].rect.y1
    for n, item in enumerate(ordered):
        if n and item.rect.y0 - bottom > _SHELF * height:
            above = ordered[:n]
            sides = {
                i.rect.x1 <= gutter[0] + 0.5
                for i in above
                if i.rect.x1 <= gutter[0] + 0.5 or i.rect.x0 >= gutter[1] - 0.5
            }
            if len(sides) == 2:
                return above, ordered[n:]
        if item.prose or not 0 < len(item.bases) <= _SHELF_LINES:
            return None
        bottom = max(bottom, item.rect.y1)
    return None


def _bands(items: list[P], crossing: list[P]) -> list[tuple[list[P], bool]]:
    """The region top to bottom, in runs of items that cross the gutter and runs that do not."""
    crossers = {id(i) for i in crossing}
    markers = [i for i in items if i.markers]
    crossers |= _level_with(markers, crossing) if markers else set()
    bands: list[tuple[list[P], bool]] = []
    near: list[P] = []  # what of the last band reaches down to where the next item may be
    for item in sorted(items, key=lambda i: (_height_of(i), i.rect.x0)):
        spans = id(item) in crossers
        near = [other for other in near if other.rect.y1 > _height_of(item) - _ROW / 2]
        if not spans and bands and bands[-1][1] and any(_same_row(item, other) for other in near):
            bands[-1][0].append(item)  # beside something that crosses: part of its row
            near.append(item)
            continue
        if not bands or bands[-1][1] != spans:
            bands.append(([], spans))
            near = []
        bands[-1][0].append(item)
        near.append(item)
    return bands


def _height_of(item: Placed) -> float:
    """Where an item's first row is, in points from the top."""
    return item.rect.y0 + min(item.rect.height, _ROW) / 2


def _level_with(items: list[P], others: list[P]) -> set[int]:
    """Ids of those of the items that stand in one row with one of the others."""
    found: set[int] = set()
    near: list[tuple[P, bool]] = []
    both = [(i, False) for i in items] + [(i, True) for i in others]
    for item, other in sorted(both, key=lambda pair: pair[0].rect.y0):
        near = [pair for pair in near if pair[0].rect.y1 > item.rect.y0]
        level = [i for i, kind in near if kind is not other and _same_row(item, i)]
        found |= {id(i) for i in (level if other else [item] if level else [])}
        near.append((item, other))
    return found


def _same_row(item: Placed, other: Placed) -> bool:
    shared = min(item.rect.y1, other.rect.y1) - max(item.rect.y0, other.rect.y0)
    return shared > 0.6 * min(item.rect.height, other.rect.height)
