"""Reading the lines that were found: PP-OCR's recogniser, with words and their places."""

from __future__ import annotations

import hashlib
import itertools
import math
import unicodedata
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from handlens.geometry import Box
from handlens.ocr.detect import Rotated, corners
from handlens.ocr.glyphs import Characters
from handlens.ocr.lines import Line, Word, is_ideograph

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Floats = NDArray[np.float32]

HEIGHT = 48
STRIDE = 8
"""Columns of the network's input for each step of its output."""
_MAX_WIDTH = 3200
SQUEEZE = 0.85
"""Of the natural width: lines are read as well and a good deal sooner."""
_WIDTH_STEP = 32
_GAP = 3
_FAR = 0.4
"""Of a crop's height: ink so far before the first character, and apart from it, is of what stands beside the line."""
_UPRIGHT = 1.5
"""Of its width: what is higher runs up the page."""
_REMEMBERED = 4_000
"""Crops: a console says "Running" in the same pixels forty times, and the next picture of it says so again."""


class Recogniser:
    """Characters of cropped lines. `session` is an onnxruntime session of PP-OCR's recogniser."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        alphabet = session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._memory: OrderedDict[bytes, tuple[Any, Any]] = OrderedDict()
        self._alphabet = ["", *alphabet, " "]  # 0 is the blank of connectionist temporal classification

    def read(self, image: Image, place: Rotated) -> Line | None:
        """The line of text at `place` in `image` (RGB); None where nothing is read.

        A tall narrow place is text that runs up the page or, where that reads badly, down.
        """
        return self.read_upright(image, place) if place.height > _UPRIGHT * place.width else self._read(image, place, 0)

    def read_upright(self, image: Image, place: Rotated) -> Line | None:
        """The line that runs up or down the page at `place`."""
        up = self._read(image, place, 1)
        if up is not None and up.confidence > 0.8:
            return up
        down = self._read(image, place, -1)
        return max((line for line in (up, down) if line), key=lambda line: line.confidence, default=None)

    def _read(self, image: Image, place: Rotated, quarters: int) -> Line | None:
        crop = cropped(image, place, quarters)
        found = self.characters(crop)
        return line_of(found, crop, place, quarters) if found else None

    def characters(self, crop: Image, stretch: float = SQUEEZE, step: int = _WIDTH_STEP) -> Characters | None:
        """What a level crop says, read ``stretch`` times as wide as it is; None where it says nothing.

        Args:
            step: columns to which the width is rounded up.
        """
        import numpy as np

        height, width = crop.shape[:2]
        if height < 2 or width < 2:
            return None
        wide = min(_MAX_WIDTH, max(HEIGHT, math.ceil(width * HEIGHT / height * stretch)))
        steps, best = self._read_alike(crop, wide, math.ceil(wide / step) * step)
        kept = np.flatnonzero((steps != 0) & np.concatenate([[True], steps[1:] != steps[:-1]]))
        found = Characters(
            [self._alphabet[steps[i]] for i in kept],
            ((kept + 0.5) * STRIDE * width / wide).tolist(),
            best[kept].tolist(),
        )
        return found if found.text.strip() else None

    def _read_alike(self, crop: Image, wide: int, padded: int) -> tuple[Any, Any]:
        """Best character and its score at each step; a crop that was read before, to the pixel, is not read again."""
        import numpy as np

        key = hashlib.blake2b(crop.tobytes() + repr((crop.shape, wide, padded)).encode(), digest_size=16).digest()
        known = self._memory.pop(key, None)
        if known is None:
            probabilities = self._run(crop, wide, padded)
            steps = probabilities.argmax(axis=1)
            known = steps, probabilities[np.arange(len(steps)), steps]
        self._memory[key] = known
        while len(self._memory) > _REMEMBERED:
            self._memory.popitem(last=False)
        return known

    def _run(self, crop: Image, wide: int, padded: int) -> Floats:
        import cv2
        import numpy as np

        shrink = crop.shape[0] > HEIGHT
        scaled = cv2.resize(crop, (wide, HEIGHT), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_CUBIC)
        tensor = np.zeros((1, 3, HEIGHT, padded), np.float32)
        tensor[0, :, :, :wide] = (scaled[:, :, ::-1].astype(np.float32) / 127.5 - 1.0).transpose(2, 0, 1)
        result: Floats = self._session.run(None, {self._input: tensor})[0][0]
        return result[: math.ceil(wide / STRIDE)]


def cropped(image: Image, place: Rotated, quarters: int = 0) -> Image:
    """The line cut out and turned level: 0 quarter turns for level text, 1 for text that runs up, -1 for down."""
    import cv2
    import numpy as np

    if place.angle == 0.0:
        left, top, right, bottom = corners(place)
        crop = image[top:bottom, left:right]
    else:
        turn = cv2.getRotationMatrix2D((place.cx, place.cy), place.angle, 1.0)
        turn[:, 2] += np.array([place.width / 2 - place.cx, place.height / 2 - place.cy])
        size = (max(2, round(place.width)), max(2, round(place.height)))
        crop = cv2.warpAffine(image, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(np.rot90(crop, -quarters), dtype=np.uint8)


def line_of(read: Characters, crop: Image, place: Rotated, quarters: int = 0) -> Line:
    """The line whose crop, turned level from `place`, was read so."""
    characters, scores = read.signs, read.scores
    width = crop.shape[1]
    edges = edges_of(read, crop)
    words: list[Word] = []
    for first, last in _word_ranges(characters):
        score = sum(scores[first : last + 1]) / (last + 1 - first)
        box = _place(edges[first][0], edges[last][1], width, place, quarters)
        written = [n for n in range(first, last + 1) if not _is_ornament(characters[n])]
        least = min((scores[n] for n in written), default=1.0)
        words.append(Word("".join(characters[first : last + 1]), box, score, least))
    confidence = sum(scores) / len(scores)
    box = _place(_left(edges, characters), _right(edges, characters), width, place, quarters)
    return Line(read.text.strip(), box, confidence, tuple(words), place.angle - 90 * quarters)


def _left(edges: list[tuple[float, float]], characters: list[str]) -> float:
    return next(e[0] for e, c in zip(edges, characters, strict=True) if not c.isspace())


def _right(edges: list[tuple[float, float]], characters: list[str]) -> float:
    return next(e[1] for e, c in zip(reversed(edges), reversed(characters), strict=True) if not c.isspace())


def _ink(crop: Image) -> Any:
    """Per column, how far its pixels lie from the line's ground, 0 to 255: high where there is writing."""
    import numpy as np

    grey = crop.mean(axis=2)
    ground = np.median(grey)
    return np.abs(grey - ground).max(axis=0)


