"""Opening a document with PDFium and reading its pages. One thread at a time: PDFium is not thread-safe."""

from __future__ import annotations

import itertools
import os
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from handlens.errors import DocumentError, PasswordRequired
from handlens.pdf.bullets import add_bullets
from handlens.pdf.characters import dominant_quarter, read_words
from handlens.pdf.fonts import Fonts
from handlens.pdf.forms import read_forms, string_of
from handlens.pdf.frame import Frame
from handlens.pdf.links import Headings, place_of, read_links
from handlens.pdf.model import PageContent, Rect
from handlens.pdf.objects import read_objects
from handlens.pdf.unseen import leave_out_unseen

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_MOST_ENTRIES = 5_000
_SEARCHED = 16_000_000
_SCRIPT = re.compile(rb"/S\s*/JavaScript\b")


class Document:
    """An open PDF. Close it, or use it as a context manager."""

    def __init__(self, source: Path | bytes, password: str | None = None) -> None:
        """Raises PasswordRequired, or DocumentError where the file is missing, empty, broken or no PDF."""
        import pypdfium2

        _check_head(source)
        self._source = source
        try:
            self._pdf = pypdfium2.PdfDocument(source, password=password)
            self.page_count = len(self._pdf)
        except pypdfium2.PdfiumError as error:
            raise (_pageless() if _loads(source, password) else _explained(error, password)) from error
        except FileNotFoundError as error:
            raise DocumentError(f"There is no file {source}.") from error
        if self.page_count < 1:
            self._pdf.close()
            raise _pageless()
        if self._pdf.get_formtype() != pypdfium2.raw.FORMTYPE_NONE:
            self._pdf.init_forms()  # before any page is loaded
        self._fonts = Fonts()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._pdf.close()

    def read(self, index: int) -> PageContent:
        """The content of page `index` (from 0). Raises DocumentError where PDFium can't load it."""
        import pypdfium2
        import pypdfium2.raw as pdfium

        try:
            page = self._pdf[index]
        except pypdfium2.PdfiumError as error:
            raise DocumentError(f"Page {index + 1} can't be read: {str(error).rstrip('.')}.") from error
        try:
            text_page = pdfium.FPDFText_LoadPage(page.raw)
            try:
                return self._content(page, text_page, index)
            finally:
                pdfium.FPDFText_ClosePage(text_page)
        finally:
            page.close()

    def render(self, index: int, *, scale: float, clip: Rect | None = None, turn: int = 0) -> Any:
        """Page `index` as a Pillow image, `scale` pixels a point; `clip` in points of the page as read."""
        page = self._pdf[index]
        try:
            wide, high = page.get_size()[:: -1 if turn % 2 else 1]
            box = clip or Rect(0.0, 0.0, wide, high)
            left, top = max(0, int(box.x0 * scale)), max(0, int(box.y0 * scale))
            right, bottom = int(box.x1 * scale) + 1, int(box.y1 * scale) + 1
            crop = (left / scale, max(0.0, high - bottom / scale), max(0.0, wide - right / scale), top / scale)
            return _drawn(page, scale, turn, crop if clip else (0, 0, 0, 0))
        finally:
            page.close()

    @cached_property
    def outline(self) -> list[tuple[int, str, int | None]]:
        """Entries of the document's outline: level from 1, title, page index or None."""
        import pypdfium2.raw as pdfium

        entries: list[tuple[int, str, int | None]] = []
        for item in itertools.islice(self._pdf.get_toc(max_depth=8), _MOST_ENTRIES):
            target = item.get_dest()
            entries.append(
                (
                    item.level + 1,
                    string_of(pdfium.FPDFBookmark_GetTitle, item.raw),
                    target.get_index() if target else None,
                )
            )
        return entries

    @cached_property
    def _headings(self) -> Headings:
        import pypdfium2.raw as pdfium

        entries: list[tuple[str, int, float]] = []
        for item in itertools.islice(self._pdf.get_toc(max_depth=8), _MOST_ENTRIES):
            target = item.get_dest()
            place = place_of(self._pdf.raw, target.raw) if target else None
            if place:
                entries.append((string_of(pdfium.FPDFBookmark_GetTitle, item.raw), *place))
        return Headings(self._pdf, entries)

    def metadata(self) -> dict[str, str]:
        """Title, author and so on, as the file says."""
        import pypdfium2.raw as pdfium

        said = {key: string_of(pdfium.FPDF_GetMetaText, self._pdf.raw, key.encode()) for key in self._pdf.METADATA_KEYS}
        return {key: value for key, value in said.items() if value}

    def ignored(self) -> list[str]:
        """What the file carries besides its pages, which is never run or unpacked: attachments, JavaScript.

        PDFium counts the scripts by name; others, such as those run on opening, are looked for in plain sight.
        """
        import pypdfium2.raw as pdfium

        attached = pdfium.FPDFDoc_GetAttachmentCount(self._pdf.raw)
        scripts = pdfium.FPDFDoc_GetJavaScriptActionCount(self._pdf.raw)
        found = [(attached, "attached file"), (scripts, "JavaScript action")]
        told = [f"{count} {what}{'s' if count > 1 else ''}" for count, what in found if count > 0]
        return told if scripts > 0 or not _has_script(self._source) else [*told, "JavaScript"]

    def _content(self, page: Any, text_page: Any, index: int) -> PageContent:
        box = _visible_box(page)
        quarters = page.get_rotation() // 90
        frame = Frame.of_page(box, quarters)
        turn = dominant_quarter(text_page, frame)
        if turn:
            frame = Frame.of_page(box, quarters - turn)
        content = PageContent(index, frame.width, frame.height, turn=turn)
        read_words(text_page, frame, self._fonts, content)
        form = self._pdf.formenv
        read_forms(page.raw, form.raw if form else None, frame, content)
        read_objects(page.raw, frame, content)
        leave_out_unseen(content, lambda scale: _drawn(page, scale, turn))
        add_bullets(content)
        read_links(self._pdf.raw, page.raw, frame, content, self._headings)
        if content.quarter:
            aside = Frame.of_page(box, quarters - turn - content.quarter)
            content.beside = PageContent(index, aside.width, aside.height)
            read_words(text_page, aside, self._fonts, content.beside)
            shown = {word.drawn for word in content.sideways}
            content.beside.words = [word for word in content.beside.words if word.drawn in shown]
            read_objects(page.raw, aside, content.beside)
        return content


