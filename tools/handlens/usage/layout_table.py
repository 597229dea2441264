"""A table from nothing but places: a line of headers, and under it lines of text in columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from handlens.geometry import Box
from handlens.usage.fragments import Band, Fragment, around, cleaned, cut, in_reading_order, merged
from handlens.usage.table import Cell, Table, unique

_FOOT = re.compile(
    r"^(?:(?:total|rows per page|showing|page)[\s:]|共|合计|显示|每页|第\s*\d).*\d|^\W*\d+(?:\s+\d+)*\W*$"
    r"|^\d+\s*(?:[-–~]\s*\d+)?\s*(?:of|/)\s*\d+\s*(?:items|rows|条)?$|条\s*/\s*页|^(?:load more|加载更多)",
    re.IGNORECASE,
)
BESIDE = 0.75
"""A line further from a row than so many rows is no part of it."""
WRAPPED = 1.25
"""In line heights: how far under its start a text goes on."""
ALIGNED = 0.3
"""Of the rows. So many texts don't begin, or end, where a header does by chance."""
PARTIAL = 0.4
"""A line that fills less of the columns than this is the second line of a row, or no row at all."""


def table_under(header: Band, body: Sequence[Band], name: str = "") -> Table:
    """The table of a header line and the lines under it."""
    heads = list(header.fragments)
    borders = column_borders(heads, body)
    grid = [_row(band, borders) for band in body]
    lines = [
        (band, cells) for band, cells in zip(body, grid, strict=True) if not _is_foot(band) or _goes_on(band, body)
    ]
    rows = _joined_lines(lines, len(heads))
    right = max((fragment.box.right for band in (header, *body) for fragment in band.fragments), default=0.0)
    edges = [heads[0].box.x, *borders, right]
    cells = [_cells(row, edges) for row in rows]
    headers = unique([head.text for head in heads])
    return Table(headers, tuple(cells), name)


def column_borders(heads: Sequence[Fragment], body: Sequence[Band]) -> list[float]:
    """Where one column ends and the next begins: the emptiest upright strip between two headers' middles."""
    borders: list[float] = []
    spans = [
        (part.box.x, part.box.right)
        for band in body
        for fragment in band.fragments
        for part in (fragment.parts or (fragment,))
    ]
    for left, right in pairwise(heads):
        borders.append(_emptiest(left, right, spans, len(body)))
    return borders


def _emptiest(left: Fragment, right: Fragment, spans: Sequence[tuple[float, float]], rows: int) -> float:
    """A place in the widest of the emptiest strips: by the side where texts are aligned, where they are.

    What is aligned with a header is under it, so the border runs beside that header and not through its column.
    """
    start, end = int(left.box.center.x), int(right.box.center.x) + 1
    if sum(1 for begin, _ in spans if abs(begin - right.box.x) <= 3) >= max(2.0, ALIGNED * rows):
        end = max(start + 1, int(right.box.x))
    if sum(1 for _, stop in spans if abs(stop - left.box.right) <= 3) >= max(2.0, ALIGNED * rows):
        start = min(end - 1, int(left.box.right))
    count = [0] * max(1, end - start)
    every = [*spans, (left.box.x, left.box.right), (right.box.x, right.box.right)]
    for low, high in every:
        for x in range(max(start, int(low)), min(end, int(high) + 1)):
            count[x - start] += 1
    strip = _widest_strip(count)
    if strip is None:
        return (left.box.right + right.box.x) / 2
    low, high = start + strip[0], start + strip[1]
    ending = sum(1 for _, stop in every if abs(stop - low) <= 3)
    beginning = sum(1 for begin, _ in every if abs(begin - high) <= 3)
    if high - low < 6 or ending == beginning:
        return (low + high) / 2
    return high - 2 if beginning > ending else low + 2


