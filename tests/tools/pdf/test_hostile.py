"""Documents that are locked, damaged, or made to do harm."""

from __future__ import annotations

import io
import os
import signal
import zlib
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from handlens.errors import PasswordRequired
from handlens.pdf.convert import Converter, convert
from handlens.pdf.documents import Documents
from handlens.pdf.options import Options
from handlens.pdf.reading import Document
from tools.pdf.making import Page, encrypted, pdf_of

PIXEL = ("<< /Type /XObject /Subtype /Image /Width 2 /Height 2 /ColorSpace /DeviceGray /BitsPerComponent 8 "
         "/Filter /ASCIIHexDecode /Length 9 >>\nstream\n20C020C0>\nendstream")  # fmt: skip

pytestmark = pytest.mark.anyio


def test_an_encrypted_document_wants_its_password() -> None:
    locked = encrypted("Sealed words", user="sesame")
    with pytest.raises(PasswordRequired, match="call again with its password"):
        convert(locked)
    with pytest.raises(PasswordRequired, match="does not open it"):
        convert(locked, password="wrong")
    assert convert(locked, password="sesame").markdown == "Sealed words"
    assert convert(locked, password="boss").markdown == "Sealed words"


def test_a_document_that_only_restricts_what_its_readers_do_is_read() -> None:
    assert convert(encrypted("For your eyes")).markdown == "For your eyes"


def test_wrong_cross_references_are_repaired() -> None:
    data = pdf_of(Page().text(60, 100, "Found all the same."))
    start = data.rindex(b"startxref")
    for broken in (data[:start] + b"startxref\n7\n%%EOF", data.replace(b"00000 n", b"00000 f"), b"junk\n" * 9 + data):
        assert convert(broken).markdown == "Found all the same."


def test_five_thousand_pages_are_opened_and_the_last_one_read() -> None:
    data = pdf_of(*(Page().text(60, 300, f"This is sheet {n} of many.") for n in range(1, 5_001)))
    with Converter(data) as converter:
        assert converter.page_count == 5_000
        assert converter.page(4_999).markdown == "This is sheet 5000 of many."


@pytest.mark.slow
async def test_a_stream_that_unpacks_to_more_than_the_memory_fails_alone(tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(600)) + packer.flush()
    good = pdf_of(Page().text(60, 100, "Still here."))
    image = (f"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Filter /FlateDecode /Length {len(bomb)} >>\nstream\n"
             f"{bomb.decode('latin-1')}\nendstream")  # fmt: skip
    data = pdf_of(Page().raw("/X Do").text(60, 60, "Beside a bomb"), objects=(image,))
    (tmp_path / "bomb.pdf").write_bytes(
        data.replace(b"/Resources << /Font", b"/Resources << /XObject << /X 8 0 R >> /Font")
    )
    (tmp_path / "good.pdf").write_bytes(good)
    async with Documents(memory_bytes=900_000_000, page_seconds=30) as documents:
        async with documents.open(tmp_path / "bomb.pdf") as document:
            routes = [page.route async for page in document.pages([0])]
        assert routes in (["failed"], ["text"])
        async with documents.open(tmp_path / "good.pdf") as document:
            assert [page.markdown async for page in document.pages([0])] == ["Still here."]


@pytest.mark.slow
async def test_a_page_that_kills_its_reader_takes_no_other_page_along(tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(600)) + packer.flush()
    form = (f"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Filter /FlateDecode /Length {len(bomb)} >>\nstream\n"
            f"{bomb.decode('latin-1')}\nendstream")  # fmt: skip
    pages = [Page().text(60, 100, f"Page {n} is harmless.") for n in range(4)]
    pages[1] = Page().raw("/X Do").text(60, 100, "Beside a bomb")
    data = pdf_of(*pages, objects=(form,))
    path = tmp_path / "bomb.pdf"
    path.write_bytes(data.replace(b"/Resources << /Font", b"/Resources << /XObject << /X 8 0 R >> /Font"))
    async with (
        Documents(memory_bytes=900_000_000, page_seconds=30) as documents,
        documents.open(path) as document,
    ):
        read = [page async for page in document.pages(range(4))]
    assert [page.route for page in read] == ["text", "failed", "text", "text"]
    assert read[3].markdown == "Page 3 is harmless."


def test_an_outline_and_a_title_that_are_no_text_leave_the_document_readable() -> None:
    outline = "<< /Type /Outlines /First 9 0 R /Last 9 0 R /Count 1 >>"
    entry = "<< /Title <FEFFD8000041> /Parent 8 0 R >>"
    data = pdf_of(Page().text(60, 100, "Read all the same."), catalog="/Outlines 8 0 R", objects=(outline, entry))
    assert convert(data).markdown == "Read all the same."
    with Converter(data) as converter:
        assert [title[-1] for _, title, _ in converter.facts()["outline"]] == ["A"]


def test_a_font_whose_characters_have_no_meaning_is_said_to_be_unreadable() -> None:
    system = "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
    letters = f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Odd {system} /DW 600 >>"
    font = f"<< /Type /Font /Subtype /Type0 /BaseFont /Odd /Encoding /Identity-H /DescendantFonts [{letters}] >>"
    codes = "".join(f"{n:04x}" for n in range(500, 540))
    page = Page().raw(f"BT /FX 12 Tf 1 0 0 1 60 700 Tm <{codes}> Tj ET")
    data = pdf_of(page, objects=(font,)).replace(b"/Font <<", b"/Font << /FX 8 0 R")
    [result] = convert(data, options=Options(ocr=False)).pages
    assert "no meaning" in result.notes[0]
    assert result.markdown == ""


