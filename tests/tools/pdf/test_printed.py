"""Invoices, lists and reports as browsers print them: tables of which few rows or none are ruled."""

from __future__ import annotations

from handlens.pdf.convert import convert
from tools.pdf.making import BOLD, Page, pdf_of

WIDE = 50, 560
DOWN = 100  # points, under the margin in which running headers stand


def markdown(page: Page) -> str:
    return convert(pdf_of(page)).markdown


def rows(page: Page, top: float, columns: tuple[float, ...], *texts: tuple[str, ...], pitch: float = 18,
         font: int = 0) -> Page:  # fmt: skip
    for n, row in enumerate(texts):
        for x, text in zip(columns, row, strict=True):
            page.text(x, DOWN + top + n * pitch, text, font=font)
    return page


def ruled(page: Page, *heights: float) -> Page:
    for at in heights:
        page.rule(WIDE[0], DOWN + at, WIDE[1], DOWN + at)
    return page


def test_a_heading_with_a_rule_under_it_is_in_no_table_above_or_below() -> None:
    page = Page().text(50, 160, "Loaves", size=11, font=BOLD).text(50, 258, "Tarts", size=11, font=BOLD)
    columns = (52, 130, 530)
    rows(page, 88, columns, ("L-1", "Rye, large", "3.80"), ("L-2", "Spelt, small", "2.40"), ("L-7", "White", "2.95"))
    rows(page, 186, columns, ("T-1", "Plum, whole", "21.00"), ("T-2", "Pear, half", "9.90"), ("T-5", "Nut", "2.50"))
    text = markdown(ruled(page, 64, 162))
    assert "| L-7 | White | 2.95 |\n\n" in text
    assert "Tarts" in text.split("| L-7 |")[1].split("| T-1 |")[0]
    assert "| Tarts" not in text


def test_a_row_over_the_first_rule_and_a_heading_between_two_ruled_lists() -> None:
    page = Page()
    rows(
        page, 70, (50, 480), ("Order number", "GF-20931"), ("Order date", "3 June 2025"), ("Payment", "Card"), pitch=24
    )
    page.text(50, 260, "Items", size=14, font=BOLD)
    rows(
        page,
        186,
        (50, 500),
        ("Garden hose, 25 m", "€29.90"),
        ("Large pot, three", "€44.70"),
        ("Total", "€74.60"),
        pitch=24,
    )
    assert markdown(ruled(page, 76, 100, 124, 192, 216, 240)) == (
        "| Order number | GF-20931 |\n| --- | --- |\n| Order date | 3 June 2025 |\n| Payment | Card |\n\n## Items\n\n"
        "| Garden hose, 25 m | €29.90 |\n| --- | --- |\n| Large pot, three | €44.70 |\n| Total | €74.60 |"
    ).replace("## Items", "# Items")


def test_a_sum_under_the_last_rule_belongs_to_the_table() -> None:
    page = ruled(rows(Page(), 70, (52, 500), ("Earnings", "Amount"), font=BOLD), 58, 75, 129)
    rows(page, 88, (52, 500), ("Base salary", "3,200.00"), ("Overtime", "184.50"), ("Bonus", "150.00"))
    rows(page, 142, (52, 500), ("Gross", "3,534.50"), font=BOLD)
    page.text(52, 280, "Paid on the last day of the month.")
    assert markdown(page).endswith("| Bonus | 150.00 |\n| Gross | 3,534.50 |\n\nPaid on the last day of the month.")


def test_sums_that_stand_further_in_are_rows_of_their_own_and_make_no_column() -> None:
    columns = (50, 330, 430, 520)
    page = rows(Page(), 60, columns, ("Description", "Qty", "Price", "Amount"), font=BOLD)
    rows(page, 80, columns, ("Cleaning kit", "12", "4.50", "54.00"), ("Leather strap", "3", "18.00", "54.00"),
         ("Repair of the mount with new bearings and alignment", "1", "140.00", "140.00"))  # fmt: skip
    rows(page, 140, (232, 520), ("Subtotal", "248.00"), ("Tax", "49.60"), ("Total", "297.60"))
    assert markdown(ruled(page, 66)).endswith(
        "| Description | Qty | Price | Amount |\n| --- | --- | --- | --- |\n| Cleaning kit | 12 | 4.50 | 54.00 |\n"
        "| Leather strap | 3 | 18.00 | 54.00 |\n"
        "| Repair of the mount with new bearings and alignment | 1 | 140.00 | 140.00 |\n"
        "| Subtotal |  |  | 248.00 |\n| Tax |  |  | 49.60 |\n| Total |  |  | 297.60 |"
    )


