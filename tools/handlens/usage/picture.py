"""Reads the tables of a picture: OCR, then tables from places, then a second look at what is doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    found = telling(tables_in(texts), meaning)
    return PictureReading([doubting_look_alikes(await second_look(ocr, image, table)) for table in found], texts)


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
