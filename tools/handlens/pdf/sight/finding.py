"""Which parts of a page are worth a question: what rules over geometry and fonts can't be sure of."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from handlens.pdf.blocks import Block, Kind, Table
from handlens.pdf.lines import rows_of
from handlens.pdf.model import PageContent, Rect, Word, around
from handlens.pdf.sight.regions import Known, Region, Want

if TYPE_CHECKING:
    from handlens.pdf.result import Figure

_UNSURE_SCAN = 0.85
_RUN_TOGETHER = 1.4  # of the font size: a gap inside a line of a cell
_NUMBER = re.compile(r"[-−–+]?[\d.,:]*\d[%)]?")
_MATH_FONT = re.compile(
    r"cm(mi|sy|ex|bsy)\d|math|symbol|mt(mi|sy|ex)|msam|msbm|rsfs|eufm|stixsize|xits|txsy|pxsy|mathematicalpi|universal-?greek",
    re.IGNORECASE,
)
_MATH_SIGN = re.compile(r"[+−=<>≤≥≈≠±×÷∑∏∫√∂∇∞∈∝→\u2200-\u22ff\ufffd\ue000-\uf8ff]")
_PROSE = re.compile(r"[a-z]{4,}|[A-Z][a-z]{3,}")
_LEAST_FIGURE = 40.0


def find_regions(page: PageContent, blocks: list[Block], spans: list[tuple[int, int]], figures: list[Figure],
                 confidence: float) -> list[Region]:  # fmt: skip
    """Regions of a page, most urgent first; `spans` is where each block stands in the page's Markdown."""
    end = max((stop for _, stop in spans), default=0)
    if page.route == "ocr" and confidence < _UNSURE_SCAN:
        because = f"OCR is {confidence:.0%} sure of this page"
        return [Region(Want.PAGE, page.rect, because, 0, end, _known(page.words), route="ocr")]
    regions: list[Region] = []
    for block, (start, stop) in zip(blocks, spans, strict=True):
        if block.table is not None and stop > start and (because := doubt_about(block.table)):
            words = [w for row in block.table.rows for cell in row for line in cell.lines for w in line]
            box = around([block.rect, *(w.rect for w in words)])
            regions.append(Region(Want.TABLE, box, because, start, stop, _known(words), route=page.route))
    regions += _formulas(blocks, spans, page.route)
    pictures = [(b, span) for b, span in zip(blocks, spans, strict=True) if b.kind is Kind.FIGURE]
    for (block, (start, stop)), figure in zip(pictures, figures, strict=True):
        if stop > start and min(block.rect.width, block.rect.height) >= _LEAST_FIGURE:
            inside = [
                w for w in page.words if block.rect.holds((w.rect.x0 + w.rect.x1) / 2, (w.rect.y0 + w.rect.y1) / 2)
            ]
            regions.append(Region(Want.FIGURE, block.rect, "a picture has no words", start, stop, _known(inside),
                                  route=page.route, caption=figure.caption))  # fmt: skip
    return regions


def whole(page: PageContent, end: int) -> Region:
    """The whole of a page that nothing here could read."""
    return Region(Want.PAGE, page.rect, "nothing else can read this page", 0, end, route="empty")


def doubt_about(table: Table) -> str:
    """Why the cells of a table may be wrong; empty where they line up."""
    cells = [cell for row in table.rows for cell in row]
    together = 0
    for cell in cells:
        gaps = [b.rect.x0 - a.rect.x1 > _RUN_TOGETHER * b.size for line in cell.lines for a, b in pairwise(line)]
        values = [[w.text for w in line if _NUMBER.fullmatch(w.text)] for line in cell.lines]
        together += any(gaps) or any(len(found) > 1 and len(found) == len(line)
                                     for found, line in zip(values, cell.lines, strict=True))  # fmt: skip
    if together > 0.02 * len(cells):
        return f"{together} cells seem to hold more than one"
    width = max((sum(c.across for c in row) for row in table.rows), default=0)
    empty = sum(not cell.lines for cell in cells)
    if width > 2 and empty > 0.5 * len(cells):
        return "most cells are empty"
    return ""


def _formulas(blocks: list[Block], spans: list[tuple[int, int]], route: str) -> list[Region]:
    """Displayed formulas: blocks of signs and letters and few words, with what stands over or under a bar."""
    regions: list[Region] = []
    place = 0
    while place < len(blocks):
        stop = place
        while stop < len(blocks) and _is_math(blocks[stop], leading=stop == place):
            stop += 1
        group = blocks[place:stop]
        if group and spans[place][1] > spans[place][0]:
            words = [w for b in group for line in b.lines for w in line.words]
            box = around([b.rect for b in group]).grown(2.0)
            regions.append(Region(Want.FORMULA, box, "a formula", spans[place][0], spans[stop - 1][1], _known(words),
                                  route=route))  # fmt: skip
        place = max(stop, place + 1)
    return regions


def _is_math(block: Block, *, leading: bool) -> bool:
    if block.kind is not Kind.TEXT or not block.lines or block.lead or len(block.text) > 240 or len(block.lines) > 5:
        return False
    words = [w for line in block.lines for w in line.words]
    letters = sum(len(w.text) for w in words)
    prose = sum(len(w.text) for w in words if _PROSE.search(w.text) and not _MATH_FONT.search(w.font))
    maths = sum(bool(_MATH_SIGN.search(w.text) or _MATH_FONT.search(w.font)) for w in words)
    if prose > 0.4 * letters:
        return False
    return maths >= (2 if leading else 1) and letters > (4 if leading else 0)


def _known(words: list[Word]) -> list[Known]:
    """Words in reading order with their places."""
    return [Known(w.text, Rect(*w.rect)) for row in rows_of(words) for w in row] if words else []
