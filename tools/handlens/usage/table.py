"""What a reader hands over: tables of text cells, with nothing made of them yet.

A reader (of page structure, of a picture) gives `RawTable`s: header lines and rows as they stand, with spans.
`unfold` lays a raw table out on a grid and gives a `Table`: one header a column, one cell a place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from handlens.geometry import Box
from handlens.usage.columns import meaning
from handlens.usage.reading import plain

MOST_COLUMNS = 2_000
"""A span can't reach further than this; `colspan="1000000"` is a page's mistake, or its malice."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as shown. ``box`` is in CSS pixels of the viewport, or pixels of the picture that was read.

    ``note`` says where a text is not plainly written: read from a bar's length, for one.
    """

    text: str
    box: Box | None = None
    confidence: float = 1.0
    note: str | None = None
    columns: int = 1
    rows: int = 1
    header: bool = False
    pieces: tuple[Box, ...] = ()
    """Its lines of text one by one, where it was read from a picture and has several."""


EMPTY = Cell("")


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as a reader finds it; ``rows`` from top to bottom, header lines included or apart."""

    kind: Literal["table", "grid", "list", "cards"]
    rows: tuple[tuple[Cell, ...], ...]
    head: tuple[tuple[Cell, ...], ...] = ()
    name: str = ""
    total_rows: int | None = None
    """How many rows the page says that there are, where it does (``aria-rowcount``)."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table on a grid: every row has as many cells as there are headers. Header names are unique."""

    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    name: str = ""
    asides: tuple[str, ...] = ()
    """Lines that span the whole table and are no rows: "No data", the name of a group."""
    total_rows: int | None = None


def as_pairs(raw: RawTable) -> RawTable:
    """A table whose lines all go name, value, name, value, is the list of them."""
    lines = [line for line in raw.rows if line]
    turns = [len(line) % 2 == 0 and all(cell.header != bool(at % 2) for at, cell in enumerate(line)) for line in lines]
    if raw.kind != "table" or raw.head or not lines or not all(turns) or max(map(len, lines)) < 4:
        return raw
    pairs = tuple((line[at], line[at + 1]) for line in lines for at in range(0, len(line), 2))
    return replace(raw, kind="list", rows=pairs)


def unfold(raw: RawTable) -> Table | None:
    """The raw table on a grid, or None where it has no header to tell what its columns are."""
    if raw.kind == "list":
        return _from_pairs(raw)
    head = list(_grid(raw.head))
    body = list(_grid(raw.rows))
    while not head and body and _is_header_line(body[0]):
        head.append(body.pop(0))
        while head and body and all(cell.header for cell in body[0]) and _is_header_line(body[0]):
            head.append(body.pop(0))
    if not head:
        return _sideways(body, raw)
    width = max((len(line) for line in (*head, *body)), default=0)
    headers = _header_names([_padded(line, width) for line in head], width)
    rows: list[tuple[Cell, ...]] = []
    asides: list[str] = []
    for line in body:
        if _is_aside(line, width):
            asides.append(next(cell.text for cell in line if cell.text or cell.columns >= width))
        elif any(cell.text for cell in line) and not _repeats_header(line, headers):
            rows.append(_padded(line, width))
    return Table(headers, tuple(rows), raw.name, tuple(asides), raw.total_rows)


def _grid(lines: Sequence[Sequence[Cell]]) -> list[tuple[Cell, ...]]:
    """Spans laid out: a cell that spans rows or columns stands in each of them (its text belongs to all)."""
    grid: list[tuple[Cell, ...]] = []
    hanging: dict[int, tuple[Cell, int]] = {}
    for line in lines:
        laid: list[Cell] = []
        waiting = list(line)
        while waiting or any(place >= len(laid) for place in hanging):
            place = len(laid)
            if place in hanging:
                cell, left = hanging.pop(place)
                laid.append(cell)
                if left > 1:
                    hanging[place] = (cell, left - 1)
                continue
            cell = waiting.pop(0) if waiting else EMPTY
            span = max(1, min(cell.columns, MOST_COLUMNS - place))
            for offset in range(span):
                laid.append(cell)
                if cell.rows > 1:
                    hanging[place + offset] = (cell, min(cell.rows - 1, len(lines)))
            if len(laid) >= MOST_COLUMNS:
                break
        hanging = {place: waits for place, waits in hanging.items() if place < MOST_COLUMNS}
        grid.append(tuple(laid))
    return grid


def _padded(line: Sequence[Cell], width: int) -> tuple[Cell, ...]:
    return (*line, *(EMPTY for _ in range(width - len(line))))


def _is_header_line(line: Sequence[Cell]) -> bool:
    if not line:
        return False
    if len(line) > 1 and all(cell.header for cell in line):
        return True
    known = sum(1 for cell in line if meaning(cell.text))
    return known >= 2 and known * 2 >= sum(1 for cell in line if cell.text)


