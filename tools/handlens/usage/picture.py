"""Reads the tables of a picture: OCR, then tables from places, then a second look at what is doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlens.geometry import Box
from handlens.usage.fragments import Fragment
from handlens.usage.ink import ink_in
from handlens.usage.layout import tables_in
from handlens.usage.look_alikes import doubting_look_alikes
from handlens.usage.masking import masked_text
from handlens.usage.rows import Meaning, telling
from handlens.usage.second_look import fragment, second_look
from handlens.usage.table import Table

if TYPE_CHECKING:
    from PIL.Image import Image

    from handlens.ocr import Ocr

_MARK = 3
_MOST_MARKS = 12
_BEFORE = 5.0
"""So many times as long as a line's box is high can be what was passed over."""
LEAN = 15
"""Degrees: what leans more runs up the page, and is in no table."""


@dataclass(frozen=True, slots=True)
class PictureReading:
    """The usage tables of a picture, and all texts in it, table or not. Boxes are in its pixels."""

    tables: list[Table]
    texts: list[Fragment]


async def read_picture(ocr: Ocr, image: Image, meaning: Meaning | None = None) -> PictureReading:
    """The usage tables of a picture, with what is sure and what is not told in each cell."""
    texts = [fragment(line) for line in await ocr.read(image, screen=True) if abs(line.angle) < LEAN]
    texts += await _passed_over(ocr, image, texts)
    found = telling(tables_in(texts), meaning)
    return PictureReading([doubting_look_alikes(await second_look(ocr, image, table)) for table in found], texts)


async def _passed_over(ocr: Ocr, image: Image, texts: Sequence[Fragment]) -> list[Fragment]:
    """What is drawn right before a mark that stands alone: of a header, only the arrows to sort by were found.

    A short text by itself is what the detector passes over most easily.
    """
    marks = [text for text in texts if len(text.text) <= _MARK and not any(map(str.isalnum, text.text))]
    drawn = [box for mark in marks[:_MOST_MARKS] if (box := _drawn_before(image, mark.box, texts))]
    return [fragment(line) for line in await ocr.reread(image, drawn) if line is not None]


def _drawn_before(image: Image, mark: Box, texts: Sequence[Fragment]) -> Box | None:
    """Where something is drawn before a mark, and near it; None where that is nothing, or was read."""
    level = (text.box for text in texts if abs(text.box.center.y - mark.center.y) < 0.5 * mark.height)
    stop = max((other.right for other in level if other.right <= mark.x + 1), default=0.0)
    left = max(stop + 2, mark.x - _BEFORE * mark.height)
    ink = ink_in(image, Box(x=left, y=mark.y, width=mark.x - left, height=mark.height)) if mark.x - left > 8 else None
    if ink is None or mark.x - ink.right > mark.height or ink.width < 0.4 * mark.height or ink.x <= left + 4:
        return None
    return Box.from_corners(ink.x - 3, mark.y, ink.right + 2, mark.bottom)


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
