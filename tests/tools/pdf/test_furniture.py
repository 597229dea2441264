"""What stands in the margins of several pages: running headers, and rows and sentences that only look like them."""

from __future__ import annotations

from handlens.pdf.convert import convert
from tools.pdf.making import BOLD, Page, pdf_of

PROSE = [
    "Regional demand rose in the second quarter while costs of transport fell again, as",
    "they had in the months before. The committee notes that most suppliers have by now",
    "adapted their contracts, and that they deliver within ten days. Nothing suggests that",
]


def statement(number: int) -> Page:
    """A page of an account, whose rows go from margin to margin under a header that each page repeats."""
    page = Page().text(60, 30, "First Harbour Bank, account 0044-11827-3", size=8)
    for x, head in ((60, "Date"), (110, "Description"), (380, "Paid out"), (440, "Paid in"), (500, "Balance")):
        page.text(x, 66, head, font=BOLD)
    for n in range(39):
        y, day = 84 + 18 * n, n % 28 + 1
        page.text(60, y, f"{day:02} Mar").text(110, y, ("CARD 4432 STORES", "J SMITH RENT", "BAKER LTD")[n % 3])
        page.text(380 if n % 4 else 440, y, f"{number}{n + 10}.50").text(500, y, f"{2000 + 100 * number + n}.63")
    return page


def test_rows_of_a_statement_in_the_margins_are_no_running_header() -> None:
    text = convert(pdf_of(*map(statement, range(1, 4)))).markdown
    for number in range(1, 4):
        for n in range(39):
            assert f"{2000 + 100 * number + n}.63" in text, (number, n)
    assert text.count("CARD 4432 STORES") == 39
    assert "First Harbour Bank" not in text


def test_a_sentence_that_several_pages_share_at_their_top_is_no_running_header() -> None:
    own = [[f"{word} is what the people of this place would say of it when they are asked, and of the"] * 9
           for word in ("Snow", "Wool", "Coal")]  # fmt: skip
    pages = [Page().text(60, 30, "Annual report", size=8).paragraph(60, 70, [*PROSE, *rest]) for rest in own]
    text = convert(pdf_of(*pages)).markdown
    assert text.count("Regional demand rose") == 3
    assert "Annual report" not in text


def test_small_numbered_items_at_the_foot_are_the_notes_that_raised_numbers_above_lead_to() -> None:
    def page(first: str) -> str:
        page = Page().paragraph(60, 80, PROSE).text(60, 120, "Income rose for the third year.")
        page.text(194, 116, "1", size=6).text(202, 120, "Traffic fell with it, as all had thought it would in the end.")
        page.paragraph(60, 400, [first, *PROSE] if first == PROSE[0] else [first])
        page.text(60, 760, "1.", size=8).text(72, 760, "Published under section 12 of the Act.", size=8)
        return convert(pdf_of(page)).markdown

    text = page(PROSE[0])
    assert "third year.[^1] Traffic" in text
    assert "\n[^1]: Published under section 12 of the Act." in text
    assert "[^1]" not in page("References")
