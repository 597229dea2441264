"""Tables on small documents written here: ruled, partly ruled and unruled."""

from __future__ import annotations

import re

import pytest

from handlens.pdf.convert import convert
from handlens.pdf.options import Options, TableStyle
from tools.pdf.making import BOLD, MONO, Page, pdf_of

LOREM = [
    "The quick brown fox jumps over the lazy dog, and then it goes back to",
    "where it came from, because nobody had asked it to jump over dogs in",
    "the first place. There is nothing more to tell about it here.",
]
ROWS = [
    ("City", "People", "Area"),
    ("Lyon", "522,250", "47.9"),
    ("Nice", "348,085", "71.9"),
    ("Lille", "236,710", "34.8"),
]
XS = (80, 200, 320)


def markdown(*pages: Page, tables: TableStyle = "auto") -> str:
    return convert(pdf_of(*pages), options=Options(tables=tables)).markdown


def cells(page: Page, top: float, rows: list[tuple[str, ...]] = ROWS, pitch: float = 18) -> Page:
    for r, row in enumerate(rows):
        for x, text in zip(XS, row, strict=False):
            page.text(x, top + pitch * r, text, font=BOLD if r == 0 else 0)
    return page


PIPES = """\
| City | People | Area |
| --- | --- | --- |
| Lyon | 522,250 | 47.9 |
| Nice | 348,085 | 71.9 |
| Lille | 236,710 | 34.8 |"""


def test_a_ruled_table() -> None:
    page = cells(Page().paragraph(60, 80, LOREM), 152)
    for y in (140, 158, 176, 194, 212):
        page.rule(70, y, 420, y)
    for x in (70, 190, 310, 420):
        page.rule(x, 140, x, 212)
    assert PIPES in markdown(page)


def test_a_table_between_three_rules() -> None:
    page = cells(Page().paragraph(60, 80, LOREM), 152)
    for y in (140, 158, 212):
        page.rule(70, y, 420, y)
    assert PIPES in markdown(page)


def test_a_table_without_rules() -> None:
    page = cells(Page().paragraph(60, 80, LOREM), 152).paragraph(60, 260, LOREM)
    text = markdown(page)
    assert PIPES in text
    assert text.count("quick brown fox") == 2


def test_cells_of_several_lines_and_spanning_headers_are_html() -> None:
    page = Page().paragraph(60, 80, LOREM)
    page.text(210, 152, "Measured in 2024", font=BOLD)
    cells(page, 170, [("Place", "High", "Low"), ("North", "31.5", "-4.0"), ("South", "38.2", "2.1")])
    for y in (140, 158, 176, 194, 212):
        page.rule(70 if y in (140, 176, 194, 212) else 190, y, 420, y)
    for x in (70, 420):
        page.rule(x, 140, x, 212)
    page.rule(190, 140, 190, 212).rule(310, 158, 310, 212)
    text = markdown(page)
    assert '<th rowspan="2">Place</th><th colspan="2">Measured in 2024</th>' in text
    assert "<tr><td>North</td><td>31.5</td><td>-4.0</td></tr>" in text
    assert "| Place | Measured in 2024 |  |" in markdown(page, tables="markdown")


def test_tables_can_be_html_throughout_and_cells_are_escaped() -> None:
    rows = [("Name", "Rule"), ("a < b", "x & y"), ("c | d", "5"), ("e", "6")]
    page = cells(Page().paragraph(60, 80, LOREM), 152, rows)
    for y in (140, 158, 176, 194, 212):
        page.rule(70, y, 320, y)
    for x in (70, 190, 320):
        page.rule(x, 140, x, 212)
    assert "<td>a &lt; b</td><td>x &amp; y</td>" in markdown(page, tables="html")
    assert "| c \\| d | 5 |" in markdown(page)


def test_numbers_are_kept_exactly() -> None:
    rows = [("Item", "Value", "Share"), ("a", "1.234,50", "0.10%"), ("b", "-0.00071", "99.90%"), ("c", "1e-9", "0%")]
    text = markdown(cells(Page().paragraph(60, 80, LOREM), 152, rows))
    assert re.findall(r"\| [abc] \| (\S+) \| (\S+) \|", text) == [
        ("1.234,50", "0.10%"),
        ("-0.00071", "99.90%"),
        ("1e-9", "0%"),
    ]


