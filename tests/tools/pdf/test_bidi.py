"""Right-to-left lines, whose characters and words stand in the page from right to left."""

from __future__ import annotations

from typing import NamedTuple

from handlens.pdf.bidi import logical, plain_letters, read_leftwards
from handlens.pdf.model import Rect, Run, Style, Word


class Glyph(NamedTuple):
    text: str
    x0: float


def seen(text: str) -> str:
    """The word whose characters stand as `text` shows them from left to right."""
    return "".join(g.text for g in read_leftwards([Glyph(c, n) for n, c in enumerate(text)]))


def line(*texts: str) -> list[str]:
    words = [
        Word([Run(text, Style.PLAIN)], Rect(50.0 * n, 0, 50.0 * n + 40, 10), 8, 10, "", Style.PLAIN, n)
        for n, text in enumerate(texts)
    ]
    return [word.text for word in logical(words)]


def test_letters_are_read_leftwards_and_numbers_rightwards() -> None:
    assert seen("םולש") == "שלום"
    assert seen("2019־ב") == "ב־2019"
    assert seen("7.5ל") == "ל7.5"


def test_words_are_read_leftwards_and_foreign_phrases_rightwards() -> None:
    assert line("Open", "Source", "תכרעמ", "איהש") == ["איהש", "תכרעמ", "Open", "Source"]
    assert line(".2019", "זאמ") == ["זאמ", "2019."]
    assert line("plain", "words") == ["plain", "words"]


def test_arabic_forms_become_letters() -> None:
    assert plain_letters("\ufe8e\ufe91") == "اب"
