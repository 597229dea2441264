"""Pages that are pictures, drawn here and read by the real OCR models."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from handlens.ocr.tesseract import find_tesseract
from handlens.pdf.convert import Conversion, convert
from handlens.pdf.options import Options
from tools.pdf.making import BOLD, ITALIC, Page, pdf_of, shifted

pytestmark = pytest.mark.skipif(importlib.util.find_spec("rapidocr") is None, reason="needs the `ocr` extra")


def needs(code: str) -> pytest.MarkDecorator:
    """Skips a test where Tesseract, or its data for a language, is not installed."""
    tesseract = find_tesseract()
    missing = tesseract is None or code not in tesseract.languages
    return pytest.mark.skipif(missing, reason=f"needs Tesseract with its data for {code}")


LINES = [f"This is sentence number {n} of a page that was printed and scanned." for n in range(1, 7)]


def scanned(page: Page, *, tilt: float = 0.0) -> bytes:
    """The page as a scanner would give it: a PDF of one picture."""
    import pypdfium2

    with pypdfium2.PdfDocument(pdf_of(page)) as document:
        picture = document[0].render(scale=150 / 72).to_pil().convert("L")
    picture = picture.rotate(tilt, fillcolor=255, resample=Image.Resampling.BICUBIC, expand=tilt >= 90)
    data = io.BytesIO()
    picture.save(data, "PDF", resolution=150)
    return data.getvalue()


def read(page: Page, *, tilt: float = 0.0) -> Conversion:
    return convert(scanned(page, tilt=tilt))


def printed() -> Page:
    return Page().text(60, 80, "Quarterly report", size=18, font=BOLD).paragraph(60, 120, LINES, size=11, pitch=14)


@pytest.mark.parametrize("tilt", [0.0, 0.6])
def test_a_scan_is_read_with_its_heading(tilt: float) -> None:
    result = read(printed(), tilt=tilt)
    assert result.pages[0].route == "ocr"
    assert result.pages[0].confidence > 0.9
    assert result.markdown.startswith("# Quarterly report\n\nThis is sentence number 1")
    assert " ".join(LINES[2:4]) in result.markdown


def test_a_ruled_table_in_a_scan_is_a_table() -> None:
    page = Page().paragraph(60, 80, LINES[:2], size=11, pitch=14)
    for r, row in enumerate([("City", "People"), ("Lyon", "522250"), ("Nice", "348085")]):
        for x, text in zip((80, 250), row, strict=True):
            page.text(x, 152 + 24 * r, text, size=11)
    for y in (136, 160, 184, 208):
        page.rule(70, y, 400, y)
    for x in (70, 240, 400):
        page.rule(x, 136, x, 208)
    assert "| City | People |\n| --- | --- |\n| Lyon | 522250 |\n| Nice | 348085 |" in read(page).markdown


def test_the_models_are_loaded_once_for_all_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    from handlens.ocr import engine
    from handlens.pdf import pictured

    loaded: list[str] = []
    real = engine._session

    def load(model: Path, *arguments: Any, **more: Any) -> Any:
        loaded.append(model.name)
        return real(model, *arguments, **more)

    monkeypatch.setattr(engine, "_session", load)
    pictured._engine.cache_clear()
    for _ in range(2):
        assert read(printed()).pages[0].route == "ocr"
    assert len(loaded) == len(set(loaded)) == 2


def test_without_ocr_a_scan_says_that_its_text_is_missing() -> None:
    result = convert(scanned(printed()), options=Options(mode="fast"))
    assert result.pages[0].notes == ["This page is a picture; OCR was off, so its text is missing."]


def test_bold_and_italic_words_of_the_same_size_are_told_from_plain_ones() -> None:
    page = Page().paragraph(60, 80, LINES[:4], size=11, pitch=14)
    page.text(60, 136, "They flow through the", size=11).text(171, 136, "northern plains", size=11, font=ITALIC)
    page.text(251, 136, "all the year round.", size=11)
    page.text(60, 180, "Methods and materials", size=11, font=BOLD).paragraph(60, 200, LINES, size=11, pitch=14)
    markdown = read(page, tilt=0.4).markdown
    assert "They flow through the *northern plains* all the year round." in markdown
    assert "# Methods and materials\n\nThis is sentence" in markdown


@pytest.mark.parametrize("by", [0, -29])
def test_a_page_whose_fonts_tell_the_wrong_characters_is_read_as_a_picture(by: int) -> None:
    source = pdf_of(Page().paragraph(60, 80, LINES, size=11, pitch=14), unicode_map=shifted(by))
    result = convert(source)
    assert result.pages[0].route == "ocr"
    assert " ".join(LINES[:3]) in result.markdown
    without = convert(source, options=Options(ocr=False))
    assert without.markdown == ""
    assert without.pages[0].notes[0].startswith("The fonts of this page give its characters no meaning; OCR was off")


def layered(page: Page, layer: list[str], *, down: float = 0.0) -> bytes:
    """A page as a scanner with OCR of its own gives it: a picture, and `layer` as invisible text over its lines."""
    import pypdfium2

    with pypdfium2.PdfDocument(pdf_of(page)) as document:
        picture = document[0].render(scale=2).to_pil().convert("L")
    data = io.BytesIO()
    picture.save(data, "JPEG")
    size = f"/W {picture.width} /H {picture.height} /CS /G /BPC 8 /F [/AHx /DCT]"
    whole = Page().raw(f"q 595 0 0 842 0 0 cm BI {size} ID {data.getvalue().hex()}> EI Q")
    for n, line in enumerate(layer):
        whole.text(60, 80 + down + 14 * n, line, size=11, mode=3)
    return pdf_of(whole)


def test_an_invisible_layer_is_used_where_it_lies_on_the_print_and_not_elsewhere() -> None:
    page = Page().paragraph(60, 80, LINES, size=11, pitch=14)
    layer = [line.replace("sentence", "SENTENCE") for line in LINES]
    there = convert(layered(page, layer))
    assert there.pages[0].route == "text"
    assert "SENTENCE number 3" in there.markdown
    elsewhere = convert(layered(page, layer, down=300))
    assert elsewhere.pages[0].route == "ocr"
    assert "sentence number 3" in elsewhere.markdown
    assert "SENTENCE" not in elsewhere.markdown


RUSSIAN = [
    "Настоящий договор определяет условия сотрудничества", "и вступает в силу с момента подписания сторонами.",
    "Стороны обязуются исполнять его добросовестно и в срок,", "а споры решать путём переговоров между собой.",
]  # fmt: skip
GREEK = [
    "Η παρούσα σύμβαση ορίζει τους όρους της συνεργασίας", "και τίθεται σε ισχύ από την υπογραφή της.",
    "Τα μέρη υποχρεούνται να την εκτελούν με καλή πίστη", "και να λύνουν τις διαφορές τους με συζήτηση.",
]  # fmt: skip


def drawn(lines: list[str]) -> bytes:
    """A picture of lines in letters that the base fonts of PDF do not have."""
    try:
        font = ImageFont.truetype("DejaVuSans.ttf", 26)
    except OSError:
        pytest.skip("needs the DejaVu fonts")
    picture = Image.new("L", (1240, 800), 255)
    for n, line in enumerate(lines):
        ImageDraw.Draw(picture).text((80, 200 + 40 * n), line, 0, font)
    data = io.BytesIO()
    picture.save(data, "PDF", resolution=150)
    return data.getvalue()


@pytest.fixture
def no_tesseract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlens.ocr.tesseract.find_tesseract", lambda: None)


@pytest.mark.usefixtures("no_tesseract")
@pytest.mark.parametrize("lines", [RUSSIAN, GREEK])
def test_a_script_that_ocr_does_not_know_is_said_to_be_unreadable(lines: list[str]) -> None:
    result = convert(drawn(lines))
    assert result.markdown == ""
    assert result.pages[0].route == "empty"
    [note] = result.pages[0].notes
    assert note.startswith("This page can't be read: OCR knows Latin letters")
    assert "Tesseract, where it is installed" in note


@pytest.mark.usefixtures("no_tesseract")
def test_a_language_that_ocr_does_not_know_is_told_without_a_try() -> None:
    [page] = convert(drawn(RUSSIAN), options=Options(language="ru")).pages
    assert page.route == "empty"
    assert page.notes == [
        "This page is a picture; to read ru in it, install Tesseract with its data for rus."
    ]  # fmt: skip


@needs("rus")
@pytest.mark.parametrize("language", ["", "ru"])
def test_a_script_that_only_tesseract_knows_is_read_by_it(language: str) -> None:
    result = convert(drawn(RUSSIAN), options=Options(language=language))
    assert result.pages[0].route == "ocr"
    assert " ".join(RUSSIAN[2:]) in result.markdown
    told = ["Read by Tesseract as rus; if that is not its language, name it in language."]
    assert result.pages[0].notes == ([] if language else told)


@needs("ara")
def test_letters_that_run_leftwards_are_read_by_tesseract_in_their_order() -> None:
    lines = ["تحدد هذه الاتفاقية شروط التعاون بين الطرفين", "وتدخل حيز التنفيذ من تاريخ التوقيع عليها"]
    markdown = convert(drawn(lines), options=Options(language="ar")).markdown
    assert "شروط التعاون بين الطرفين" in markdown
    assert markdown.index("شروط") < markdown.index("التنفيذ")


@pytest.mark.slow
@pytest.mark.parametrize("tilt", [90.0, 180.0, 270.0])
def test_a_scan_that_lies_on_its_side_or_on_its_head_is_turned(tilt: float) -> None:
    result = read(printed(), tilt=tilt)
    assert result.pages[0].route == "ocr"
    assert result.markdown.startswith("# Quarterly report\n\nThis is sentence number 1")
