"""Block quotes, and what only looks like one."""

from __future__ import annotations

from handlens.pdf.convert import convert
from tools.pdf.making import Page, pdf_of

PROSE = [
    "The quick brown fox jumps over the lazy dog, and then it goes back to",
    "where it came from, because nobody had asked it to jump over dogs in",
    "the first place. There is nothing more to tell about it here.",
]
QUOTED = [
    "To be quoted is to be set in from both",
    "of the sides of the page, as it is done",
    "here, for anybody to see.",
]
SAID = "> To be quoted is to be set in from both of the sides of the page, as it is done here, for anybody to see."


def markdown(page: Page) -> str:
    return convert(pdf_of(page)).markdown


def test_a_paragraph_set_in_from_both_sides_is_a_quote() -> None:
    page = Page().paragraph(60, 80, PROSE).paragraph(90, 130, QUOTED).paragraph(60, 180, PROSE)
    assert f"\n\n{SAID}\n\nThe quick" in markdown(page)


def test_two_paragraphs_of_a_quote_are_one_quote() -> None:
    page = Page().paragraph(60, 80, PROSE).paragraph(90, 130, QUOTED).paragraph(90, 180, QUOTED)
    assert f"\n\n{SAID}\n>\n{SAID}\n\nThe quick" in markdown(page.paragraph(60, 230, PROSE))


def test_a_paragraph_beside_a_bar_is_a_quote() -> None:
    page = Page().text(60, 80, "As the board puts it in its letter:").rule(64, 120, 64, 160)
    page.paragraph(74, 132, [QUOTED[0], "of the sides of the page, as it is done."])
    text = markdown(page.paragraph(60, 190, PROSE))
    assert "\n\n> To be quoted is to be set in from both of the sides of the page, as it is done.\n\nThe" in text


def test_what_is_only_set_in_or_barred_for_another_reason_is_no_quote() -> None:
    definition = [
        "a paragraph that is set in at the left alone, and goes on from there to",
        "the right as far as the others do, to the edge.",
    ]
    page = Page().paragraph(60, 80, PROSE).paragraph(90, 130, definition).paragraph(60, 180, PROSE)
    assert ">" not in markdown(page)
    changed = Page().paragraph(60, 80, PROSE).paragraph(60, 130, PROSE).rule(50, 120, 50, 160)
    assert ">" not in markdown(changed.paragraph(60, 180, PROSE))
    boxed = Page().paragraph(60, 80, PROSE).paragraph(74, 132, QUOTED).paragraph(60, 190, PROSE)
    boxed.rule(64, 120, 64, 162).rule(64, 120, 300, 120).rule(64, 162, 300, 162).rule(300, 120, 300, 162)
    assert "\n>" not in markdown(boxed)


def test_a_quote_under_a_short_line_is_one_where_longer_text_shows_the_margins() -> None:
    page = Page().paragraph(60, 80, PROSE).text(60, 130, "As she put it:").paragraph(90, 156, QUOTED)
    page.paragraph(60, 206, PROSE)
    assert f"As she put it:\n\n{SAID}\n\nThe quick" in markdown(page)


def test_a_set_in_paragraph_under_a_short_line_alone_on_its_page_is_none() -> None:
    page = Page().text(60, 80, "As she put it:").paragraph(90, 106, QUOTED)
    assert ">" not in markdown(page)
