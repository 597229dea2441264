"""Kinds of documents whose parts stand side by side: forms, invoices, letters, slides, contracts, statements."""

from __future__ import annotations

from handlens.pdf.convert import convert
from handlens.pdf.options import Options
from tools.pdf.making import BOLD, Page, pdf_of

PROSE = [
    "Regional demand rose in the second quarter while costs of transport fell again, as",
    "they had in the months before. The committee notes that most suppliers have by now",
    "adapted their contracts, and that they deliver within ten days. Nothing suggests that",
    "this will change soon, although a strike at the port remains possible.",
]


def markdown(*pages: Page) -> str:
    return convert(pdf_of(*pages)).markdown


def filled(*fields: tuple[str, str, tuple[int, int, int, int]]) -> tuple[str, str]:
    """Annotations and catalog entries of a form: type with its entries, value, and rectangle in PDF space."""
    widgets = [
        f"<< /Type /Annot /Subtype /Widget {kind} /V {value} /Rect [{' '.join(map(str, box))}] /T (f{n}) >>"
        for n, (kind, value, box) in enumerate(fields)
    ]
    return " ".join(widgets), f"/AcroForm << /Fields [{' '.join(widgets)}] >>"


def test_what_is_filled_into_a_form_stands_beside_its_label() -> None:
    annotations, catalog = filled(
        ("/FT /Tx", "(Jane Doe)", (160, 756, 360, 774)),
        ("/FT /Btn /AS /Yes", "/Yes", (160, 726, 174, 740)),
        ("/FT /Btn /AS /Off", "/Off", (160, 696, 174, 710)),
        ("/FT /Tx /Ff 8192", "(secret)", (160, 666, 360, 680)),
    )
    page = Page(annotations=annotations)
    for n, label in enumerate(("Name:", "Newsletter", "Calls", "Code")):
        page.text(60, 80 + 30 * n, label)
    text = convert(pdf_of(page, catalog=catalog)).markdown
    assert "Name: Jane Doe" in text
    assert "Newsletter ☒" in text
    assert "Calls ☐" in text
    assert "secret" not in text


def test_a_note_written_upon_a_page_is_read() -> None:
    note = "<< /Type /Annot /Subtype /FreeText /Contents (Paid on 3 May) /DA (/Helv 10 Tf) /Rect [60 600 300 630] >>"
    assert "Paid on 3 May" in markdown(Page(annotations=note).paragraph(60, 80, PROSE))


def test_lists_side_by_side_are_read_one_after_the_other() -> None:
    page = Page(720, 405).text(40, 60, "Strengths and risks", size=28, font=BOLD)
    for n, (left, right) in enumerate((("Loyal customers", "Energy prices"), ("Low debt", "Data"), ("Trust", "Law"))):
        page.text(50, 140 + 26 * n, f"• {left}", size=18).text(390, 140 + 26 * n, f"• {right}", size=18)
    assert "- Loyal customers\n- Low debt\n- Trust\n" in markdown(page)


def test_addresses_side_by_side_come_one_after_the_other_before_the_letter() -> None:
    page = Page().text(60, 180, "Invoice 2026-0117", size=16, font=BOLD).paragraph(60, 220, PROSE)
    page.paragraph(60, 66, ["Acme Trading", "Ms. Petra Vogel", "Lindenstr. 14", "10969 Berlin"])
    page.paragraph(420, 66, ["Northwind Software Ltd.", "44 Harbour Road", "Bristol BS1 4QA"])
    head, _, body = markdown(page).partition("# Invoice 2026-0117")
    assert head.index("10969 Berlin") < head.index("Northwind") < head.index("Bristol BS1 4QA")
    assert "Ms. Petra Vogel\\\nLindenstr. 14\\\n" in head
    assert "Regional demand" in body


def test_the_lines_of_a_right_aligned_address_are_kept() -> None:
    page = Page().paragraph(60, 140, PROSE)
    for n, (line, width) in enumerate((("Anna Keller", 51.7), ("Alder Street 9", 61.1), ("8001 Berne", 51.7))):
        page.text(535 - width, 60 + 12 * n, line)
    assert "Anna Keller\\\nAlder Street 9\\\n8001 Berne" in markdown(page)