def _is_aside(line: Sequence[Cell], width: int) -> bool:
    """One cell over the whole width, in a table that is wider than one column."""
    return (
        width > 1
        and len({id(cell) for cell in line if cell.text or cell.columns > 1}) == 1
        and (line[0].columns >= width or (len(line) == 1 and line[0].columns == 1))
    )


def _repeats_header(line: Sequence[Cell], headers: Sequence[str]) -> bool:
    shown = [plain(cell.text) for cell in line]
    return len(shown) > 1 and shown == [plain(header) for header in headers[: len(shown)]]


def _header_names(head: Sequence[Sequence[Cell]], width: int) -> tuple[str, ...]:
    """One name a column: the header lines above it joined, unique, never empty."""
    names: list[str] = []
    for column in range(width):
        parts: list[str] = []
        for line in head:
            text = plain(line[column].text)
            wide = len({id(cell) for cell in line}) == 1 and width > 1
            if text and not wide and (not parts or parts[-1] != text):
                parts.append(text)
        names.append(" ".join(parts) or f"column {column + 1}")
    return unique(names)


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """The names, the second of the same numbered "(2)"."""
    seen: dict[str, int] = {}
    given: list[str] = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        given.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(given)


def _sideways(body: Sequence[tuple[Cell, ...]], raw: RawTable) -> Table | None:
    """A table whose first column names the fields: one row a further column."""
    lines = [line for line in body if len(line) > 1]
    named = sum(1 for line in lines if line[0].header or meaning(line[0].text))
    known = sum(1 for line in lines if meaning(line[0].text))
    if not lines or known < 2 or named * 2 < len(lines):
        return None
    headers = unique([plain(line[0].text) or "column" for line in lines])
    width = max(len(line) for line in lines)
    columns = [tuple(_padded(line, width)[place] for line in lines) for place in range(1, width)]
    rows = tuple(column for column in columns if any(cell.text for cell in column))
    return Table(headers, rows, raw.name)


def _from_pairs(raw: RawTable) -> Table | None:
    """A definition list: each line is a term and what it says; a second of the same term starts a new row."""
    records: list[dict[str, Cell]] = [{}]
    for line in raw.rows:
        if len(line) != 2:
            continue
        term = plain(line[0].text).rstrip(":：") or "column"
        if term in records[-1]:
            records.append({})
        records[-1][term] = line[1]
    headers = tuple(dict.fromkeys(term for record in records for term in record))
    if not headers:
        return None
    rows = tuple(tuple(record.get(header, EMPTY) for header in headers) for record in records)
    return Table(headers, rows, raw.name)


def joined(tables: Sequence[Table]) -> list[Table]:
    """Lists that follow each other with (nearly) the same terms are one table: a page of cards."""
    whole: list[Table] = []
    for table in tables:
        before = whole[-1] if whole else None
        shared = set(before.headers) & set(table.headers) if before else set[str]()
        if before is None or len(shared) * 3 < 2 * max(len(before.headers), len(table.headers)):
            whole.append(table)
            continue
        headers = tuple(dict.fromkeys((*before.headers, *table.headers)))
        rows = (*_reordered(before, headers), *_reordered(table, headers))
        whole[-1] = replace(before, headers=headers, rows=rows)
    return whole


def _reordered(table: Table, headers: Sequence[str]) -> list[tuple[Cell, ...]]:
    place = {header: column for column, header in enumerate(table.headers)}
    return [tuple(row[place[h]] if h in place else EMPTY for h in headers) for row in table.rows]


def scrolled_together(tables: Sequence[Table]) -> list[Table]:
    """Looks at one list that was scrolled between them: one table, rows that were seen twice only once.

    The overlap is the longest run of rows that ends one look and begins the next. A look without a header of its own
    can't be told from another table, so only looks with the same number of columns are put together.
    """
    whole: list[Table] = []
    for table in tables:
        before = whole[-1] if whole else None
        if before is None or len(before.headers) != len(table.headers):
            whole.append(table)
            continue
        whole[-1] = replace(before, rows=(*before.rows, *table.rows[_overlap(before.rows, table.rows) :]))
    return whole


def _overlap(above: Sequence[Sequence[Cell]], below: Sequence[Sequence[Cell]]) -> int:
    seen = [_folded(row) for row in above]
    new = [_folded(row) for row in below]
    for length in range(min(len(seen), len(new)), 0, -1):
        if all(_alike(a, b) for a, b in zip(seen[-length:], new[:length], strict=True)):
            return length
    return 0


def _folded(row: Sequence[Cell]) -> tuple[str, ...]:
    return tuple(plain(cell.text).replace(" ", "").casefold() for cell in row)


def _alike(a: Sequence[str], b: Sequence[str]) -> bool:
    """Whether two readings are of one row: the first column the same, and most of the others."""
    same = sum(1 for left, right in zip(a, b, strict=True) if left == right)
    return a[0] == b[0] and 3 * same >= 2 * len(a)