def test_a_number_under_a_number_goes_on_with_no_row() -> None:
    columns = (50, 330, 430, 520)
    page = rows(Page(), 60, columns, ("Article", "Count", "Price", "Total"), ("Cheese", "2", "24,00", "48,00"),
                ("Tart", "4", "18,50", "74,00"), ("Delivery", "1", "9,00", "9,00"), pitch=16)  # fmt: skip
    rows(page, 124, (425, 520), ("Together", "131,00"), ("Tax 6 %", "7,86"), pitch=16)
    assert "| Delivery | 1 | 9,00 | 9,00 |\n|  |  | Together | 131,00 |\n|  |  | Tax 6 % | 7,86 |" in markdown(page)


def test_a_rule_under_the_first_rows_ends_the_header_where_values_begin() -> None:
    columns = (50, 200, 300, 400)
    page = rows(Page(), 60, columns, ("Place", "Depth", "Width", "Length"), ("Ford", "1.2", "14.0", "20.5"),
                ("Weir", "2.2", "19.5", "8.0"),
                ("Mouth", "5.0", "80.0", "30.0"), ("Mill", "3.0", "9.0", "7.0"))  # fmt: skip
    assert "| Place | Depth | Width | Length |\n| --- | --- | --- | --- |\n| Ford | 1.2 |" in markdown(ruled(page, 101))


def test_two_lines_at_the_right_of_a_letter_s_head_are_not_mixed_with_those_at_the_left() -> None:
    page = Page().text(45, 160, "Cafe Lumiere", size=18, font=BOLD).text(500, 172, "Invoice F-88", size=10)
    page.text(510, 184, "2 March 25").text(45, 190, "Rue des Fleurs").text(45, 202, "Bruxelles")
    page.text(45, 222, "For").paragraph(45, 242, ["Helene Duval", "Avenue Louise 54", "Ixelles"])
    columns = (45, 330, 430, 530)
    rows(page, 196, columns, ("Article", "Count", "Price", "Total"), ("Cheese", "2", "24,00", "48,00"),
         ("Tart", "4", "18,50", "74,00"), ("Delivery", "1", "9,00", "9,00"), pitch=16)  # fmt: skip
    text = markdown(page)
    assert "March 25 Rue" not in text.replace("\\\n", " ")


def test_a_header_over_the_first_rule_tells_the_column_of_numbers_from_the_texts_beside_them() -> None:
    columns = (52, 90, 330, 430, 520)
    page = rows(Page(), 58, columns, ("Pos.", "Service", "Hours", "Rate", "Sum"), font=BOLD)
    for n, (name, more, *values) in enumerate(
        [("Workshop", "two days, with minutes", "16", "95.00", "1,520.00"),
         ("Implementation", "in three steps", "40", "85.00", "3,400.00"),
         ("Training", "for up to ten people", "8", "95.00", "760.00")]
    ):  # fmt: skip
        top = 78 + 34 * n
        rows(page, top, (90,), (name,), (more,), pitch=12)
        rows(page, top + 6, (52, 330, 430, 520), (str(n + 1), *values))
    rows(page, 180, (52, 520), ("Net", "5,680.00"), ("Total", "6,759.20"))
    text = markdown(ruled(page, 64, 98, 132, 166, 184, 202))
    assert text.startswith(
        "| Pos. | Service | Hours | Rate | Sum |\n| --- | --- | --- | --- | --- |\n| 1 | Workshop two days"
    )
    assert "| 3 | Training for up to ten people | 8 | 95.00 | 760.00 |" in text


def test_what_stands_under_two_tables_side_by_side_is_read_after_both() -> None:
    page = Page()
    for left, title in ((50, "Earnings"), (320, "Deductions")):
        for at in (146, 164, 182, 200, 218):
            page.rule(left, at, left + 230, at)
        for x in (left, left + 130, left + 230):
            page.rule(x, 146, x, 218)
        for n, cells in enumerate(((title, "Amount"), ("First", "200.00"), ("Second", "18.50"), ("Sum", "218.50"))):
            page.text(left + 4, 158 + 18 * n, cells[0]).text(left + 150, 158 + 18 * n, cells[1])
    page.text(50, 122, "Employee: Tom Baker").text(50, 250, "Net pay, to be sent to your account: 0.00")
    text = markdown(page)
    assert text.index("| Earnings") < text.index("| Deductions") < text.index("Net pay")