def test_clauses_keep_the_numbers_that_hang_beside_them() -> None:
    page = Page().text(60, 60, "1. Definitions", size=12, font=BOLD)
    for n in range(3):
        page.text(60, 90 + 62 * n, f"1.{n + 1}").paragraph(95, 90 + 62 * n, PROSE)
    text = markdown(page)
    assert all(f"\n\n1.{n} Regional demand" in text for n in (1, 2, 3))


def test_rules_above_sums_do_not_part_them_from_their_labels() -> None:
    rows = [
        ("Revenue", "48,210", "44,905"),
        ("Cost of sales", "(29,114)", "(27,880)"),
        ("Gross profit", "19,096", "17,025"),
        ("Other costs", "(4,220)", "(4,101)"),
        ("Operating profit", "14,876", "12,924"),
    ]
    page = Page().paragraph(60, 60, PROSE).text(352, 130, "2026").text(452, 130, "2025")
    for n, (label, *values) in enumerate(rows):
        page.text(60, 150 + 18 * n, label)
        for x, value in zip((372, 472), values, strict=True):
            page.text(x - 5 * len(value), 150 + 18 * n, value)
    for y in (175, 211, 229):
        page.rule(330, y, 376, y).rule(430, y, 476, y)
    assert "| Cost of sales | (29,114) | (27,880) |\n| Gross profit | 19,096 | 17,025 |" in markdown(page)


def test_a_long_cell_takes_no_part_of_the_next_column() -> None:
    page = Page().paragraph(60, 60, PROSE)
    labels = ("Baseline", "With controls", "Trend", "Fixed effects and common time trends")
    for n, row in enumerate(
        [("Model", "Estimate", "Error"), *((label, f"0.41{n}", f"0.01{n}") for n, label in enumerate(labels))]
    ):
        for x, text in zip((60, 250, 330), row, strict=True):
            page.text(x, 140 + 16 * n, text)
    for y in (128, 145, 210):
        page.rule(55, y, 380, y)
    assert "| Fixed effects and common time trends | 0.413 | 0.013 |" in markdown(page)


def test_the_plural_of_figure_is_no_caption() -> None:
    assert "# Figures at a glance" in markdown(
        Page().text(60, 60, "Figures at a glance", size=18, font=BOLD).paragraph(60, 90, PROSE)
    )


def test_text_over_a_drawing_of_the_whole_page_is_read() -> None:
    lines = "\n".join(f"{i % 595} {i % 842} m {i * 7 % 595} {i * 13 % 842} l S" for i in range(3_000))
    assert "Words on a map" in markdown(Page().text(60, 80, "Words on a map").raw(lines))


def test_centred_lines_of_a_title_page_are_kept() -> None:
    page = Page(720, 540).text(200, 160, "Annual kick-off", size=44)
    page.text(291.5, 300, "Operations", size=28).text(213, 334, "Tuesday, 3 March 2026", size=28)
    assert "Operations\\\nTuesday, 3 March 2026" in markdown(page)


def test_a_quotation_pulled_out_of_the_text_is_no_heading() -> None:
    page = Page().paragraph(60, 60, PROSE).paragraph(60, 220, PROSE)
    page.text(60, 150, "“Good clocks take the time", size=18, font=BOLD).text(
        60, 172, "they need.”", size=18, font=BOLD
    )
    text = markdown(page)
    assert "“Good clocks take the time they need.”" in text.replace("*", "")
    assert "#" not in text


