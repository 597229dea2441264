"""Text that is on a page and that nobody sees there: without ink, in the paper's colour, under a box, on a layer that
is off, too small. What may be such is told by how it is painted; whether it is, by drawing the page without it."""

from __future__ import annotations

import ctypes
from collections import Counter
from typing import TYPE_CHECKING, Any

from handlens.pdf.places import words_by_middle

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlens.pdf.model import PageContent, Rect, Word

NO_INK, PAPER, COVERED = "without ink", "in the colour of its ground", "covered"
LAYER, TINY, UNDRAWN = "on a hidden layer", "tiny", "not drawn"

_SCALE, _MOST_PIXELS = 1.5, 3_000_000  # pixels a point, of the drawing
_SEEN = 16  # of 255: how far a pixel is from what it were without the text
_TINIEST, _SHARE = 1.5, 0.0025  # points; of the page's shorter side
_PALE, _CLEAR = 232, 24  # of 255: colours from which, and opacities to which, text may not be seen on white paper
_MOST_COVERS = 500


def doubt_of(mode: int, colour: tuple[int, int, int, int], size: float, page: PageContent) -> str:
    """Why text may not be seen, by its rendering mode, colour (red, green, blue, opacity) and size in points."""
    if size < min(_TINIEST, _SHARE * min(page.width, page.height)):
        return TINY
    if mode in (3, 7):
        return NO_INK if mode == 3 else UNDRAWN
    return PAPER if min(colour[:3]) >= _PALE or colour[3] <= _CLEAR else ""


def leave_out_unseen(page: PageContent, draw: Callable[[float], Any]) -> None:
    """Take the words that nobody sees out of `page`, and note how many those are.

    draw: the page as a Pillow image, at so many pixels a point. Text without ink over a picture is what a scanner's
    OCR has read in it, and stays.
    """
    words = [*page.words, *page.sideways]
    doubts = _doubts(words, page)
    if not doubts:
        return
    unseen = {id(word): why for word, why in doubts if why is TINY}
    asked = [(word, why) for word, why in doubts if why is not TINY]
    if asked:
        scale = min(_SCALE, (_MOST_PIXELS / max(1.0, page.width * page.height)) ** 0.5)
        drawn = draw(scale)
        taken = {word.drawn for word, why in asked if why is not UNDRAWN}
        twice = page.painted.keys() - {word.drawn for word in words}  # what is painted again in the same place
        changed = _changed(drawn, taken | twice, lambda: draw(scale)) if taken else drawn
        for word, why in asked:
            if not (_shows(word.rect, drawn, scale) and _shows(word.rect, changed, scale)):
                unseen[id(word)] = why
    if not unseen:
        return
    _remove(unseen, page)
    counts = Counter(unseen.values())
    told = ", ".join(f"{count} {why}" for why, count in counts.most_common())
    page.notes.append(f"Words that nobody sees on this page are left out: {told}.")


def _doubts(words: list[Word], page: PageContent) -> list[tuple[Word, str]]:
    """Words that may not be seen, and why."""
    doubts = {id(w): page.doubts[w.drawn] for w in words if w.drawn in page.doubts}
    if page.covers:
        placed = words_by_middle(words)
        for order, rect in page.covers[-_MOST_COVERS:]:
            for word in placed.inside(rect):
                if page.painted.get(word.drawn, order) < order:
                    doubts.setdefault(id(word), COVERED)
    return [(w, doubts[id(w)]) for w in words if id(w) in doubts and not _is_ocr(w, doubts[id(w)], page)]


def _is_ocr(word: Word, why: str, page: PageContent) -> bool:
    x, y = (word.rect.x0 + word.rect.x1) / 2, (word.rect.y0 + word.rect.y1) / 2
    return why is NO_INK and any(image.holds(x, y) for image in page.images)


def _changed(drawn: Any, handles: set[int], draw: Callable[[], Any]) -> Any:
    """What of the page's drawing changes when text objects are taken out of it, as a Pillow image."""
    import pypdfium2.raw as pdfium
    from PIL import ImageChops

    objects = [ctypes.cast(handle, pdfium.FPDF_PAGEOBJECT) for handle in handles]
    try:
        for handle in objects:
            pdfium.FPDFPageObj_SetIsActive(handle, False)
        return ImageChops.difference(drawn, draw())
    finally:
        for handle in objects:
            pdfium.FPDFPageObj_SetIsActive(handle, True)


def _shows(rect: Rect, image: Any, scale: float) -> bool:
    """Whether a rectangle of the page is not of one colour; what lies outside of the page can't be seen."""
    left, top = max(0, int(rect.x0 * scale)), max(0, int(rect.y0 * scale))
    right, bottom = min(image.width, int(rect.x1 * scale) + 1), min(image.height, int(rect.y1 * scale) + 1)
    if left >= right or top >= bottom:
        return False
    return max(high - low for low, high in image.crop((left, top, right, bottom)).getextrema()) >= _SEEN


def _remove(unseen: dict[int, str], page: PageContent) -> None:
    for word in [*page.words, *page.sideways]:
        if id(word) in unseen:
            page.characters -= len(word.text)
            page.invisible -= len(word.text) if unseen[id(word)] is NO_INK else 0
    page.words = [w for w in page.words if id(w) not in unseen]
    page.sideways = [w for w in page.sideways if id(w) not in unseen]