def _widest_strip(count: Sequence[int]) -> tuple[int, int] | None:
    """Start and end of the longest run of the least count."""
    least = min(count)
    best: tuple[int, int] | None = None
    begin: int | None = None
    for place, covered in enumerate([*count, least + 1]):
        if covered == least and begin is None:
            begin = place
        elif covered != least and begin is not None:
            if best is None or place - begin > best[1] - best[0]:
                best = (begin, place)
            begin = None
    return best


def _row(band: Band, borders: Sequence[float]) -> list[list[Fragment]]:
    columns: list[list[Fragment]] = [[] for _ in range(len(borders) + 1)]
    for fragment in band.fragments:
        for piece in cut(fragment, borders):
            column = sum(1 for border in borders if piece.box.center.x > border)
            columns[column].append(piece)
    return columns


def _is_foot(band: Band) -> bool:
    text = " ".join(fragment.text for fragment in band.fragments)
    return len(band.fragments) <= 8 and _FOOT.search(text) is not None


def _goes_on(band: Band, body: Sequence[Band]) -> bool:
    """Whether lone numbers end wrapped texts: each stands right under the start of another."""
    above = [
        one
        for line in body
        if 0 < band.middle - line.middle < WRAPPED * line.fragments[0].box.height
        for one in line.fragments
    ]
    return all(any(abs(one.box.x - part.box.x) < 0.3 * one.box.height for one in above) for part in band.fragments)


def _joined_lines(lines: Sequence[tuple[Band, list[list[Fragment]]]], width: int) -> list[list[list[Fragment]]]:
    """Rows of the lines: the lines that fill few columns belong to the nearest that fills many."""
    filled = [sum(1 for column in cells if column) for _, cells in lines]
    usual = sorted(filled)[int(0.8 * len(filled))] if filled else 0
    full = [place for place, count in enumerate(filled) if count > PARTIAL * max(usual, 0.6 * width) or width < 3]
    pitch = _pitch([lines[place][0].middle for place in full])
    full = sorted([*full, *_between_rows([band.middle for band, _ in lines], filled, full, pitch)])
    rows = {place: [list(column) for column in lines[place][1]] for place in full}
    for place, (band, cells) in enumerate(lines):
        if place in rows:
            continue
        nearest = min(full, key=lambda other: abs(lines[other][0].middle - band.middle), default=None)
        if nearest is None or abs(lines[nearest][0].middle - band.middle) > BESIDE * pitch:
            continue
        for column, pieces in zip(rows[nearest], cells, strict=True):
            column += pieces
    return [rows[place] for place in sorted(rows)]


def _between_rows(middles: Sequence[float], filled: Sequence[int], full: Sequence[int], pitch: float) -> list[int]:
    """Lines in the midst of the rows that fill little, and are too far from any row to be of it: rows too."""
    found: list[int] = []
    for place in sorted(range(len(middles)), key=lambda at: -filled[at]):
        if filled[place] < 2 or not full or not full[0] < place < full[-1]:
            continue
        if all(abs(middles[other] - middles[place]) > BESIDE * pitch for other in (*full, *found)):
            found.append(place)
    return found


def _pitch(middles: Sequence[float]) -> float:
    steps = [after - before for before, after in pairwise(middles)]
    return sorted(steps)[len(steps) // 4] if steps else 60.0


def _cells(row: Sequence[Sequence[Fragment]], edges: Sequence[float]) -> tuple[Cell, ...]:
    """The row's cells. One in which nothing was read has the box where it would be."""
    pieces = [piece for column in row for piece in column]
    line = around(pieces) if pieces else Box(x=0, y=0, width=0, height=0)
    return tuple(
        _cell(column) if column else Cell("", Box.from_corners(left, line.y, end, line.bottom))
        for column, left, end in zip(row, edges, edges[1:], strict=False)
    )


def _cell(pieces: Sequence[Fragment]) -> Cell:
    ordered = in_reading_order(pieces)
    whole = cleaned(merged([piece for piece in map(cleaned, ordered) if piece.text] or [ordered[0]]))
    return Cell(whole.text, around(pieces), whole.confidence)