def edges_of(read: Characters, crop: Image) -> list[tuple[float, float]]:
    """Left and right of each character in columns of the crop: halfway to its neighbours, the ends at the ink."""
    import numpy as np

    centres, ink, width = read.middles, _ink(crop), crop.shape[1]
    written = np.flatnonzero(ink > 0.35 * max(1.0, float(ink.max())))
    runs = np.split(written, np.flatnonzero(np.diff(written) > _GAP) + 1)
    far = _FAR * crop.shape[0]
    while len(runs) > 1 and runs[0][-1] < centres[0] - far:
        runs = runs[1:]
    while len(runs) > 1 and runs[-1][0] > centres[-1] + far:
        runs = runs[:-1]
    first, last = (float(runs[0][0]), float(runs[-1][-1]) + 1) if len(written) else (0.0, float(width))
    middles = [(a + b) / 2 for a, b in itertools.pairwise(centres)]
    edges = list(zip([min(first, centres[0]), *middles], [*middles, max(last, centres[-1])], strict=True))
    for i in range(1, len(centres) - 1):
        if read.signs[i].isspace():
            left, right = _gap(ink, centres[i - 1], centres[i + 1])
            edges[i - 1], edges[i], edges[i + 1] = (edges[i - 1][0], left), (left, right), (right, edges[i + 1][1])
    return edges


def _gap(ink: Any, left: float, right: float) -> tuple[float, float]:
    """The widest run of columns without ink between two centres; their middle third where there is none."""
    low, high = int(left), max(int(left) + 1, int(right))
    empty = ink[low:high] <= 0.35 * max(1.0, float(ink.max()))
    best, start = (0, 0), None
    for i, blank in enumerate([*empty.tolist(), False]):
        if blank and start is None:
            start = i
        elif not blank and start is not None:
            best, start = max(best, (i - start, start)), None
    if best[0] == 0:
        third = (right - left) / 3
        return left + third, right - third
    return float(low + best[1]), float(low + best[1] + best[0])


def _word_ranges(characters: list[str]) -> list[tuple[int, int]]:
    """First and last index of each word: spaces part words, and so does every ideograph."""
    ranges: list[tuple[int, int]] = []
    joined = False
    for i, character in enumerate(characters):
        if character.isspace():
            joined = False
        elif is_ideograph(character):
            ranges.append((i, i))
            joined = False
        elif joined:
            ranges[-1] = (ranges[-1][0], i)
        else:
            ranges.append((i, i))
            joined = True
    return ranges


def _is_ornament(character: str) -> bool:
    """Whether a character is a dot, a tick, an arrow: what such drawings are taken for says nothing of the text."""
    return character in "•·" or unicodedata.category(character[0]) == "So"


def _place(left: float, right: float, width: int, place: Rotated, quarters: int) -> Box:
    """The upright box in image pixels of columns `left` to `right` of a crop."""
    a, b = left / width - 0.5, right / width - 0.5
    if quarters:  # a column of the crop is a row of the picture
        low, high = sorted((-a * quarters, -b * quarters))
        top, bottom = place.cy + low * place.height, place.cy + high * place.height
        return Box.from_corners(place.cx - place.width / 2, top, place.cx + place.width / 2, bottom)
    cos, sin = math.cos(math.radians(place.angle)), math.sin(math.radians(place.angle))
    xs, ys = [], []
    for along in (a * place.width, b * place.width):
        for across in (-place.height / 2, place.height / 2):
            xs.append(place.cx + along * cos - across * sin)
            ys.append(place.cy + along * sin + across * cos)
    return Box.from_corners(min(xs), min(ys), max(xs), max(ys))
