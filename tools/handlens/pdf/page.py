"""Understanding one page: from words, rules and pictures to blocks in reading order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlens.pdf.blocks import Block, Kind, Table
from handlens.pdf.figures import find_figures, lettering
from handlens.pdf.furniture import split_furniture
from handlens.pdf.headings import find_headings
from handlens.pdf.lines import Line, fragments_of, merged
from handlens.pdf.model import PageContent, Rect, around
from handlens.pdf.order import regions
from handlens.pdf.paragraphs import join_fragments, paragraphs

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
    """Blocks of one page in reading order, headers and footers last, as furniture."""
    figures = find_figures(page)
    words, _ = lettering(page.words, figures)
    fragments, furniture = split_furniture(fragments_of(words), page, profile)
    items = [_Item(rect, [], figure=True) for rect in figures]
    items += [_Item(around([f.rect for f in pile]), pile) for pile in join_fragments(fragments)]
    blocks: list[Block] = []
    for group in regions(items, profile.body_size):
        blocks += _column(group, page.index)
    find_headings(blocks, profile)
    blocks += [Block(Kind.FURNITURE, line.rect, [line], page=page.index) for line in furniture]
    return blocks


def _column(items: list[_Item], index: int) -> list[Block]:
    """Blocks of one column: lines between tables and figures are paragraphs."""
    blocks: list[Block] = []
    pending: list[Line] = []
    for item in items:
        if item.table is None and not item.figure:
            pending += item.lines
            continue
        blocks += paragraphs(merged(pending), index)
        pending = []
        kind = Kind.FIGURE if item.figure else Kind.TABLE
        blocks.append(Block(kind, item.rect, table=item.table, page=index))
    return blocks + paragraphs(merged(pending), index)
