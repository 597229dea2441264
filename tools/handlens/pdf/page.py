"""Understanding one page: from words, rules and pictures to blocks in reading order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlens.pdf.blocks import Block, Kind, Table
from handlens.pdf.figures import find_figures, lettering
from handlens.pdf.furniture import split_furniture
from handlens.pdf.headings import mark_captions, mark_headings
from handlens.pdf.leads import split_leads
from handlens.pdf.lines import Line, fragments_of, merged
from handlens.pdf.model import PageContent, Rect, Style, around
from handlens.pdf.order import regions
from handlens.pdf.paragraphs import join_fragments, paragraphs
from handlens.pdf.tables import find_tables, find_unruled

if TYPE_CHECKING:
    from handlens.pdf.profile import Profile


@dataclass
class _Item:
    """Something to be ordered: a pile of lines, a table or a figure."""

    rect: Rect
    lines: list[Line]
    table: Table | None = None
    figure: bool = False


def understand(page: PageContent, profile: Profile) -> list[Block]:
    """Blocks of one page in reading order, with headings found; headers and footers last, as furniture."""
    blocks = split_leads(blocks_of(page, profile))
    mark_headings(blocks, profile)
    _nest(blocks)
    return blocks


def _nest(blocks: list[Block]) -> None:
    """Levels of list items by how far their markers are indented, within each run of items."""
    starts: list[float] = []
    for block in blocks:
        if block.kind is not Kind.ITEM:
            starts = [] if block.kind is not Kind.TEXT else starts
            continue
        em = block.lines[0].size
        while starts and block.rect.x0 < starts[-1] - 0.6 * em:
            starts.pop()
        if not starts or block.rect.x0 > starts[-1] + 0.6 * em:
            starts.append(block.rect.x0)
        block.level = len(starts) - 1


def blocks_of(page: PageContent, profile: Profile) -> list[Block]:
    """Blocks of one page in reading order, before anybody asks which of them are headings."""
    figures = find_figures(page)
    words, _ = lettering(page.words, figures)
    if profile.mono:
        for word in words:
            word.style &= ~Style.MONO
    fragments, furniture = split_furniture(fragments_of(words), page, profile)
    items = [_Item(rect, [], figure=True) for rect in figures]
    found, fragments = find_tables(fragments, page)
    items += [_Item(rect, [], table=table) for rect, table in found]
    items += [_Item(around([f.rect for f in pile]), pile) for pile in join_fragments(fragments)]
    blocks: list[Block] = []
    for group in regions(items, profile.body_size):
        blocks += _column(group, page)
    mark_captions(blocks)
    blocks += [Block(Kind.FURNITURE, line.rect, [line], page=page.index) for line in furniture]
    return blocks


def _column(items: list[_Item], page: PageContent) -> list[Block]:
    """Blocks of one column: lines between tables and figures are paragraphs, or tables that no rule draws."""
    blocks: list[Block] = []
    pending: list[Line] = []
    for item in items:
        if item.table is None and not item.figure:
            pending += item.lines
            continue
        blocks += _text(merged(pending), page)
        pending = []
        kind = Kind.FIGURE if item.figure else Kind.TABLE
        blocks.append(Block(kind, item.rect, table=item.table, page=page.index))
    return blocks + _text(merged(pending), page)


def _text(lines: list[Line], page: PageContent) -> list[Block]:
    blocks: list[Block] = []
    start = 0
    for rect, table, taken in find_unruled(lines, page.across):
        blocks += paragraphs(lines[start : min(taken)], page.index)
        blocks.append(Block(Kind.TABLE, rect, table=table, page=page.index))
        start = max(taken) + 1
    return blocks + paragraphs(lines[start:], page.index)
