"""What a converted document looks like, on small documents written here."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlens.errors import DocumentError, InvalidInput
from handlens.pdf.convert import Conversion, convert
from handlens.pdf.fonts import style_of
from handlens.pdf.model import Style
from handlens.pdf.options import Options
from tools.pdf.making import BOLD, ITALIC, MONO, Page, pdf_of

LOREM = [
    "The quick brown fox jumps over the lazy dog, and then it goes back to",
    "where it came from, because nobody had asked it to jump over dogs in",
    "the first place. There is nothing more to tell about it here.",
]


def markdown(*pages: Page) -> str:
    return convert(pdf_of(*pages)).markdown


def test_headings_and_paragraphs_come_in_order() -> None:
    page = Page().text(60, 80, "Annual report", size=20, font=BOLD).paragraph(60, 120, LOREM)
    page.text(60, 190, "Results", size=14, font=BOLD).paragraph(60, 212, LOREM)
    text = markdown(page)
    assert text.startswith("# Annual report\n\nThe quick brown fox")
    assert "\n\n## Results\n\nThe quick" in text
    assert "back to where it came from" in text


def test_two_columns_are_read_one_after_the_other() -> None:
    left = [f"left column line {n} of some prose that fills" for n in range(12)]
    right = [f"right column line {n} of other prose to read" for n in range(12)]
    page = Page().text(60, 60, "A title that spans both columns of this page here", size=18, font=BOLD)
    page.paragraph(60, 100, left).paragraph(310, 100, right)
    text = markdown(page)
    assert text.index("left column line 11") < text.index("right column line 0")
    assert text.startswith("# A title")


def test_a_word_parted_at_the_end_of_a_line_is_one_word() -> None:
    lines = [
        "This paragraph ends its first line in the middle of a com-",
        "pound, and goes on with a self-",
        "Made one.",
    ]
    text = markdown(Page().paragraph(60, 100, lines))
    assert "a compound, and" in text
    assert "self-Made" in text


def test_emphasis_and_characters_that_markdown_would_misread() -> None:
    page = Page().paragraph(60, 100, LOREM).text(60, 160, "Plain and", size=10).text(110, 160, "slanted", font=ITALIC)
    page.text(150, 160, "words, a * star and [a] <b> c_d _e_", size=10)
    text = markdown(page)
    assert "Plain and *slanted* words, a \\* star and \\[a\\] \\<b> c_d \\_e\\_" in text


def test_lists_keep_their_markers() -> None:
    page = Page().paragraph(60, 80, LOREM)
    for n, item in enumerate(["first thing to do", "second thing to do", "third thing to do"]):
        page.text(70, 140 + 14 * n, "•").text(84, 140 + 14 * n, item)
        page.text(70, 200 + 14 * n, f"{n + 1}.").text(84, 200 + 14 * n, item)
    text = markdown(page)
    assert "- first thing to do\n- second thing to do\n- third thing to do" in text
    assert "1. first thing to do\n2. second thing to do\n3. third thing to do" in text


def test_code_keeps_its_indentation() -> None:
    page = Page().paragraph(60, 80, LOREM)
    for n, line in enumerate(["def add(a, b):", "    return a + b", "", "print(add(1, 2))"]):
        page.text(60, 140 + 12 * n, line, font=MONO)
    assert "```\ndef add(a, b):\n    return a + b\n\nprint(add(1, 2))\n```" in markdown(page)


def test_no_markup_breaks_out_of_code() -> None:
    page = Page().text(60, 40, "What follows is a listing of four lines in fixed pitch.")
    for n, line in enumerate(["x = 1", "```", "~~~~", "<script>alert(1)</script>"]):
        page.text(60, 80 + 12 * n, line, font=MONO)
    assert "````\nx = 1\n```\n~~~~\n<script>alert(1)</script>\n````" in markdown(page)


def test_a_pattern_in_code_is_no_footnote_on_any_page() -> None:
    def page(n: int) -> Page:
        return (
            Page().text(60, 80, f"Sentence {n} of the text stands here.").text(60, 120, "re.sub('[^a-z]+')", font=MONO)
        )

    assert markdown(page(1), page(2)).count("[^a-z]+") == 2


def test_the_sum_at_the_foot_of_an_invoice_is_no_page_number() -> None:
    page = Page().text(60, 60, "Invoice 2025-117", size=16)
    for n in range(30):
        page.text(60, 100 + 23 * n, f"Item {n + 1} of the delivery").text(500, 100 + 23 * n, str(40 + n))
    page.text(60, 790, "Total due in euros").text(488.88, 790, "1428")
    assert "1428" in markdown(page)


def test_running_headers_and_page_numbers_are_left_out_and_told() -> None:
    def page(n: int) -> Page:
        lines = [f"Sentence {n}.{k} of the body, which differs from page to page." for k in range(8)]
        body = Page().paragraph(60, 120, lines)
        return body.text(60, 40, "Yearbook of small things", size=8).text(290, 810, str(n), size=8)

    result = convert(pdf_of(*(page(n) for n in range(1, 6))))
    assert "Yearbook" not in result.markdown
    assert "Sentence 4.3" in result.markdown
    assert "Yearbook of small things" in result.pages[0].left_out


def test_a_paragraph_goes_on_over_a_page_break() -> None:
    first = Page().paragraph(60, 700, [*LOREM[:2]])
    second = Page().paragraph(60, 80, [*LOREM[2:]])
    assert "dogs in the first place" in markdown(first, second)


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_a_page_shown_turned_is_read_as_shown(rotate: int) -> None:
    page = Page(rotate=rotate)
    page.text(60, 80, "Turned text stays readable", size=14)
    assert "Turned text stays readable" in markdown(page)


def test_text_outside_the_visible_page_is_not_read() -> None:
    page = Page().paragraph(60, 100, LOREM).text(-300, 100, "hidden beyond the edge")
    assert "hidden" not in markdown(page)


def test_pages_are_chosen_by_range() -> None:
    data = pdf_of(*(Page().text(60, 100, f"Page number {n} speaks.") for n in range(1, 6)))
    assert [p.index for p in convert(data, pages="2-3,5").pages] == [1, 2, 4]


@pytest.mark.parametrize(
    ("pages", "says"), [("3-1", "backwards"), ("9", "out of reach"), ("0", "out of reach"), ("a", "no page range")]
)
def test_a_wrong_range_says_what_is_wrong(pages: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        convert(pdf_of(Page(), Page()), pages=pages)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><title>Sign in</title>", "HTML"),
        (b"PK\x03\x04 a word document", "not a PDF"),
        (b"%PDF-1.7\nnothing more", "broken"),
    ],
)
def test_what_is_no_readable_pdf_says_why(data: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "document.pdf"
    path.write_bytes(data)
    with pytest.raises(DocumentError, match=says):
        convert(path)
    with pytest.raises(DocumentError, match=says):
        convert(data)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="There is no file"):
        convert(tmp_path / "nowhere.pdf")


def test_a_truncated_file_gives_what_can_be_read_or_says_so() -> None:
    data = pdf_of(*(Page().paragraph(60, 100, LOREM) for _ in range(10)))
    for share in (0.9, 0.6, 0.3):
        try:
            result = convert(data[: int(len(data) * share)])
        except DocumentError as error:
            assert "broken" in str(error) or "truncated" in str(error)  # noqa: PT017
        else:
            assert isinstance(result, Conversion)


def test_a_recursive_form_ends() -> None:
    number = 3 + 5
    body = "/X Do BT /F0 10 Tf 1 0 0 1 60 700 Tm (once) Tj ET"
    form = (
        f"<< /Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources << /XObject << /X {number} 0 R >> >> "
        f"/Length {len(body)} >>\nstream\n{body}\nendstream"
    )
    page = Page().text(60, 60, "A page with a form that draws itself").raw("/X Do")
    data = pdf_of(page, objects=(form,)).replace(b"/Resources << /Font", b"/Resources << /XObject << /X 8 0 R >> /Font")
    assert "draws itself" in convert(data).markdown


def test_a_page_of_ten_metres_is_read() -> None:
    page = Page(width=28_346, height=28_346).text(100, 100, "A very large sheet", size=40)
    assert "A very large sheet" in markdown(page)


def test_a_hundred_thousand_paths_do_not_stall() -> None:
    page = Page().paragraph(60, 100, LOREM)
    page.raw("\n".join(f"{n % 500} {n // 500} m {n % 500 + 3} {n // 500 + 2} l S" for n in range(100_000)))
    assert "quick brown fox" in markdown(page)


def test_attachments_and_scripts_are_mentioned_and_ignored() -> None:
    from handlens.pdf.convert import Converter

    script = "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"
    names = "/Names << /JavaScript << /Names [(run) << /S /JavaScript /JS (app.alert\\(2\\)) >>] >> >>"
    data = pdf_of(Page().text(60, 100, "Nothing runs"), catalog=f"{script} {names}")
    with Converter(data) as converter:
        assert converter.facts()["ignored"] == ["1 JavaScript action"]


def test_page_breaks_are_marked_when_asked_for() -> None:
    from handlens.pdf.options import Options

    data = pdf_of(Page().text(60, 100, "One."), Page().text(60, 100, "Two."))
    assert convert(data, options=Options(page_breaks=True)).markdown == (
        "<!-- page 1 -->\n\nOne.\n\n<!-- page 2 -->\n\nTwo."
    )


def test_an_address_keeps_its_lines() -> None:
    page = Page().paragraph(
        60, 80, ["Aurelia Labs", "Attn. Accounts Payable", "4 Mill Lane", "Cambridge CB2 1RX", "UK"]
    )
    assert markdown(page.paragraph(60, 200, LOREM)).startswith(
        "Aurelia Labs\\\nAttn. Accounts Payable\\\n4 Mill Lane\\\nCambridge CB2 1RX\\\nUK\n\nThe quick brown fox"
    )


def test_a_large_first_letter_belongs_to_its_word() -> None:
    page = Page().text(60, 124, "T", size=30, font=BOLD)
    page.text(82, 104, "he quick brown fox jumps over the lazy dog, and then it").text(82, 116, "goes back to where it")
    text = markdown(page.paragraph(60, 128, ["came from, because nobody had asked it to jump over dogs in the first"]))
    assert text.startswith("The quick brown fox")
    assert text.count("T") == 1


def test_letters_that_are_spaced_out_are_words() -> None:
    page = Page().paragraph(60, 200, LOREM)
    for n, letter in enumerate("COAST"):
        page.text(60 + 11.5 * n, 80, letter)
    assert "COAST" in markdown(page)


def test_contents_become_a_nested_list() -> None:
    page = Page().text(60, 80, "Contents", size=16, font=BOLD)
    for n, (x, title, number) in enumerate(
        [(60, "1 Start", 1), (76, "1.1 Aims", 2), (76, "1.2 Means", 4), (60, "2 End", 9)]
    ):
        page.text(x, 110 + 14 * n, f"{title} {'. ' * 30}{number}")
    assert "- 1 Start … 1\n  - 1.1 Aims … 2\n  - 1.2 Means … 4\n- 2 End … 9" in markdown(page)


def test_a_paragraph_after_a_list_is_no_part_of_its_last_item() -> None:
    page = Page().text(60, 80, "•").text(72, 80, "a first point, which is short,").text(60, 92, "•")
    page.text(72, 92, "a second point.").text(
        60, 104, "We go on with a sentence of its own, that is long enough to be read."
    )
    assert "- a second point.\n\nWe go on" in markdown(page)


def test_headings_have_one_level_throughout_the_document() -> None:
    first = Page().text(60, 80, "The title", size=22, font=BOLD).paragraph(60, 120, LOREM)
    first.text(60, 190, "A chapter", size=15, font=BOLD).paragraph(60, 212, LOREM)
    second = Page().text(60, 80, "Another chapter", size=15, font=BOLD).paragraph(60, 112, LOREM)
    text = markdown(first, second)
    assert "\n## A chapter\n" in text
    assert "\n## Another chapter\n" in text


def test_running_headers_of_changing_words_are_left_out() -> None:
    pages = [
        Page().text(200, 50, f"{name} of the book").paragraph(60, 100, LOREM)
        for name in ("Birth", "Life", "End", "Fame")
    ]
    assert "of the book" not in markdown(*pages)


def test_links_lead_where_they_did_but_only_to_the_web() -> None:
    def linked(action: str) -> str:
        page = Page().paragraph(60, 100, ["Read the audited statement of the year."])
        page.annotations = f"<< /Type /Annot /Subtype /Link /Rect [60 735 400 755] /A {action} >>"
        return markdown(page)

    web = linked("<< /S /URI /URI (https://example.org/a\\(1\\) b) >>")
    assert web == "[Read the audited statement of the year.](https://example.org/a%281%29%20b)"
    for action in ("<< /S /URI /URI (javascript:alert\\(1\\)) >>", "<< /S /Launch /F (/bin/sh) >>"):
        assert linked(action) == "Read the audited statement of the year."


def test_a_link_within_the_document_leads_to_its_heading() -> None:
    outline = ("<< /Type /Outlines /First 9 0 R /Last 9 0 R /Count 1 >>",
               "<< /Title (Method) /Parent 8 0 R /Dest [13 0 R /XYZ 60 770 0] >>")  # fmt: skip
    first = Page().paragraph(60, 100, ["This is told in section two."])
    first.annotations = "<< /Type /Annot /Subtype /Link /Rect [60 735 400 755] /Dest [13 0 R /XYZ 60 770 0] >>"
    second = Page().text(60, 80, "2 Method", size=16, font=BOLD).paragraph(60, 110, LOREM)
    text = convert(pdf_of(first, second, catalog="/Outlines 8 0 R", objects=outline)).markdown
    assert "[This is told in section two.](#2-method)" in text


def test_a_footnote_is_one_and_its_mark_leads_to_it() -> None:
    def page(text: str, end: float, more: str, note: str) -> Page:
        page = Page().text(60, 160, text).text(end, 156, "1", size=6).text(end + 7, 160, more).paragraph(60, 200, LOREM)
        return page.text(60, 756, "1", size=5).text(66, 760, note, size=8)

    text = markdown(
        page("Income rose for the third year.", 194, "Traffic fell.", "Published under section 12 of the Act."),
        page("On the next page.", 140, "It goes on.", "Another note on that."),
    )
    assert "third year.[^1] Traffic" in text
    assert "\n[^1]: Published under section 12 of the Act." in text
    assert "next page.[^1-2] It goes" in text
    assert "\n[^1-2]: Another note on that." in text


def test_a_diagram_made_of_points_is_left_out_with_its_scales() -> None:
    page = Page().paragraph(60, 80, LOREM)
    for n in range(60):
        x, y = 120 + 5 * n, 520 + 3 * (n * 7 % 50)
        page.raw(f"{x} {y} m {x + 3} {y} l {x + 3} {y + 3} l {x} {y + 3} l h f")
    for n in range(5):
        page.text(95, 330 - 32 * n, str(50 * n), size=7)
    page.rule(115, 161, 115, 330).rule(115, 330, 427, 330)
    result = convert(pdf_of(page.paragraph(60, 500, LOREM)), options=Options(figures=True))
    assert "150" not in result.markdown
    assert len(result.pages[0].figures) == 1


def test_fonts_of_regular_weight_that_claim_to_be_heavy_are_not_bold() -> None:
    assert style_of("LMRoman10-Regular", weight=744) == Style.PLAIN
    assert style_of("Grotesk", weight=744) == Style.BOLD


def test_typewriter_faces_of_tex_are_of_fixed_pitch() -> None:
    for name in ("NimbusMonL-Regu", "SFTT1000", "txtt", "CMTT10", "LMMono10-Regular"):
        assert style_of(name) == Style.MONO, name
    assert style_of("SFRM1000") == Style.PLAIN


def test_a_form_keeps_each_label_with_its_value() -> None:
    page = Page().text(60, 60, "Application", size=18, font=BOLD).paragraph(60, 220, LOREM)
    for n, (label, value) in enumerate(
        [("Full legal name", "Margaret Watanabe"), ("Plate", "4TK 882"), ("State", "MA")]
    ):
        x = 60 + 160 * n
        page.raw(f"{x} 700 150 40 re S").text(x + 5, 114, label, size=8).text(x + 5, 132, value, font=MONO)
    text = markdown(page)
    assert "Full legal name\\\nMargaret Watanabe\n\nPlate\\\n4TK 882\n\nState\\\nMA\n\n" in text


def test_code_within_text_is_marked_as_such() -> None:
    page = (
        Page()
        .text(60, 80, "The command")
        .text(119, 80, "run *args", font=MONO)
        .text(178, 80, "starts it, and nothing else.")
    )
    assert "The command `run *args` starts it" in markdown(page.paragraph(60, 120, LOREM))


def test_listings_lose_their_line_numbers() -> None:
    page = Page().paragraph(60, 60, LOREM)
    for n, line in enumerate(("def f(x):", "    return x", "", "f(1)"), 8):
        page.text(60, 50 + 12 * n, str(n), size=7).text(80, 50 + 12 * n, line, font=MONO)
    assert "```\ndef f(x):\n    return x\n\nf(1)\n```" in markdown(page)


def test_a_paragraph_goes_on_in_the_next_column() -> None:
    page = Page()
    for n in range(20):
        page.text(60, 80 + 12 * n, "all of the left column runs on and on").text(
            320, 80 + 12 * n, "as the right one does all the way down"
        )
    page.text(60, 320, "until it ends in the middle of a hyphen-").text(
        320, 68, "ation that the right column completes"
    )
    assert "middle of a hyphenation that the right column" in markdown(page)


def test_a_word_parted_by_a_page_break_is_one_word() -> None:
    first = Page().paragraph(60, 700, [*LOREM, "The last line of this page ends in the middle of a hyphen-"])
    second = Page().paragraph(60, 80, ["ation, which the second page completes.", *LOREM])
    assert "in the middle of a hyphenation, which" in markdown(first, second)


def test_a_chinese_title_over_two_lines_is_one_heading_with_no_space_in_it() -> None:
    """The standard CJK fonts need no file: PDFium reads their characters by their map."""
    system = "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >>"
    letters = f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light {system} /DW 1000 >>"
    font = ("<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H "
            "/DescendantFonts [8 0 R] >>")  # fmt: skip

    def line(y: float, text: str, size: int) -> str:
        return f"BT /FX {size} Tf 1 0 0 1 100 {y} Tm <{text.encode('utf-16-be').hex()}> Tj ET"

    page = Page().raw(line(700, "关于城市轨道交通客流预测方法的", 20)).raw(line(672, "比较研究", 20))
    for n in range(6):
        page.raw(line(620 - 18 * n, "随着城市规模的扩大轨道交通已成为居民出行的主要方式", 11))
    data = pdf_of(page, objects=(letters, font)).replace(b"/Font <<", b"/Font << /FX 9 0 R")
    assert convert(data).markdown.splitlines()[0] == "# 关于城市轨道交通客流预测方法的比较研究"
