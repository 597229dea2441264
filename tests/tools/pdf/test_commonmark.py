"""What is written is read again by a CommonMark parser as what was on the page."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from handlens.pdf.convert import convert
from tools.pdf.making import BOLD, ITALIC, Page, pdf_of


def html(page: Page) -> str:
    """The page's Markdown as HTML, without newlines."""
    said = convert(pdf_of(page)).markdown
    return MarkdownIt("commonmark").enable("strikethrough").enable("table").render(said).replace("\n", "")


def listed(*items: tuple[int, str]) -> Page:
    """Items, each set in by so many steps."""
    page = Page()
    for n, (step, text) in enumerate(items):
        marker, words = text.split(" ", 1)
        x = 70 + 24 * step
        page.text(x, 140 + 14 * n, marker).text(x + 20, 140 + 14 * n, words)
    return page


def test_lists_nested_under_numbers_are_nested() -> None:
    page = listed((0, "9. Repair the weir"), (1, "- before winter"), (1, "- with local stone"), (0, "10. Measure"),
                  (1, "- each week"), (2, "1. at dawn"), (2, "2. at dusk"), (0, "11. Tell"))  # fmt: skip
    assert html(page) == (
        '<ol start="9"><li>Repair the weir<ul><li>before winter</li><li>with local stone</li></ul></li>'
        "<li>Measure<ul><li>each week<ol><li>at dawn</li><li>at dusk</li></ol></li></ul></li><li>Tell</li></ol>"
    )


def test_a_numbered_list_that_goes_on_after_a_bullet_is_a_list_of_its_own() -> None:
    page = listed((0, "- Steps of the second part"), (0, "4. heat the oil"), (0, "5. add the rice"))
    assert html(page) == (
        "<ul><li>Steps of the second part</li></ul>"
        '<ol start="4"><li>heat the oil</li><li>add the rice</li></ol>'
    )  # fmt: skip


def test_items_under_a_paragraph_that_parts_a_list_are_no_code() -> None:
    page = listed((0, "1. First"), (1, "- one"), (2, "- two"))
    page.paragraph(70, 196, ["A paragraph that stands between the items", "in some lines of its own, so it is text."])
    page.text(118, 236, "-").text(138, 236, "three")
    assert "<pre>" not in html(page)


@pytest.mark.parametrize(
    "text",
    [
        "---",
        "--- cut here ---",
        "~~gone~~ and ~half~ gone, ~5 left",
        "~~~",
        "=====",
        "#5 of 9",
        "______",
        "Name: ______ Town: ______",
        "__init__ and (__main__)",
        "+1 more",
    ],
)
def test_lines_that_look_like_markdown_keep_their_characters(text: str) -> None:
    page = Page().paragraph(60, 140, ["A paragraph of text stands over the line and has", "two lines of its own."])
    page.text(60, 190, text)
    assert html(page).endswith(f"</p><p>{text}</p>")


def test_lines_of_an_address_keep_their_characters_too() -> None:
    page = Page().paragraph(60, 140, ["Ann Lee", "# 12 Low Road", "--", "York"])
    assert html(page) == "<p>Ann Lee<br /># 12 Low Road<br />--<br />York</p>"


def test_links_whose_targets_have_spaces_commas_and_parentheses_are_links() -> None:
    page = Page().text(60, 140, "the data")
    page.annotations = ("<< /Type /Annot /Subtype /Link /Rect [55 695 120 715] "
                        "/A << /S /URI /URI (https://example.org/a b,c_\\(d\\)*e*) >> >>")  # fmt: skip
    assert html(page) == '<p><a href="https://example.org/a%20b,c_%28d%29*e*">the data</a></p>'


def test_emphasis_holds_the_punctuation_that_it_ends_with() -> None:
    page = Page().paragraph(
        70, 300, ["Regional demand rose in the second quarter while costs fell again, and so on."] * 4
    )
    page.text(70, 100, "It rose by 9%.", font=BOLD).text(144, 100, "That is much.")
    page.text(70, 140, "Is it", font=ITALIC).text(92.3, 140, "(so)", font=BOLD).text(112.9, 140, "not?")
    said = html(page)
    assert "<strong>It rose by 9%.</strong> That is much." in said
    assert "<em>Is it</em> <strong>(so)</strong> not?" in said
