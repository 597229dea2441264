"""A table from nothing but places: a line of headers, and under it lines of text in columns."""

from __future__ import annotations

import re
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from handlens.geometry import Box
from handlens.usage.columns import is_further_header
from handlens.usage.fragments import Band, Fragment, around, cleaned, cut, in_reading_order, label, merged
from handlens.usage.table import Cell, Table, unique

_FOOT = re.compile(
    r"^(?:(?:total|rows per page|showing|page)[\s:]|共|合计|显示|每页|第\s*\d).*\d|^\W*\d+(?:\s+\d+)*\W*$"
    r"|^\d+\s*(?:[-–~]\s*\d+)?\s*(?:of|/)\s*\d+\s*(?:items|rows|条)?$|条\s*/\s*页|^(?:load more|加载更多)",
    re.IGNORECASE,
)
_FOOT_WORDS = re.compile(
    r"(?:showing|total|rows per page)\b.*\d|共\s*\d.*|previous|prev|next|上一页|下一页"
    r"|\d+\s*(?:条|/)\s*(?:/\s*)?(?:页|page)",
    re.IGNORECASE,
)
_TICK = re.compile(r"[●○◉◎•·▪■□◆◇☑☐⬤⚫口回0OoD]{1,2}")
BESIDE = 0.75
"""A line further from a row than so many rows is no part of it."""
FURTHER_OFF = 1.3
"""Rows, from the last one of a list to what follows it."""
APART = 1.2
"""Line heights."""
TWO_TEXTS = "two texts far apart in one cell"
WRAPPED = 1.25
"""In line heights: how far under its start a text goes on."""
TOUCHING = 0.08
"""Of the rows: in so many, texts of two columns may touch."""
ACROSS = 3
"""A text across a strip speaks against it as much as so many at its banks speak for it."""
ALIGNED = 0.3
"""Of the rows. So many texts don't begin, or end, where a header does by chance."""
HEADS_APART = 0.3
"""Of a line's box height: two headers are not closer."""
FEW_ROWS = 3
SHARED = 0.7
"""Confidence, at most, in what was read in two parts that overlap."""
RICH = 0.8
CLOSER = 0.45
ICON = 0.8
"""In line heights: how far an icon before a text moves its first line."""
HALFWAY = 0.2
PARTIAL = 0.4
"""A line that fills less of the columns than this is the second line of a row, or no row at all."""


Span = tuple[float, float]
_Line = tuple[Band, list[list[Fragment]]]
"""A line of text, and what of it is in each column."""


def table_under(header: Band, body: Sequence[Band], name: str = "") -> Table:
    """The table of a header line and the lines under it."""
    heads = [piece for head in _without_box(header.fragments) for piece in _split(head, body)]
    body = body[: _begin_of_another(heads, body)]
    borders = column_borders(heads, body)
    body = body[: _end_of_rows(body, borders)]
    borders = column_borders(heads, body)
    grid = [_row(band, borders) for band in body]
    lines = [
        (band, cells)
        for number, (band, cells) in enumerate(zip(body, grid, strict=True))
        if not _is_foot(band) or _goes_on(band, body) or _is_amid(number, grid)
    ]
    rows = _joined_lines(lines, len(heads))
    right = max((fragment.box.right for band in (header, *body) for fragment in band.fragments), default=0.0)
    edges = [heads[0].box.x, *borders, right]
    cells = [_cells(row, edges) for row in rows]
    headers = unique([head.text for head in heads])
    return Table(headers, tuple(cells), name)


def _without_box(heads: Sequence[Fragment]) -> Sequence[Fragment]:
    """The headers but for the box that ticks all rows."""
    return heads[1:] if len(heads) > 2 and _TICK.fullmatch(heads[0].text) else heads


def column_borders(heads: Sequence[Fragment], body: Sequence[Band]) -> list[float]:
    """Where one column ends and the next begins: the emptiest upright strip between two headers' middles."""
    borders: list[float] = []
    spans = [
        (part.box.x, part.box.right)
        for band in body
        for fragment in band.fragments
        for part in (fragment.parts or (fragment,))
    ]
    whole = [(fragment.box.x, fragment.box.right) for band in body for fragment in band.fragments]
    for left, right in pairwise(heads):
        borders.append(_emptiest(left, right, spans, whole, len(body)))
    return borders


