"""Which lines OCR has read and which are noise: of a script that it does not know, it returns next to nothing, one
character again and again, or guesses."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from handlens.scripts import script_of

if TYPE_CHECKING:
    from handlens.geometry import Box
    from handlens.ocr.lines import Line

_LONG = 12  # characters from which a low confidence tells
_GUESSED = 0.72
_SPARSE = 0.4  # characters for each height of the line that it is long: Latin print has two or three
_REPEATED = 0.8


def legible(lines: list[Line], unread: list[Box]) -> tuple[list[Line], float]:
    """Lines that were read, and the share (0 to 1) of all the print, by its length, that was not."""
    kept = [line for line in lines if not is_noise(line)]
    read = sum(_length(line.box) for line in kept)
    lost = sum(_length(line.box) for line in lines if is_noise(line)) + sum(_length(box) for box in unread)
    return kept, lost / max(1.0, read + lost)


def is_noise(line: Line) -> bool:
    """Whether a line's text is not what is printed there."""
    characters = "".join(line.text.split())
    if not characters:
        return True
    across, along = sorted((line.box.width, line.box.height))
    if along > 6 * across and len(characters) < _SPARSE * along / across:
        return True
    if len(characters) >= _LONG and line.confidence < _GUESSED:
        return True
    common, count = Counter(characters).most_common(1)[0]
    return common.isalnum() and len(characters) >= _LONG and count > _REPEATED * len(characters)


def is_greek(line: Line) -> bool:
    """Whether most of a line is in Greek letters, which PP-OCRv6 knows from formulas and takes other scripts for."""
    letters = [c for c in line.text if c.isalpha()]
    return len(letters) > 3 and sum(script_of(c) == "Greek" for c in letters) > 0.6 * len(letters)


def _length(box: Box) -> float:
    return max(box.width, box.height)
