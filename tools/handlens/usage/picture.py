"""Reads the tables of a picture: OCR, then tables from places, then a second look at what is doubtful."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from anyio import to_thread

from handlens.geometry import Box
from handlens.usage.fragments import Fragment, merged, without_ornament
from handlens.usage.ink import ink_in, is_dash
from handlens.usage.layout import tables_in
from handlens.usage.look_alikes import doubting_look_alikes
from handlens.usage.masking import masked_text
from handlens.usage.reading import is_missing
from handlens.usage.rows import Meaning, usage_tables
from handlens.usage.table import Cell, Table

if TYPE_CHECKING:
    from PIL.Image import Image

    from handlens.ocr import Line, Ocr

ENLARGED = 1.5
"""Small type is read better enlarged; consoles are set in 12 to 14 pixels."""
WIDEST_ENLARGED = 2_600
STRIP = 0.65
"""Height of a strip over its width."""
OVERLAP = 40
CLOSE_UP = 3.0
DOUBTED_BELOW = 0.975
"""Below this the second look is worth its time: most misreadings of the recogniser are, few right readings."""
MOST_SECOND_LOOKS = 120


@dataclass(frozen=True, slots=True)
class PictureReading:
    """The usage tables of a picture, and all texts in it, table or not. Boxes are in its pixels."""

    tables: list[Table]
    texts: list[Fragment]


async def read_picture(ocr: Ocr, image: Image, meaning: Meaning | None = None) -> PictureReading:
    """The usage tables of a picture, with what is sure and what is not told in each cell."""
    texts = await _fragments(ocr, image)
    looker = _SecondLook(ocr, image)
    found = usage_tables(tables_in(texts), meaning)
    return PictureReading([doubting_look_alikes(await looker.over(table)) for table in found], texts)


async def _fragments(ocr: Ocr, image: Image) -> list[Fragment]:
    """All text of the picture. A tall one is read in strips: shrunk to the recogniser's size, its type would vanish.

    Strips overlap, and a line belongs to the strip in whose own part its middle lies.
    """
    factor = ENLARGED if image.width * ENLARGED <= WIDEST_ENLARGED else 1.0
    found: list[Fragment] = []
    strips = max(1, math.ceil(image.height / max(300, STRIP * image.width)))
    height = math.ceil(image.height / strips)
    for top in range(0, image.height, height):
        above, below = max(0, top - OVERLAP), min(image.height, top + height + OVERLAP)
        strip = image.crop((0, above, image.width, below))
        for line in await ocr.read(await to_thread.run_sync(_scaled, strip, factor)):
            piece = _moved(fragment(line, 1 / factor), above)
            if abs(line.angle) < 15 and top <= piece.middle < top + height:
                found.append(piece)
    return found


def without_secrets(image: Image, texts: Sequence[Fragment]) -> Image:
    """The picture with every text that holds a secret or a private address blacked out: fit to be sent on."""
    from PIL import ImageDraw

    secret = [piece.box for piece in texts if masked_text(piece.text) != piece.text]
    if not secret:
        return image
    covered = image.copy()
    pen = ImageDraw.Draw(covered)
    for box in secret:
        pen.rectangle((box.x - 2, box.y, box.right + 2, box.bottom), fill="#111")
    return covered


def _moved(piece: Fragment, down: float) -> Fragment:
    parts = tuple(_moved(part, down) for part in piece.parts)
    return replace(piece, box=piece.box.moved(0, down), parts=parts)


def fragment(line: Line, scale: float) -> Fragment:
    """An OCR line as a fragment, in the pixels of the picture before it was scaled."""
    words = tuple(Fragment(word.text, word.box.scaled(scale), word.confidence) for word in line.words)
    least = min((word.confidence for word in words), default=line.confidence)
    return Fragment(line.text, line.box.scaled(scale), min(line.confidence, least), words)


def _scaled(image: Image, factor: float) -> Image:
    from PIL import Image as Pillow

    flat = image.convert("RGB")
    if factor == 1.0:
        return flat
    return flat.resize((round(flat.width * factor), round(flat.height * factor)), Pillow.Resampling.LANCZOS)


class _SecondLook:
    """Reads doubtful cells again, alone and enlarged. Two readings that agree are sure; two that don't are not."""

    def __init__(self, ocr: Ocr, image: Image) -> None:
        self._ocr = ocr
        self._image = image
        self._left = MOST_SECOND_LOOKS

    async def over(self, table: Table) -> Table:
        filled = [sum(1 for row in table.rows if row[column].text) for column in range(len(table.headers))]
        rows: list[tuple[Cell, ...]] = []
        for row in table.rows:
            cells = [
                await self._again(cell)
                if cell.text
                else await self._first(cell, often=2 * filled[at] > len(table.rows))
                for at, cell in enumerate(row)
            ]
            rows.append(tuple(cells))
        return replace(table, rows=tuple(rows))

    async def _again(self, cell: Cell) -> Cell:
        if cell.confidence >= DOUBTED_BELOW or cell.box is None:
            return cell
        if len(cell.text) < 4 and is_dash(await to_thread.run_sync(ink_in, self._image, cell.box)):
            return replace(cell, text="-", confidence=1.0)
        text, confidence = await self._close_up(cell.box)
        if not text:
            return cell
        if _folded(text) == _folded(cell.text):
            return replace(cell, confidence=max(cell.confidence, confidence, 0.9))
        best, sure = max(((text, confidence), (cell.text, cell.confidence)), key=lambda reading: reading[1])
        return replace(cell, text=best, confidence=min(sure, 0.8))

    async def _first(self, cell: Cell, *, often: bool) -> Cell:
        """An empty cell, where there is ink and its column is mostly filled, may have been passed over."""
        ink = await to_thread.run_sync(ink_in, self._image, cell.box) if cell.box else None
        if ink is None or cell.box is None:
            return cell
        if is_dash(ink):
            return replace(cell, text="-")
        if not often:
            return cell
        text, confidence = await self._close_up(cell.box)
        if not text:
            return replace(cell, confidence=0.5) if self._left <= 0 else replace(cell, confidence=0.8)
        return replace(cell, text=text, confidence=confidence if is_missing(text) else min(confidence, 0.9))

    async def _close_up(self, box: Box) -> tuple[str, float]:
        self._left -= 1
        if self._left < 0:
            return "", 0.0
        lines = await self._ocr.read(await to_thread.run_sync(_crop, self._image, box))
        found = [fragment(line, 1.0) for line in lines if abs(line.angle) < 15]
        if not found:
            return "", 0.0
        ordered = sorted(found, key=lambda one: (round(one.middle / (0.6 * one.box.height)), one.box.x))
        whole = merged(ordered)
        return without_ornament(whole.text), whole.confidence


def _crop(image: Image, box: Box) -> Image:
    from PIL import Image as Pillow
    from PIL import ImageOps

    pad = 3
    left, top = max(0, int(box.x) - 1), max(0, int(box.y) - pad)
    right, bottom = min(image.width, int(box.right) + 2), min(image.height, int(box.bottom) + pad)
    part = image.crop((left, top, max(left + 1, right), max(top + 1, bottom))).convert("RGB")
    part = part.resize((round(part.width * CLOSE_UP), round(part.height * CLOSE_UP)), Pillow.Resampling.LANCZOS)
    red, green, blue = part.resize((1, 1), box=(0, 0, 3, 3)).tobytes()
    return ImageOps.expand(part, border=24, fill=(red, green, blue))


def _folded(text: str) -> str:
    return re.sub(r"\s", "", text)
