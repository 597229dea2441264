"""Reading what a computer drew: small type, level lines, cells that stand close, and every letter drawn the same."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from handlens.geometry import Box
from handlens.ocr.apart import apart
from handlens.ocr.cases import with_cases
from handlens.ocr.detect import Rotated, find_lines, levelled, snapped, trimmed
from handlens.ocr.glyphs import Characters, Drawn, Glyphs, drawn_in
from handlens.ocr.lines import Line, is_ideograph
from handlens.ocr.recognise import (
    HEIGHT,
    SQUEEZE,
    STRIDE,
    Recogniser,
    cropped,
    edges_of,
    line_of,
)
from handlens.workers import give_back_memory

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

_STRIP = 0.65
"""Height of a strip over its width: a tall picture is shrunk to the detector's size strip by strip."""
_LOWEST_STRIP = 300
_OVERLAP = 40
_SEAM = 8
"""Pixels: a line this close to where two strips meet is taken from whichever shows it, but once."""
_UPRIGHT = 2.5
"""Of its width: a lone digit is no higher than this. What is runs up the page."""
_FEWEST_STEPS = 1.25
_STEPS = 1.7
"""Steps of the output for each character: with fewer, letters are left out; so many are enough."""
_AROUND = 3.0
_UNCLEAR = 0.8


@dataclass(frozen=True, slots=True)
class _Reading:
    place: Rotated
    crop: Image
    drawn: Drawn | None
    found: Characters
    known: bool = False
    """Letter by letter, without the network."""


class Screens:
    """Reads pictures of screens with PP-OCR's networks. ``side``: the longer side of what the detector sees."""

    def __init__(self, detector: Any, recogniser: Recogniser, *, side: int, threshold: float) -> None:
        self._detector, self._recogniser = detector, recogniser
        self._side, self._threshold = side, threshold
        self._last: tuple[bytes, Glyphs] = b"", Glyphs()

    def read(self, image: Image) -> list[Line]:
        """The lines of a picture, in no order."""
        places = self._places(image)
        glyphs = Glyphs()
        self._last = _digest(image), glyphs
        found = [self._read(image, place, glyphs) for place in sorted(places, key=lambda place: place.cy)]
        return [_settled(one, glyphs) if isinstance(one, _Reading) else one for one in found if one]

    def reread(self, image: Image, boxes: Sequence[Box]) -> list[Line | None]:
        """The level line in each box, cut closer and read wider than `read` does: what is read so too is no accident.

        What is known of the letters of a picture that was just read still counts.
        """
        digest, glyphs = self._last
        if digest != _digest(image):
            glyphs = Glyphs()
        readings: list[Line | None] = []
        for box in boxes:
            width = box.width + 2 * _AROUND
            place = trimmed(image, Rotated(box.center.x, box.center.y, width, max(box.height, 8.0), 0.0, 1.0))
            crop = cropped(image, place)
            found = self._recogniser.characters(crop, 1.0, STRIDE)
            readings.append(
                _settled(_Reading(place, crop, drawn_in(crop), _cased(found, crop)), glyphs) if found else None
            )
        return readings

    def _places(self, image: Image) -> list[Rotated]:
        """Where there are lines. Strips overlap, and a line belongs to the strip in whose own part its middle lies."""
        height, width = image.shape[:2]
        strips = max(1, math.ceil(height / max(_LOWEST_STRIP, _STRIP * width)))
        step = math.ceil(height / strips)
        found: list[Rotated] = []
        for top in range(0, height, step):
            above = max(0, top - _OVERLAP)
            strip = image[above : top + step + _OVERLAP]
            places = find_lines(self._detector, strip, side=self._side, threshold=self._threshold)
            earlier = [one for one in found if one.cy > top - 2 * _SEAM]
            for place in apart(strip, [levelled(place) for place in places]):
                cut = snapped(strip, place)
                cut.cy += above
                near = top - _SEAM <= cut.cy < top + step + _SEAM
                if near and not any(_is_same(cut, one) for one in earlier):
                    found.append(cut)
        give_back_memory()
        return found

    def _read(self, image: Image, place: Rotated, glyphs: Glyphs) -> _Reading | Line | None:
        if place.height > _UPRIGHT * place.width:
            return self._recogniser.read_upright(image, place)
        crop = cropped(image, trimmed(image, place))
        drawn = drawn_in(crop)
        known = glyphs.read(drawn) if drawn else None
        if known:
            return _Reading(place, crop, drawn, known, known=True)
        found = self._recogniser.characters(crop, SQUEEZE, STRIDE)  # cells are short: padding would be a twelfth of all
        steps = _steps(found, crop) if found else _FEWEST_STEPS
        if steps < _FEWEST_STEPS:
            found = self._recogniser.characters(crop, SQUEEZE * _STEPS / steps, STRIDE)
        if found is None:
            return None
        found = _cased(found, crop)
        if drawn:
            glyphs.learn(drawn, found)
        return _Reading(place, crop, drawn, found)


def _settled(reading: _Reading, glyphs: Glyphs) -> Line:
    """The line, each of its letters read as most of those that are drawn like it."""
    found = reading.found
    if reading.drawn and not reading.known:
        found = glyphs.settled(reading.drawn, found)
    return line_of(found, reading.crop, reading.place)


def _cased(found: Characters, crop: Image) -> Characters:
    signs, unclear = with_cases(found.signs, lambda: edges_of(found, crop), crop)
    scores = [min(score, _UNCLEAR) if at in unclear else score for at, score in enumerate(found.scores)]
    return replace(found, signs=signs, scores=scores)


def _steps(found: Characters, crop: Image) -> float:
    """Steps of the network's output for each character, in the squeezed reading."""
    left, right = edges_of(found, crop)[0][0], edges_of(found, crop)[-1][1]
    characters = sum(2 if is_ideograph(character) else 1 for character in found.text.strip())
    return max(0.5, (right - left) * HEIGHT / max(1, crop.shape[0]) * SQUEEZE / STRIDE / characters)


def _is_same(place: Rotated, other: Rotated) -> bool:
    """Whether two strips showed the same line."""
    level = abs(place.cy - other.cy) < 0.3 * place.height
    shared = min(place.cx + place.width / 2, other.cx + other.width / 2) - max(
        place.cx - place.width / 2, other.cx - other.width / 2
    )
    return level and shared > 0.5 * min(place.width, other.width)


def _digest(image: Image) -> bytes:
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()
