"""Lattices to tables: what rules enclose is a cell, unless the text in it plainly stands in more columns or rows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from handlens.pdf.blocks import Cell, Table
from handlens.pdf.lines import rows_of
from handlens.pdf.model import Rect, Word
from handlens.pdf.places import Places, words_by_middle
from handlens.pdf.tables.columns import Piece, find_bands, pieces_of
from handlens.pdf.tables.lattice import Lattice
from handlens.pdf.tables.stream import NUMBER, TextRow, merged_rows

_MANY_ROWS = 4


@dataclass
class _Area:
    """Enclosed places of the lattice, from row and column on, and the words in them."""

    row: int
    column: int
    rows: int
    columns: int
    words: list[Word]


def read_lattice(lattice: Lattice, words: Places[Word]) -> Table | None:
    """The table that a lattice draws; None where it draws a frame or a form's boxes and no table."""
    held = words.inside(lattice.rect)
    _add_columns(lattice, held)
    placed = words_by_middle(held)
    areas: list[_Area] = []
    for r, c, rows, columns in lattice.cells():
        rect = Rect(lattice.xs[c], lattice.ys[r], lattice.xs[c + columns], lattice.ys[r + rows])
        area = _Area(r, c, rows, columns, placed.inside(rect))
        for part in _by_rows(area, lattice):
            areas += _by_columns(part, lattice)
    filled = [a for a in areas if a.words]
    if len(filled) < 2 or len({a.column for a in filled}) < 2 or len(areas) < 4:
        return None
    table = _grid(areas)
    return table if len(table.rows) > 1 and max(len(row) for row in table.rows) > 1 else None


def _add_columns(lattice: Lattice, held: list[Word]) -> None:
    """Borders where no rule parts two columns of numbers that stand between the same rules."""
    for left, right in pairwise(list(lattice.xs)):
        rows = rows_of([w for w in held if left < (w.rect.x0 + w.rect.x1) / 2 < right])
        if len(rows) < 4:
            continue
        for a, b in find_bands(rows, left, right):
            values = [[w for w in row if w.rect.x0 >= b - 1] for row in rows if any(w.rect.x1 <= a + 1 for w in row)]
            both = [" ".join(w.text for w in right) for right in values if right]
            numeric = sum(bool(NUMBER.match(text)) for text in both)
            if len(both) >= 3 and numeric >= 0.6 * len(both):
                lattice.xs.append((a + b) / 2)
    lattice.xs.sort()


def _by_columns(area: _Area, lattice: Lattice) -> list[_Area]:
    """An area over several columns, parted where every line of its text leaves their borders free."""
    borders = lattice.xs[area.column + 1 : area.column + area.columns]
    if not borders or not area.words:
        return [area]
    pieces = [piece for row in rows_of(area.words) for piece in pieces_of(row)]
    if any(p.x0 < x - 1 and p.x1 > x + 1 for p in pieces for x in borders) and not _numbers_apart(area.words, borders):
        return [area]
    parts: list[list[Word]] = [[] for _ in range(area.columns)]
    for word in area.words:
        parts[sum(1 for x in borders if (word.rect.x0 + word.rect.x1) / 2 > x)].append(word)
    if sum(bool(part) for part in parts) < 2:
        return [area]
    return [_Area(area.row, area.column + i, area.rows, 1, part) for i, part in enumerate(parts)]


def _by_rows(area: _Area, lattice: Lattice) -> list[_Area]:
    """An area over many rows, parted where it has a line of text in each: only the rules of its rows are missing."""
    if area.rows < _MANY_ROWS or area.columns > 1:
        return [area]
    ys = lattice.ys[area.row : area.row + area.rows + 1]
    parts = [[w for w in area.words if top < (w.rect.y0 + w.rect.y1) / 2 <= bottom] for top, bottom in pairwise(ys)]
    if not all(parts):
        return [area]
    return [_Area(area.row + n, area.column, 1, area.columns, part) for n, part in enumerate(parts)]


