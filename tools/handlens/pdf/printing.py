"""How large, heavy and slanted printed words are, measured in the picture: OCR tells what is written, not how."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handlens.geometry import Box
    from handlens.ocr.lines import Line, Word

_TALL, _LOW, _DEEP = 0.72, 0.48, 0.21  # of the font size: capitals and ascenders, x-height, descenders
_LOW_LETTERS = frozenset("acemnorsuvwxzαεικνοπστυωавгдежзиклмнопстцчшщъыьэюяgpqyγηρχψφμру.,;:-–—_~·")
_DEEP_LETTERS = frozenset("gjpqyQ,;()[]{}|/$ηρχψφβμξζруцщф")
_LEAST_CONTRAST = 30
_PAPER = 0.15  # of the contrast: grain and the fringes that a compressed picture has
_ITALIC_SHEAR = 0.2
_MOST_GAP = 2  # rows without ink inside a word: between the dot and the stem of an i


@dataclass
class Print:
    """A line with its font size in pixels, and of each word the baseline (y), stroke width in pixels and slant.

    Slant is how much stronger the strokes stand out along italics' slope than upright: under 0.5 for upright print,
    over 0.7 for italics. Stroke and slant are 0 where they can't be told.
    """

    line: Line
    size: float
    bases: list[float]
    strokes: list[float]
    slants: list[float]


def measure(pixels: Any, lines: list[Line]) -> list[Print]:
    """Sizes, weights, slants and baselines of `lines` in the picture that they were read from (RGB)."""
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return [_measured(grey, line) for line in lines if line.words]


def _measured(grey: Any, line: Line) -> Print:
    import cv2

    crop, top, left = _cut(grey, line.box)
    guess = 0.66 * line.box.height
    bases = [w.box.bottom - 0.24 * w.box.height for w in line.words]
    nothing = [0.0] * len(line.words)
    if crop.shape[0] < 6 or crop.shape[1] < 4:
        return Print(line, guess, bases, nothing, nothing)
    looks = [_stroke_and_slant(_cut(grey, word.box)[0]) for word in line.words]
    plain = Print(line, guess, bases, [stroke for stroke, _ in looks], [slant for _, slant in looks])
    _, ink = cv2.threshold(crop, 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    if ink.mean() > 0.5:  # light text on a dark ground
        ink = 1 - ink
    found = [_extent(ink, word, top, left) for word in line.words]
    sizes = [(high - low) / (up + down) for word, e in zip(line.words, found, strict=True) if e
             for low, high in [e] for up, down in [_shares(word.text)] if len(word.text) > 1]  # fmt: skip
    if not sizes:
        return plain
    size = median(sizes)
    if not 0.5 * guess < size < 1.6 * guess:
        return plain
    plain.size = size
    plain.bases = [
        top + extent[1] - _shares(word.text)[1] * size if extent else guessed
        for word, extent, guessed in zip(line.words, found, bases, strict=True)
    ]
    return plain


def _cut(grey: Any, box: Box) -> tuple[Any, int, int]:
    top, left = max(0, int(box.y)), max(0, int(box.x))
    return grey[top : int(box.bottom) + 1, left : int(box.right) + 1], top, left


def _stroke_and_slant(crop: Any) -> tuple[float, float]:
    """Stroke width: twice the area of the ink over the length of its edge, both from grey levels, so that blur and
    strokes of a pixel and a half do no harm. Slant: contrast of the columns' sums, sheared over upright."""
    import cv2
    import numpy as np

    if min(crop.shape) < 6:
        return 0.0, 0.0
    low, middle, high = (float(v) for v in np.percentile(crop, (2, 50, 98)))
    if high - low < _LEAST_CONTRAST:
        return 0.0, 0.0
    grey = crop.astype(np.float32)
    dark = (high - grey if high - middle < middle - low else grey - low) / (high - low)
    dark = np.clip((dark - _PAPER) / (1 - _PAPER), 0.0, 1.0)
    across, down = np.diff(dark, axis=1)[:-1], np.diff(dark, axis=0)[:, :-1]
    edge = float(np.sqrt(across * across + down * down).sum())
    height, width = dark.shape
    turns = [np.array([[1, shear, -shear * height / 2], [0, 1, 0]], np.float32) for shear in (0.0, _ITALIC_SHEAR)]
    sums = [cv2.warpAffine(dark, turn, (width, height)).sum(axis=0) for turn in turns]
    upright, sheared = (float(np.square(np.diff(s)).sum()) for s in sums)
    return 2 * float(dark.sum()) / max(edge, 1e-6), sheared / max(upright, 1e-6)


def _shares(text: str) -> tuple[float, float]:
    """How far a word's letters reach above and below the baseline, in font sizes."""
    return (
        _LOW if all(c in _LOW_LETTERS for c in text) else _TALL,
        _DEEP if any(c in _DEEP_LETTERS for c in text) else 0.0,
    )


def _extent(ink: Any, word: Word, top: int, left: int) -> tuple[int, int] | None:
    """First and last row (exclusive) of a word's ink, in rows of the crop: the tallest run of rows,
    which a rule above or below is not."""
    columns = ink[max(0, int(word.box.y) - top) : int(word.box.bottom) + 1 - top,
                  max(0, int(word.box.x) - left) : int(word.box.right) + 1 - left]  # fmt: skip
    if not columns.size:
        return None
    offset = max(0, int(word.box.y) - top)
    rows = columns.sum(axis=1).tolist()
    best, start, gap = (0, 0), None, 0
    for i, count in enumerate([*rows, *([0] * (_MOST_GAP + 1))]):
        if count:
            start, gap = (i if start is None else start), 0
        elif start is not None:
            gap += 1
            if gap > _MOST_GAP:
                best = max(best, (start, i - gap + 1), key=lambda run: run[1] - run[0])
                start = None
    return (best[0] + offset, best[1] + offset) if best[1] else None
