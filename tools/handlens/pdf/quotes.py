"""Block quotes: paragraphs set in from both sides between paragraphs of full measure, or with a bar at their left."""

from __future__ import annotations

from itertools import pairwise

from handlens.pdf.blocks import Block, Kind
from handlens.pdf.model import PageContent, Rect

_LEFT = (1.2, 6.0)  # font sizes
_RIGHT = 0.8
_WORDS = 8
_BAR = 8.0  # points: as wide as bars are
_GAP = 3.0  # font sizes from a bar to its text
_MOST_BARS = 200


def mark_quotes(blocks: list[Block], page: PageContent) -> None:
    """Set `quoted` of the page's block quotes."""
    shown = [b for b in blocks if b.kind is not Kind.FURNITURE]
    bars = _bars(page)
    for n, block in enumerate(shown):
        if block.kind is not Kind.TEXT or not block.lines:
            continue
        along = _along(block, bars)
        if len(along) > 1 or _is_boxed(block, page):
            continue
        before = next((b for b in shown[:n][::-1] if not b.quoted), None)
        after = [b for b in shown[n + 1 :] if b.kind is Kind.TEXT and len(b.lines) > 1]
        column = [b for b in shown if b.kind is Kind.TEXT and not b.quoted and len(b.lines) > 1]
        block.quoted = _is_set_in(block, before, after, column) or _is_barred(block, shown, along)
    for above, below in pairwise(shown):
        above.open = above.open and above.quoted == below.quoted


def _is_set_in(block: Block, before: Block | None, after: list[Block], column: list[Block]) -> bool:
    """Whether a paragraph has margins of its own, and broke a line to keep to them.

    Above it (`before`) stands text or a heading of full measure, or a short paragraph that begins where others of its
    `column` do; and where there is more text, some of it stands below (`after`).
    """
    if before is None or len(block.lines) < 2 or sum(len(line.words) for line in block.lines) < _WORDS:
        return False
    em = block.lines[0].size
    if before.kind in (Kind.TEXT, Kind.HEADING) and len(before.lines) == 1 and before.rect.y1 <= block.rect.y0 + em:
        before = next((b for b in column if abs(b.rect.x0 - before.rect.x0) < 1.0 and _surrounds(b, block)), before)
    elif not _wider(before, block):
        return False
    body = before.rect
    if not _surrounds(before, block) or (after and not any(abs(b.rect.x0 - body.x0) < em for b in after)):
        return False
    starts = [line.rect.x0 for line in block.lines[1:]]
    if max(starts) - min(starts) > 0.3 * em or abs(block.lines[0].rect.x0 - starts[0]) > 2.5 * em:
        return False
    room = body.x1 - block.rect.x1
    if not _LEFT[0] * em < starts[0] - body.x0 < _LEFT[1] * em or room < _RIGHT * em:
        return False
    return any(a.rect.x1 + 0.4 * em + b.words[0].rect.width < body.x1 for a, b in pairwise(block.lines))


def _surrounds(body: Block, block: Block) -> bool:
    """Whether a paragraph of some lines reaches farther to both sides than another one."""
    return len(body.lines) > 1 and body.rect.x0 < block.rect.x0 and body.rect.x1 > block.rect.x1


def _wider(body: Block, block: Block) -> bool:
    """Whether `body` is a paragraph of some lines over the other one, and wider to both sides."""
    over = body.rect.y1 <= block.rect.y0 + block.lines[0].size
    return body.kind is Kind.TEXT and over and _surrounds(body, block)


def _bars(page: PageContent) -> list[Rect]:
    """Upright strokes and narrow shaded boxes."""
    narrow = [r for r in page.fills if r.width <= _BAR < r.height]
    if len(page.down) + len(narrow) > _MOST_BARS:
        return []
    return narrow + [Rect(r.at - r.width / 2, r.start, r.at + r.width / 2, r.end) for r in page.down]


def _along(block: Block, bars: list[Rect]) -> list[Rect]:
    """Bars as high as the paragraph, or higher."""
    box, em = block.rect, block.lines[0].size
    return [b for b in bars if b.y0 < box.y0 + 0.5 * em and b.y1 > box.y1 - 0.5 * em]


def _is_boxed(block: Block, page: PageContent) -> bool:
    """Whether the paragraph stands on a shaded box."""
    x, y = block.rect.x0, (block.rect.y0 + block.rect.y1) / 2
    return any(r.width > _BAR and r.holds(x, y) for r in (*page.fills, *page.drawings))


def _is_barred(block: Block, shown: list[Block], along: list[Rect]) -> bool:
    """Whether a bar stands at the left of the paragraph, at the edge of text above."""
    box, em = block.rect, block.lines[0].size
    near = [b for b in along if 0 < box.x0 - b.x1 < _GAP * em]
    if not near:
        return False
    bar = near[0]
    beside = [b.rect for b in shown if b.lines and b.rect.x0 > bar.x0]
    beside = [r for r in beside if r.y0 > bar.y0 - em and r.y1 < bar.y1 + em]
    if not beside or bar.height > max(r.y1 for r in beside) - min(r.y0 for r in beside) + 2 * em:
        return False
    return any(
        b.kind is Kind.TEXT and b.rect.y1 <= bar.y0 + em and b.rect.x0 < bar.x0 + 2.0 and b.rect.x1 > box.x0 + 2 * em
        for b in shown
    )
