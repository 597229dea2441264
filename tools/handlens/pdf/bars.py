"""Charts of upright bars, which are nothing but filled boxes: they stand on one line, as wide as one another."""

from __future__ import annotations

from itertools import pairwise

from handlens.pdf.model import PageContent, Rect, around

_LEAST = 3
_MOST = 2_000
_HIGH = 24.0
_REACH = 8.0
_LABELS = 18.0  # points below the bars


def bar_charts(page: PageContent) -> list[Rect]:
    """Boxes of bar charts, with their axes and the names under their bars."""
    standing: dict[tuple[int, int], list[Rect]] = {}
    for fill in page.fills[:_MOST]:
        standing.setdefault((round(fill.y1), round(fill.width)), []).append(fill)
    return [_whole(around(bars), page) for bars in standing.values() if _is_chart(bars, page)]


def _is_chart(bars: list[Rect], page: PageContent) -> bool:
    """Whether boxes stand apart, of several heights, and hold next to no text, as no cells of a table do."""
    ordered = sorted(bars)
    if len(bars) < _LEAST or len({round(bar.height) for bar in bars}) < _LEAST:
        return False
    if any(right.x0 <= left.x1 + 0.5 for left, right in pairwise(ordered)) or around(bars).height < _HIGH:
        return False
    held = sum(bar.holds((w.rect.x0 + w.rect.x1) / 2, w.base) for bar in bars for w in page.words)
    return held <= len(bars)


def _whole(hull: Rect, page: PageContent) -> Rect:
    strokes = [Rect(r.start, r.at, r.end, r.at) for r in page.across if r.length < 0.7 * page.width]
    strokes += [Rect(r.at, r.start, r.at, r.end) for r in page.down]
    near = hull.grown(3 * _REACH)
    rect = around([hull, *(s for s in strokes if near.holds(s.x0, s.y0) or near.holds(s.x1, s.y1))])
    names = [
        w.rect for w in page.words
        if rect.holds((w.rect.x0 + w.rect.x1) / 2, rect.y1) and rect.y1 - 1 < w.base < rect.y1 + _LABELS
    ]  # fmt: skip
    return around([rect, *names])
