"""Tables that are only laid out, not marked up: found from where texts stand, in a picture or on a page."""

from __future__ import annotations

from collections.abc import Sequence

from handlens.usage.columns import Field
from handlens.usage.fragments import Band, Fragment, bands, line_height, parted, without_boxes
from handlens.usage.layout_cards import cards, panel
from handlens.usage.layout_gauges import gauges
from handlens.usage.layout_heads import are_pairs, header_within, is_header, joined_heads
from handlens.usage.layout_legends import legends, listed_legends
from handlens.usage.layout_menu import without_menu
from handlens.usage.layout_table import overlap, table_under
from handlens.usage.table import Table

LARGER = 1.35
"""Times the height of most lines."""
FEW = 3
APART = 1.5
"""In line heights: no line of a wrapped text is so far from the one before."""
OF_BOXES = 6
"""In line heights: a column of boxes to tick, which nobody reads, is narrower."""


def tables_in(fragments: Sequence[Fragment]) -> list[Table]:
    """The tables, panels and cards that the texts are laid out in."""
    height = line_height(fragments)
    lines = joined_heads(bands(without_menu(parted(without_boxes(fragments)))), height)
    found = panel(lines, height)
    if found:
        return [found]
    heads = [number for number, band in enumerate(lines) if is_header(band)]
    named = any(Field.TASK_NAME in lines[head].labels.values() for head in heads)
    if not named and (found := legends(lines, height)):
        return found
    if not heads and (alone := _beside_others(lines, height)):
        return tables_in(alone)
    if not heads and (found := gauges(lines, height)):
        return [found]
    if not named and (found := listed_legends(lines, height)):
        return found
    if _names_beside_values(lines) > max(len(heads), _rows_under(lines, heads)):
        found = cards(lines, height)
        return [found] if found else []
    ends = [*heads, len(lines)][1:]
    found = [
        table_under(lines[head], _body(lines, head, end, height), _title(lines, head, height))
        for head, end in zip(heads, ends, strict=True)
    ]
    rings = None if any(table.rows for table in found) else gauges(lines, height)
    return [rings] if rings else found


def _beside_others(lines: Sequence[Band], height: float) -> list[Fragment]:
    """The texts of a list that shares its lines with what stands beside it; none where there is no such list."""
    for number, band in enumerate(lines):
        part = header_within(band)
        if part is None:
            continue
        texts = [fragment for line in lines[number:] for fragment in line.fragments]
        first, last = part.fragments[0], part.fragments[-1]
        left = max((one.box.right for one in band.fragments if one.box.x < first.box.x), default=float("-inf"))
        right = min((one.box.x for one in band.fragments if one.box.x > last.box.x), default=float("inf"))
        within = [one for one in texts if one.box.center.x > left and one.box.x < right]
        ragged = sum(1 for one in within if one.box.x < left + 0.5 * height or one.box.right > right)
        if len(within) > 2 * len(part.fragments) and 20 * ragged <= len(within):
            return [one for line in lines[:number] for one in line.fragments if left < one.box.x < right] + within
    return []


def _names_beside_values(lines: Sequence[Band]) -> int:
    """Lines that name one field, once or once a card, and say something beside it."""
    alone = [len(set(band.names.values())) == 1 and len(band.fragments) > len(band.names) for band in lines]
    return sum(1 for band, one in zip(lines, alone, strict=True) if one or are_pairs(band))


def _rows_under(lines: Sequence[Band], heads: Sequence[int]) -> int:
    """Lines under the best header that fill at least half of its columns: what speaks for a table."""
    best = max(heads, key=lambda head: len(set(lines[head].names.values())), default=None)
    if best is None:
        return 0
    columns = len(lines[best].fragments)
    return sum(1 for band in lines[best + 1 :] if not band.names and 2 * len(band.fragments) >= columns)


def _body(lines: Sequence[Band], head: int, end: int, height: float) -> Sequence[Band]:
    """The lines under a header, up to the next header's title (a lone line right above it)."""
    body = list(lines[head + 1 : end])
    for number, band in enumerate(body):
        above, below = lines[head + number], body[number + 1 :]
        titled = _is_title(band, lines[head], height) or _opens_another(band, above, below, lines[head])
        if titled and not _rows_follow(below, lines[head]):
            del body[number:]
            break
    if end < len(lines) and len(body) > 1 and len(body[-1].fragments) == 1:
        gap = body[-1].middle - body[-2].middle
        if gap > 1.5 * height:
            body.pop()
    return body


def _rows_follow(body: Sequence[Band], head: Band) -> bool:
    """Whether a list goes on: type at the edge of a picture's strip looks larger than it is."""
    columns = len(head.fragments)
    under = [sum(1 for one in head.fragments if any(overlap(one, text) for text in band.fragments)) for band in body]
    near = any(2 * count >= columns > 2 for count in under[:FEW])
    return near or any(4 * count >= 3 * columns > 6 for count in under[FEW:])


def _opens_another(band: Band, above: Band, below: Sequence[Band], head: Band) -> bool:
    """Whether a lone text stands apart from the list above it, and over lines of several texts that are no rows."""
    first, height = band.fragments[0], band.fragments[0].box.height
    lone = len(band.fragments) == 1 and abs(first.box.x - head.fragments[0].box.x) < OF_BOXES * height
    apart = band.middle - above.middle > APART * height
    several = [len(line.fragments) for line in below if len(line.fragments) > 1]
    return lone and apart and len(several) >= 2 and all(2 * count < len(head.fragments) for count in several)


def _is_title(band: Band, head: Band, height: float) -> bool:
    """A lone text in larger type at the list's left edge: the title of something else."""
    first = band.fragments[0]
    near = -OF_BOXES * height < first.box.x - head.fragments[0].box.x < 3 * height
    return len(band.fragments) == 1 and near and first.box.height > LARGER * height and not first.text[-1:].isdigit()


def _title(lines: Sequence[Band], head: int, height: float) -> str:
    if head and len(lines[head - 1].fragments) <= 2 and lines[head].middle - lines[head - 1].middle < 5 * height:
        return lines[head - 1].fragments[0].text
    return ""
