"""Pages that are pictures: words by OCR, straightened, with rules found in the picture, as if the page had text."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from handlens.pdf.legible import legible
from handlens.pdf.meaning import is_meaningless
from handlens.pdf.model import PageContent, Rect, Rule, Run, Style, Word
from handlens.pdf.printing import Print, measure
from handlens.scripts import script_of

if TYPE_CHECKING:
    from handlens.geometry import Box
    from handlens.ocr.lines import Line

DPI = 150.0
_MAX_PIXELS = 12_000_000
_SAME_SIZE = 0.09
_BOLD, _ITALIC = 1.13, 0.6
_MARKED_SIZE = 0.35  # of scripts with marks above and below, by which the size is not told
_PLAIN = frozenset({"Latin", "Greek", "Cyrillic", "Cjk", "Hiragana", "Katakana"})
_TELLING = 3  # characters: shorter words go with those before them
_STEMS = frozenset("bdfhijklmnpqrtuBDEFHIJKLMNPRTU1")  # what shows a slope; was, ever or 2006 do not
_LEAST_TEXT = 12
_LEAST_RULE = 55  # pixels

Look = Callable[[Any], "tuple[list[Line], list[Box]]"]
"""Lines of a picture, and where there is print that could not be read."""


def wants_ocr(page: PageContent) -> bool:
    """Whether the page's own text can't be used: there is next to none over a picture, or it has no meaning."""
    if is_meaningless(page):
        return True
    if page.characters - page.unmapped >= _LEAST_TEXT:
        return False
    return sum(image.area for image in page.images) > 0.25 * page.width * page.height


def scale_for(page: PageContent) -> float:
    """Pixels a point at which to render a page for OCR."""
    return min(DPI / 72, math.sqrt(_MAX_PIXELS / max(1.0, page.width * page.height)))


@dataclass
class Scan:
    """A page as OCR reads it. Both from 0 to 1: how sure of what was read, what share of the print was not."""

    page: PageContent
    confidence: float
    unread: float


def read_scan(page: PageContent, pixels: Any, look: Look) -> Scan:
    """The page as `look` reads it in `pixels` (height x width x 3, RGB, the whole page)."""
    found, nothing = look(pixels)
    lines, unread = legible([line for line in found if -45 < line.angle < 45], nothing)
    long = [line.angle for line in lines if line.box.width > 8 * line.box.height]
    tilt = median(long) if long else 0.0
    scale = page.width / pixels.shape[1]
    read = PageContent(page.index, page.width, page.height, images=[], turn=page.turn, route="ocr")
    read.words = _words(measure(pixels, lines), tilt, pixels.shape, scale)
    read.characters = sum(len(w.text) for w in read.words)
    read.across, read.down = _rules(pixels, tilt, scale)
    confidence = sum(line.confidence * len(line.text) for line in lines) / max(1, sum(len(x.text) for x in lines))
    return Scan(read, confidence, unread)


def quarter_of(lines: list[Line]) -> int:
    """By how many clockwise quarters most of what was read is turned: 1 for text that runs down."""
    weights = Counter({0: 0})
    for line in lines:
        weights[round(line.angle / 90) % 4] += len(line.text)
    return weights.most_common(1)[0][0]


def _words(prints: list[Print], tilt: float, shape: Any, scale: float) -> list[Word]:
    """Words straightened about the middle of the page, those of one line on one baseline and of one size."""
    usual = _of_most_text([(p.size, len(p.line.text)) for p in prints])
    cos, sin = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
    cx, cy = shape[1] / 2, shape[0] / 2
    words: list[Word] = []
    for found, styles in zip(prints, _styles(prints, usual), strict=True):
        same = _SAME_SIZE if _is_plain(found.line.text) else _MARKED_SIZE
        pixels = usual if abs(found.size - usual) < same * usual else found.size
        size = round(pixels * scale * 2) / 2
        placed = []
        for word, base in zip(found.line.words, found.bases, strict=True):
            x, y = word.box.center.x - cx, base - cy
            placed.append((cx + x * cos + y * sin, cy - x * sin + y * cos))
        base = median(y for _, y in placed) * scale
        for word, (x, _), style in zip(found.line.words, placed, styles, strict=True):
            half = word.box.width / 2
            rect = Rect((x - half) * scale, base - 0.76 * size, (x + half) * scale, base + 0.22 * size)
            font = f"ocr-{style:d}"
            words.append(Word([Run(word.text, style)], rect, base, size, font, style, len(words), 0, word.confidence))
    return words


def _styles(prints: list[Print], usual: float) -> list[list[Style]]:
    """Bold and italic of each word: strokes against those of most of the text, the larger the print the wider."""
    weights = [[stroke / math.sqrt(p.size / usual) for stroke in p.strokes] for p in prints]
    texts = [[word.text for word in p.line.words] for p in prints]
    known = [(w, len(t)) for ws, ts in zip(weights, texts, strict=True) for w, t in zip(ws, ts, strict=True) if w]
    stroke = _of_most_text(known)
    result: list[list[Style]] = []
    for found, row, words in zip(prints, weights, texts, strict=True):
        bold = [w > _BOLD * stroke if _is_telling(t) else None for w, t in zip(row, words, strict=True)]
        italic = [s > _ITALIC if sum(c in _STEMS for c in t) > 1 else None
                  for s, t in zip(found.slants, words, strict=True)]  # fmt: skip
        both = zip(_with_those_before(bold), _with_those_before(italic), strict=True)
        result.append([Style(Style.BOLD * heavy | Style.ITALIC * slanted) for heavy, slanted in both])
    return result


def _is_plain(text: str) -> bool:
    """Whether a line's letters stand on the line without marks that reach beyond them."""
    letters = [script_of(c) for c in text if c.isalpha()]
    return sum(script in _PLAIN for script in letters) >= 0.5 * len(letters)


