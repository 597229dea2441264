"""Words from PDFium's characters: where each run of characters begins and ends, and how it looks."""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from handlens.pdf.bidi import is_rtl, plain_letters, read_leftwards
from handlens.pdf.lettering import join_spaced
from handlens.pdf.model import PageContent, Rect, Run, Style, Word
from handlens.pdf.unseen import doubt_of

if TYPE_CHECKING:
    from handlens.pdf.fonts import Font, Fonts
    from handlens.pdf.frame import Frame

_INVISIBLE = 3
_HYPHENS = "\x02\xad\ufffe\u2010\u2011"
_WORD_GAP = 0.17  # of the font size; a gap as wide as this parts two words even without a space
_GUESSED_GAP = 0.12  # where PDFium guesses a space from the widths of the glyphs
_JOINED_GAP = 0.35  # between letters of a cursive script: the boxes of their forms leave gaps inside words
_LOGO, _LOGO_PAIRS = 0.28, ("ET", "XE")  # how deep the E of TeX's own name hangs between its neighbours
_OVERLAP = -0.45
_SCRIPT_SIZE = 0.86
_ASKEW, _LEANING = 4, 0.25  # of a quarter
_MUCH = 60  # characters that stand sideways, from which there may be a table among them
ASCENT, DESCENT = 0.76, 0.22


class _Look(NamedTuple):
    """What all characters of one text object share."""

    font: Font
    size: float
    quarter: int
    colour: int
    visible: bool
    mapped: bool
    drawn: int
    doubtful: bool


class _Char(NamedTuple):
    text: str
    x0: float
    x1: float
    base: float
    look: _Look


def dominant_quarter(text_page: Any, frame: Frame) -> int:
    """By how many clockwise quarters most characters of the page are turned: 1 for text that runs down."""
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    counts: Counter[int] = Counter()
    for index in range(0, max(0, pdfium.FPDFText_CountChars(text_page)), 7):
        if pdfium.FPDFText_GetMatrix(text_page, index, matrix):
            counts[_quarter(matrix, frame)] += 1
    del counts[_ASKEW]
    return counts.most_common(1)[0][0] if counts else 0


def _quarter(matrix: Any, frame: Frame) -> int:
    """By how many clockwise quarters text is turned; _ASKEW where it runs across the page, as watermarks do."""
    dx, dy = frame.direction(matrix.a, matrix.b)
    quarters = math.atan2(dy, dx) / (math.pi / 2)
    return round(quarters) % 4 if abs(quarters - round(quarters)) < _LEANING else _ASKEW


def read_words(text_page: Any, frame: Frame, fonts: Fonts, page: PageContent) -> None:
    """Fill `page.words`, and `page.sideways` with what is written in another direction."""
    import pypdfium2.raw as pdfium

    looks: dict[int, _Look | None] = {}
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    box_at, x_at, y_at = ctypes.byref(box), ctypes.byref(x), ctypes.byref(y)
    unicode_of, object_of = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetTextObject
    address_of = ctypes.cast(object_of, ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int))
    raw = ctypes.cast(text_page, ctypes.c_void_p)
    upright = frame.b == 0 and frame.a == 1
    box_of, origin_of = pdfium.FPDFText_GetLooseCharBox, pdfium.FPDFText_GetCharOrigin
    generated = pdfium.FPDFText_IsGenerated
    builder = _Builder(page)
    clip = page.rect.grown(2.0)
    high = 0
    for index in range(max(0, pdfium.FPDFText_CountChars(text_page))):
        code = unicode_of(text_page, index)
        if code in (9, 10, 13, 32, 0xA0, 0) or 0x2000 <= code <= 0x200B or code == 0x3000:
            builder.space(code in (10, 13, 32) and generated(text_page, index))
            page.characters += code == 0
            page.unmapped += code == 0  # a character of a font that does not say what it means
            continue
        if 0xD800 <= code <= 0xDFFF:  # half of a character beyond the first 65,536
            high, code = (code, 0) if code < 0xDC00 else (0, 0x10000 + ((high - 0xD800) << 10) + code - 0xDC00)
            if code < 0x10000:
                continue
        key = address_of(raw, index) or 0
        if key not in looks:
            looks[key] = _look(text_page, index, object_of(text_page, index), frame, fonts, key, page) if key else None
        look = looks[key]
        if look is None or not box_of(text_page, index, box_at):
            continue
        origin_of(text_page, index, x_at, y_at)
        page.characters += 1
        page.invisible += not look.visible
        page.unmapped += not look.mapped
        if code in (0xFFFD,) or 0xE000 <= code <= 0xF8FF or code > 0x10FFFF:
            text = _private(code)
            page.unmapped += text == "\ufffd"
        else:
            text = _clean(code)
        if look.quarter:
            builder.quarters[look.quarter] += look.quarter != _ASKEW
            builder.sideways(text, frame.rect(box.left, box.bottom, box.right, box.top), look)
            continue
        if upright:
            left, right = box.left, box.right
            if left < x.value < left + 0.25 * (right - left):  # what leans out to the left of its place is no gap's end
                left = x.value
            x0, x1, base = left + frame.e, right + frame.e, frame.f - y.value
        else:
            x0, _, x1, _ = frame.rect(box.left, box.bottom, box.right, box.top)
            base = frame.point(x.value, y.value)[1]
        if clip.x0 <= (x0 + x1) / 2 <= clip.x1 and clip.y0 <= base <= clip.y1:
            builder.add(_Char(text, x0, x1, base, look))
    builder.end()
    quarter, count = max(builder.quarters.items(), key=lambda pair: pair[1], default=(0, 0))
    page.quarter = quarter if count >= _MUCH else 0
    if builder.parted:
        page.words = join_spaced(page.words, builder.parted)


