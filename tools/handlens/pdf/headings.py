"""Which blocks are headings, and of which level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlens.pdf.blocks import Block, Kind
from handlens.pdf.captions import is_caption
from handlens.pdf.looks import NUMBERED, features
from handlens.pdf.trees import load

if TYPE_CHECKING:
    from handlens.pdf.profile import Profile

_THRESHOLD = 0.42


def mark_captions(blocks: list[Block]) -> None:
    """Turn paragraphs that begin as captions do into captions."""
    for block in blocks:
        if block.kind in (Kind.TEXT, Kind.ITEM) and is_caption(block.text):
            block.kind = Kind.CAPTION


def mark_headings(blocks: list[Block], profile: Profile) -> None:
    """Turn blocks of text into headings with levels, by how they look among the others of their page."""
    trees = load("headings.json")
    for block, row in zip(blocks, features(blocks, profile), strict=True):
        if row is None or not _possible(block):
            continue
        block.score = trees.probability(row)
        if block.score > _THRESHOLD or _stands_out(block, profile):
            block.kind = Kind.HEADING
    _join(blocks)
    _levels(blocks)


def _possible(block: Block) -> bool:
    text = block.text
    return sum(c.isalpha() for c in text) >= 2 and len(block.lines) <= 5 and len(text) <= 260


def _stands_out(block: Block, profile: Profile) -> bool:
    """Larger than the text and set apart by weight, font or much larger: a heading in any kind of document."""
    size = min(line.size for line in block.lines) / profile.body_size
    first = block.lines[0]
    apart = all(line.bold > 0.9 for line in block.lines) or (bool(first.font) and first.font != profile.body_font)
    if block.text[-1:] in ".,;" or len(block.text) > 160 or len(block.lines) > 3:
        return False
    return (size > 1.12 and apart) or size > 1.45


def _join(blocks: list[Block]) -> None:
    """Two headings of one look, one right under the other, are the lines of one where the first one is not ended."""
    i = 0
    while i + 1 < len(blocks):
        a, b = blocks[i], blocks[i + 1]
        if a.kind is Kind.HEADING and b.kind is Kind.HEADING and _look(a) == _look(b):
            gap = b.rect.y0 - a.rect.y1
            wraps = not NUMBERED.match(b.text) and (b.text[:1].islower() or a.text[-1:] in "-–,:&")
            if -2 < gap < 0.8 * a.lines[0].size and wraps:
                a.lines += b.lines
                a.rect = a.rect._replace(y1=b.rect.y1, x0=min(a.rect.x0, b.rect.x0), x1=max(a.rect.x1, b.rect.x1))
                del blocks[i + 1]
                continue
        i += 1


def _levels(blocks: list[Block]) -> None:
    """Levels by size and weight, largest first; numbering says how deep a section lies."""
    looks = sorted({_look(b) for b in blocks if b.kind is Kind.HEADING}, reverse=True)
    for block in blocks:
        if block.kind is Kind.HEADING:
            level = min(6, 1 + looks.index(_look(block)))
            match = NUMBERED.match(block.text)
            if match and match.group(1)[0].isdigit():
                level = min(6, 2 + match.group(1).strip(".").count("."))
            block.level = level


def _look(block: Block) -> tuple[float, bool]:
    line = block.lines[0]
    return round(line.size), line.bold > 0.5