def _emptiest(left: Fragment, right: Fragment, spans: Sequence[Span], whole: Sequence[Span], rows: int) -> float:
    """A place in the emptiest strip: by the side where texts are aligned, where they are.

    A strip between words of one text is worse than one between texts, of which OCR may have run a few together.

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

    def worth(strip: tuple[int, int]) -> float:
        beside = max(strip[0], int(left.box.right)), min(strip[1], int(right.box.x))
        middle = sum(beside if beside[0] < beside[1] else strip) / 2
        across = sum(1 for begin, stop in whole if begin < middle < stop)
        wide = min(1.0, (strip[1] - strip[0]) / left.box.height)
        cuts = any(head.box.x < middle < head.box.right for head in (left, right))
        return sum(_banks(strip, every)) - ACROSS * across + rows * wide - 3 * rows * cuts

    low, high = max(_strips(count, start, int(TOUCHING * rows)), key=worth)
    inner = _strips(count[low - start : high - start], low, 0)
    low, high = max(inner, key=lambda strip: strip[1] - strip[0])
    ending, beginning = _banks((low, high), every)
    if high - low < 6 or ending == beginning:
        return (low + high) / 2
    return high - 2 if beginning > ending else low + 2


def _strips(count: Sequence[int], start: int, more: int) -> list[tuple[int, int]]:
    """Begin and end of the runs that are covered by no more texts than the emptiest place, and so many ``more``."""
    most = min(count) + more
    strips: list[tuple[int, int]] = []
    begin: int | None = None
    for place, covered in enumerate([*count, most + 1]):
        if covered <= most and begin is None:
            begin = place
        elif covered > most and begin is not None:
            strips.append((start + begin, start + place))
            begin = None
    return strips


def _banks(strip: tuple[int, int], spans: Sequence[Span]) -> tuple[int, int]:
    """How many texts end where a strip begins, and begin where it ends."""
    low, high = strip
    return sum(1 for _, stop in spans if abs(stop - low) <= 3), sum(1 for begin, _ in spans if abs(begin - high) <= 3)


def _row(band: Band, borders: Sequence[float]) -> list[list[Fragment]]:
    columns: list[list[Fragment]] = [[] for _ in range(len(borders) + 1)]
    for fragment in band.fragments:
        for piece in cut(fragment, borders):
            column = sum(1 for border in borders if piece.box.center.x > border)
            columns[column].append(piece)
    return columns


def _split(head: Fragment, body: Sequence[Band]) -> list[Fragment]:
    """Headers that were read as one, apart: under them stand two texts in most rows."""
    parts = head.parts
    known = label(head.text) is not None or is_further_header(head.text)
    for at in range(1, len(parts)) if not known else ():
        if parts[at].box.x - parts[at - 1].box.right < HEADS_APART * head.box.height:
            continue  # characters of one word
        left, right = (replace(merged(some), parts=tuple(some)) for some in (parts[:at], parts[at:]))
        lines = [[part for one in band.fragments for part in one.parts or (one,)] for band in body]
        under = [ones for line in lines if (ones := [one for one in line if overlap(one, head)])]
        both = sum(1 for ones in under if any(_only_under(one, left, right) for one in ones) and len(ones) == 2)
        if 2 * both > len(under):
            return [*_split(left, body), *_split(right, body)]
    return [head]


def _only_under(one: Fragment, left: Fragment, right: Fragment) -> bool:
    return overlap(one, right) and not overlap(one, left)


def overlap(one: Fragment, other: Fragment) -> bool:
    """Whether one stands above the other, somewhere."""
    return one.box.x < other.box.right and one.box.right > other.box.x


def _end_of_rows(body: Sequence[Band], borders: Sequence[float]) -> int:
    """How many lines belong to the list: others may follow, further off and across its columns."""
    grid = [_row(band, borders) for band in body]
    filled = [2 * sum(1 for column in cells if column) >= len(cells) for cells in grid]
    pitch = _pitch([band.middle for band, full in zip(body, filled, strict=True) if full])
    for number in range(2, len(body)):
        step = body[number].middle - body[number - 1].middle
        if step > FURTHER_OFF * pitch and sum(map(filled.__getitem__, range(number))) >= 3:
            following = body[number : number + 3]
            if any(_is_across(fragment, borders) for band in following for fragment in band.fragments):
                return number
    return len(body)


def _begin_of_another(heads: Sequence[Fragment], body: Sequence[Band]) -> int:
    """Where lines begin that keep to other columns than the headers': those of a list that is not about usage."""
    for number in range(1, len(body)):
        lines = [band for band in body[number : number + 4] if len(band.fragments) > 1 and not _is_foot(band)]
        texts = [one for band in lines for one in band.fragments[1:]]
        if len(lines) >= 2 and len(texts) >= 4 and len(body[number].fragments) <= 4 < len(heads):
            elsewhere = sum(1 for one in texts if not any(overlap(one, head) for head in heads))
            if 2 * elsewhere >= len(texts):
                return number
    return len(body)


def _is_across(fragment: Fragment, borders: Sequence[float]) -> bool:
    inside = [x for x in borders if fragment.box.x + fragment.box.height < x < fragment.box.right - fragment.box.height]
    return len(inside) >= 2