def _numbers_apart(words: list[Word], borders: list[float]) -> bool:
    """Numbers set so closely that they look like one piece, but none of which lies over a border."""
    crossing = any(w.rect.x0 < x - 1 and w.rect.x1 > x + 1 for w in words for x in borders)
    return not crossing and all(NUMBER.match(w.text) for w in words)


def _grid(areas: list[_Area]) -> Table:
    """Areas to rows of cells; rows and columns in which nothing begins, which doubled rules make, are dropped."""
    rows, columns = _used(areas)
    table: list[list[Cell]] = []
    for r in rows:
        starting = [a for a in areas if next((k for k in range(a.row, a.row + a.rows) if k in rows), None) == r]
        cells: list[tuple[int, Cell, _Area]] = []
        for area in starting:
            over = [k for k in range(area.column, area.column + area.columns) if k in columns]
            down = [k for k in range(area.row, area.row + area.rows) if k in rows]
            if over and down:
                cells.append((over[0], Cell(rows_of(area.words), len(over), len(down)), area))
        cells.sort(key=lambda entry: entry[0])
        split = _by_lines([(cell, area) for _, cell, area in cells])
        table += split or [[cell for _, cell, _ in cells]]
    return Table(table, header=max((cell.down for cell in table[0]), default=1) if table else 1)


def _used(areas: list[_Area]) -> tuple[list[int], list[int]]:
    rows = {a.row for a in areas if a.words and a.rows == 1}
    columns = {a.column for a in areas if a.words and a.columns == 1}
    for area in sorted((a for a in areas if a.words), key=lambda a: a.rows * a.columns):
        if not rows & set(range(area.row, area.row + area.rows)):
            rows.add(area.row)
        if not columns & set(range(area.column, area.column + area.columns)):
            columns.add(area.column)
    return sorted(rows), sorted(columns)


def _by_lines(row: list[tuple[Cell, _Area]]) -> list[list[Cell]] | None:
    """The rows of a band between two rules that holds several rows of text, one under the other in all columns."""
    if len(row) < 2 or any(cell.down > 1 or cell.across > 1 for cell, _ in row):
        return None
    band = [area for _, area in row]
    stacks = [rows_of(a.words) for a in band if a.words]
    most = max((len(s) for s in stacks), default=0)
    deep = sum(len(s) >= 0.6 * most and len(s) > 1 for s in stacks)
    if most < 2 or deep < max(2, 0.6 * len(stacks)):
        return None
    numeric = any(len(s) > 1 and all(NUMBER.match(" ".join(w.text for w in line)) for line in s) for s in stacks[1:])
    if not numeric and not (_level(stacks) and (most >= 4 or _spread(stacks))):
        return None
    groups = merged_rows([_text_row(words, band) for words in rows_of([w for a in band for w in a.words])], [])
    return [[_stacked(group, i) for i in range(len(band))] for group in groups]


def _text_row(words: list[Word], band: list[_Area]) -> TextRow:
    size, base = max(w.size for w in words), median(w.base for w in words)
    line = TextRow(base, base - 0.76 * size, base + 0.22 * size)
    for i, area in enumerate(band):
        own = {id(w) for w in area.words}
        if held := [w for w in words if id(w) in own]:
            line.cells.append((i, i, Piece(held)))
    return line


def _stacked(group: list[TextRow], column: int) -> Cell:
    return Cell([piece.words for line in group if (piece := line.at(column)) is not None])


def _level(stacks: list[list[list[Word]]]) -> bool:
    """Whether lines of all cells lie on the same baselines, and are too short to be wrapped prose."""
    bases = [sorted(row[0].base for row in s) for s in stacks if len(s) > 1]
    words = [len(row) for s in stacks for row in s]
    counts = {len(b) for b in bases}
    return len(counts) == 1 and median(words) <= 3


def _spread(stacks: list[list[list[Word]]]) -> bool:
    """Whether lines lie farther apart than those of one paragraph do."""
    steps = [(b[0].base - a[0].base) / a[0].size for s in stacks for a, b in pairwise(s)]
    return bool(steps) and min(steps) > 1.7