def _look(
    text_page: Any, index: int, handle: Any, frame: Frame, fonts: Fonts, key: int, page: PageContent
) -> _Look | None:
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFText_GetMatrix(text_page, index, matrix):
        return None
    size = pdfium.FPDFText_GetFontSize(text_page, index) * math.hypot(matrix.c, matrix.d)
    mode = pdfium.FPDFTextObj_GetTextRenderMode(handle)
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    pdfium.FPDFText_GetFillColor(text_page, index, red, green, blue, alpha)
    font = fonts.of(handle)
    if mode == 2 and not font.style & Style.BOLD:  # filled and stroked: bold by hand
        font = font._replace(style=font.style | Style.BOLD)
    colour = red.value << 16 | green.value << 8 | blue.value
    mapped = pdfium.FPDFText_HasUnicodeMapError(text_page, index) != 1
    paint = red.value, green.value, blue.value, alpha.value
    if doubt := doubt_of(mode, paint, abs(size), page):
        page.doubts[key] = doubt
    return _Look(font, abs(size) or 1.0, _quarter(matrix, frame), colour, mode != _INVISIBLE, mapped, key, bool(doubt))


@cache
def _clean(code: int) -> str:
    character = chr(code)
    if character in _HYPHENS:
        return "-"
    if 0xFB00 <= code <= 0xFB06:
        return unicodedata.normalize("NFKC", character)
    return "" if code < 32 or (unicodedata.category(character) == "Cf" and code not in (0x200C, 0x200D)) else character


_SYMBOL = {0xF0B7: "•", 0xF0A7: "▪", 0xF0D8: "➢", 0xF0FC: "✓", 0xF0A8: "◻", 0xF02D: "-", 0xF0B0: "°", 0xF0B1: "±",
           0xF0B3: "≥", 0xF0A3: "≤", 0xF06D: "μ", 0xF061: "α", 0xF062: "β", 0xF067: "γ", 0xF0B4: "×"}  # fmt: skip


def _private(code: int) -> str:
    """Symbol fonts keep their characters at F000 + their code; what is printable ASCII there stands for itself."""
    if code in _SYMBOL:
        return _SYMBOL[code]
    return chr(code - 0xF000) if 0xF020 < code < 0xF07F else "\ufffd"


def _runs(chars: list[_Char], main: _Char) -> list[Run]:
    """Characters of a word as runs of one style each; those that stand higher or lower than `main` are scripts."""
    size = main.look.size
    runs: list[Run] = []
    for char in chars:
        style = char.look.font.style
        if char.text == "E" and char.look.size == size and abs(char.base - main.base) < _LOGO * size:
            pass  # of TeX's own name
        elif char.look.size < _SCRIPT_SIZE * size or abs(char.base - main.base) > 0.2 * size:
            shift = (main.base - char.base) / size
            style |= Style.SUPER if shift > 0.12 else Style.SUB if shift < -0.05 else Style.PLAIN
        if runs and runs[-1].style == style:
            runs[-1] = Run(runs[-1].text + char.text, style)
        else:
            runs.append(Run(char.text, style))
    return runs