def _drawn(page: Any, scale: float, turn: int, crop: tuple[float, ...] = (0, 0, 0, 0)) -> Any:
    """A page as a Pillow image, `scale` pixels a point, turned back by quarters and cut at its sides by points."""
    drawn = page.render(scale=scale, rotation=-90 * turn % 360, crop=crop, may_draw_forms=True)
    return drawn.to_pil().convert("RGB")


def _visible_box(page: Any) -> tuple[float, float, float, float]:
    left, bottom, right, top = page.get_bbox()
    return left, bottom, max(right, left + 1.0), max(top, bottom + 1.0)


def _has_script(source: Path | bytes) -> bool:
    """Whether an action of JavaScript stands uncompressed in the file's first megabytes."""
    if isinstance(source, bytes):
        head = source[:_SEARCHED]
    else:
        with source.open("rb") as file:
            head = file.read(_SEARCHED)
    return bool(_SCRIPT.search(head))


def _check_head(source: Path | bytes) -> None:
    try:
        if isinstance(source, bytes):
            head = source[:1024]
        else:
            with source.open("rb") as file:
                head = file.read(1024)
    except FileNotFoundError as error:
        raise DocumentError(f"There is no file {source}.") from error
    except OSError as error:
        raise DocumentError(f"The file {source} can't be read: {error.strerror}.") from error
    if not head:
        raise DocumentError("The file is empty, so it is no PDF. Fetch it again.")
    if b"%PDF-" in head:
        return
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise DocumentError("This is an HTML page, not a PDF: perhaps a login or download page. Use a direct link.")
    raise DocumentError("This is not a PDF: it does not begin with %PDF.")


def _loads(source: Path | bytes, password: str | None) -> bool:
    """Whether PDFium takes it for a document at all. Of one without pages it says what was wrong with another one."""
    import pypdfium2.raw as pdfium

    key = None if password is None else password.encode() + b"\0"
    if isinstance(source, bytes):
        raw = pdfium.FPDF_LoadMemDocument64(source, len(source), key)
    else:
        raw = pdfium.FPDF_LoadDocument(os.fsencode(source) + b"\0", key)
    if raw:
        pdfium.FPDF_CloseDocument(raw)
    return bool(raw)


def _pageless() -> DocumentError:
    return DocumentError("The document has no pages; it may be truncated. Get a whole copy of it.")


def _explained(error: Exception, password: str | None) -> DocumentError:
    text = str(error)
    if "assword" in text:
        if password is None:
            return PasswordRequired("The document is encrypted; call again with its password.")
        return PasswordRequired("The document is encrypted and this password does not open it.")
    if "ecurity" in text:
        return DocumentError("The document is encrypted in a way that PDFium can't open.")
    return DocumentError("The document is broken (no readable pages or cross-references). Get a whole copy of it.")
