"""Gutters: upright white bands with text on both sides, which part columns and not the cells of a table."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from math import floor
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
_TWO, _TWO_FAR = 2.2, 1.9  # of the same: two lines, and two far from all else
_BLOCK_LINES = 8
_VALUES, _ROWS = 2, 3  # columns of values beside labels, and rows of both, that make a table
_MOST_BANDS = 64  # white bands that are looked at closely; pages that somebody set have twenty
_LEVEL = 1.0  # points between baselines of one row


def best_gutter(items: list[P], height: float) -> tuple[float, float] | None:
    """Left and right of the white band that most text lies beside, on both its sides.

    Of more bands than `_MOST_BANDS` those with the least text across and the most beside them are looked at.
    """
    best, best_score = None, 0.0
    for low, high in _promising(items, _candidates(items, height)):
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
    return sorted(found | _crossed_bands(items, height))


def _crossed_bands(items: list[P], height: float) -> set[tuple[float, float]]:
    """Bands between much text that ends and much that begins: few stragglers may lie in a true gutter."""
    starting = sorted((i.rect for i in items), key=lambda r: r.x0)
    ending = sorted((i.rect for i in items), key=lambda r: r.x1)
    starts, ends = [r.x0 for r in starting], [r.x1 for r in ending]
    begun = list(accumulate((r.height for r in starting), initial=0.0))
    ended = list(accumulate((r.height for r in ending), initial=0.0))
    found: set[tuple[float, float]] = set()
    for edge in sorted({round(x, 1) for x in starts}):
        if begun[bisect_left(starts, edge + 1.5)] - begun[bisect_right(starts, edge - 1.5)] < 2.5 * height:
            continue
        first = bisect_right(ends, edge - max(60.0, 6 * height))
        last = bisect_left(ends, edge - _MIN_GUTTER * height)
        if first < last and ended[last] - ended[first] >= 2.5 * height:
            found.add((ends[last - 1], edge - 0.5))
    return found


def _promising(items: list[P], bands: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Bands from left to right; where there are many, those with little across them and much on both sides."""
    if len(bands) <= _MOST_BANDS:
        return bands
    starts, ends = sorted(i.rect.x0 for i in items), sorted(i.rect.x1 for i in items)

    def promise(band: tuple[float, float]) -> int:
        left, right = bisect_right(ends, band[0] + 0.5), len(items) - bisect_left(starts, band[1] - 0.5)
        return min(left, right) - (len(items) - left - right)

    return sorted(sorted(bands, key=promise)[-_MOST_BANDS:])


def _gutter_score(items: list[P], low: float, high: float, height: float) -> float:
    left = [i for i in items if i.rect.x1 <= low + 0.5]
    right = [i for i in items if i.rect.x0 >= high - 0.5]
    crossing = [i for i in items if i.rect.x0 < high - 0.5 and i.rect.x1 > low + 0.5]
    if not left or not right:
        return 0.0
    a, b = around([i.rect for i in left]), around([i.rect for i in right])
    beside = min(a.y1, b.y1) - max(a.y0, b.y0)
    if beside < (_TWO_FAR if high - low > _FAR * height else _TWO) * height:
        return 0.0
    crossed = sum(
        i.rect.height for i in crossing if max(a.y0, b.y0) - 1 < (i.rect.y0 + i.rect.y1) / 2 < min(a.y1, b.y1) + 1
    )
    free = beside - crossed
    text = sum(min(i.rect.height, 3 * height) for i in left), sum(min(i.rect.height, 3 * height) for i in right)
    if free < 0.35 * beside or min(text) < 2 * height:
        return 0.0
    if _values_of(right, left) or _values_of(left, right) or _markers_of(left, right):
        return 0.0
    if is_in_table(items, low, high) or not _are_columns(left, right, crossing, high - low, height):
        return 0.0
    return min(free, 4 * min(text)) * (1 + min(1.0, (high - low) / (4 * height)))


def _are_columns(left: list[P], right: list[P], crossing: list[P], width: float, height: float) -> bool:
    """Whether what stands beside a band `width` points wide could be columns of text."""
    if width > _FAR * height and _stands_apart(right, crossing, height):
        return True
    near = _beside(left, right), _beside(right, left)
    if width > _NEAR * height and _is_block(near[0], height) and _is_block(near[1], height):
        return True
    columns = _is_column(left, height), _is_column(right, height)
    return all(columns) or (any(columns) and _is_prose(left if columns[0] else right, height))


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
        and all(len(i.bases) <= _BLOCK_LINES and i.rect.height <= 1.4 * height * len(i.bases) for i in piles)
        and len(items) - len(piles) <= len(piles)
    )


class _Baselines:
    """Baselines of some items, in order."""

    def __init__(self, items: Sequence[Placed]) -> None:
        self._bases = sorted(base for i in items for base in i.bases)

    def __contains__(self, base: float) -> bool:
        """Whether an item has a line level with `base`."""
        at = bisect_right(self._bases, base - _LEVEL)
        return at < len(self._bases) and self._bases[at] < base + _LEVEL


def _markers_of(left: list[P], right: list[P]) -> bool:
    """Whether numbers or list markers at the left stand each in the first line of what they number."""
    if not all(i.markers for i in left):
        return False
    bases = _Baselines(right)
    return all(base in bases for i in left for base in i.bases)


def _values_of(side: list[P], other: list[P]) -> bool:
    """Whether short values at one side stand each in a line at the other: columns of one table or list."""
    numbers = any(i.cells for i in other)
    values = [base for i in side if i.cells or (i.short and numbers) for base in i.bases]
    if not values or any(i.prose for i in [*side, *other]):
        return False
    labels = _Baselines(other)
    met = sum(base in labels for base in values)
    return len(values) >= 3 and met > 0.9 * len(values) and len(values) >= 0.5 * sum(len(i.bases) for i in side)


def is_in_table(items: list[P], low: float, high: float) -> bool:
    """Whether a white band parts columns of one table: short values stand in the lines of what is beside the band,
    and nowhere running text on both of its sides, as under a table that is as wide as a page of two columns."""
    columns = [i for i in items if i.cells or i.short]
    if len(columns) < _VALUES or not any(i.cells for i in columns):
        return False
    left, right = [i for i in items if i.rect.x1 <= low + 0.5], [i for i in items if i.rect.x0 >= high - 0.5]
    if _beside([i for i in left if i.prose], [i for i in right if i.prose]):
        return False
    sides = [_Baselines([i for i in side if not i.prose]) for side in (left, right)]
    rows = {round(base) for i in columns for base in i.bases}
    level = Counter(row for i in columns for row in _rows_of(i))
    return sum(level[row] >= _VALUES and all(row in side for side in sides) for row in rows) >= _ROWS


def _rows_of(item: Placed) -> set[int]:
    """Whole points that a baseline of the item is level with."""
    return {
        row for base in item.bases for row in range(floor(base - _LEVEL), floor(base + _LEVEL) + 2)
        if abs(base - row) < _LEVEL
    }  # fmt: skip


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
