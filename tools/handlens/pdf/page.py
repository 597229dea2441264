"""Understanding one page: from words, rules and pictures to blocks in reading order."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlens.pdf.bidi import is_rtl, runs_leftwards
from handlens.pdf.blocks import Block, Kind, Table
from handlens.pdf.fields import find_fields
from handlens.pdf.figures import find_figures, lettering, without_captions
from handlens.pdf.flow import mark_open
from handlens.pdf.footnotes import mark_footnotes
from handlens.pdf.furniture import split_furniture
from handlens.pdf.headings import mark_captions, mark_headings
from handlens.pdf.leads import split_leads
from handlens.pdf.lettering import join_drop_caps
from handlens.pdf.lines import Line, fragments_of, merged
from handlens.pdf.listings import without_line_numbers
from handlens.pdf.model import PageContent, Rect, Style, around
from handlens.pdf.order import SCATTERED, regions
from handlens.pdf.paragraphs import is_entry, is_marker, paragraphs, starts_item
from handlens.pdf.piles import join_fragments
from handlens.pdf.quotes import mark_quotes
from handlens.pdf.tables import find_tables, find_unruled
from handlens.pdf.tables.stream import NUMBER

if TYPE_CHECKING:
    from handlens.pdf.profile import Profile

_HEAD, _CELLS = 1, 4  # rows of a table's header; cells under it, from which it is taken for a table


@dataclass
class _Item:
    """Something to be ordered: a pile of lines, a table or a figure."""

    rect: Rect
    lines: list[Line]
    table: Table | None = None
    figure: bool = False
    aside: list[Block] = dataclasses.field(default_factory=list)
    """What stands sideways there."""
    field: bool = False
    """Whether it is a field of a form, whose label and value stand by themselves."""
    bases: list[float] = dataclasses.field(init=False)
    cells: bool = dataclasses.field(init=False)
    short: bool = dataclasses.field(init=False)
    listed: bool = dataclasses.field(init=False)
    markers: bool = dataclasses.field(init=False)
    prose: bool = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        count = len(self.lines)
        values = sum(bool(NUMBER.match(line.text)) for line in self.lines)
        full = sum(line.rect.width > 0.85 * self.rect.width and not is_entry(line) for line in self.lines)
        words = sum(len(line.words) for line in self.lines)
        self.bases = [line.base for line in self.lines]
        self.cells = count > 0 and values > 0.6 * count
        self.short = count > 0 and max(line.rect.width / line.size for line in self.lines) < 6.0
        self.listed = count > 1 and sum(starts_item(line) for line in self.lines) > 0.5 * count
        self.markers = count > 0 and all(is_marker(line.text) for line in self.lines)
        self.prose = count > 2 and full > 0.6 * count and words > 4 * count


def understand(page: PageContent, profile: Profile) -> list[Block]:
    """Blocks of one page in reading order, with headings found; headers and footers last, as furniture."""
    blocks = blocks_of(page, profile)
    mark_footnotes(blocks, page, profile.body_size)
    blocks = split_leads(blocks)
    mark_headings(blocks, profile, page.index)
    _nest(blocks)
    mark_open(blocks)
    mark_quotes(blocks, page)
    for table in (b.table for b in blocks if b.table):
        if runs_leftwards("".join(w.text for row in table.rows for cell in row for line in cell.lines for w in line)):
            table.rows = [row[::-1] for row in table.rows]
    return blocks


def _nest(blocks: list[Block]) -> None:
    """Levels of list items by how far their markers are indented, within each run of items."""
    starts: list[float] = []
    top = 0.0
    for block in blocks:
        starts = starts if block.rect.y0 >= top else []  # else in another column
        top = block.rect.y0
        if block.kind is not Kind.ITEM:
            starts = [] if block.kind is not Kind.TEXT else starts
            continue
        em = block.lines[0].size
        start = -block.rect.x1 if is_rtl(block.text) else block.rect.x0
        while starts and start < starts[-1] - 0.6 * em:
            starts.pop()
        if not starts or start > starts[-1] + 0.6 * em:
            starts.append(start)
        block.level = len(starts) - 1


def blocks_of(page: PageContent, profile: Profile) -> list[Block]:
    """Blocks of one page in reading order, before anybody asks which of them are headings."""
    figures = find_figures(page)
    words, inside = lettering(join_drop_caps(page.words, profile.body_size), figures)
    figures, captions = without_captions(figures, inside)
    words += captions
    if not words:
        figures, words = [], inside  # drawings behind all of the text
    if meaningless := (Style.MONO if profile.mono else Style.PLAIN) | (Style.BOLD if profile.bold else Style.PLAIN):
        for word in words:
            word.style &= ~meaningless
            word.runs = [run._replace(style=run.style & ~meaningless) for run in word.runs]
    fragments, furniture = split_furniture(fragments_of(words), page, profile)
    items = [_Item(rect, [], figure=True) for rect in figures]
    if aside := _aside(page, profile):
        items.append(aside)
    blocks = _arranged(items, fragments, page, profile)
    mark_captions(blocks)
    _measure_room(blocks)
    blocks += [Block(Kind.FURNITURE, line.rect, [line], page=page.index) for line in furniture]
    return blocks


def _arranged(items: list[_Item], fragments: list[Line], page: PageContent, profile: Profile) -> list[Block]:
    """Blocks in reading order of items that are known already, and of what lines and rules make of the rest."""
    fields, fragments = find_fields(fragments, page)
    items += [_Item(around([line.rect for line in lines]), lines, field=True) for lines in fields]
    found, fragments = find_tables(fragments, page)
    items += [_Item(rect, [], table=table) for rect, table in found]
    items += [_Item(around([f.rect for f in pile]), pile) for pile in join_fragments(fragments)]
    blocks: list[Block] = []
    if len(items) > SCATTERED:
        page.notes.append(f"The text of this page lies in {len(items):,} scattered pieces; their order is a guess.")
    for group in regions(items, profile.body_size):
        blocks += _column(group, page)
    return blocks


def _aside(page: PageContent, profile: Profile) -> _Item | None:
    """A table that stands sideways on an upright page, with what is written beside it in the same direction."""
    if page.beside is None:
        return None
    blocks = [b for b in _arranged([], fragments_of(page.beside.words), page.beside, profile) if b.lines or b.table]
    cells = [cell for b in blocks if b.table for row in b.table.rows[_HEAD:] for cell in row if cell.lines]
    if len(cells) < _CELLS or len(cells) < 2 * sum(len(b.table.rows) - _HEAD for b in blocks if b.table):
        return None
    place = _as_shown(around([b.rect for b in blocks]), page)
    page.sideways = [w for w in page.sideways if not place.holds(w.rect.x0, (w.rect.y0 + w.rect.y1) / 2, 2.0)]
    for block in blocks:
        block.rect = place
    return _Item(place, [], aside=blocks)


def _as_shown(rect: Rect, page: PageContent) -> Rect:
    """Where on the page lies what is at `rect` of the page with its sideways text upright."""
    if page.quarter == 1:
        return Rect(page.width - rect.y1, rect.x0, page.width - rect.y0, rect.x1)
    if page.quarter == 3:
        return Rect(rect.y0, page.height - rect.x1, rect.y1, page.height - rect.x0)
    return Rect(page.width - rect.x1, page.height - rect.y1, page.width - rect.x0, page.height - rect.y0)


def _measure_room(blocks: list[Block]) -> None:
    """How far each block's lines could go before they meet something, or the end of all text.

    To the right; to the left where they end in one place at the right.
    """
    start, end = min((b.rect.x0 for b in blocks), default=0.0), max((b.rect.x1 for b in blocks), default=0.0)
    for block in (b for b in blocks if b.kind is Kind.TEXT and len(b.lines) > 1):
        box = block.rect
        level = [b.rect for b in blocks if b.rect.y0 < box.y1 and b.rect.y1 > box.y0]
        if all(line.rect.x1 > box.x1 - 1.0 for line in block.lines):
            room = box.x0 - max([*(r.x1 for r in level if r.x1 < box.x0), start])
        else:
            room = min([*(r.x0 for r in level if r.x0 > box.x1), end]) - box.x1
        block.room = max(0.0, room - 2 * block.lines[0].size)


def _column(items: list[_Item], page: PageContent) -> list[Block]:
    """Blocks of one column: lines between tables and figures are paragraphs, or tables that no rule draws."""
    blocks: list[Block] = []
    pending: list[Line] = []
    for item in items:
        if item.table is None and not item.figure and not item.field and not item.aside:
            pending += item.lines
            continue
        blocks += _text(merged(pending), page)
        pending = []
        if item.aside:
            blocks += item.aside
            continue
        kind = Kind.FIELD if item.field else Kind.FIGURE if item.figure else Kind.TABLE
        blocks.append(Block(kind, item.rect, item.lines, table=item.table, page=page.index))
    return blocks + _text(merged(pending), page)


def _text(lines: list[Line], page: PageContent) -> list[Block]:
    blocks: list[Block] = []
    lines = without_line_numbers(lines)
    start = 0
    for rect, table, taken in find_unruled(lines, page.across):
        blocks += paragraphs(lines[start : min(taken)], page.index)
        blocks.append(Block(Kind.TABLE, rect, table=table, page=page.index))
        start = max(taken) + 1
    return blocks + paragraphs(lines[start:], page.index)
