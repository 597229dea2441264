"""Doubtful cells of a picture, and names, are read again in another way, which errs less, and knows better where.

The confidence in a cell is that in its least sure character: of a long name one letter is misread, not all of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from anyio import to_thread

from handlens.geometry import Box
from handlens.usage.fragments import Fragment, cleaned, in_reading_order, merged
from handlens.usage.ink import ink_in, is_dash
from handlens.usage.look_alikes import as_digits
from handlens.usage.reading import is_missing
from handlens.usage.status import normalise_status
from handlens.usage.table import Cell, Table

if TYPE_CHECKING:
    from PIL.Image import Image

    from handlens.ocr import Line, Ocr

DOUBTED_BELOW = 0.975
"""Below this the second look is worth its time: nearly all misreadings of the recogniser are, few right readings."""
NAMES_BELOW = 0.99
"""For names, of which no letter follows from the others, and one that was left out is not missed."""
MOST_LOOKS = 160
"""The least sure cells of a table come first."""
DISPUTED = 0.8
"""Confidence, at most, in a cell whose two readings differ."""
PLAINLY = 0.95
"""So sure, a second reading stands against a first one that was not sure at all."""
KNOWN = 0.9
"""Confidence, at least, in what is read twice, or by others of the column, and is a word that can stand there."""
FEW_ROWS = 3
_FEW_DIGITS = re.compile(r"\d{1,2}")
"""A number that others have too is no more likely for it."""
_IDENTIFIER = re.compile(r"(?=.*[A-Za-z].*[A-Za-z])\S{6,}")

_INK = 0.4
"""Of the height of a line's box, above and below its middle."""
_LIKE_A_DASH = re.compile(r"[•·.,_=~]{1,2}")
"""What a stroke that stands for no value is read as."""

Place = tuple[int, int]
Reading = tuple[str, float]


async def second_look(ocr: Ocr, image: Image, table: Table) -> Table:
    """The table with its doubtful cells, and the empty ones in which something is drawn, read again."""
    rows = [list(row) for row in table.rows]
    _keep_apart(rows)
    again, first = await to_thread.run_sync(_sort, image, rows)
    places = [*first, *sorted(again, key=lambda place: rows[place[0]][place[1]].confidence)][:MOST_LOOKS]
    readings = await _read(ocr, image, [_pieces(image, rows[row][column]) for row, column in places])
    disputed: dict[Place, tuple[str, str]] = {}
    for place, reading in zip(places, readings, strict=True):
        row, column = place
        cell = rows[row][column]
        rows[row][column] = _found(cell, *reading) if place in first else _read_twice(cell, *reading)
        if place not in first and rows[row][column].confidence <= DISPUTED:
            disputed[place] = cell.text, reading[0]
    _settle(rows, disputed)
    for row, column in first[MOST_LOOKS:]:
        rows[row][column] = replace(rows[row][column], confidence=0.5)
    return replace(table, rows=tuple(map(tuple, rows)))


def _keep_apart(rows: list[list[Cell]]) -> None:
    """Empty cells end where the text above and below them does: what is read there is not theirs, too."""
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell.text or cell.box is None:
                continue
            top, bottom = cell.box.y, cell.box.bottom
            for other in (one[column] for one in rows[max(0, at - 1) : at + 2]):
                for box in (other.pieces or (other.box,)) if other.text else ():
                    if box is None:
                        continue
                    if box.center.y < cell.box.center.y:
                        top = max(top, box.center.y + _INK * box.height)
                    else:
                        bottom = min(bottom, box.center.y - _INK * box.height)
            if bottom - top > 2:
                row[column] = replace(cell, box=Box.from_corners(cell.box.x, top, cell.box.right, bottom))


def _settle(rows: list[list[Cell]], disputed: Mapping[Place, tuple[str, str]]) -> None:
    """What other rows of the column surely have, more than once, is right: of two readings that one."""
    sure: dict[int, Counter[str]] = {}
    for row in rows:
        for column, cell in enumerate(row):
            if cell.confidence > DISPUTED:
                sure.setdefault(column, Counter())[_folded(cell.text)] += 1
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if cell.confidence > DISPUTED or not cell.text or _FEW_DIGITS.fullmatch(cell.text):
                continue
            texts = disputed.get((row, column), (cell.text,))
            usual = [text for text in texts if sure.get(column, Counter())[_folded(text)] >= 2]
            if len(usual) == 1:
                rows[row][column] = replace(cell, text=usual[0], confidence=KNOWN)


def _pieces(image: Image, cell: Cell) -> Sequence[Box]:
    """Where the cell's lines of text are; of an empty one, where something is drawn."""
    if cell.text or cell.box is None:
        return _whole_lines(cell.pieces) or ([cell.box] if cell.box else [])
    ink = ink_in(image, cell.box)
    return [Box(x=ink.x, y=ink.y - 2, width=ink.width, height=ink.height + 4)] if ink else []


