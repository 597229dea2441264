"""Tables that no rule draws: rows of short pieces that stand under one another."""

from __future__ import annotations

import re
from itertools import pairwise
from statistics import median

from handlens.pdf.blocks import Table
from handlens.pdf.captions import is_caption
from handlens.pdf.lines import Line, rows_of
from handlens.pdf.model import Rect, Rule, Word, around
from handlens.pdf.tables.columns import Piece, find_bands, pieces_of
from handlens.pdf.tables.stream import NUMBER, read_stream

_LEADERS = re.compile(r"(\. ?){5,}|…{2,}")
_MARKER = re.compile(r"^([•●○◦▪■▫‣–—\-*]|\(?\w{1,4}[.)]|\[\d+\])$")
_MIN_ROWS = 3
_LARGER = 1.15
_APART, _ALL = 1.3, 0.9  # of the usual distance of lines; of a line's characters


def find_unruled(lines: list[Line], across: list[Rule]) -> list[tuple[Rect, Table, set[int]]]:
    """Tables among the lines of one column of the page, with the indices of the lines that they take."""
    rows = [rows_of(line.words)[0] if len(rows_of(line.words)) == 1 else line.words for line in lines]
    pieces = [pieces_of(row, 0.9) for row in rows]
    found: list[tuple[Rect, Table, set[int]]] = []
    start = 0
    while start < len(lines):
        end = _run(lines, pieces, start)
        table = _table(lines, rows, pieces, start, end, across) if end > start else None
        if table is not None:
            found.append(table)
        start = max(end, start + 1)
    return found


def _run(lines: list[Line], pieces: list[list[Piece]], start: int) -> int:
    """Where a run of rows in several pieces that begins at `start` ends; `start` where none begins."""
    if not _split(pieces[start]):
        return start
    end = last = start
    while end + 1 < len(lines):
        gap = (lines[end + 1].base - lines[end].base) / lines[end].size
        if not 0 < gap < 3.2 or is_caption(lines[end + 1].text):
            break
        if not _split(pieces[end + 1]) and _is_heading(lines[start : end + 2]):
            break
        if _split(pieces[end + 1]):
            last = end + 1
        elif end + 1 - last > 2:
            break
        end += 1
    return last + 1


def _is_heading(lines: list[Line]) -> bool:
    """Whether the last of some lines is larger than the first, or the only bold one and apart from those above it."""
    *above, last = lines
    if last.size > _LARGER * above[0].size:
        return True
    gaps = [b.base - a.base for a, b in pairwise(above)]
    apart = bool(gaps) and last.base - above[-1].base > _APART * median(gaps)
    return apart and last.bold > _ALL and above[-1].bold < _ALL


def _split(pieces: list[Piece]) -> bool:
    return len(pieces) > 1 and not (len(pieces) == 2 and _MARKER.match(pieces[0].text))


def _table(
    lines: list[Line], rows: list[list[Word]], pieces: list[list[Piece]], start: int, end: int, across: list[Rule]
) -> tuple[Rect, Table, set[int]] | None:
    chosen = range(start, end)
    split = [i for i in chosen if _split(pieces[i])]
    captioned = any(is_caption(lines[i].text) for i in range(max(0, start - 4), start))
    least = 2 if captioned or _two_rows([pieces[i] for i in split]) else _MIN_ROWS
    if len(split) < least or len(split) < 0.5 * len(chosen):
        return None
    if any(_LEADERS.search(lines[i].text) for i in split[:4]) or sum(lines[i].mono > 0.8 for i in split) > 0.5 * len(
        split
    ):
        return None
    words = [w for i in chosen for w in rows[i]]
    rect = around([w.rect for w in words])
    bands = find_bands(rows_of(words), rect.x0, rect.x1)
    if not bands or not _looks_tabular([pieces[i] for i in split], len(bands), captioned):
        return None
    table = read_stream(words, rect, [r for r in across if rect.holds((r.start + r.end) / 2, r.at)], bands)
    return (rect, table, set(chosen)) if table is not None else None


def _looks_tabular(rows: list[list[Piece]], bands: int, captioned: bool) -> bool:
    """Whether the pieces read as cells: short, numbers beside labels, and as many in each row."""
    cells = [piece for row in rows for piece in row]
    length = median(len(piece.words) for piece in cells)
    values = [piece for row in rows for piece in row[1:]]
    numeric = sum(bool(NUMBER.match(p.text)) for p in values) / len(values)
    regular = sum(len(row) == bands + 1 for row in rows) / len(rows)
    if captioned:
        return length <= 6 or numeric > 0.3
    columnar = _two_rows(rows) or (len(rows) > 3 and numeric > 0.3)
    if bands >= 2 and columnar and length <= 6 and _aligned(rows) > 0.8:
        return True
    if length > 4 or regular < 0.5:
        return False
    return numeric > 0.5 or (bands >= 2 and regular > 0.6 and length <= 3)


def _two_rows(rows: list[list[Piece]]) -> bool:
    """A row of labels over a row of as many values, each under its own."""
    if len(rows) != 2 or len(rows[0]) < 3 or len(rows[0]) != len(rows[1]):
        return False
    return all(NUMBER.match(p.text) for p in rows[1]) and _aligned(rows) == 1.0


def _aligned(rows: list[list[Piece]]) -> float:
    """Share of pieces that begin or end where at least one other piece of another row does."""
    places = [(n, edge, side) for n, row in enumerate(rows) for p in row for side, edge in ((0, p.x0), (1, p.x1))]
    matched = {
        (n, side, edge) for n, edge, side in places
        if any(m != n and s == side and abs(e - edge) < 1.0 for m, e, s in places)
    }  # fmt: skip
    pieces = [(n, p) for n, row in enumerate(rows) for p in row]
    return sum((n, 0, p.x0) in matched or (n, 1, p.x1) in matched for n, p in pieces) / len(pieces)