def test_headers_that_stand_upright_head_their_columns() -> None:
    page = Page().paragraph(60, 60, PROSE)
    for n, header in enumerate(("Name", "Reading", "Fine writing")):
        page.raw(f"BT /F0 10 Tf 0 1 -1 0 {82 + 40 * n} 622 Tm ({header}) Tj ET")
    for n, row in enumerate((("Kim", "7", "6"), ("Lee", "5", "8"))):
        for x, text in zip((66, 110, 150), row, strict=True):
            page.text(x, 236 + 20 * n, text)
    for y in (150, 222, 242, 262):
        page.rule(60, y, 180, y)
    for x in (60, 100, 140, 180):
        page.rule(x, 150, x, 262)
    result = convert(pdf_of(page))
    assert "| Name | Reading | Fine writing |\n| --- | --- | --- |\n| Kim | 7 | 6 |" in result.markdown
    assert not result.pages[0].left_out


def test_a_watermark_across_the_page_is_left_out_and_told() -> None:
    page = Page().paragraph(60, 60, PROSE).paragraph(60, 220, PROSE)
    page.raw("0.9 g BT /F1 60 Tf 0.7 0.7 -0.7 0.7 150 300 Tm (DRAFT COPY) Tj ET 0 g")
    result = convert(pdf_of(page))
    assert "#" not in result.markdown
    assert "D R A F T" not in result.markdown.replace("*", "")
    assert result.markdown.count("\n\n") == 1
    assert result.pages[0].left_out == ["DRAFT COPY"]


def test_a_chart_of_bars_is_a_figure_with_its_scales_and_shaded_cells_are_none() -> None:
    page = Page().paragraph(60, 60, PROSE).rule(100, 400, 400, 400).rule(100, 200, 100, 400)
    for n, height in enumerate((50, 80, 120, 60, 150)):
        x = 120 + 50 * n
        page.raw(f"0.2 0.4 0.8 rg {x} 442 30 {height} re f 0 g").text(x + 2, 412, f"Q{n + 1}", size=8)
        page.text(80, 402 - 40 * n, str(10 * n), size=8)
    page.text(100, 440, "Figure 1: Sales by quarter.", size=9).paragraph(60, 480, PROSE)
    result = convert(pdf_of(page), options=Options(figures=True))
    assert len(result.pages[0].figures) == 1
    assert result.pages[0].figures[0].caption == "Figure 1: Sales by quarter."
    assert "Q3" not in result.markdown
    assert "40" not in result.markdown
    table = Page().paragraph(60, 60, PROSE)
    for n, row in enumerate((("Kim", "7", "6"), ("Lee", "5", "8"), ("Ann", "1", "2"))):
        for x, text in zip((66, 126, 186), row, strict=True):
            table.raw(f"0.9 g {x - 6} {640 - 20 * n} 58 18 re f 0 g").text(x, 196 + 20 * n, text)
    result = convert(pdf_of(table), options=Options(figures=True))
    assert result.pages[0].figures == []


def test_contents_whose_chapters_have_no_leaders_and_whose_entries_wrap_are_one_list() -> None:
    page = Page().text(60, 80, "Contents", size=18, font=BOLD)
    page.text(60, 120, "1 Beginnings", font=BOLD).text(500, 120, "1", font=BOLD)
    page.text(80, 134, "1.1 How it came about " + ". " * 54).text(500, 134, "2")
    page.text(80, 148, "1.2 A section with a title so long that it has to go on in a line of its own, which")
    page.text(96, 162, "has the number " + ". " * 55).text(500, 162, "3")
    page.text(60, 184, "2 Endings", font=BOLD).text(500, 184, "9", font=BOLD)
    lines = markdown(page).splitlines()
    assert lines[2:] == [
        "- **1 Beginnings 1**", "  - 1.1 How it came about … 2",
        "  - 1.2 A section with a title so long that it has to go on in a line of its own, which has the number … 3",
        "- **2 Endings 9**",
    ]  # fmt: skip


def test_numbers_in_discs_number_the_items_of_a_slide() -> None:
    page = Page(width=360, height=270).text(30, 40, "Outline of the talk", size=14)
    for n, item in enumerate(("The model and the problem", "Hardness of the general case", "What can be done"), 1):
        y = 60 + 30 * n
        page.raw(f"0.2 0.2 0.7 rg {30} {270 - y - 2} 9 9 re f 1 1 1 rg").text(33, y - 1, str(n), size=6)
        page.raw("0 0 0 rg").text(46, y, item, size=11)
    assert markdown(page).endswith(
        "1. The model and the problem\n2. Hardness of the general case\n3. What can be done"
    )  # fmt: skip