def _whole_lines(pieces: Sequence[Box]) -> list[Box]:
    """The boxes, those that go on in each other as one: at a seam a letter may be read twice, or not at all."""
    whole: list[Box] = []
    for box in sorted(pieces, key=lambda one: one.x):
        for at, one in enumerate(whole):
            level = abs(one.center.y - box.center.y) < 0.3 * box.height
            if level and one.x <= box.x <= one.right + 0.5 * box.height:
                whole[at] = Box.from_corners(
                    one.x, min(one.y, box.y), max(one.right, box.right), max(one.bottom, box.bottom)
                )
                break
        else:
            whole.append(box)
    return whole


def _sort(image: Image, rows: list[list[Cell]]) -> tuple[list[Place], list[Place]]:
    """Which cells to read again, and which to read for the first time. Dashes are seen without reading."""
    again: list[Place] = []
    first: list[Place] = []
    columns = len(rows[0]) if rows else 0
    filled = [sum(1 for row in rows if row[column].text) for column in range(columns)]
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell.box is None or (cell.text and _is_sure(cell)):
                continue
            ink = ink_in(image, cell.box) if len(cell.text) < 4 else None
            if is_dash(ink):
                row[column] = replace(cell, text="-", confidence=1.0)
            elif cell.text:
                again.append((at, column))
            elif ink and (len(rows) <= FEW_ROWS or 4 * filled[column] > len(rows)):
                first.append((at, column))
    return again, first


def _is_sure(cell: Cell) -> bool:
    """Whether a second look is not worth its time."""
    least = NAMES_BELOW if _is_name(cell.text) else DOUBTED_BELOW
    return cell.confidence >= least and not _LIKE_A_DASH.fullmatch(cell.text)


def _is_name(text: str) -> bool:
    return _IDENTIFIER.fullmatch(text) is not None and normalise_status(text) == "unknown"


def _read_twice(cell: Cell, text: str, confidence: float) -> Cell:
    if len(_whole_lines(cell.pieces)) < len(cell.pieces) and _folded(text) in _without_one_letter(_folded(cell.text)):
        return replace(cell, text=text, confidence=confidence)  # it was read in parts, which share a letter
    return _compared(cell, text, confidence)


def _without_one_letter(text: str) -> set[str]:
    """The text without the one or the other of two letters that are the same and stand beside each other."""
    return {text[:at] + text[at + 1 :] for at in range(1, len(text)) if text[at] == text[at - 1]}


def _compared(cell: Cell, text: str, confidence: float) -> Cell:
    if not text:
        return cell
    if _folded(text) == _folded(cell.text) or _same_digit(text, cell.text):
        known = normalise_status(cell.text) != "unknown"  # no misreading makes one status of another
        return replace(cell, confidence=max(confidence, KNOWN) if known else confidence)
    for shorter, longer in ((text, cell.text), (cell.text, text)):
        if re.fullmatch(r"\S{1,2}\s+" + re.escape(shorter), longer):  # an icon or a box before it, read as something
            return replace(cell, text=shorter, confidence=max(cell.confidence, confidence, 0.9))
    if confidence >= PLAINLY and cell.confidence < DISPUTED:
        return replace(cell, text=text, confidence=confidence)
    best, sure = max(((text, confidence), (cell.text, cell.confidence)), key=lambda reading: reading[1])
    if confidence >= KNOWN:
        best = text  # of readings that differ the second is right seven times as often as the first
    fuller = max((text, cell.text), key=len)
    if _left_out(min((text, cell.text), key=len), fuller):
        best = fuller
    return replace(cell, text=best, confidence=min(sure, DISPUTED))


def _same_digit(one: str, other: str) -> bool:
    """Whether both are what a lone digit is taken for; which one it is, its column tells."""
    return len(one) == len(other) == 1 and as_digits(one) == as_digits(other) and as_digits(one).isdigit()


def _left_out(shorter: str, longer: str) -> bool:
    """Whether one reading is the other without a letter: one is rather passed over than made up."""
    if len(longer) != len(shorter) + 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    return longer[at].isalnum() and longer[at + 1 :] == shorter[at:] and 0 < at < len(shorter)


def _found(cell: Cell, text: str, confidence: float) -> Cell:
    """An empty cell in which there is ink, and whose column is not mostly empty, was passed over."""
    if not text:
        return replace(cell, confidence=0.8)
    if _LIKE_A_DASH.fullmatch(text):
        text = "-"
    return replace(cell, text=text, confidence=confidence if is_missing(text) else min(confidence, 0.9))


async def _read(ocr: Ocr, image: Image, cells: Sequence[Sequence[Box]]) -> list[Reading]:
    """The cells' texts, each read line by line."""
    boxes = [box for pieces in cells for box in pieces]
    lines = iter(await ocr.reread(image, boxes))
    readings: list[Reading] = []
    for pieces in cells:
        found = [replace(cleaned(fragment(line)), box=box) for box in pieces if (line := next(lines))]
        whole = cleaned(merged(in_reading_order(found))) if found else None
        readings.append((whole.text, whole.confidence) if whole else ("", 0.0))
    return readings


def _folded(text: str) -> str:
    return re.sub(r"\s", "", text)


def fragment(line: Line) -> Fragment:
    """An OCR line as a fragment, as sure as its least sure character."""
    words = tuple(Fragment(word.text, word.box, word.least) for word in line.words)
    return Fragment(line.text, line.box, min((word.confidence for word in words), default=line.confidence), words)
