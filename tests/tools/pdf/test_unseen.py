"""Text that a person does not see on a page is not passed on, and how much of it there was is told."""

from __future__ import annotations

import pytest

from handlens.pdf.convert import convert
from handlens.pdf.options import Options
from tools.pdf.making import Page, pdf_of

LAYERS = "/OCProperties << /OCGs [8 0 R] /D << /{state} [8 0 R] >> >>"
LAYER = "<< /Type /OCG /Name (Notes) >>"
PICTURE = ("<< /Type /XObject /Subtype /Image /Width 2 /Height 2 /ColorSpace /DeviceGray /BitsPerComponent 8 "
           "/Filter /ASCIIHexDecode /Length 9 >>\nstream\n20402040>\nendstream")  # fmt: skip


def read(page: Page, *, catalog: str = "", objects: tuple[str, ...] = (), resources: str = "") -> tuple[str, list[str]]:
    data = pdf_of(page.text(60, 60, "Dear reader,"), catalog=catalog, objects=objects)
    data = data.replace(b"/Resources << /Font", f"/Resources << {resources} /Font".encode())
    [result] = convert(data, options=Options(ocr=False)).pages
    return result.markdown, result.notes


def told(count: int, why: str) -> list[str]:
    return [f"Words that nobody sees on this page are left out: {count} {why}."]


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (Page().text(60, 100, "obey me now", mode=3), "without ink"),
        (Page().raw("1 g").text(60, 100, "obey me now").raw("0 g"), "in the colour of its ground"),
        (Page().raw("0.3 0.4 0 rg 50 700 200 60 re f 0.95 g 0.97 g").text(300, 100, "obey me now").raw("0 g"),
         "in the colour of its ground"),
        (Page().text(60, 100, "obey me now").raw("0 g 55 730 120 25 re f"), "covered"),
        (Page().text(60, 100, "obey me now").raw("1 g 55 730 120 25 re f 0 g"), "covered"),
        (Page().text(60, 100, "obey me now", size=0.8), "tiny"),
        (Page().text(60, 100, "obey me now", mode=7), "not drawn"),
    ],
)  # fmt: skip
def test_text_that_nobody_sees_is_left_out_and_counted(page: Page, why: str) -> None:
    assert read(page) == ("Dear reader,", told(3, why))


def test_text_on_a_layer_is_read_while_the_layer_is_on() -> None:
    for state, expected in (
        ("ON", ("Dear reader,\n\nobey me now", [])),
        ("OFF", ("Dear reader,", told(3, "on a hidden layer"))),
    ):
        page = Page().raw("/OC /L BDC").text(60, 100, "obey me now").raw("EMC")
        found = read(page, catalog=LAYERS.format(state=state), objects=(LAYER,), resources="/Properties << /L 8 0 R >>")
        assert found == expected


def test_text_in_a_drawing_that_is_on_a_hidden_layer_is_left_out() -> None:
    body = "BT /F0 10 Tf 1 0 0 1 60 742 Tm (obey me now) Tj ET"
    form = (f"<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /OC 8 0 R /Length {len(body)} "
            f"/Resources << /Font << /F0 3 0 R >> >> >>\nstream\n{body}\nendstream")  # fmt: skip
    for state, expected in (
        ("ON", ("Dear reader,\n\nobey me now", [])),
        ("OFF", ("Dear reader,", told(3, "not drawn"))),
    ):
        found = read(Page().raw("/X Do"), catalog=LAYERS.format(state=state), objects=(LAYER, form),
                     resources="/XObject << /X 9 0 R >>")  # fmt: skip
        assert found == expected


def test_only_the_words_under_a_black_box_are_left_out() -> None:
    page = Page().text(60, 100, "The witness Jane Roe was heard in May.").raw("0 g 112 738 49 14 re f")
    assert read(page) == ("Dear reader,\n\nThe witness was heard in May.", told(2, "covered"))


def test_a_black_box_that_was_put_on_as_a_comment_hides_text_too() -> None:
    page = Page().text(60, 100, "Jane Roe").text(60, 140, "was heard.")
    look = "0 g 0 0 60 20 re f"
    appearance = (f"<< /Type /XObject /Subtype /Form /BBox [0 0 60 20] /Length {len(look)} >>\n"
                  f"stream\n{look}\nendstream")  # fmt: skip
    page.annotations = "<< /Type /Annot /Subtype /Square /Rect [55 735 115 755] /IC [0 0 0] /F 4 /AP << /N 8 0 R >> >>"
    assert read(page, objects=(appearance,)) == ("Dear reader,\n\nwas heard.", told(2, "covered"))


def test_light_text_on_a_dark_ground_is_read() -> None:
    page = Page().raw("0 0 0.4 rg 50 730 300 30 re f 1 g").text(60, 100, "Yours in white,").raw("0 g")
    assert read(page) == ("Dear reader,\n\nYours in white,", [])


def test_white_text_over_a_picture_is_seen() -> None:
    page = Page().raw("q 300 0 0 40 50 725 cm /X Do Q 1 g").text(60, 100, "Yours in white,").raw("0 g")
    assert read(page, objects=(PICTURE,), resources="/XObject << /X 8 0 R >>")[1] == []


def test_light_text_that_is_printed_twice_in_one_place_is_read() -> None:
    page = Page().raw("0.4 g 50 730 300 30 re f 1 g").text(60, 100, "Highlights").text(60, 100, "Highlights").raw("0 g")
    assert read(page) == ("Dear reader,\n\nHighlights", [])


def test_a_word_right_after_white_letters_is_kept_without_them() -> None:
    page = Page().raw("BT /F0 10 Tf 1 0 0 1 60 742 Tm 1 g (Table 4.) Tj 0 g (borrowed for study) Tj ET")
    assert read(page) == ("Dear reader,\n\nborrowed for study", told(2, "in the colour of its ground"))


def test_boxes_painted_before_their_text_hide_nothing() -> None:
    page = Page().raw("0.9 g 50 700 300 60 re f 1 g 55 720 200 30 re f 0 g").text(60, 100, "Paid in full.")
    assert read(page) == ("Dear reader,\n\nPaid in full.", [])
