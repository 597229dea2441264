"""Notes at the end of a chapter or a document, and the marks on other pages that lead to them."""

from __future__ import annotations

from handlens.pdf.convert import convert
from handlens.pdf.endnotes import link_notes
from tools.pdf.making import BOLD, Page, pdf_of


def marked(number: int) -> Page:
    body = [f"Line {n} of chapter {number} tells of things that are {n * number} in number." for n in range(9)]
    return (
        Page()
        .paragraph(60, 150, body)
        .raw(
            f"BT /F0 10 Tf 1 0 0 1 60 712 Tm (The claim of chapter {number} is old) Tj "
            f"/F0 6 Tf 4 Ts ({number}) Tj 0 Ts /F0 10 Tf ( and has been made before.) Tj ET"
        )
    )


def test_endnotes_are_footnotes_that_marks_on_other_pages_lead_to() -> None:
    notes = Page().text(60, 80, "Notes", size=16, font=BOLD)
    for n in (1, 2, 3):
        notes.text(60, 90 + 24 * n, f"{n}. See the report of the year 190{n}, where it is told at length.")
    markdown = convert(pdf_of(*(marked(n) for n in (1, 2, 3)), notes)).markdown
    for n in (1, 2, 3):
        assert f"The claim of chapter {n} is old[^{n}] and has" in markdown
        assert f"\n[^{n}]: See the report of the year 190{n}, where it is told at length." in markdown


def test_each_chapter_has_notes_of_its_own() -> None:
    chapter = "# One\n\nA<sup>1</sup> and b<sup>2</sup>.\n\n## Notes\n\n1. First.\n2. Second.\n\n"
    text = link_notes(chapter + chapter.replace("First", "Third"))
    assert "A[^1] and b[^2]." in text
    assert "A[^1-n2] and b[^2-n2]." in text
    assert "[^1-n2]: Third." in text


def test_powers_and_lists_under_a_heading_of_notes_are_left_alone() -> None:
    text = "# Areas\n\nIt has 20 km<sup>2</sup>.\n\n# Notes\n\n1. Bring a pen.\n2. Bring paper.\n3. Come early.\n"
    assert link_notes(text) == text
    references = "# Text\n\nAs was shown<sup>1</sup>.\n\n# References\n\n1. Miller, 1999.\n2. Smith, 2001.\n"
    assert link_notes(references) == references