def test_pages_that_were_chosen_apart_are_not_joined() -> None:
    lines = [
        "This is a sentence that does not end on this page, because it goes on with more and",
        "more words and then",
    ]
    first, other = Page().paragraph(60, 400, lines), Page().paragraph(60, 100, ["small words begin this page."])
    assert "more words and then\n\nsmall words" in convert(pdf_of(first, Page(), other), pages="1,3").markdown


def test_the_last_line_of_double_spaced_pages_is_no_footer() -> None:
    ends = ["rivers that rise in spring", "towns beside the sea", "roads over the hills", "bees and their hives"]

    def page(number: int, end: str) -> Page:
        lines = [f"Line {n} of sheet {number} goes on about matters of many kinds here." for n in range(23)]
        return Page().paragraph(60, 160, [*lines, end], size=12, pitch=26).text(500, 40, str(number), size=12)

    whole = markdown(*(page(n, end) for n, end in enumerate(ends)))
    assert all(end in whole for end in ends)


def test_the_name_of_tex_is_a_word() -> None:
    page = Page().raw("BT /F4 10 Tf 1 0 0 1 60 700 Tm [(T) 167] TJ -2.15 Ts [(E) 125] TJ 0 Ts (X prints it.) Tj ET")
    assert markdown(page.text(60, 200, "More of it.", font=4)).startswith("TEX prints it.")


def test_a_page_number_far_from_the_edge_is_left_out() -> None:
    page = Page().paragraph(60, 150, PROSE).text(295, 690, "7")
    [result] = convert(pdf_of(page)).pages
    assert result.left_out == ["7"]


def test_an_invoice_s_columns_are_one_table_under_the_addresses_at_its_head() -> None:
    page = Page().text(60, 60, "Harbour Works Ltd", size=14, font=BOLD).paragraph(60, 80, ["12 Long Street", "Leeds"])
    page.text(430, 60, "INVOICE", size=16, font=BOLD).paragraph(420, 80, ["Number: 2024-0117", "Date: 3 May 2024"])
    page.paragraph(60, 130, ["Bill to:", "Jane Doe", "5 Short Road"])
    rows = [
        ("Description", "Qty", "Unit price", "Amount"),
        ("Design of the web site and two reviews", "10", "80.00", "800.00"),
        ("Hosting", "1", "120.00", "120.00"),
        ("Support", "3", "60.00", "180.00"),
    ]
    for r, row in enumerate(rows):
        for x, cell in zip((60, 420, 450, 510), row, strict=True):
            page.text(x, 190 + 14 * r, cell)
    text = markdown(page)
    assert "| Description | Qty | Unit price | Amount |" in text
    assert "| Support | 3 | 60.00 | 180.00 |" in text


def test_columns_under_a_wide_table_are_read_one_after_the_other_and_the_table_row_by_row() -> None:
    rows = [("City", "Births", "Deaths", "Arrivals"), *((f"Town {n}", f"{n}1", f"{n}2", f"{n}3") for n in range(1, 7))]
    page = Page()
    for r, row in enumerate(rows):
        for x, cell in zip((60, 180, 330, 460), row, strict=True):
            page.text(x, 60 + 14 * r, cell)
    page.text(60, 162, "Births, deaths and arrivals of the year in all the towns that were asked, and in no others.")
    for x, side in ((60, "left"), (310, "right")):
        page.paragraph(x, 182, [f"{side} column line {n} of some prose that fills it" for n in range(12)])
    text = markdown(page)
    assert text.index("left column line 11") < text.index("right column line 0")
    assert "| Town 2 | 21 | 22 | 23 |" in text


