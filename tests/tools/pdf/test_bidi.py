"""Right-to-left lines, whose characters and words stand in the page from right to left."""

from __future__ import annotations

from typing import NamedTuple

from handlens.pdf.bidi import is_rtl, logical, plain_letters, read_leftwards
from handlens.pdf.markdown import render
from handlens.pdf.model import PageContent, Rect, Rule, Run, Style, Word
from handlens.pdf.page import understand
from handlens.pdf.profile import profile_of


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


def page_of(*rows: tuple[float, dict[float, str]]) -> PageContent:
    """A page of words: the baseline of each row, and its words by their left ends in points."""
    page = PageContent(0, 595.0, 842.0)
    for base, words in rows:
        for x, text in sorted(words.items()):
            rect = Rect(x, base - 8, x + 5 * len(text), base + 2)
            page.words.append(Word([Run(text, Style.PLAIN)], rect, base, 10, "F", Style.PLAIN, len(page.words)))
    return page


def markdown(page: PageContent) -> str:
    return render(understand(page, profile_of([page], 1, [])))


def test_a_table_of_a_leftward_script_begins_at_the_right() -> None:
    page = page_of((100, {80: "14%", 200: "1,430", 320: "צפון"}), (120, {80: "3%", 200: "1,010", 320: "דרום"}))
    page.across = [Rule(y, 60, 400, 0.5) for y in (86, 106, 126)]
    page.down = [Rule(x, 86, 126, 0.5) for x in (60, 180, 300, 400)]
    assert markdown(page).splitlines()[0] == "| צפון | 1,430 | 14% |"


def test_items_of_a_leftward_script_have_their_markers_at_the_right() -> None:
    page = page_of((100, {300: "היגרנא", 340: "יריחמ", 380: "•"}), (114, {310: "תושדח", 345: "תונקת", 380: "•"}))
    assert markdown(page) == "- יריחמ היגרנא\n- תונקת תושדח"


def test_arabic_digits_run_from_left_to_right() -> None:
    assert not is_rtl("٢٠٢٢")
    assert is_rtl("في ٢٠٢٢")
