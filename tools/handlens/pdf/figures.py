"""Where a page's pictures are: raster images, and drawings that hang together, with the lettering inside them."""

from __future__ import annotations

from handlens.pdf.bars import bar_charts
from handlens.pdf.captions import is_caption
from handlens.pdf.lines import joined_text, rows_of
from handlens.pdf.model import PageContent, Rect, Word, around

_MIN_SIDE = 24.0
_NEAR = 6.0
_MOST_DRAWN = 2_000
_MIN_PLOT, _MARGIN, _MOST_WORDS = 60.0, 0.15, 25  # points; of its size, between a curve and its axes; of its legend
_LEAST_POINTS, _MOST_POINTS, _MOST_STROKES = 40, 1_200, 1_500


def find_figures(page: PageContent) -> list[Rect]:
    """Boxes of figures, top to bottom. Backgrounds of the whole page and small ornaments are no figures."""
    full = 0.82 * page.width * page.height
    images = [r for r in page.images if r.area < full]
    drawings = [r for r in page.drawings if r.area < full]
    groups = _grouped(images + drawings + _plotted(page))
    pictures, strokes, dots = set(images), set(drawings), set(page.dots)
    figures = []
    for group in groups:
        rect = around(group)
        has_image = any(r in pictures for r in group)
        drawn = has_image or any(r in strokes for r in group)
        if not drawn and sum(r in dots for r in group) < _LEAST_POINTS:
            continue
        axes = None if has_image else _axes(rect, page)
        if min(rect.width, rect.height) < _MIN_SIDE or (not has_image and len(group) < 4 and axes is None):
            continue
        rect = axes or rect
        rect = rect if has_image else _with_scales(rect, page)
        if _is_ground(rect, page):
            figures += [r for r in group if r in pictures and r.area > 2_000 and _words_on(r, page) < 5]
        elif has_image or not _is_text_box(rect, page):
            figures.append(rect)
    for chart in bar_charts(page):
        rect = _with_scales(chart, page)
        if not any(rect.shared(f) > 0 for f in figures) and not _is_text_box(rect, page):
            figures.append(rect)
    return sorted(figures, key=lambda r: (r.y0, r.x0))


def _axes(rect: Rect, page: PageContent) -> Rect | None:
    """A plot with the axes that a large drawing stands between: a level one below it, and an upright one beside it."""
    if min(rect.width, rect.height) < _MIN_PLOT or len(page.across) + len(page.down) > _MOST_STROKES:
        return None
    far = _MARGIN * max(rect.width, rect.height)
    floors = [r for r in page.across if 0 <= r.at - rect.y1 + 2 < far and r.start < rect.x0 + 2 and r.end > rect.x1 - 2]
    sides = [r for r in page.down if 0 <= rect.x0 - r.at + 2 < far and r.start < rect.y0 + 2 and r.end > rect.y1 - 2]
    if not floors or not sides or _words_on(rect, page) > _MOST_WORDS:
        return None
    floor, side = min(floors, key=lambda r: r.at), max(sides, key=lambda r: r.at)
    return around(
        [rect, Rect(floor.start, floor.at, floor.end, floor.at), Rect(side.at, side.start, side.at, side.end)]
    )


def _plotted(page: PageContent) -> list[Rect]:
    """Points and strokes of a page that has more points than bullets: a diagram drawn with them alone."""
    if len(page.dots) < _LEAST_POINTS or len(page.across) + len(page.down) > _MOST_STROKES:
        return []
    field = around(page.dots).grown(2 * _NEAR)
    strokes = [Rect(r.start, r.at - 0.5, r.end, r.at + 0.5) for r in page.across if r.length < 0.7 * page.width]
    strokes += [Rect(r.at - 0.5, r.start, r.at + 0.5, r.end) for r in page.down]
    return [*page.dots[:_MOST_POINTS], *(r for r in strokes if field.holds(r.x0, r.y0) and field.holds(r.x1, r.y1))]


def _with_scales(rect: Rect, page: PageContent) -> Rect:
    """A diagram with the numbers along its sides."""
    for _ in range(2):
        near = rect.grown(18.0)
        scale = [
            w.rect for w in page.words if near.shared(w.rect) > 0 and w.text.strip("-−").replace(".", "").isdigit()
        ]
        if len(scale) < 3:
            break
        rect = around([rect, *scale])
    return rect


def _grouped(rects: list[Rect]) -> list[list[Rect]]:
    """Rectangles joined where they touch or nearly touch; of very many, the largest."""
    groups: list[tuple[Rect, list[Rect]]] = []
    for rect in sorted(rects, key=lambda r: -r.area)[:_MOST_DRAWN]:
        members, hull = [rect], rect
        rest = []
        for other, others in groups:
            if (
                other.x0 < hull.x1 + 2 * _NEAR and hull.x0 < other.x1 + 2 * _NEAR
                and other.y0 < hull.y1 + 2 * _NEAR and hull.y0 < other.y1 + 2 * _NEAR
            ):  # fmt: skip
                members += others
                hull = around([hull, other])
            else:
                rest.append((other, others))
        groups = [*rest, (hull, members)]
    return [members for _, members in groups]


def _is_ground(rect: Rect, page: PageContent) -> bool:
    """What lies behind the text: most words of the page, or many lines of it, stand on it."""
    on = _words_on(rect, page)
    return on > 40 and (on > 0.4 * len(page.words) or _is_text_box(rect, page))


def _words_on(rect: Rect, page: PageContent) -> int:
    return sum(rect.holds((w.rect.x0 + w.rect.x1) / 2, w.base) for w in page.words)


def _is_text_box(rect: Rect, page: PageContent) -> bool:
    """A frame or shaded box round prose: most of its area is under lines of text."""
    inside = [w for w in page.words if rect.holds((w.rect.x0 + w.rect.x1) / 2, w.base)]
    covered = sum(w.rect.area for w in inside)
    return covered > 0.3 * rect.area and len(inside) > 12


def lettering(words: list[Word], figures: list[Rect]) -> tuple[list[Word], list[Word]]:
    """Words of the page and words inside figures."""
    if not figures:
        return words, []
    outside: list[Word] = []
    inside: list[Word] = []
    for word in words:
        x, y = (word.rect.x0 + word.rect.x1) / 2, (word.rect.y0 + word.rect.y1) / 2
        (inside if any(f.holds(x, y, 1.0) for f in figures) else outside).append(word)
    return outside, inside


def without_captions(figures: list[Rect], inside: list[Word]) -> tuple[list[Rect], list[Word]]:
    """Figures cut above captions that their frames enclose, and the words of those captions."""
    cut: list[Rect] = []
    freed: list[Word] = []
    for figure in figures:
        held = [w for w in inside if figure.holds((w.rect.x0 + w.rect.x1) / 2, (w.rect.y0 + w.rect.y1) / 2, 1.0)]
        rows = rows_of(held)
        start = next((n for n, row in enumerate(rows) if len(row) > 4 and is_caption(joined_text(row))), None)
        if start is not None and rows[start][0].rect.y0 > figure.y0 + figure.height / 2:
            freed += [w for row in rows[start:] for w in row]
            figure = figure._replace(y1=rows[start][0].rect.y0 - 1.0)
        cut.append(figure)
    return cut, freed