def _is_telling(text: str) -> bool:
    """Whether a word's strokes tell its weight: those of Latin letters do."""
    return len(text) >= _TELLING and all(script_of(c) == "Latin" for c in text if c.isalpha())


def _with_those_before(known: list[bool | None]) -> list[bool]:
    """What can't be told is as it was before it; at the start of a line as what comes first."""
    last = next((each for each in known if each is not None), False)
    filled: list[bool] = []
    for each in known:
        last = last if each is None else each
        filled.append(last)
    return filled


def _of_most_text(values: list[tuple[float, int]]) -> float:
    """The median over characters of a measure, given with how many characters have it; 1 where there are none."""
    half = sum(count for _, count in values) / 2
    for value, count in sorted(values):
        half -= count
        if half <= 0:
            return value
    return 1.0


def _rules(pixels: Any, tilt: float, scale: float) -> tuple[list[Rule], list[Rule]]:
    """Long level and upright strokes of the straightened picture."""
    import cv2

    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1.0)
    level = cv2.warpAffine(pixels, turn, (width, height), borderValue=(255, 255, 255)) if abs(tilt) > 0.05 else pixels
    grey = cv2.cvtColor(level, cv2.COLOR_RGB2GRAY)
    dark = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 12)
    across = _runs(dark, (25, 1), (15, 1))
    down = _runs(dark, (1, 30), (1, 11))
    return (
        [
            Rule((y + h / 2) * scale, x * scale, (x + w) * scale, h * scale)
            for x, y, w, h in across
            if h < 9 and w > _LEAST_RULE
        ],
        [
            Rule((x + w / 2) * scale, y * scale, (y + h) * scale, w * scale)
            for x, y, w, h in down
            if w < 9 and h > _LEAST_RULE
        ],
    )


def _runs(dark: Any, unbroken: tuple[int, int], gap: tuple[int, int]) -> list[Any]:
    """Boxes of dark runs of at least `unbroken` pixels, joined over gaps; letters have no strokes so long."""
    import cv2

    runs = cv2.morphologyEx(dark, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, unbroken))
    whole = cv2.morphologyEx(runs, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, gap))
    contours, _ = cv2.findContours(whole, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [cv2.boundingRect(contour) for contour in contours]
