"""Doubtful cells of a picture are read again, enlarged. Two readings that agree are sure; two that don't are not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from anyio import to_thread

from handlens.geometry import Box
from handlens.usage.fragments import Fragment, in_reading_order, merged, without_ornament
from handlens.usage.ink import ink_in, is_dash
from handlens.usage.reading import is_missing
from handlens.usage.table import Cell, Table

if TYPE_CHECKING:
    from PIL.Image import Image

    from handlens.ocr import Line, Ocr

CLOSE_UP = 3.0
WIDEST = 960
"""A close-up is no wider, in pixels: wide cells are enlarged less."""
BORDER = 24
TOGETHER = 16
"""Close-ups in one picture: what finding text costs goes by area, and a picture that is too high is shrunk."""
DOUBTED_BELOW = 0.975
"""Below this the second look is worth its time: most misreadings of the recogniser are, few right readings."""
MOST_LOOKS = 64
"""The least sure cells of a table come first."""
FEW_ROWS = 3

Place = tuple[int, int]
Reading = tuple[str, float]


async def second_look(ocr: Ocr, image: Image, table: Table) -> Table:
    """The table with its doubtful cells, and the empty ones in which something is drawn, read again."""
    rows = [list(row) for row in table.rows]
    again, first = await to_thread.run_sync(_sort, image, rows)
    places = [*first, *sorted(again, key=lambda place: rows[place[0]][place[1]].confidence)]
    boxes = [box for row, column in places[:MOST_LOOKS] if (box := rows[row][column].box)]
    readings = await _read(ocr, image, boxes)
    for place, reading in zip(places, readings, strict=False):
        row, column = place
        cell = rows[row][column]
        rows[row][column] = _found(cell, *reading) if place in first else _compared(cell, *reading)
    for row, column in first[MOST_LOOKS:]:
        rows[row][column] = replace(rows[row][column], confidence=0.5)
    return replace(table, rows=tuple(map(tuple, rows)))


def _sort(image: Image, rows: list[list[Cell]]) -> tuple[list[Place], list[Place]]:
    """Which cells to read again, and which to read for the first time. Dashes are seen without reading."""
    again: list[Place] = []
    first: list[Place] = []
    columns = len(rows[0]) if rows else 0
    filled = [sum(1 for row in rows if row[column].text) for column in range(columns)]
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell.box is None or (cell.text and cell.confidence >= DOUBTED_BELOW):
                continue
            ink = ink_in(image, cell.box) if len(cell.text) < 4 else None
            if is_dash(ink):
                row[column] = replace(cell, text="-", confidence=1.0)
            elif cell.text:
                again.append((at, column))
            elif ink and (len(rows) <= FEW_ROWS or 2 * filled[column] > len(rows)):
                first.append((at, column))
    return again, first


def _compared(cell: Cell, text: str, confidence: float) -> Cell:
    if not text:
        return cell
    if _folded(text) == _folded(cell.text):
        return replace(cell, confidence=max(cell.confidence, confidence, 0.9))
    best, sure = max(((text, confidence), (cell.text, cell.confidence)), key=lambda reading: reading[1])
    return replace(cell, text=best, confidence=min(sure, 0.8))


def _found(cell: Cell, text: str, confidence: float) -> Cell:
    """An empty cell in which there is ink, and whose column is mostly filled, was passed over."""
    if not text:
        return replace(cell, confidence=0.8)
    return replace(cell, text=text, confidence=confidence if is_missing(text) else min(confidence, 0.9))


async def _read(ocr: Ocr, image: Image, boxes: Sequence[Box]) -> list[Reading]:
    readings: list[Reading] = []
    for start in range(0, len(boxes), TOGETHER):
        sheet, parts = await to_thread.run_sync(_sheet, image, boxes[start : start + TOGETHER])
        pieces = [fragment(line) for line in await ocr.read(sheet) if abs(line.angle) < 15]
        readings += [_reading([piece for piece in pieces if part.contains(piece.box.center)]) for part in parts]
    return readings


def _reading(found: Sequence[Fragment]) -> Reading:
    if not found:
        return "", 0.0
    whole = merged(in_reading_order(found))
    return without_ornament(whole.text), whole.confidence


def _sheet(image: Image, boxes: Sequence[Box]) -> tuple[Image, list[Box]]:
    """The parts of the picture enlarged, one under the other; and where in it a text belongs to each.

    Lines above and below a cell may reach into its part: a text belongs to it only if its middle does not lie at the
    part's very edge.
    """
    from PIL import Image as Pillow

    crops = [_crop(image, box) for box in boxes]
    sheet = Pillow.new("RGB", (max(crop.width for crop in crops), sum(crop.height for crop in crops)))
    own: list[Box] = []
    top = 0
    for crop in crops:
        sheet.paste(crop.resize((sheet.width, crop.height), box=(0, 0, 1, 1)), (0, top))
        sheet.paste(crop, (0, top))
        edge = BORDER + min(0.22 * (crop.height - 2 * BORDER), 20.0)
        own.append(Box(x=0, y=top + edge, width=sheet.width, height=crop.height - 2 * edge))
        top += crop.height
    return sheet, own


def _crop(image: Image, box: Box) -> Image:
    from PIL import Image as Pillow
    from PIL import ImageOps

    pad = 3
    left, top = max(0, int(box.x) - 1), max(0, int(box.y) - pad)
    right, bottom = min(image.width, int(box.right) + 2), min(image.height, int(box.bottom) + pad)
    part = image.crop((left, top, max(left + 1, right), max(top + 1, bottom))).convert("RGB")
    factor = min(CLOSE_UP, max(1.0, WIDEST / part.width))
    part = part.resize((round(part.width * factor), round(part.height * factor)), Pillow.Resampling.LANCZOS)
    red, green, blue = part.resize((1, 1), box=(0, 0, 3, 3)).tobytes()
    return ImageOps.expand(part, border=BORDER, fill=(red, green, blue))


def _folded(text: str) -> str:
    return re.sub(r"\s", "", text)


def fragment(line: Line) -> Fragment:
    """An OCR line as a fragment."""
    words = tuple(Fragment(word.text, word.box, word.confidence) for word in line.words)
    least = min((word.confidence for word in words), default=line.confidence)
    return Fragment(line.text, line.box, min(line.confidence, least), words)
