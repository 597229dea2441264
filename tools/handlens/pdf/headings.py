"""Which blocks are headings, and of which level."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from handlens.pdf.blocks import Block, Kind
from handlens.pdf.captions import is_caption
from handlens.pdf.lines import is_wide
from handlens.pdf.looks import NUMBERED, features
from handlens.pdf.paragraphs import is_entry
from handlens.pdf.trees import load

if TYPE_CHECKING:
    from handlens.pdf.lines import Line
    from handlens.pdf.profile import Profile

_THRESHOLD = 0.42
_FAR = 2.0  # sizes between words
_QUOTED = re.compile(r"^[“„«\"‘].*[.!?…,][”“»\"’]( ?[–—-].*)?$", re.DOTALL)
_BYLINE = re.compile(r"^by [^\W\d_]+ ", re.IGNORECASE)
_CHAPTER = re.compile(r"^(chapter|section|appendix|part)\s+\w+[.:]?\s*", re.IGNORECASE)
_SECTION = re.compile(
    r"^(第[一二三四五六七八九十百零\d]+[章节節篇部条]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[)）])"
)


def mark_captions(blocks: list[Block]) -> None:
    """Turn paragraphs that begin as captions do into captions."""
    for block in blocks:
        if block.kind in (Kind.TEXT, Kind.ITEM) and is_caption(block.text):
            block.kind = Kind.CAPTION


def mark_headings(blocks: list[Block], profile: Profile, page: int) -> None:
    """Turn blocks of text into headings with levels, by how they look, and by the outline's entries for page `page`."""
    trees = load("headings.json")
    titles = {_letters(title): level for level, title in profile.outline.get(page, [])}
    for block, row in zip(blocks, features(blocks, profile), strict=True):
        if row is None or not _possible(block, profile):
            continue
        block.score = trees.probability(row)
        listed = titles.get(_letters(block.text), 0) if titles else 0
        if listed or block.score > _THRESHOLD or _stands_out(block, profile) or _is_chinese_section(block, profile):
            block.kind, block.level = Kind.HEADING, listed
    _join(blocks)
    _levels(blocks, profile)


def _letters(text: str) -> str:
    """What is the same of a title in the outline and on the page: its letters and digits after any numbering."""
    text = _CHAPTER.sub("", NUMBERED.sub("", text.strip() + " "))
    return "".join(c for c in text.lower() if c.isalnum())


def _is_chinese_section(block: Block, profile: Profile) -> bool:
    """A short line that begins as numbered sections do in Chinese, in larger or heavier type or standing apart."""
    line = block.lines[0]
    if len(block.lines) > 1 or len(block.text) > 40 or block.text[-1] in "。；，、：" or not _SECTION.match(block.text):
        return False
    return line.size > 1.04 * profile.body_size or line.bold > 0.9 or line.share(profile.body_font) < 0.5


def _possible(block: Block, profile: Profile) -> bool:
    text = block.text
    return (
        sum(c.isalpha() for c in text) >= 2
        and len(block.lines) <= 5
        and len(text) <= 260
        and not is_entry(block.lines[-1])
        and not any(_is_row(line) for line in block.lines)
        and not _QUOTED.match(text)
        and not (_BYLINE.match(text) and block.lines[0].size <= profile.body_size)
    )


def _is_row(line: Line) -> bool:
    """Whether the words of a line stand in three places far apart, as cells and figures on slides do."""
    return sum(b.rect.x0 - a.rect.x1 > _FAR * line.size for a, b in pairwise(line.words)) > 1


def _stands_out(block: Block, profile: Profile) -> bool:
    """Larger than the text and set apart by weight, font or much larger: a heading in any kind of document."""
    size = min(line.size for line in block.lines) / profile.body_size
    first = block.lines[0]
    apart = all(line.bold > 0.9 for line in block.lines) or (bool(first.font) and first.font != profile.body_font)
    if block.text[-1:] in ".,;" or len(block.text) > 160 or len(block.lines) > 3:
        return False
    unnamed = not first.font and not profile.body_font and len(block.lines) == 1  # fonts that do not tell their weight
    return (size > 1.12 and (apart or unnamed)) or size > 1.45


def _join(blocks: list[Block]) -> None:
    """Two headings of one look, one right under the other, are the lines of one where the first one is not ended."""
    i = 0
    while i + 1 < len(blocks):
        a, b = blocks[i], blocks[i + 1]
        if a.kind is Kind.HEADING and b.kind is Kind.HEADING and look_of_heading(a) == look_of_heading(b):
            gap = b.rect.y0 - a.rect.y1
            wraps = not NUMBERED.match(b.text) and (b.text[:1].islower() or a.text[-1:] in "-–,:&")
            wraps = wraps or (is_wide(a.text[-1:] or " ") and is_wide(b.text[:1] or " ") and not _parts(a.text, b.text))
            if -2 < gap < 0.8 * a.lines[0].size and wraps:
                a.lines += b.lines
                a.rect = a.rect._replace(y1=b.rect.y1, x0=min(a.rect.x0, b.rect.x0), x1=max(a.rect.x1, b.rect.x1))
                del blocks[i + 1]
                continue
        i += 1


def _parts(above: str, below: str) -> bool:
    """Whether of two headings in a script without spaces the second is one of its own."""
    return bool(_SECTION.match(below) or _SECTION.match(above)) or above[-1] in "。！？；：" or below[0] in "【《（(—"


def _levels(blocks: list[Block], profile: Profile) -> None:
    """Levels by size and weight, largest first, over the whole document; numbering says how deep a section lies."""
    headings = [b for b in blocks if b.kind is Kind.HEADING]
    looks = sorted({*profile.looks, *(look_of_heading(b) for b in headings)}, reverse=True)
    for block in headings:
        if block.level:
            continue  # as the outline says
        look = look_of_heading(block)
        block.level = profile.looks.get(look) or min(6, 1 + looks.index(look))
        match = NUMBERED.match(block.text)
        if match and match.group(1)[0].isdigit() and not profile.outline:
            block.level = min(6, 2 + match.group(1).strip(".").count("."))


def learn_levels(pages: list[list[Block]], profile: Profile) -> None:
    """Fill `profile.looks` from blocks of some pages, on which headings were marked."""
    votes: dict[tuple[float, bool], Counter[int]] = {}
    for blocks in pages:
        for block in blocks:
            if block.kind is Kind.HEADING:
                listed = {_letters(t): n for n, t in profile.outline.get(block.page, [])}.get(_letters(block.text), 0)
                votes.setdefault(look_of_heading(block), Counter())[listed] += 1
    for look, levels in votes.items():
        profile.looks[look] = max((n for n in levels if n), key=lambda n: levels[n], default=0)


def look_of_heading(block: Block) -> tuple[float, bool]:
    """What headings of one level share: size in whole points, and weight."""
    line = block.lines[0]
    return round(line.size), line.bold > 0.5
