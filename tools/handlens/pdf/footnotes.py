"""Footnotes: small print at the foot of a page that begins with the mark which stands raised in the text above."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from handlens.pdf.blocks import Block, Kind
from handlens.pdf.model import PageContent, Run, Style, Word, around

_MARK = re.compile(r"^(\d{1,3}|[*†‡§¶]{1,3})$")
_GLUED = re.compile(r"^(\d{1,3}|[*†‡§¶]{1,3})(?=\D)")
_DOTTED = re.compile(r"\d{1,3}\.")
_MOST_AFTER, _TITLE = 20, 40  # notes and furniture; characters
_SMALL = 0.96  # of the body's size
_RAISED = 0.12  # of the font size
_UNITS = ("m", "cm", "km", "mm", "dm", "nm", "ft", "in")
_NAMES = {"*": "star", "†": "dagger", "‡": "ddagger", "§": "section", "¶": "para"}


def mark_footnotes(blocks: list[Block], page: PageContent, body_size: float) -> None:
    """Turn paragraphs into footnotes where their mark stands in the text before them, and mark it there."""
    blocks[:] = [part for block in blocks for part in _parted(block)]
    for n, block in enumerate(blocks):
        if block.kind not in (Kind.TEXT, Kind.ITEM) or block.rect.y0 < 0.5 * page.height:
            continue
        if block.lines[0].words[-1].size > _SMALL * body_size:
            continue
        mark = _own_mark(block.lines[0].words) or _number_of(block, blocks[:n], blocks[n + 1 :])
        if not mark:
            continue
        references = [word for other in blocks[:n] for word in _references(other, mark)]
        if references:
            for word in references:
                word.runs = [_as_reference(run) if run.text.strip(",;") == mark else run for run in word.runs]
            _without_mark(block, mark)


def _parted(block: Block) -> list[Block]:
    """A paragraph, or the notes that it consists of: each of its lines that begins with a mark begins one."""
    if block.kind is not Kind.TEXT or len(block.lines) < 2 or not _own_mark(block.lines[0].words):
        return [block]
    starts = [n for n, line in enumerate(block.lines) if _own_mark(line.words)]
    parts = [block.lines[a:b] for a, b in pairwise([*starts, len(block.lines)])]
    if len(parts) < 2:
        return [block]
    return [replace(block, lines=lines, rect=around([line.rect for line in lines])) for lines in parts]


def label_of(mark: str) -> str:
    """The label of a footnote with this mark."""
    return mark if mark.isdigit() else "-".join(_NAMES[c] for c in mark)


def _own_mark(words: list[Word]) -> str:
    """The mark that a footnote begins with: raised, or smaller than what follows."""
    first = words[0]
    if len(first.runs) > 1 and first.runs[0].style & Style.SUPER and _MARK.match(first.runs[0].text):
        return first.runs[0].text
    if len(words) > 1 and _MARK.match(first.text):
        raised = words[1].base - first.base > _RAISED * words[1].size
        if raised or not first.text.isdigit() or first.size < 0.86 * words[1].size or first.runs[0].style & Style.SUPER:
            return first.text
    match = _GLUED.match(first.text)
    return match.group() if match and not match.group().isdigit() else ""


def _number_of(block: Block, before: list[Block], after: list[Block]) -> str:
    """The number of an item that can be a note: it ends its page with others under a paragraph, and under no title."""
    if block.kind is not Kind.ITEM or not _DOTTED.fullmatch(block.lines[0].words[0].text):
        return ""
    notes = (Kind.ITEM, Kind.FOOTNOTE)
    if len(after) > _MOST_AFTER or any(b.kind not in (*notes, Kind.FURNITURE) for b in after):
        return ""
    above = next((b for b in reversed(before) if b.kind not in notes), None)
    titled = above is None or (above.kind is Kind.TEXT and len(above.lines) == 1 and len(above.text) < _TITLE)
    return "" if titled else block.lines[0].words[0].text[:-1]


def _references(block: Block, mark: str) -> list[Word]:
    """Words of running text in which the mark stands raised, and that do not begin their block."""
    if block.kind in (Kind.FOOTNOTE, Kind.FURNITURE, Kind.TABLE):
        return []
    words = [w for line in block.lines for w in line.words]
    return [
        word for n, word in enumerate(words)
        if any(
            run.style & Style.SUPER and run.text.strip(",;") == mark and (n or i) and not _is_power(word, i)
            for i, run in enumerate(word.runs)
        )
    ]  # fmt: skip


def _is_power(word: Word, at: int) -> bool:
    """Whether a raised number belongs to a symbol or a unit before it, as in x² and km²."""
    before = word.runs[at - 1] if at else None
    if before is None:
        return False
    return before.text in _UNITS or (
        len(before.text) < 3 and before.text.isalpha() and bool(before.style & Style.ITALIC)
    )


def _as_reference(run: Run) -> Run:
    return Run(run.text, Style.NOTE)


def _without_mark(block: Block, mark: str) -> None:
    block.kind, block.marker = Kind.FOOTNOTE, label_of(mark)
    line, first = block.lines[0], block.lines[0].words[0]
    if first.text in (mark, f"{mark}."):
        line.words = line.words[1:]
        return
    runs = [*first.runs]
    rest = runs[0].text[len(mark) :]
    runs = [runs[0]._replace(text=rest), *runs[1:]] if rest else runs[1:]
    first.runs = runs
