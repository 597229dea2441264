"""Rows, headers and spans of a table from where its words stand, with whatever rules there are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from handlens.pdf.blocks import Cell, Table
from handlens.pdf.lines import rows_of
from handlens.pdf.tables.columns import Piece, find_bands, pieces_of
from handlens.pdf.tables.rules import positions

if TYPE_CHECKING:
    from handlens.pdf.model import Rect, Rule, Word

NUMBER = re.compile(r"^[<>≤≥~±+\-–−]?([$€£¥]|[A-Z]{3} )?[\d.,%×()\[\]±–−\-\s/:*]+( ?[€£¥$]| [A-Z]{3}|[KMBk]|bn)?$")

_PIECE_GAP = 0.75  # of the font size, between what stands in two columns
_MIDDLE = 0.9  # of a line's height, between the first of two lines and what stands at their middle
_NAME = re.compile(r"^(19|20)\d\d\b|^\(\d\)$")


@dataclass
class TextRow:
    """One line of words across the table, each piece with the first and last column that it covers."""

    base: float
    top: float
    bottom: float
    cells: list[tuple[int, int, Piece]] = field(default_factory=list)

    def at(self, column: int) -> Piece | None:
        return next((p for a, b, p in self.cells if a <= column <= b), None)

    @property
    def spans(self) -> bool:
        return any(b > a for a, b, _ in self.cells)

    @property
    def columns(self) -> set[int]:
        return {c for a, b, _ in self.cells for c in range(a, b + 1)}


def read_stream(
    words: list[Word], rect: Rect, across: list[Rule], bands: list[tuple[float, float]] | None = None
) -> Table | None:
    """The table that `words` form inside `rect`; None where they form no columns."""
    rows = rows_of(words)
    if bands is None:
        bands = find_bands(rows, rect.x0, rect.x1)
    if not bands or len(rows) < 2:
        return None
    lines = [_text_row(row, bands) for row in rows]
    parting = [band for n, band in enumerate(bands) if any(_both(line, n) for line in lines)]
    if parting and len(parting) < len(bands):
        bands, lines = parting, [_text_row(row, parting) for row in rows]
    inner = positions(r.at for r in across if r.length > 0.75 * rect.width and rect.y0 + 3 < r.at < rect.y1 - 3)
    header = _header_lines(lines, inner, across, rect)
    grid = _header_rows(lines[:header], across, len(bands) + 1)
    count = len(grid)
    body = merged_rows(lines[header:], inner)
    grid += [_cells(group, len(bands) + 1) for group in body]
    return Table(grid, header=max(1, count)) if len(grid) > 1 else None


def _both(line: TextRow, band: int) -> bool:
    """Whether a row has something of its own on each side of a band; else it parts nothing, such as what stands in
    the first column and sums that stand further in."""
    left, right = line.at(band), line.at(band + 1)
    return left is not None and right is not None and right.x0 - left.x1 > _PIECE_GAP * right.words[0].size


def _text_row(row: list[Word], bands: list[tuple[float, float]]) -> TextRow:
    size = max(w.size for w in row)
    base = median(w.base for w in row)
    line = TextRow(base, base - 0.76 * size, base + 0.22 * size)
    for piece in pieces_of(row, bands=bands):
        first = sum(1 for a, b in bands if piece.x0 >= (a + b) / 2 - 0.5 or piece.x0 >= b - 1.5)
        last = sum(1 for a, b in bands if piece.x1 > (a + b) / 2 + 0.5 and piece.x1 > a + 1.5)
        line.cells.append((first, max(first, last), piece))
    return line


def _header_lines(lines: list[TextRow], inner: list[float], across: list[Rule], rect: Rect) -> int:
    """How many lines the header has: down to the first rule across the table, or until numbers begin."""
    if inner:
        above = [i for i, line in enumerate(lines) if line.base < inner[0] + 1]
        if above and all(_has_values(lines[i]) for i in above):
            return 0  # the rule is that of a sum
        values = [_has_values(lines[i]) for i in above]
        above = above[: next((i for i, pair in enumerate(pairwise(values)) if i and all(pair)), len(above))]
        if above and len(above) < len(lines) and len(above) <= max(6, len(lines) // 2):
            return len(above)
    partial = [r.at for r in across if r.length > 12 and rect.y0 + 3 < r.at < rect.y1 - 3]
    count = sum(1 for line in lines if partial and line.base < min(partial) + 1)
    count = next((i for i, line in enumerate(lines[:count]) if 0 in line.columns and _has_values(line)), count)
    start = count if count <= 4 else 0
    for i, line in enumerate(lines[start : start + 6], start):
        values = [p for a, _, p in line.cells if a > 0]
        if values and sum(bool(NUMBER.match(p.text)) for p in values) >= 0.5 * len(values):
            begun = i > 1 and _stands_before(lines[i - 1], line, lines[i - 2])
            return i - 1 if begun else max(1, i)
    return max(1, start)


def _has_values(line: TextRow) -> bool:
    """Whether most of a row is numbers that name no column, as years do."""
    values = [p.text for a, _, p in line.cells if a > 0]
    return sum(bool(NUMBER.match(text)) and not _NAME.match(text) for text in values) > 0.5 * len(values)


def _header_rows(lines: list[TextRow], across: list[Rule], columns: int) -> list[list[Cell]]:
    """Header lines to rows: lines of one level are one row, what spans stands above what it spans."""
    if not lines:
        return []
    levels: list[list[TextRow]] = []
    for line in lines:
        if levels and not _new_level(levels[-1], line, across):
            levels[-1].append(line)
        else:
            levels.append([line])
    if len(levels) == 1:
        return [_cells(levels[0], columns)]
    return _with_row_spans([_cells(level, columns) for level in levels], columns)


def _new_level(level: list[TextRow], line: TextRow, across: list[Rule]) -> bool:
    ruled = any(level[-1].base - 2 < r.at < line.base - 0.3 * (line.bottom - line.top) for r in across if r.length > 8)
    return ruled or (any(above.spans for above in level) and not line.spans)


def _with_row_spans(rows: list[list[Cell]], columns: int) -> list[list[Cell]]:
    """A header cell with nothing above it reaches up to the top; one with nothing below reaches down."""
    grid: list[list[Cell | None]] = []
    for row in rows:
        places: list[Cell | None] = []
        for cell in row:
            places += [cell] * cell.across
        grid.append(places[:columns])
    for c in range(columns):
        column = [row[c] for row in grid]
        filled = [i for i, cell in enumerate(column) if cell is not None and cell.lines]
        if len(filled) == 1 and (cell := column[filled[0]]) is not None and cell.across == 1:
            for r in range(len(grid)):
                grid[r][c] = cell
            cell.down = len(grid)
    seen: set[int] = set()
    result: list[list[Cell]] = []
    for row in grid:
        kept: list[Cell] = []
        for cell in row:
            if cell is not None and id(cell) not in seen:
                seen.add(id(cell))
                kept.append(cell)
        result.append(kept)
    return result


def merged_rows(lines: list[TextRow], inner: list[float]) -> list[list[TextRow]]:
    """Body lines to rows: a line that goes on with the row above joins it."""
    if not lines:
        return []
    ruled = _ruled_rows(lines, inner)
    if ruled is not None:
        return ruled
    tight = _tight_gap(lines)
    first = 1.0 if _hang(lines) else sum(0 in line.columns for line in lines) / len(lines)
    groups = [[lines[0]]]
    for i, (above, line) in enumerate(pairwise(lines), 1):
        after = lines[i + 1] if i + 1 < len(lines) else None
        if _stands_before(above, line, lines[i - 2] if i > 1 else None):
            groups[-1].append(line)
        elif any(above.base < at < line.base for at in inner) or (after and _stands_before(line, after, above)):
            groups.append([line])
        elif _goes_on(groups[-1], line, tight, first, after):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _stands_before(line: TextRow, after: TextRow, above: TextRow | None) -> bool:
    """Whether a line begins the row of the line after it, whose other cells stand at the middle of a higher one."""
    if 0 in line.columns or 0 not in after.columns or line.columns & after.columns:
        return False
    gap = after.base - line.base
    return gap < _MIDDLE * (line.bottom - line.top) and (above is None or gap < 0.6 * (line.base - above.base))


def _hang(lines: list[TextRow]) -> bool:
    """Whether lines that leave the first column free only go on with the text of a cell or two of the row above."""
    whole = [len(line.columns) for line in lines if 0 in line.columns]
    rest = [line for line in lines if 0 not in line.columns]
    if not whole or min(whole) < 3:
        return False
    numbers = any(NUMBER.match(p.text) for line in rest for _, _, p in line.cells)
    return not numbers and max((len(line.columns) for line in rest), default=0) <= min(whole) / 2


def _ruled_rows(lines: list[TextRow], inner: list[float]) -> list[list[TextRow]] | None:
    """Rows between rules, where rules part at least every third line."""
    inner = [at for at in inner if lines[0].base < at < lines[-1].base]
    if len(inner) < 2 or len(inner) + 1 < len(lines) / 3:
        return None
    groups: dict[int, list[TextRow]] = {}
    for line in lines:
        groups.setdefault(sum(at < line.base for at in inner), []).append(line)
    return [groups[k] for k in sorted(groups)]


def _tight_gap(lines: list[TextRow]) -> float | None:
    """The largest distance between lines of one row, where distances fall into two clear kinds."""
    gaps = sorted(b.base - a.base for a, b in pairwise(lines))
    if len(gaps) < 3:
        return None
    best, at = 0.0, None
    for low, high in pairwise(gaps):
        if low > 0.5 and high / low > max(1.14, best) and low < 1.6 * gaps[0]:
            best, at = high / low, (low + high) / 2
    if at is None:
        return None
    # Rows with one line each have distances of one kind; a few larger ones part sections.
    near = [(above, line) for above, line in pairwise(lines) if line.base - above.base < at]
    whole = sum(0 in line.columns and len(line.columns) >= 0.75 * len(above.columns) for above, line in near)
    if whole > 0.4 * len(near):
        return None  # lines that fill all columns are rows of their own, however closely set
    return at if len(near) < 0.8 * len(gaps) else None


def _goes_on(group: list[TextRow], line: TextRow, tight: float | None, first: float, after: TextRow | None) -> bool:
    above = group[-1]
    gap = line.base - above.base
    if gap > 2.2 * (line.bottom - line.top):
        return False
    if tight is not None:
        return gap < tight
    here, row = line.columns, {c for member in group for c in member.columns}
    if 0 not in here and first > 0.45 and 0 in row:
        if any(NUMBER.match(p.text) and NUMBER.match(q.text) for a, _, p in line.cells if (q := above.at(a))):
            return False  # a number under a number is a value of its own: a sum
        texts = [p.text for _, _, p in line.cells]
        numeric = sum(bool(NUMBER.match(t)) for t in texts)
        return numeric < len(texts) and here <= row and gap < 1.6 * (line.bottom - line.top)
    if here == {0} and 0 in above.columns:
        text = line.cells[0][2].text
        return text[:1].islower() and (after is None or len(above.columns) > 1)
    return False


def _cells(lines: list[TextRow], columns: int) -> list[Cell]:
    """One row of cells from the lines that make it up."""
    spans: dict[int, int] = {}
    for line in lines:
        for a, b, _ in line.cells:
            if b > a and not any(
                other.at(c) not in (None, line.at(a)) for other in lines for c in range(a, b + 1) if other is not line
            ):
                spans[a] = max(spans.get(a, a), b)
    cells: list[Cell] = []
    c = 0
    while c < columns:
        last = spans.get(c, c)
        cell = Cell(across=last - c + 1)
        for line in lines:
            words = [w for a, _, p in line.cells if c <= a <= last for w in p.words]
            if words:
                cell.lines.append(words)
        cells.append(cell)
        c = last + 1
    return cells
