"""Bullets that are drawn and not written: browsers and slide programs print them as small discs and squares."""

from __future__ import annotations

from handlens.pdf.bidi import is_rtl
from handlens.pdf.model import PageContent, Rect, Run, Style, Word

_MOST_DOTS = 400  # more of them are a chart's points
_WRITTEN = frozenset("•●○◦▪■□▫‣")
_BULLET_HEIGHT, _SAME_LINE, _FAR = 0.35, 0.1, 3.0  # of the font size
_REACH = 2.6  # font sizes between a bullet and its text
_NEARER = 0.6
_HEIGHT = (0.1, 0.62)  # of the font size above the baseline, where a bullet's middle lies


def add_bullets(page: PageContent) -> None:
    """Add a word for each dot that stands alone before a line of text; level numbers in discs with what they number."""
    for badge in page.badges[:_MOST_DOTS]:
        _level(badge, page)
    for bullet in [w for w in page.words if w.text in _WRITTEN][:_MOST_DOTS]:
        _lower(bullet, page)
    if not 0 < len(page.dots) <= _MOST_DOTS:
        return
    for dot in page.dots:
        text = _text_after(dot, page.words)
        if text is not None:
            rect = Rect(dot.x0, text.rect.y0, dot.x1, text.rect.y1)
            run = Run("•", Style.PLAIN)
            page.words.append(Word([run], rect, text.base, text.size, text.font, Style.PLAIN, text.order, text.colour))


def _level(badge: Rect, page: PageContent) -> None:
    """Put a number that stands in a disc, smaller and higher than the text beside it, on the text's baseline."""
    inside = [w for w in page.words if badge.holds((w.rect.x0 + w.rect.x1) / 2, w.base - 0.35 * w.size)]
    if len(inside) != 1 or not inside[0].text.isdigit() or len(inside[0].text) > 2:
        return
    [number] = inside
    text = _text_after(badge, [w for w in page.words if w is not number])
    if text is not None:
        number.runs = [Run(f"{number.text}.", Style.PLAIN)]
        number.rect = Rect(badge.x0, text.rect.y0, badge.x1, text.rect.y1)
        number.base, number.size, number.font, number.style = text.base, text.size, text.font, Style.PLAIN


def _lower(bullet: Word, page: PageContent) -> None:
    """Put a bullet that is smaller than its text, and so on another baseline, on that of the text."""
    middle = bullet.base - _BULLET_HEIGHT * bullet.size
    level = [w for w in page.words if w is not bullet and w.base - w.size < middle < w.base]
    if any(abs(w.base - bullet.base) < _SAME_LINE * w.size for w in level):
        return
    text = min((w for w in level if w.rect.x0 >= bullet.rect.x1), key=lambda w: w.rect.x0, default=None)
    before = any(w.rect.x1 <= bullet.rect.x0 + 1.0 and bullet.rect.x0 - w.rect.x1 < _FAR * bullet.size for w in level)
    if text is None or before or text.text in _WRITTEN or text.rect.x0 - bullet.rect.x1 > _FAR * text.size:
        return
    bullet.rect = bullet.rect._replace(y0=text.rect.y0, y1=text.rect.y1)
    bullet.base, bullet.size, bullet.font, bullet.style = text.base, text.size, text.font, Style.PLAIN
    bullet.runs = [Run(bullet.text, Style.PLAIN)]


def _text_after(dot: Rect, words: list[Word]) -> Word | None:
    """The word that the dot stands before, if nothing else of its line is near."""
    middle = (dot.y0 + dot.y1) / 2
    level = [w for w in words if _HEIGHT[0] * w.size < w.base - middle < _HEIGHT[1] * w.size]
    if any(w.rect.x0 < dot.x1 - 1.0 < w.rect.x1 for w in level):
        return None
    after = [w for w in level if 0 < w.rect.x0 - dot.x1 < _REACH * w.size]
    before = [w for w in level if -1.0 <= dot.x0 - w.rect.x1 < _REACH * w.size]
    if before and after:  # the bullet of the next column, if it stands far nearer to that
        nearest = min(after, key=lambda w: w.rect.x0)
        left, right = dot.x0 - max(w.rect.x1 for w in before), nearest.rect.x0 - dot.x1
        return nearest if right < _NEARER * left and not is_rtl(nearest.text) else None
    if before:
        nearest = max(before, key=lambda w: w.rect.x1)
        return nearest if is_rtl(nearest.text) else None
    return min(after, key=lambda w: w.rect.x0, default=None)
