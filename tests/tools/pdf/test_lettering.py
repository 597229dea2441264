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
