"""Which lines are headings, and of which level."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handlens.pdf.blocks import Block, Kind

if TYPE_CHECKING:
    from handlens.pdf.profile import Profile

NUMBERED = re.compile(
    r"^(\d{1,2}(\.\d{1,2}){0,4}\.?|[IVX]{1,5}\.|[A-Z]\.|(chapter|section|appendix|part) \w+)\s", re.IGNORECASE
)
_CAPTION = re.compile(
    r"^(supplementary )?(fig(ure|\.)?|table|tab\.|scheme|box|chart|exhibit|graph|"
    r"abbildung|tabelle|tableau|tabla|figura|tabela|图|表)"
    r"\s?([A-Z]?\d+|[IVX]+\b|[A-Z]\d*\b)",
    re.IGNORECASE,
)


def is_caption(text: str) -> bool:
    """Whether a paragraph begins like a caption: Figure 3, Table S1, Abbildung 2, 图 4."""
    return bool(_CAPTION.match(text))


def find_headings(blocks: list[Block], profile: Profile) -> None:
    """Mark captions and headings among text blocks."""
    for block in blocks:
        if block.kind in (Kind.TEXT, Kind.ITEM) and is_caption(block.text):
            block.kind = Kind.CAPTION
    for block in blocks:
        if block.kind in (Kind.TEXT, Kind.ITEM) and _is_heading(block, profile):
            block.kind = Kind.HEADING
    _levels(blocks)


def _is_heading(block: Block, profile: Profile) -> bool:
    text = block.text
    size = max(line.size for line in block.lines)
    letters = sum(c.isalpha() for c in text)
    if letters < 2 or len(block.lines) > 4 or len(text) > 220:
        return False
    bold = all(line.bold > 0.9 for line in block.lines)
    if size > 1.15 * profile.body_size:
        return letters > 2 and not text.endswith((",", ";"))
    if bold and size > 0.93 * profile.body_size:
        return (len(text) < 120 and not text.endswith((".", ",", ";"))) or bool(NUMBERED.match(text))
    other = all(line.font and line.font != profile.body_font for line in block.lines)
    if other and size > 0.9 * profile.body_size and len(text) < 120 and not text.endswith((".", ",", ";", ":")):
        return text[0].isupper() or text[0].isdigit()
    return text.isupper() and letters > 5 and len(block.lines) < 3


def _levels(blocks: list[Block]) -> None:
    """Levels by size and weight, largest first; numbering says how deep a section lies."""
    looks = sorted({_look(b) for b in blocks if b.kind is Kind.HEADING}, reverse=True)
    for block in blocks:
        if block.kind is Kind.HEADING:
            level = min(6, 1 + looks.index(_look(block)))
            if (match := NUMBERED.match(block.text)) and match.group(1)[0].isdigit():
                level = min(6, 2 + match.group(1).strip(".").count("."))
            block.level = level


def _look(block: Block) -> tuple[float, bool]:
    line = block.lines[0]
    return round(line.size), line.bold > 0.5