def test_a_table_that_goes_on_over_a_page_is_one_table() -> None:
    def ruled(page: Page, top: float, rows: list[tuple[str, ...]]) -> Page:
        cells(page, top + 12, rows)
        for n in range(len(rows) + 1):
            page.rule(70, top + 18 * n, 420, top + 18 * n)
        for x in (70, 190, 310, 420):
            page.rule(x, top, x, top + 18 * len(rows))
        return page

    first = ruled(Page().paragraph(60, 80, LOREM), 600, ROWS)
    second = ruled(Page(), 60, [ROWS[0], ("Metz", "120,874", "41.9")]).paragraph(60, 200, LOREM)
    text = markdown(first, second)
    assert text.count("| --- | --- | --- |") == 1
    assert "| Lille | 236,710 | 34.8 |\n| Metz | 120,874 | 41.9 |" in text


def test_two_columns_of_prose_are_no_table() -> None:
    left = [f"left column line {n} of some prose that fills" for n in range(14)]
    right = [f"right column line {n} of other prose to read" for n in range(14)]
    page = Page().rule(60, 70, 540, 70).paragraph(60, 100, left).paragraph(310, 100, right).rule(60, 290, 540, 290)
    assert "|" not in markdown(page)
    assert "<table" not in markdown(page)


def test_a_list_a_contents_page_and_code_are_no_tables() -> None:
    page = Page()
    for n, word in enumerate(["alpha", "beta", "gamma", "delta"]):
        page.text(60, 80 + 14 * n, f"{n + 1}.").text(90, 80 + 14 * n, f"the {word} of it")
        page.text(60, 200 + 14 * n, f"Chapter {word} " + ". " * 30).text(420, 200 + 14 * n, str(7 * n + 1))
        page.text(60, 320 + 12 * n, f"x{n} = f({n})", font=MONO).text(200, 320 + 12 * n, f"# {word}", font=MONO)
    text = markdown(page)
    assert "| ---" not in text
    assert "<table" not in text


def test_links_that_are_underlined_are_no_rules() -> None:
    page = Page().paragraph(60, 100, LOREM)
    for n in range(3):
        page.rule(60, 101.5 + 12 * n, 84.5, 101.5 + 12 * n)
    assert "| ---" not in markdown(page)


def test_strokes_under_cells_tell_columns_and_the_header_above_them() -> None:
    page = Page().paragraph(60, 80, LOREM)
    rows = [("Pos", "Article", "Price"), ("1", "Optical fibre, two metres", "84.50"), ("2", "Travel", "120.00")]
    for r, row in enumerate(rows):
        for x, text in zip((72, 104, 240), row, strict=True):
            page.text(x, 160 + 20 * r, text, font=BOLD if r == 0 else 0)
        for start, end in ((70, 100), (100, 238), (238, 300)):
            page.rule(start, 166 + 20 * r, end, 166 + 20 * r)
    expected = (
        "| Pos | Article | Price |\n| --- | --- | --- |\n| 1 | Optical fibre, two metres | 84.50 |\n| 2 | Travel |"
    )
    assert expected in markdown(page)


def test_an_unruled_statement_with_empty_cells_is_one_table() -> None:
    rows = [
        ("Date", "Description", "Out", "In"),
        ("Sep 1", "Rent for the month of September", "1,650.00", ""),
        ("Sep 4", "Payroll", "", "2,175.00"),
        ("Sep 9", "Point of sale, corner shop", "131.46", ""),
        ("Sep 18", "Payroll", "", "2,175.00"),
    ]
    page = Page()
    for r, row in enumerate(rows):
        for x, text in zip((60, 110, 330, 420), row, strict=True):
            page.text(x, 160 + 14 * r, text, font=BOLD if r == 0 else 0) if text else None
    assert "| Sep 4 | Payroll |  | 2,175.00 |" in markdown(page)


