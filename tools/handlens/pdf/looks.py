"""What a block looks like among its neighbours, as numbers: what a person sees when telling headings from text."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlens.pdf.blocks import Block, Kind

if TYPE_CHECKING:
    from handlens.pdf.profile import Profile

NUMBERED = re.compile(
    r"^(\d{1,2}(\.\d{1,2}){0,4}\.?|[IVX]{1,5}\.|[A-Z]\.|(chapter|section|appendix|part) \w+)\s", re.IGNORECASE
)
_USUAL = re.compile(
    r"^(\d[\d.]*\s+)?(abstract|summary|introduction|background|(materials? and )?methods?|methodology|results?|"
    r"discussion|conclusions?|references|acknowledge?ments?|funding|appendix|keywords?|contents|"
    r"competing interests|conflicts? of interest|author contributions|supplementary|limitations)\b",
    re.IGNORECASE,
)
NAMES = (
    "size", "bold", "italic", "font", "caps", "title", "lines", "characters", "words", "end_stop", "end_colon",
    "end_open", "numbered", "depth", "above", "below", "indent", "centred", "width", "next_body", "next_lines",
    "previous_ends", "lower", "digits", "colour", "mono", "top", "look_blocks", "look_share", "usual", "marker",
    "size_rank", "next_size", "symbols",
)  # fmt: skip


@dataclass
class _Page:
    """What all blocks of a page are compared with."""

    size: float
    font: str
    colour: int
    looks: Counter[tuple[str, float, bool]]
    characters: int
    sizes: list[float]
    bottom: float


def features(blocks: list[Block], profile: Profile) -> list[list[float] | None]:
    """One row of numbers, in the order of NAMES, for each block of text; None for what is no text."""
    page = _page(blocks, profile)
    return [
        _row(blocks, i, page) if block.kind in (Kind.TEXT, Kind.ITEM, Kind.HEADING) and block.lines else None
        for i, block in enumerate(blocks)
    ]


def look_of(block: Block) -> tuple[str, float, bool]:
    """What headings of one level share: font, size, weight."""
    line = block.lines[0]
    return line.font, round(line.size * 2) / 2, line.bold > 0.5


def _page(blocks: list[Block], profile: Profile) -> _Page:
    looks: Counter[tuple[str, float, bool]] = Counter()
    colours: Counter[int] = Counter()
    sizes: set[float] = set()
    for block in blocks:
        if block.lines and block.kind in (Kind.TEXT, Kind.ITEM, Kind.HEADING):
            looks[look_of(block)] += 1
            sizes.add(round(block.lines[0].size))
            for line in block.lines:
                colours[line.words[0].colour] += len(line.text)
    total = sum(len(b.text) for b in blocks if b.lines)
    colour = colours.most_common(1)[0][0] if colours else 0
    bottom = max((b.rect.y1 for b in blocks), default=1.0)
    return _Page(
        profile.body_size, profile.body_font, colour, looks, max(1, total), sorted(sizes, reverse=True), bottom
    )


def _row(blocks: list[Block], i: int, page: _Page) -> list[float]:
    block = blocks[i]
    text, first, em = block.text, block.lines[0], page.size
    before, after = _neighbour(blocks, i, -1), _neighbour(blocks, i, 1)
    letters = [c for c in text if c.isalpha()]
    words = text.split()
    capital = [w for w in words if w[:1].isalpha()]
    match = NUMBERED.match(text + " ")
    column = max(block.rect.width, after.rect.width if after else 0.0, before.rect.width if before else 0.0)
    body = after is not None and after.kind is Kind.TEXT and abs(after.lines[0].size - em) < 0.6
    look = look_of(block)
    size = max(line.size for line in block.lines)
    return [
        size / em,
        min(line.bold for line in block.lines),
        min(line.italic for line in block.lines),
        float(bool(first.font) and first.font != page.font),
        sum(c.isupper() for c in letters) / max(1, len(letters)),
        sum(w[0].isupper() for w in capital) / max(1, len(capital)),
        float(len(block.lines)),
        float(min(300, len(text))),
        float(min(50, len(words))),
        float(text[-1:] in ".。"),
        float(text[-1:] in ":："),
        float(text[-1:] in ",;-–("),
        float(match is not None),
        float(match.group(1).strip(".").count(".") + 1) if match and text[0].isdigit() else 0.0,
        min(5.0, (block.rect.y0 - before.rect.y1) / em) if before else 5.0,
        min(5.0, (after.rect.y0 - block.rect.y1) / em) if after else 5.0,
        max(-10.0, min(10.0, (block.rect.x0 - after.rect.x0) / em)) if after else 0.0,
        _centred(block, after, em),
        block.rect.width / max(1.0, column),
        float(body),
        float(min(12, len(after.lines))) if after else 0.0,
        float(before is None or before.text[-1:] in ".:?!。"),
        float(text[:1].islower()),
        sum(c.isdigit() for c in text) / max(1, len(text)),
        float(first.words[0].colour != page.colour),
        first.mono,
        block.rect.y0 / max(1.0, page.bottom),
        float(min(12, page.looks[look])),
        sum(len(b.text) for b in blocks if b.lines and look_of(b) == look) / page.characters,
        float(bool(_USUAL.match(text))),
        float(bool(block.marker)),
        float(min(6, page.sizes.index(round(first.size)))) if round(first.size) in page.sizes else 6.0,
        after.lines[0].size / em if after else 0.0,
        sum(not c.isalnum() and not c.isspace() for c in text) / max(1, len(text)),
    ]  # fmt: skip


def _neighbour(blocks: list[Block], i: int, step: int) -> Block | None:
    """The block of text just before or after in the same column; None at its ends and beside tables and figures."""
    j = i + step
    if not 0 <= j < len(blocks) or not blocks[j].lines or blocks[j].kind is Kind.FURNITURE:
        return None
    other, block = blocks[j], blocks[i]
    under = other.rect.y0 >= block.rect.y0 if step > 0 else other.rect.y0 <= block.rect.y0
    beside = min(other.rect.x1, block.rect.x1) > max(other.rect.x0, block.rect.x0)
    return other if under and beside else None


def _centred(block: Block, after: Block | None, em: float) -> float:
    if after is None:
        return 0.0
    left, right = block.rect.x0 - after.rect.x0, after.rect.x1 - block.rect.x1
    return float(left > em and right > em and abs(left - right) < 2 * em)