def _is_amid(number: int, grid: Sequence[list[list[Fragment]]]) -> bool:
    """Whether rows follow: what stands between rows is no foot."""
    return any(2 * sum(1 for column in cells if column) >= len(cells) for cells in grid[number + 1 :])


def _is_foot(band: Band) -> bool:
    text = " ".join(fragment.text for fragment in band.fragments)
    if any(_FOOT_WORDS.fullmatch(fragment.text) for fragment in band.fragments):
        return True
    return len(band.fragments) <= 8 and _FOOT.search(text) is not None


def _goes_on(band: Band, body: Sequence[Band]) -> bool:
    """Whether lone numbers end wrapped texts: each stands right under the start of another, or of an icon before it."""
    above = [
        one
        for line in body
        if 0 < band.middle - line.middle < WRAPPED * line.fragments[0].box.height
        for one in line.fragments
    ]
    return all(any(-0.3 < (one.box.x - part.box.x) / one.box.height < ICON for one in above) for part in band.fragments)


def _joined_lines(lines: Sequence[_Line], width: int) -> list[list[list[Fragment]]]:
    """Rows of the lines: the lines that fill few columns belong to the nearest that fills many."""
    filled = [sum(1 for column in cells if column) for _, cells in lines]
    usual = sorted(filled)[int(0.8 * len(filled))] if filled else 0
    full = [place for place, count in enumerate(filled) if count > PARTIAL * max(usual, 0.6 * width) or width < 3]
    rich = [lines[place][0].middle for place, count in enumerate(filled) if count >= max(2, RICH * usual)]
    apart = statistics.median([after - before for before, after in pairwise(rich)]) if len(rich) > 1 else 0.0
    full = [place for place in full if not any(_is_beside(lines[place], lines[other], apart) for other in full)]
    full = [place for place in full if not _goes_round(place, full, lines)]
    middles, ends = _wrapped_round(lines, [2 * count <= width for count in filled])
    full = sorted({*full, *middles} - ends)
    pitch = _pitch([lines[place][0].middle for place in full])
    going_on = _lines_that_go_on(lines, set(full))
    between = _between_rows([band.middle for band, _ in lines], filled, full, pitch)
    full = sorted([*full, *(place for place in between if place not in going_on)])
    rows = {place: [list(column) for column in lines[place][1]] for place in full}
    for texts in _texts_over_lines(lines, set(full), going_on):
        owner = next((place for place in texts if place in rows), None)
        if owner is None:
            middle = (lines[min(texts)][0].middle + lines[max(texts)][0].middle) / 2
            owner = min(full, key=lambda other: abs(lines[other][0].middle - middle), default=None)
            if owner is None or abs(lines[owner][0].middle - middle) > BESIDE * pitch:
                continue
        for place in sorted(texts - {owner}):
            for column, pieces in zip(rows[owner], lines[place][1], strict=True):
                column += pieces
    return [rows[place] for place in sorted(rows)]


def _lines_that_go_on(lines: Sequence[_Line], full: Collection[int]) -> dict[int, int]:
    """Each line that fills few columns to the one above that it goes on from, where all do: cells begin at one height.

    Those that stand halfway between two rows are then of the upper one.
    """
    steps = {place: _steps_from(place, lines) for place in range(len(lines)) if place not in full}
    near = {place: found for place in steps if (found := _nearest_in_its_columns(place, lines)) is not None}
    up = sum(1 for place, found in near.items() if found < place)
    if up < FEW_ROWS or up < 3 * (len(near) - up):
        return {}
    reach = {place: WRAPPED * max(one.box.height for one in lines[place][0].fragments) for place in steps}
    above = {place: at for place, some in steps.items() for step, at in some if at < place and step <= reach[place]}
    return {place: at for place, at in above.items() if near.get(place, at) == at}


def _texts_over_lines(lines: Sequence[_Line], full: Collection[int], going_on: Mapping[int, int]) -> list[set[int]]:
    """The lines that fill few columns, those whose texts go on in each other together, each with at most one full line.

    Lines of one text follow each other closer than texts of two rows do.
    """
    groups: dict[int, set[int]] = {}
    for place in range(len(lines)):
        if place in full:
            continue
        near = going_on.get(place, _nearest_in_its_columns(place, lines))
        own = groups.get(place, {place})
        other = groups.get(near, {near}) if near is not None else own
        together = own | other
        if len(together & set(full)) > 1:
            together = own
        for one in together - set(full):
            groups[one] = together
    return [group for place, group in groups.items() if place == min(group - set(full))]


def _nearest_in_its_columns(place: int, lines: Sequence[_Line]) -> int | None:
    """The line whose text stands right above or below a text of this one; None where neither is plainly nearer."""
    height = min(one.box.height for one in lines[place][0].fragments)
    steps = sorted(_steps_from(place, lines))
    if not steps or steps[0][0] > WRAPPED * height:
        return None
    return None if len(steps) > 1 and steps[1][0] - steps[0][0] < 0.1 * height else steps[0][1]