def test_lists_of_two_items_side_by_side_keep_the_bullets_that_are_drawn() -> None:
    page = Page(width=720, height=400)
    for x, items in ((60, ("New editor", "Faster search")), (230, ("Move the office", "Two new hires"))):
        for n, item in enumerate(items):
            page.raw(f"{x - 14} {400 - 100 - 26 * n + 4} 6 6 re f").text(x, 100 + 26 * n, item, size=18)
    assert markdown(page) == "- New editor\n- Faster search\n- Move the office\n- Two new hires"


def test_a_number_that_is_what_a_page_says_is_no_page_number() -> None:
    kept = {
        "42": Page(width=960, height=540).text(420, 300, "42", size=140),
        "2024": Page().text(60, 60, "2024", size=24, font=BOLD).text(60, 100, "Report of the society"),
        "1987": Page().text(60, 400, "Report of the society", size=20).text(270, 800, "1987", size=14),
        "000417": Page(width=226, height=400).text(20, 40, "Shop").text(20, 200, "Milk").text(20, 380, "000417"),
        "75": Page(width=960, height=540).text(60, 80, "Sales", size=30).text(60, 200, "Units sold by us", size=20)
              .text(60, 510, "75", size=36),
    }  # fmt: skip
    for number, page in kept.items():
        assert number in convert(pdf_of(page)).markdown


def test_slides_keep_numbers_in_their_margins_that_do_not_count_up_with_them() -> None:
    slides = [
        Page(width=960, height=540).text(60, 90, "Growth", size=30).text(60, 200, "Units in thousands", size=20)
        .text(60, 500, units, size=20).text(900, 525, str(n), size=10)
        for n, units in enumerate(("42", "17", "93"), 1)
    ]  # fmt: skip
    pages = convert(pdf_of(*slides)).pages
    assert [page.left_out for page in pages] == [["1"], ["2"], ["3"]]
    assert [page.markdown.split("\n\n")[-1] for page in pages] == ["42", "17", "93"]


def test_page_numbers_that_count_up_are_left_out_wherever_they_stand() -> None:
    text = ["The text of the page goes on for some lines, and then", "it ends here, far above the number of the page."]
    pages = [Page().paragraph(60, 140, text).text(295 if n == 214 else 520, 810 if n == 214 else 40, str(n))
             for n in (214, 215, 216, 217)]  # fmt: skip
    assert [page.left_out for page in convert(pdf_of(*pages)).pages] == [["214"], ["215"], ["216"], ["217"]]


def test_small_bullets_that_stand_higher_than_their_text_are_its_bullets() -> None:
    page = Page(width=960, height=540).text(60, 90, "Where we stand", size=32, font=BOLD)
    for n, (step, text) in enumerate(((0, "Turnover of 42 million"), (0, "Staff in two places"), (1, "310 in Ulm"))):
        page.text(70 + 30 * step, 146 + 28 * n, "\u2022", size=12).text(90 + 30 * step, 150 + 28 * n, text, size=20)
    assert convert(pdf_of(page)).markdown == (
        "# Where we stand\n\n- Turnover of 42 million\n- Staff in two places\n  - 310 in Ulm"
    )


def test_a_curve_between_axes_is_a_figure_with_its_scales() -> None:
    page = Page().paragraph(60, 60, PROSE).rule(100, 320, 300, 320).rule(100, 150, 100, 320)
    page.raw("1 0 0 RG 110 540 m 150 660 l 190 560 l 230 650 l 290 600 l S")
    for n in range(5):
        page.rule(97, 160 + 35 * n, 100, 160 + 35 * n).text(78, 163 + 35 * n, f"{4 - n}.5", size=8)
        page.rule(110 + 40 * n, 320, 110 + 40 * n, 323).text(106 + 40 * n, 332, f"{n}0", size=8)
    text = markdown(page.paragraph(60, 380, PROSE))
    assert "![](page-1-figure-1.png)" in convert(pdf_of(page), options=Options(figures=True)).markdown
    assert "4.5" not in text
    assert "40" not in text