class _Builder:
    """Joins characters, which come in the order of the content stream, into words."""

    def __init__(self, page: PageContent) -> None:
        self._page = page
        self._chars: list[_Char] = []
        self._side: list[tuple[str, Rect, _Look]] = []
        self._order = 0
        self._spaced = True
        self._guessed = False
        self.quarters: Counter[int] = Counter()
        """Characters that stand sideways, by how they are turned."""
        self.parted: set[int] = set()
        """Orders of words that no space parts from the word before."""

    def space(self, guessed: bool = False) -> None:
        """End the word. A space that PDFium guessed counts for nothing: the gap between the characters decides."""
        if self._chars and not guessed:
            self._flush()
        self._spaced |= not guessed
        self._guessed |= guessed

    def end(self) -> None:
        self.space()
        if self._side:
            self._flush_side()

    def add(self, char: _Char) -> None:
        if self._chars and not self._continues(self._chars[-1], char):
            self._flush()
        self._guessed = False
        self._chars.append(char)

    def sideways(self, text: str, rect: Rect, look: _Look) -> None:
        if self._side:
            last = self._side[-1][1]
            if abs(last.x0 - rect.x0) > look.size or abs(last.y0 - rect.y0) > 2 * look.size:
                self._flush_side()
        self._side.append((f" {text}" if self._side and self._spaced else text, rect, look))
        self._spaced = False

    def _continues(self, last: _Char, char: _Char) -> bool:
        if last.look is char.look and last.base == char.base and -0.4 < char.x0 - last.x1 < 0.0:
            return True  # as most do
        if last.look.doubtful != char.look.doubtful:
            return False  # one may be seen, the other not
        size = max(last.look.size, char.look.size)
        small = min(last.look.size, char.look.size)
        gap = (char.x0 - last.x1) / size
        shift = abs(char.base - last.base) / size
        if shift < 0.08:
            if _OVERLAP < gap < (_GUESSED_GAP if self._guessed else _WORD_GAP):
                return True
            if char.x0 == last.x0:  # a ligature's characters share its box
                return True
            if not is_rtl(last.text + char.text):
                return False
            most = _GUESSED_GAP if self._guessed else _JOINED_GAP
            leftwards = (min(c.x0 for c in self._chars) - char.x1) / size
            return _OVERLAP < gap < most or _OVERLAP < leftwards < most
        if shift < _LOGO and -0.2 < gap < -0.05 and small == size and char.text + last.text in _LOGO_PAIRS:
            return True
        # A superscript or subscript hangs on its word; anything else on another baseline is another word.
        return (shift < 0.62 and small < _SCRIPT_SIZE * size and -0.2 < gap < _WORD_GAP) or (
            shift < 0.2 and -0.2 < gap < 0.1
        )

    def _flush(self) -> None:
        chars, self._chars = self._chars, []
        text = "".join(c.text for c in chars)
        if not text.isascii() and is_rtl(text):
            chars = [c._replace(text=plain_letters(c.text)) for c in read_leftwards(chars)]
            text = "".join(c.text for c in chars)
        main = chars[0]
        if any(c.look is not main.look or c.base != main.base for c in chars):
            main = max(chars, key=lambda c: c.look.size)
            runs = _runs(chars, main)
        else:
            runs = [Run(text, main.look.font.style)]
        size, base = main.look.size, main.base
        runs = [run for run in runs if run.text]
        if not runs:
            return
        rect = Rect(min(c.x0 for c in chars), base - ASCENT * size, max(c.x1 for c in chars), base + DESCENT * size)
        longest = max(runs, key=lambda run: len(run.text))
        self._page.words.append(
            Word(
                runs,
                rect,
                base,
                size,
                main.look.font.name,
                longest.style,
                self._order,
                main.look.colour,
                drawn=main.look.drawn,
            )
        )
        if not self._spaced:
            self.parted.add(self._order)
        self._spaced = False
        self._order += 1

    def _flush_side(self) -> None:
        side, self._side = self._side, []
        look = side[0][2]
        rect = Rect(min(r.x0 for _, r, _ in side), min(r.y0 for _, r, _ in side),
                    max(r.x1 for _, r, _ in side), max(r.y1 for _, r, _ in side))  # fmt: skip
        word = Word([Run("".join(t for t, _, _ in side), look.font.style)], rect, rect.y1, look.size,
                    look.font.name, look.font.style, self._order, look.colour, drawn=look.drawn)  # fmt: skip
        self._page.sideways.append(word)
        self._order += 1
