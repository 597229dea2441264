"""Columns of a table without upright rules: white bands that most of its rows leave free."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handlens.pdf.model import Word

_WIDE = 0.85  # of the font size: a band as wide as this parts columns even in few rows
_NARROW = 0.42  # a band as narrow as this does where many rows leave it free
_PIECE_GAP = 0.75


@dataclass
class Piece:
    """Words of one row that stand together."""

    words: list[Word]

    @property
    def x0(self) -> float:
        return self.words[0].rect.x0

    @property
    def x1(self) -> float:
        return max(w.rect.x1 for w in self.words)

    @property
    def text(self) -> str:
        return " ".join(w.text for w in self.words)


def pieces_of(row: list[Word], gap: float = _PIECE_GAP, bands: list[tuple[float, float]] | None = None) -> list[Piece]:
    """A row's words, parted at gaps of more than `gap` font sizes, and at narrower ones that lie over a band."""
    pieces = [Piece([row[0]])]
    for left, right in pairwise(row):
        space, size = right.rect.x0 - left.rect.x1, max(left.size, right.size)
        over = bands is not None and any(_over(left, right, space / size, band) for band in bands)
        if space > gap * size or over:
            pieces.append(Piece([]))
        pieces[-1].words.append(right)
    return pieces


def _over(left: Word, right: Word, space: float, band: tuple[float, float]) -> bool:
    """Whether the gap between two words, `space` font sizes wide, is where a band parts two columns."""
    shared = min(band[1], right.rect.x0) - max(band[0], left.rect.x1)
    if space > 0.38 and shared > 0.3 * min(band[1] - band[0], right.rect.x0 - left.rect.x1):
        return True
    near = 0.25 * right.size
    edge = abs(right.rect.x0 - band[1]) < near or abs(left.rect.x1 - band[0]) < near
    return space > 0.18 and shared > 0 and edge


def find_bands(rows: list[list[Word]], left: float, right: float) -> list[tuple[float, float]]:
    """White bands between columns, from left to right, of rows that lie between `left` and `right`."""
    counted = [row for row in rows if len(pieces_of(row)) > 1]
    if len(counted) < 2:
        return []
    size = median(w.size for row in counted for w in row)
    allowed = 0 if len(counted) < 4 else max(1, int(0.14 * len(counted)))
    events: list[tuple[float, int]] = []
    for row in counted:
        for piece in pieces_of(row, 0.5):
            events += [(piece.x0, 1), (piece.x1, -1)]
    events.sort()
    bands: list[tuple[float, float]] = []
    depth, start = 0, None
    for x, step in events:
        before, depth = depth, depth + step
        if before > allowed >= depth:
            start = x
        elif before <= allowed < depth and start is not None:
            if x - start > _NARROW * size:
                bands.append((start, x))
            start = None
    strict = _WIDE * size
    bands = [_narrowed(band, counted, _NARROW * size) for band in bands]
    return [b for b in bands if _holds(b, counted, strict) and b[0] > left - 1 and b[1] < right + 1]


def _narrowed(band: tuple[float, float], rows: list[list[Word]], least: float) -> tuple[float, float]:
    """The part of a band that also the few longest pieces beside it leave free, where that is wide enough."""
    pieces = [piece for row in rows for piece in pieces_of(row, 0.5)]
    left = max([band[0], *(p.x1 for p in pieces if p.x0 < band[0] < p.x1 < band[1])])
    right = min([band[1], *(p.x0 for p in pieces if band[0] < p.x0 < band[1] < p.x1)])
    return (left, right) if right - left > least else band


def _holds(band: tuple[float, float], rows: list[list[Word]], wide: float) -> bool:
    """Whether enough rows have words on both sides of the band, more of them the narrower it is."""
    both = sum(
        any(w.rect.x1 <= band[0] + 1 for w in row) and any(w.rect.x0 >= band[1] - 1 for w in row) for row in rows
    )
    if band[1] - band[0] >= wide:
        return both >= 2
    return both >= max(5, 0.6 * len(rows))