def test_a_table_with_spans_that_goes_on_over_a_page_is_one_table() -> None:
    def page(rows: range, top: float, title: str = "") -> Page:
        page = Page().text(70, 60, title, size=16, font=BOLD) if title else Page()
        xs, ys = (70, 150, 230, 310), [top + 20 * i for i in range(len(rows) + 3)]
        for y in ys:
            page.rule(150 if y == ys[1] else 70, y, 310, y)
        for x in (70, 150, 310):
            page.rule(x, ys[0], x, ys[-1])
        page.rule(230, ys[1], 230, ys[-1])
        page.text(80, ys[0] + 14, "Part", font=BOLD).text(160, ys[0] + 14, "Stock", font=BOLD)
        page.text(160, ys[1] + 14, "Main", font=BOLD).text(240, ys[1] + 14, "Depot", font=BOLD)
        for n, row in enumerate(rows):
            for x, text in zip(xs, (f"Bolt {row}", str(row * 3), str(row * 7)), strict=False):
                page.text(x + 10, ys[n + 2] + 14, text)
        return page

    text = markdown(page(range(1, 5), 600, "Parts"), page(range(5, 9), 80))
    assert text.count("<table>") == text.count("</table>") == text.count("Depot") == 1
    assert [n for n in range(1, 9) if f"<tr><td>Bolt {n}</td><td>{n * 3}</td><td>{n * 7}</td></tr>" in text] == [
        *range(1, 9)
    ]


def test_a_row_of_a_ruled_table_near_the_edge_of_the_page_is_no_footer() -> None:
    page = Page()
    for r in range(16):
        page.text(80, 472 + 22 * r, f"Item {r}").text(320, 472 + 22 * r, str(r * 11))
    for r in range(17):
        page.rule(70, 458 + 22 * r, 400, 458 + 22 * r)
    for x in (70, 300, 400):
        page.rule(x, 458, x, 810)
    assert "| Item 15 | 165 |" in markdown(page)


@pytest.mark.parametrize("upwards", [True, False])
def test_a_table_that_stands_sideways_on_an_upright_page_is_read(upwards: bool) -> None:
    text = [f"Sentence {n} of the text above the table that stands sideways here." for n in range(12)]
    rows = [("Region", "Households", "Mean income"), ("Northern plains", "1,204", "48,210"),
            ("Southern coast", "982", "51,077"), ("Islands", "77", "39,900")]  # fmt: skip
    page = Page().paragraph(60, 80, text)
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            up, down = f"0 1 -1 0 {200 + 24 * r} {200 + 130 * c}", f"0 -1 1 0 {400 - 24 * r} {600 - 130 * c}"
            page.raw(f"BT /F0 10 Tf {up if upwards else down} Tm ({cell}) Tj ET")
    result = convert(pdf_of(page))
    assert text[-1] in result.markdown
    assert result.markdown.endswith(
        "| Region | Households | Mean income |\n| --- | --- | --- |\n| Northern plains | 1,204 | 48,210 |\n"
        "| Southern coast | 982 | 51,077 |\n| Islands | 77 | 39,900 |"
    )
    assert result.pages[0].left_out == []


def test_text_of_two_lines_beside_values_at_its_middle_goes_with_those_values() -> None:
    page = Page().text(60, 60, "Statement", size=16, font=BOLD).paragraph(60, 90, LOREM)
    for x, head in ((60, "Date"), (110, "Description"), (400, "Paid"), (480, "Balance")):
        page.text(x, 150, head, font=BOLD)
    y = 150.0
    for n in range(1, 9):
        y += 18
        if n in (1, 4):
            page.text(110, y, f"TRANSFER {n}").text(110, y + 13.5, f"Reference {n}77")
            y += 6.75
        else:
            page.text(110, y, f"PAYMENT {n}")
        page.text(60, y, f"0{n} Mar").text(400, y, f"{n}0.50").text(480, y, f"{n}99.00")
        y += 6.75 if n in (1, 4) else 0
    text = convert(pdf_of(page)).markdown
    assert "| 01 Mar | TRANSFER 1 Reference 177 | 10.50 | 199.00 |" in text
    assert "| 03 Mar | PAYMENT 3 | 30.50 | 399.00 |" in text
    assert "| 04 Mar | TRANSFER 4 Reference 477 | 40.50 | 499.00 |" in text
