"""Right-to-left text: from where characters and words stand to the order in which they are read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from handlens.pdf.model import Word

_RTL = re.compile("[\u0590-\u065f\u066a-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_LTR_RUN = re.compile(r"[^\W\d_]+|[\d][\d.,:/]*[\d]|\d")
_SIDES = re.compile(r"^([.,;:!?()\[\]–-]*)(\w.*?)([.,;:!?()\[\]–-]*)$")
_MIRROR = str.maketrans("()[]", ")(][")


class Glyph(Protocol):
    """A character with its place on the baseline."""

    @property
    def text(self) -> str: ...

    @property
    def x0(self) -> float: ...


G = TypeVar("G", bound=Glyph)


def is_rtl(text: str) -> bool:
    """Whether there are letters of a script that is written from right to left."""
    return bool(_RTL.search(text))


def read_leftwards(glyphs: Sequence[G]) -> list[G]:
    """The characters of a word from right to left, numbers and foreign letters in it from left to right."""
    ordered = sorted(glyphs, key=lambda g: -g.x0)
    text = "".join(g.text[:1] or " " for g in ordered)
    result: list[G] = []
    at = 0
    for match in _LTR_RUN.finditer(text):
        result += ordered[at : match.start()]
        run = ordered[match.start() : match.end()]
        result += run if is_rtl(match.group()) else run[::-1]
        at = match.end()
    return result + ordered[at:]


def plain_letters(text: str) -> str:
    """Arabic letters as such, whatever forms of them the font shows."""
    return unicodedata.normalize("NFKC", text) if re.search("[\ufb1d-\ufdff\ufe70-\ufeff]", text) else text


def runs_leftwards(text: str) -> bool:
    """Whether enough of the letters are of a script that is written from right to left to say how all of it runs."""
    if text.isascii() or not is_rtl(text):
        return False
    return len(_RTL.findall(text)) > 0.4 * sum(c.isalpha() for c in text)


def logical(row: list[Word]) -> list[Word]:
    """Words of a line, given from left to right, in the order in which they are read."""
    if not runs_leftwards("".join(w.text for w in row)):
        return row
    result: list[Word] = []
    foreign: list[Word] = []
    for word in reversed(row):
        if any(c.isalpha() for c in word.text) and not is_rtl(word.text):
            foreign.insert(0, word)
            continue
        result += [*foreign, _mirrored(word)]
        foreign = []
    return result + foreign


def _mirrored(word: Word) -> Word:
    """A number with what stands at its left put behind it, and the reverse, as in a line that runs leftwards."""
    match = _SIDES.match(word.text)
    if match is None or is_rtl(word.text) or len(word.runs) > 1 or not match.group(1) + match.group(3):
        return word
    before, after = (side[::-1].translate(_MIRROR) for side in match.group(3, 1))
    return replace(word, runs=[word.runs[0]._replace(text=before + match.group(2) + after)])
