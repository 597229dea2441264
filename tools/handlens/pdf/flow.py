"""Paragraphs that go on in the next column or on the next page, and how their two parts are put together."""

from __future__ import annotations

import re
from itertools import pairwise

from handlens.pdf.blocks import Block, Kind
from handlens.pdf.lines import is_wide

_ENDS = ".!?:;。！？：；"
_QUOTES = "\"'”’)]」』）"


def mark_open(blocks: list[Block]) -> None:
    """Set `open` of each paragraph that the next one, at the head of another column, goes on with."""
    for above, below in pairwise(blocks):
        elsewhere = below.rect.y0 < above.rect.y0 or below.rect.x0 > above.rect.x1
        above.open = elsewhere and below.kind is Kind.TEXT and is_unfinished(above) and goes_on(below)


def is_unfinished(block: Block) -> bool:
    """Whether a paragraph's last line ends in the middle of a sentence; one in Chinese or Japanese has to be full."""
    if block.kind not in (Kind.TEXT, Kind.ITEM) or not block.lines:
        return False
    last = block.text.rstrip(_QUOTES)[-1:]
    if last in _ENDS:
        return False
    return not is_wide(last) or (block.lines[-1].rect.x1 > block.rect.x1 - block.lines[0].size and len(block.lines) > 1)


def goes_on(block: Block) -> bool:
    """Whether a paragraph begins in the middle of a sentence: with a small letter, or an ideograph not indented."""
    if block.kind is not Kind.TEXT or not block.lines or block.quoted:
        return False
    first, *rest = block.lines
    text = block.text
    return text[:1].islower() or (
        is_wide(text[:1] or " ") and bool(rest) and first.rect.x0 < rest[0].rect.x0 + 0.5 * first.size
    )


def run_on(above: str, below: str) -> tuple[str, str]:
    """The end of a text without the hyphen that parts its last word, and what comes between it and its other part."""
    if not above or not below or is_wide(above[-1]) or is_wide(below[0]):
        return above, ""
    word = above.rsplit(maxsplit=1)[-1]
    if not re.search(r"[^\W\d_]-$", word):
        return above, " "
    parted = below[0].islower() and "-" not in word[:-1] and not word[:-1].isupper()
    return (above[:-1] if parted else above), ""
