"""Reads the tables of a picture: OCR, then tables from places, then a second look at what is doubtful."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handlens.usage.fragments import Fragment
from handlens.usage.layout import tables_in
from handlens.usage.look_alikes import doubting_look_alikes
from handlens.usage.masking import masked_text
from handlens.usage.rows import Meaning, telling
from handlens.usage.second_look import fragment, second_look
from handlens.usage.table import Table

if TYPE_CHECKING:
    from PIL.Image import Image

    from handlens.ocr import Ocr

STRIP = 0.65
"""Height of a strip over its width."""
OVERLAP = 40
SEAM = 8
"""Pixels: a line this close to where two strips meet is taken from whichever shows it, but once."""


@dataclass(frozen=True, slots=True)
class PictureReading:
    """The usage tables of a picture, and all texts in it, table or not. Boxes are in its pixels."""

    tables: list[Table]
    texts: list[Fragment]


async def read_picture(ocr: Ocr, image: Image, meaning: Meaning | None = None) -> PictureReading:
    """The usage tables of a picture, with what is sure and what is not told in each cell."""
    texts = await _fragments(ocr, image)
    found = telling(tables_in(texts), meaning)
    return PictureReading([doubting_look_alikes(await second_look(ocr, image, table)) for table in found], texts)


async def _fragments(ocr: Ocr, image: Image) -> list[Fragment]:
    """All text of the picture. A tall one is read in strips: shrunk to the recogniser's size, its type would vanish.

    Strips overlap, and a line belongs to the strip in whose own part its middle lies, or to the first of both.
    """
    found: list[Fragment] = []
    strips = max(1, math.ceil(image.height / max(300, STRIP * image.width)))
    height = math.ceil(image.height / strips)
    for top in range(0, image.height, height):
        above, below = max(0, top - OVERLAP), min(image.height, top + height + OVERLAP)
        strip = image.crop((0, above, image.width, below))
        earlier = [one for one in found if one.middle > top - 2 * SEAM]
        for line in await ocr.read(strip, screen=True):
            piece = _moved(fragment(line), above)
            near = top - SEAM <= piece.middle < top + height + SEAM
            if abs(line.angle) < 15 and near and not any(_is_same(piece, one) for one in earlier):
                found.append(piece)
    return found


def _is_same(piece: Fragment, other: Fragment) -> bool:
    """Whether two strips showed the same text."""
    level = abs(piece.middle - other.middle) < 0.3 * piece.box.height
    shared = min(piece.box.right, other.box.right) - max(piece.box.x, other.box.x)
    return level and shared > 0.5 * min(piece.box.width, other.box.width)


def without_secrets(image: Image, texts: Sequence[Fragment]) -> Image:
    """The picture with every text that holds a secret or a private address blacked out: fit to be sent on."""
    from PIL import ImageDraw

    secret = [piece.box for piece in texts if _tells(piece.text)]
    if not secret:
        return image
    covered = image.copy()
    pen = ImageDraw.Draw(covered)
    for box in secret:
        pen.rectangle((box.x - 2, box.y, box.right + 2, box.bottom), fill="#111")
    return covered


def _tells(text: str) -> bool:
    """OCR sees spaces where letters stand apart, so the text is also judged without them."""
    return any(masked_text(form) != form for form in (text, text.replace(" ", "")))


def _moved(piece: Fragment, down: float) -> Fragment:
    parts = tuple(_moved(part, down) for part in piece.parts)
    return replace(piece, box=piece.box.moved(0, down), parts=parts)