def scanned(text_at: float) -> bytes:
    """A picture of three lines, and under it invisible words, with the first baseline `text_at` points from the top."""
    import pypdfium2

    lines = ["The minutes of the meeting were", "read and approved by all the", "members who had come that day."]
    with pypdfium2.PdfDocument(
        pdf_of(Page(width=300, height=200).paragraph(20, 60, lines, size=16, pitch=40))
    ) as document:
        picture = document[0].render(scale=2).to_pil().convert("L")
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG")
    size = f"/Width {picture.width} /Height {picture.height}"
    image = (f"<< /Type /XObject /Subtype /Image {size} /ColorSpace /DeviceGray /BitsPerComponent 8 "
             f"/Filter /DCTDecode /Length {len(jpeg.getvalue())} >>\nstream\n"
             f"{jpeg.getvalue().decode('latin-1')}\nendstream")  # fmt: skip
    page = Page(width=300, height=200).raw("q 300 0 0 200 0 0 cm /X Do Q")
    for n, line in enumerate(lines):
        page.text(20, text_at + 40 * n, line, size=16, mode=3)
    data = pdf_of(page, objects=(image,))
    return data.replace(b"/Resources << /Font", b"/Resources << /XObject << /X 8 0 R >> /Font")


def test_invisible_text_is_used_where_the_picture_has_print_there() -> None:
    [page] = convert(scanned(60), options=Options(ocr=False)).pages
    assert (page.route, page.notes) == ("text", [])
    assert "approved by all" in page.markdown


def test_invisible_text_that_lies_beside_the_print_is_doubted() -> None:
    [page] = convert(scanned(82), options=Options(ocr=False)).pages
    assert "does not lie where its picture has print" in page.notes[0]
    assert page.confidence < 0.75


def test_a_picture_of_ten_metres_with_an_invisible_layer_is_drawn_small(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    render = Document.render

    def counted(self: Document, *about: Any, **how: Any) -> Any:
        image = render(self, *about, **how)
        drawn.append(image.width * image.height)
        return image

    monkeypatch.setattr(Document, "render", counted)
    page = Page(width=27_000, height=18_000).raw("q 27000 0 0 18000 0 0 cm /X Do Q")
    page.paragraph(2_000, 5_000, ["The minutes of the meeting were"], size=1_500)
    page.content = [line.replace(" 0 Tr", " 3 Tr") for line in page.content]
    data = pdf_of(page, objects=(PIXEL,)).replace(
        b"/Resources << /Font", b"/Resources << /XObject << /X 8 0 R >> /Font"
    )
    convert(data, options=Options(ocr=False, figures=False))
    assert 0 < max(drawn) < 3_000_000


def test_a_figure_that_cannot_be_drawn_is_lost_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    render = Document.render

    def failing(self: Document, index: int, **how: Any) -> Any:
        if how.get("clip"):
            raise pypdfium2.PdfiumError("Failed to create a bitmap.")
        return render(self, index, **how)

    monkeypatch.setattr(Document, "render", failing)
    page = Page().text(60, 100, "Over the picture.").raw("q 200 0 0 200 60 400 cm /X Do Q").text(60, 700, "Under it.")
    data = pdf_of(page, objects=(PIXEL,)).replace(
        b"/Resources << /Font", b"/Resources << /XObject << /X 8 0 R >> /Font"
    )
    [result] = convert(data, options=Options(ocr=False, figures=True)).pages
    assert result.markdown == "Over the picture.\n\nUnder it."
    assert result.figures == []
    assert result.notes == ["Figures of this page that can't be drawn and are left out: 1."]


def test_a_page_that_wants_more_memory_than_there_is_says_so_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = Document.read

    def hungry(self: Document, index: int) -> Any:
        if index == 1:
            raise MemoryError
        return read(self, index)

    monkeypatch.setattr(Document, "read", hungry)
    pages = convert(pdf_of(*(Page().text(60, 300, f"Content {n}.") for n in range(3)))).pages
    assert [page.route for page in pages] == ["text", "failed", "text"]
    assert pages[1].notes == ["Page 2 needs more memory than it is given, and was left out."]
    assert pages[2].markdown == "Content 2."


async def test_a_page_that_kills_its_worker_is_tried_twice_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "d.pdf"
    path.write_bytes(pdf_of(*(Page().text(60, 80, f"Content {n}.") for n in range(3))))
    async with Documents() as documents, documents.open(path) as document:
        ask = document.worker.call

        async def deadly(request: dict[str, object], *, seconds: float) -> object:
            if request.get("index") == 1:
                os.kill(documents.pids[0], signal.SIGKILL)
            return await ask(request, seconds=seconds)

        document.worker.call = deadly  # type: ignore[method-assign, assignment]
        pages = [page async for page in document.pages(range(3))]
    assert [page.route for page in pages] == ["text", "failed", "text"]
    assert "killed the reader twice" in pages[1].notes[0]
    assert pages[2].markdown == "Content 2."


def test_files_attached_to_a_page_and_scripts_run_on_opening_are_mentioned() -> None:
    page = Page().text(60, 100, "Read on.")
    page.annotations = "<< /Type /Annot /Subtype /FileAttachment /Rect [10 10 30 30] /FS << /F (a.txt) >> >>"
    data = pdf_of(page, catalog="/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>")
    with Converter(data) as converter:
        assert converter.facts()["ignored"] == ["JavaScript"]
        assert converter.page(0).notes == ["To this page a file is attached, ignored."]
    assert convert(data).markdown == "Read on."
