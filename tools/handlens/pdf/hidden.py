"""Invisible text under a picture, as scanners with OCR leave it: whether it lies where the picture has print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handlens.pdf.model import PageContent, Word

SCALE = 1.0
"""Pixels a point: enough to see where print is."""

_SHARE = 0.6  # of a page's characters, from which its text counts as hidden
_PICTURE = 0.3  # of the page's area
_MOST = 400  # words looked at
_FITS = 0.6  # of the words
_DARKER = 1.3


def is_hidden(page: PageContent) -> bool:
    """Whether a page's text is mostly invisible and a picture shows in its place."""
    if page.invisible <= _SHARE * max(1, page.characters):
        return False
    return sum(image.area for image in page.images) > _PICTURE * page.width * page.height


def fits_picture(page: PageContent, image: Any) -> bool:
    """Whether most words lie on print in `image` (Pillow, the whole page), and not between its lines."""
    grey = image.convert("L")
    scale = grey.width / max(1.0, page.width)
    words = [w for w in page.words if scale * w.rect.width > 3 and scale * w.size > 3]
    words = words[:: max(1, len(words) // _MOST)]
    fitting = sum(_on_print(word, grey, scale) for word in words)
    return fitting >= _FITS * len(words)


def _on_print(word: Word, grey: Any, scale: float) -> bool:
    """Whether it is darker where the word's letters are than just above and below them."""
    left, right, base, size = (scale * v for v in (word.rect.x0, word.rect.x1, word.base, word.size))
    inside = _darkness(grey, left, base - 0.55 * size, right, base)
    above = _darkness(grey, left, base - 1.05 * size, right, base - 0.8 * size)
    below = _darkness(grey, left, base + 0.25 * size, right, base + 0.5 * size)
    return inside > 8.0 and inside > _DARKER * min(above, below)


def _darkness(grey: Any, x0: float, y0: float, x1: float, y1: float) -> float:
    """Mean darkness of a box, 0 to 255; 0 outside the picture."""
    box = (
        max(0, int(x0)),
        max(0, round(y0)),
        min(grey.width, int(x1) + 1),
        min(grey.height, max(round(y1), round(y0) + 1)),
    )
    if box[0] >= box[2] or box[1] >= box[3]:
        return 0.0
    counts = grey.crop(box).histogram()
    return 255.0 - sum(value * count for value, count in enumerate(counts)) / sum(counts)
