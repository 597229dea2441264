"""The order in which the parts of a page are read: gutters between columns, and what spans them.

A region is cut at a gutter (an upright white band with text on both sides) where there is one. What crosses the gutter
(a title, a wide figure) parts the region into bands, each read on its own. Where no gutter is found, the region is
read from top to bottom. This is XY-cut that looks for columns first and lets a few things cross them.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Protocol, TypeVar

from handlens.pdf.model import Rect, around


class Placed(Protocol):
    """Anything that has a place on the page."""

    @property
    def rect(self) -> Rect: ...

    @property
    def cells(self) -> bool:
        """Whether it is a pile of short values, as in a column of a table, and no text."""
        ...

    @property
    def short(self) -> bool:
        """Whether its lines are a word or two each."""
        ...

    @property
    def prose(self) -> bool:
        """Whether its lines are full, as those of running text are."""
        ...

    @property
    def listed(self) -> bool:
        """Whether most of its lines begin with the marker of a list."""
        ...

    @property
    def markers(self) -> bool:
        """Whether each of its lines is a number or a marker of a list and nothing else."""
        ...

    @property
    def bases(self) -> list[float]:
        """Baselines of its lines."""
        ...


P = TypeVar("P", bound=Placed)

_MIN_GUTTER = 0.55  # of the median height of what is ordered
_FAR, _NEAR = 12.0, 2.5  # of the same
_DEPTH = 12
_SHELF, _SHELF_LINES = 1.5, 8
_BAND = 2.0
_VALUES, _ROWS = 2, 3  # columns of values beside labels, and rows of both, that make a table


def regions(items: Sequence[P], height: float) -> list[list[P]]:
    """Groups of items in reading order; each group is one column of one band, its items top to bottom.

    height: a usual line's, in points.
    """
    return [sorted(group, key=lambda i: (i.rect.y0, i.rect.x0)) for group in _split(list(items), height, 0)]


def _split(items: list[P], height: float, depth: int) -> list[list[P]]:
    if len(items) < 2 or depth > _DEPTH:
        return [items] if items else []
    gutter = _best_gutter(items, height)
    if gutter is None:
        parts = _apart(items, height)
        groups = [group for part in parts for group in _split(part, height, depth + 1)] if len(parts) > 1 else []
        return groups if len(groups) > len(parts) else [items]
    if shelf := _shelf(items, gutter, height):
        return [group for part in shelf for group in _split(part, height, depth + 1)]
    low, high = gutter
    crossing = [i for i in items if i.rect.x0 < high - 0.5 and i.rect.x1 > low + 0.5]
    groups: list[list[P]] = []
    for band, spans in _bands(items, crossing):
        if spans or _is_in_table(band, low, high):
            groups += _split(band, height, depth + 1) if len(band) < len(items) else [band]
            continue
        middle = (low + high) / 2
        left = [i for i in band if (i.rect.x0 + i.rect.x1) / 2 < middle]
        right = [i for i in band if (i.rect.x0 + i.rect.x1) / 2 >= middle]
        for side in (left, right):
            groups += _split(side, height, depth + 1)
    return groups


def _apart(items: list[P], height: float) -> list[list[P]]:
    """Items top to bottom, parted at wide white bands: a footer's columns are none of the page's."""
    parts: list[list[P]] = []
    bottom = 0.0
    for item in sorted(items, key=lambda i: i.rect.y0):
        if not parts or item.rect.y0 - bottom > _BAND * height:
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
    crossers |= {id(i) for i in items if i.markers and any(_same_row(i, other) for other in crossing)}
    bands: list[tuple[list[P], bool]] = []
    for item in sorted(items, key=lambda i: (i.rect.y0 + min(i.rect.height, 12.0) / 2, i.rect.x0)):
        spans = id(item) in crossers
        if not spans and bands and bands[-1][1] and any(_same_row(item, other) for other in bands[-1][0]):
            bands[-1][0].append(item)  # beside something that crosses: part of its row
            continue
        if not bands or bands[-1][1] != spans:
            bands.append(([], spans))
        bands[-1][0].append(item)
    return bands


def _same_row(item: Placed, other: Placed) -> bool:
    shared = min(item.rect.y1, other.rect.y1) - max(item.rect.y0, other.rect.y0)
    return shared > 0.6 * min(item.rect.height, other.rect.height)


def _best_gutter(items: list[P], height: float) -> tuple[float, float] | None:
    """Left and right of the white band that most text lies beside, on both its sides."""
    best, best_score = None, 0.0
    for low, high in _candidates(items, height):
        score = _gutter_score(items, low, high, height)
        if score > best_score:
            best, best_score = (low, high), score
    return best


def _candidates(items: list[P], height: float) -> list[tuple[float, float]]:
    """White bands left when the few things that span much of the region are looked past."""
    area = around([i.rect for i in items])
    found: set[tuple[float, float]] = set()
    for share in (1.01, 0.75, 0.55, 0.42):
        narrow = sorted(i.rect for i in items if i.rect.width < share * area.width)
        if len(narrow) < 2:
            continue
        reach = narrow[0].x1
        for rect in narrow[1:]:
            if rect.x0 - reach >= _MIN_GUTTER * height:
                found.add((reach, rect.x0))
            reach = max(reach, rect.x1)
    # Few stragglers may lie in a true gutter: count what crosses each place instead of forbidding it.
    edges = sorted({round(i.rect.x0, 1) for i in items})
    for edge in edges:
        if sum(i.rect.height for i in items if abs(i.rect.x0 - edge) < 1.5) < 2.5 * height:
            continue
        before = [i.rect for i in items if edge - max(60.0, 6 * height) < i.rect.x1 < edge - _MIN_GUTTER * height]
        if sum(rect.height for rect in before) >= 2.5 * height:
            found.add((max(rect.x1 for rect in before), edge - 0.5))
    return sorted(found)


def _gutter_score(items: list[P], low: float, high: float, height: float) -> float:
    left = [i for i in items if i.rect.x1 <= low + 0.5]
    right = [i for i in items if i.rect.x0 >= high - 0.5]
    crossing = [i for i in items if i.rect.x0 < high - 0.5 and i.rect.x1 > low + 0.5]
    if not left or not right or _values_of(right, left) or _values_of(left, right) or _markers_of(left, right):
        return 0.0
    if _is_in_table(items, low, high):
        return 0.0
    columns = _is_column(left, height), _is_column(right, height)
    if high - low > _FAR * height and _stands_apart(right, crossing, height):
        columns = True, True
    if (
        high - low > _NEAR * height
        and _is_block(_beside(left, right), height)
        and _is_block(_beside(right, left), height)
    ):
        columns = True, True
    if not all(columns) and not (_is_prose(left if columns[0] else right, height) and any(columns)):
        return 0.0
    a, b = around([i.rect for i in left]), around([i.rect for i in right])
    beside = min(a.y1, b.y1) - max(a.y0, b.y0)
    if beside < 2.2 * height:
        return 0.0
    crossed = sum(
        i.rect.height for i in crossing if max(a.y0, b.y0) - 1 < (i.rect.y0 + i.rect.y1) / 2 < min(a.y1, b.y1) + 1
    )
    free = beside - crossed
    text = sum(min(i.rect.height, 3 * height) for i in left), sum(min(i.rect.height, 3 * height) for i in right)
    if free < 0.35 * beside or min(text) < 2 * height:
        return 0.0
    return min(free, 4 * min(text)) * (1 + min(1.0, (high - low) / (4 * height)))


def _stands_apart(items: list[P], crossing: list[P], height: float) -> bool:
    """Whether a few lines stand together far from all else, as a sender or a date at the head of a letter."""
    area = around([i.rect for i in items])
    count = sum(len(i.bases) for i in items)
    beside = any(i.rect.y0 < area.y1 and i.rect.y1 > area.y0 for i in crossing)
    return not beside and count >= 2 and area.height <= 2.2 * height * count and not any(i.cells for i in items)


def _beside(items: list[P], others: list[P]) -> list[P]:
    """Items that lie at the height of some of the others."""
    top, bottom = min((o.rect.y0 for o in others), default=0.0), max((o.rect.y1 for o in others), default=0.0)
    return [i for i in items if i.rect.y0 < bottom and i.rect.y1 > top]


def _is_block(items: list[P], height: float) -> bool:
    """Whether items are a few lines of text closely set, as an address is, under a word or two or none."""
    piles = [i for i in items if len(i.bases) > 1]
    return (
        bool(piles)
        and not any(i.cells or i.markers for i in items)
        and all(len(i.bases) <= _SHELF_LINES and i.rect.height <= 1.4 * height * len(i.bases) for i in piles)
        and len(items) - len(piles) <= len(piles)
    )


def _markers_of(left: list[P], right: list[P]) -> bool:
    """Whether numbers or list markers at the left stand each in the first line of what they number."""
    bases = [base for i in right for base in i.bases]
    return all(i.markers for i in left) and all(
        any(abs(b - base) < 1.0 for b in bases) for i in left for base in i.bases
    )


def _values_of(side: list[P], other: list[P]) -> bool:
    """Whether short values at one side stand each in a line at the other: columns of one table or list."""
    numbers = any(i.cells for i in other)
    values = [base for i in side if i.cells or (i.short and numbers) for base in i.bases]
    if not values or any(i.prose for i in [*side, *other]):
        return False
    labels = [base for i in other for base in i.bases]
    met = sum(any(abs(base - label) < 1.0 for label in labels) for base in values)
    return len(values) >= 3 and met > 0.9 * len(values) and len(values) >= 0.5 * sum(len(i.bases) for i in side)


def _is_in_table(items: list[P], low: float, high: float) -> bool:
    """Whether a white band parts columns of one table: short values stand in the lines of what is beside the band,
    and nowhere running text on both of its sides, as under a table that is as wide as a page of two columns."""
    columns = [i for i in items if i.cells or i.short]
    if len(columns) < _VALUES or not any(i.cells for i in columns):
        return False
    left, right = [i for i in items if i.rect.x1 <= low + 0.5], [i for i in items if i.rect.x0 >= high - 0.5]
    if _beside([i for i in left if i.prose], [i for i in right if i.prose]):
        return False
    sides = [i for i in left if not i.prose], [i for i in right if not i.prose]
    rows = {round(base) for i in columns for base in i.bases}
    met = [
        base for base in rows
        if all(_has(side, base) for side in sides) and sum(_has([i], base) for i in columns) >= _VALUES
    ]  # fmt: skip
    return len(met) >= _ROWS


def _has(items: list[P], base: float) -> bool:
    return any(abs(other - base) < 1.0 for i in items for other in i.bases)


def _is_prose(items: Sequence[Placed], height: float) -> bool:
    """A tall wide pile of lines, beside which there may be a table."""
    return any(i.rect.height > 6 * height and i.rect.width > 15 * height for i in items)


def _is_column(items: list[P], height: float) -> bool:
    """Whether items could be a column of prose or of a list, and not a column of short cells."""
    items = [i for i in items if not i.cells]
    if any(i.listed for i in items):
        return True
    if len(items) < 2:
        return bool(items) and items[0].rect.height > 4 * height
    widths = [i.rect.width for i in items]
    return median(widths) > 7 * height or max(i.rect.height for i in items) > 4 * height
