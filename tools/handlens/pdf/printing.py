"""How large and how heavy printed lines are, measured in the picture: OCR tells what is written, not how."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handlens.ocr.lines import Line, Word

_TALL, _LOW, _DEEP = 0.72, 0.48, 0.21  # of the font size: capitals and ascenders, x-height, descenders
_LOW_LETTERS = frozenset("acemnorsuvwxzαεικνοπστυωавгежзийклмнопстцчшщъыьэюяgpqyγηρχψφμру.,;:-–—_~·")
_DEEP_LETTERS = frozenset("gjpqyQ,;()[]{}|/$ηρχψφβμξζруцщф")
_MOST_GAP = 2  # rows without ink inside a word: between the dot and the stem of an i


@dataclass
class Print:
    """A line with its font size and stroke width in pixels, and each word's baseline (y)."""

    line: Line
    size: float
    stroke: float
    bases: list[float]


def measure(pixels: Any, lines: list[Line]) -> list[Print]:
    """Sizes, weights and baselines of `lines` in the picture that they were read from (RGB)."""
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return [_measured(grey, line) for line in lines if line.words]


def _measured(grey: Any, line: Line) -> Print:
    import cv2

    top, left = max(0, int(line.box.y)), max(0, int(line.box.x))
    crop = grey[top : int(line.box.bottom) + 1, left : int(line.box.right) + 1]
    guess = 0.66 * line.box.height
    plain = Print(line, guess, guess / 14, [w.box.bottom - 0.24 * w.box.height for w in line.words])
    if crop.shape[0] < 6 or crop.shape[1] < 4:
        return plain
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
    bases = [
        top + extent[1] - _shares(word.text)[1] * size if extent else guessed
        for word, extent, guessed in zip(line.words, found, plain.bases, strict=True)
    ]
    distance = cv2.distanceTransform(ink, cv2.DIST_L2, 3)
    return Print(line, size, float(distance[ink > 0].mean()), bases)


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
