"""How printers set words: large first letters, scripts, Chinese clauses."""

from __future__ import annotations

from handlens.pdf.convert import convert
from tools.pdf.making import BOLD, Page, pdf_of

PROSE = [
    "Regional demand rose in the second quarter while costs of transport fell again, as",
    "they had in the months before. The committee notes that most suppliers have by now",
    "adapted their contracts, and that they deliver within ten days. Nothing suggests that",
]


def test_a_large_first_letter_is_not_put_into_the_byline_above_it() -> None:
    page = Page().text(60, 126, "W", size=33).text(60, 60, "The Keepers", size=28, font=BOLD)
    page.text(61, 99, "Words of Maren Holt", size=7)
    for n, line in enumerate(("hen the foghorn fell silent, nobody", "expected to hear it again, and the", "men")):
        page.text(94 if n < 2 else 60, 112 + 11 * n, line, size=8)
    page.paragraph(60, 200, PROSE, size=8)
    text = convert(pdf_of(page)).markdown
    assert "Words of Maren Holt" in text
    assert "When the foghorn" in text


def test_scripts_that_are_hardly_smaller_than_their_line_stay_in_it() -> None:
    page = Page().text(60, 260, "The energy is E = mc").text(154.8, 255, "2", size=9.7).text(165, 260, "and 10")
    page.text(195.7, 255, "-3", size=9.7).text(212, 260, "seconds in all of them.").paragraph(60, 276, PROSE, pitch=16)
    text = convert(pdf_of(page)).markdown
    assert "mc<sup>2</sup> and 10<sup>-3</sup> seconds" in text


def test_clauses_in_chinese_begin_paragraphs_of_their_own() -> None:
    """The standard CJK fonts need no file: PDFium reads their characters by their map."""
    system = "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >>"
    letters = f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light {system} /DW 1000 >>"
    font = ("<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H "
            "/DescendantFonts [8 0 R] >>")  # fmt: skip
    clauses = ["1．甲方应保证房屋处于安全、可正常使用的状态。", "2．乙方应爱护房屋，造成损坏的，应当负责修复。",
               "（三）未经甲方同意，乙方不得转租房屋。", "本合同一式两份，自双方签字之日起生效，"]  # fmt: skip
    page = Page()
    for n, clause in enumerate([*clauses, "甲乙双方各执一份。"]):
        text = clause.encode("utf-16-be").hex()
        page.raw(f"BT /FX 11 Tf 1 0 0 1 100 {700 - 18 * n} Tm <{text}> Tj ET")
    data = pdf_of(page, objects=(letters, font)).replace(b"/Font <<", b"/Font << /FX 9 0 R")
    assert convert(data).markdown.split("\n\n")[:3] == clauses[:3]


def test_a_numbered_heading_under_a_title_of_its_size_is_one_of_its_own() -> None:
    page = Page().text(160, 90, "TX-200 Pressure Sensor", size=18, font=BOLD)
    page.text(60, 118, "1. Features", size=18, font=BOLD).paragraph(
        60, 138, ["It is accurate, and cheap.", "Nobody can do", "without it."]
    )
    page.text(60, 200, "2. Sales", size=18, font=BOLD).paragraph(
        60, 220, ["They grow and grow", "as they did", "ever since."]
    )
    text = convert(pdf_of(page)).markdown
    assert "# TX-200 Pressure Sensor\n\n" in text
    assert "# 1. Features\n" in text


def test_initials_of_authors_are_no_markers_of_a_list() -> None:
    page = Page().text(60, 60, "Sparse attention", size=18, font=BOLD).text(60, 90, "A. Author, B. Writer and C. Third")
    text = convert(pdf_of(page.paragraph(60, 130, PROSE))).markdown
    assert "\n\nA. Author, B. Writer and C. Third\n\n" in text


def test_letters_that_count_up_are_markers_of_a_list() -> None:
    page = Page().paragraph(60, 60, PROSE)
    for n, item in enumerate(("A. Keep the valve shut.", "B. Drain the tank.", "C. Open the valve.")):
        page.text(60, 110 + 16 * n, item)
    text = convert(pdf_of(page)).markdown
    assert text.count("\n- ") == 3, text


def test_figures_of_a_slide_far_apart_in_one_line_are_no_heading() -> None:
    page = Page(960, 540).text(50, 60, "Two bets", size=32, font=BOLD)
    for n, line in enumerate(("We keep the plan of the last quarter and add two bets to it.", "Both pay back soon.")):
        page.text(50, 120 + 30 * n, line, size=18)
    for x, value, name in ((80, "99.97%", "availability"), (400, "6 min", "failover"), (720, "9% off", "unit cost")):
        page.text(x, 300, value, size=40, font=BOLD).text(x + 20, 330, name, size=16)
    text = convert(pdf_of(page)).markdown
    assert "99.97%" in text
    assert not any(line.startswith("#") and "99.97%" in line for line in text.splitlines())