def _steps_from(place: int, lines: Sequence[_Line]) -> list[tuple[float, int]]:
    """How far off the next lines above and below are that have text in a column of the line, and which they are."""
    band, cells = lines[place]
    ways = range(place - 1, -1, -1), range(place + 1, len(lines))
    found = [next((other for other in way if _share_a_column(cells, lines[other][1])), None) for way in ways]
    return [(abs(lines[other][0].middle - band.middle), other) for other in found if other is not None]


def _share_a_column(cells: list[list[Fragment]], others: list[list[Fragment]]) -> bool:
    return any(_says(column) and _says(other) for column, other in zip(cells, others, strict=True))


def _says(column: Sequence[Fragment]) -> bool:
    """Whether there is more in a part of a row than boxes to tick."""
    return any(not _TICK.fullmatch(one.text) for one in column)


def _is_beside(line: _Line, other: _Line, apart: float) -> bool:
    """Whether a line goes with another that fills more columns: right beside it, and none of the same or far closer
    than full lines are ``apart``.
    """
    (band, cells), (centre, others) = line, other
    height, step = max(one.box.height for one in band.fragments), abs(band.middle - centre.middle)
    fewer = sum(1 for column in cells if column) < sum(1 for column in others if column)
    return fewer and step < height and (step < CLOSER * apart or not _share_a_column(cells, others))


def _goes_round(place: int, full: Collection[int], lines: Sequence[_Line]) -> bool:
    """Whether a text of a line goes on beyond another line, which has nothing in its columns: the middle of a row."""
    near = _nearest_in_its_columns(place, lines)
    if near is None or abs(near - place) < 2:
        return False
    return any(min(place, near) < other < max(place, near) for other in full)


def _wrapped_round(lines: Sequence[_Line], partial: Sequence[bool]) -> tuple[set[int], set[int]]:
    """Lines halfway between two that hold the one and the other half of wrapped texts, and those two."""
    middles, ends = set[int](), set[int]()
    for above, (middle, below) in enumerate(zip(range(1, len(lines)), range(2, len(lines)), strict=False)):
        first, between, last = (lines[place][0].middle for place in (above, middle, below))
        halfway = abs(first + last - 2 * between) < HALFWAY * (last - first)
        wrapped = _nearest_in_its_columns(above, lines) == below and _nearest_in_its_columns(below, lines) == above
        if halfway and wrapped and partial[above] and partial[below]:
            middles.add(middle)
            ends |= {above, below}
    return middles - ends, ends


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
        _cell(column, first=not number) if column else Cell("", Box.from_corners(left, line.y, end, line.bottom))
        for number, (column, left, end) in enumerate(zip(row, edges, edges[1:], strict=False))
    )


def _cell(pieces: Sequence[Fragment], *, first: bool) -> Cell:
    ordered = in_reading_order(pieces)
    if first:
        ordered = _without_what_opens_the_row(ordered)
    texts = [piece for piece in map(cleaned, ordered) if piece.text]
    whole = cleaned(merged(texts or [ordered[0]]))
    apart = any(_is_apart(*pair) and len(pair[0].text) > 1 for pair in pairwise(texts))
    note = TWO_TEXTS if apart else None
    sure = (
        min(whole.confidence, SHARED) if any(_share_a_letter(*pair) for pair in pairwise(texts)) else whole.confidence
    )
    return Cell(whole.text, around(ordered), sure, note, pieces=tuple(one.box for one in ordered))


def _without_what_opens_the_row(pieces: Sequence[Fragment]) -> Sequence[Fragment]:
    """The pieces but for boxes to tick and icons left of all others, beside the first line or between two."""
    texts = [piece for piece in pieces if not _TICK.fullmatch(piece.text)]
    left = min((piece.box.x for piece in texts), default=0.0)
    kept = [piece for piece in pieces if piece in texts or piece.box.right > left + 2] if texts else list(pieces)
    if len(kept) > 1 and len(kept[0].text) == 1 and _is_apart(*kept[:2]):
        kept = kept[1:]
    return kept


def _share_a_letter(left: Fragment, right: Fragment) -> bool:
    """Whether two texts of one line overlap: what is in both was read twice."""
    level = abs(left.middle - right.middle) < 0.4 * left.box.height
    return level and left.box.right - right.box.x > 2


def _is_apart(left: Fragment, right: Fragment) -> bool:
    """Whether two texts of one line stand too far from each other to be of one cell."""
    level = abs(left.middle - right.middle) < 0.4 * left.box.height
    return level and right.box.x - left.box.right > APART * left.box.height
