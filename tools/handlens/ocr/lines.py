"""What OCR gives: lines of words, with boxes in pixels of the picture that was read."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from handlens.geometry import Box


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters between spaces; in Chinese and Japanese, one character."""

    text: str
    box: Box
    confidence: float
    least: float = 1.0
    """Confidence in the least sure of its characters that are no ornament."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text. `text` has the spaces, `words` the places; `angle` is in degrees,
    clockwise; -90 for text that runs up the page."""

    text: str
    box: Box
    confidence: float
    words: tuple[Word, ...] = ()
    angle: float = 0.0


def is_ideograph(character: str) -> bool:
    """Whether a character is written without spaces round it: Han, Hiragana, Katakana and full-width forms."""
    return unicodedata.east_asian_width(character[0]) in "WF"


def lines_to_json(lines: list[Line]) -> list[list[Any]]:
    """Plain lists, for the pipe between a worker and its owner."""
    return [
        [line.text, *_scored(line), line.angle, [[w.text, *_scored(w), round(w.least, 4)] for w in line.words]]
        for line in lines
    ]


def lines_from_json(rows: list[list[Any]]) -> list[Line]:
    """The reverse of `lines_to_json`."""
    return [
        Line(
            text,
            Box.from_corners(*box),
            conf,
            tuple(Word(t, Box.from_corners(*b), c, least) for t, b, c, least in words),
            angle,
        )
        for text, box, conf, angle, words in rows
    ]


def _scored(item: Line | Word) -> tuple[list[float], float]:
    box = item.box
    return [round(v, 1) for v in (box.x, box.y, box.right, box.bottom)], round(item.confidence, 4)
