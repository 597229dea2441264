"""Pages that are pictures: which reader reads them, which way up, and what is said where none can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from handlens.pdf.legible import is_greek
from handlens.pdf.scan import Look, Scan, quarter_of, read_scan
from handlens.scripts import KNOWN, codes_of, foreign_script

if TYPE_CHECKING:
    from handlens.geometry import Box
    from handlens.ocr.engine import Engine
    from handlens.ocr.lines import Line
    from handlens.ocr.tesseract import Tesseract
    from handlens.pdf.model import PageContent

_DOUBTFUL = 0.75
_PARTLY, _UNREAD = 0.15, 0.5  # of the print
Render = Callable[["PageContent"], Any]


@dataclass
class Reading:
    """A page as read in its picture, None where it can't be; and what there is to say of that."""

    page: PageContent | None
    confidence: float = 0.0
    notes: list[str] = field(default_factory=list)


class PictureReader:
    """Reads with PP-OCRv6, and what is written in a script that it does not know with Tesseract, where that is there.

    language: of the text, as a tag such as ru; empty where it is not known.
    """

    def __init__(self, language: str = "") -> None:
        self._language = language
        self._script = foreign_script(language)

    def read(self, page: PageContent, render: Render) -> Reading:
        """The page as it is in the picture that `render` draws of a page: of the one given, or turned by quarters."""
        if self._script:
            return self._in_language(page, render)
        page, scan = self._upright(page, render)
        if scan.unread > _PARTLY:
            other = self._in_script(page, render, scan)
            if other is not None:
                return other
        if not scan.page.words and scan.unread <= _UNREAD:
            return Reading(None, notes=["No text was found in the picture that this page is."])
        if scan.unread > _UNREAD:
            unknown = f"This page can't be read: OCR knows {KNOWN}. Another script, or very poor print? {self._remedy}"
            return Reading(None, notes=[unknown.rstrip()])
        notes: list[str] = []
        if scan.unread > _PARTLY:
            share = f"{scan.unread:.0%}"
            notes.append(f"About {share} of the print can't be read and is left out: OCR knows {KNOWN}.")
        elif scan.confidence < _DOUBTFUL:
            notes.append("OCR is unsure of this page: the print may be poor.")
        return Reading(scan.page, scan.confidence, notes)

    def _upright(self, page: PageContent, render: Render) -> tuple[PageContent, Scan]:
        """The page turned so that its print is upright, and what is read of it so."""
        image = render(page)
        found = self._look(image)
        if quarter := quarter_of(found[0]):
            page = turned(page, quarter)
            image = render(page)
            found = self._look(image)
        scan = read_scan(page, image, lambda _: found)
        if scan.unread > _UNREAD:  # upside down?
            other = turned(page, 2)
            image = render(other)
            better = read_scan(other, image, self._look)
            if better.unread <= _PARTLY:
                return other, better
        return page, scan

    def _in_script(self, page: PageContent, render: Render, scan: Scan) -> Reading | None:
        """What Tesseract reads of a page whose script is another, if that is more than `scan` is."""
        if self._tesseract is None:
            return None
        image = render(page)
        codes = self._tesseract.codes(script=self._tesseract.script_of(image))
        if not codes:
            return None
        other = read_scan(page, image, self._by_tesseract(codes))
        if not other.page.words or other.unread > min(_UNREAD, scan.unread):
            return None
        told = f"Read by Tesseract as {codes}; if that is not its language, name it in language."
        return Reading(other.page, other.confidence, [told])

    def _in_language(self, page: PageContent, render: Render) -> Reading:
        codes = self._tesseract.codes(language=self._language) if self._tesseract else ""
        if self._tesseract is None or not codes:
            needed = " or ".join(codes_of(language=self._language))
            remedy = f"install Tesseract with its data for {needed}"
            return Reading(None, notes=[f"This page is a picture; to read {self._language} in it, {remedy}."])
        scan = read_scan(page, render(page), self._by_tesseract(codes))
        if not scan.page.words or scan.unread > _UNREAD:
            return Reading(None, notes=[f"This page can't be read: Tesseract makes no sense of it as {codes}."])
        return Reading(scan.page, scan.confidence)

    def _look(self, image: Any) -> tuple[list[Line], list[Box]]:
        lines, unread = self._engine.look(image)
        guessed = [line for line in lines if is_greek(line)]
        return [line for line in lines if line not in guessed], [*unread, *(line.box for line in guessed)]

    def _by_tesseract(self, codes: str) -> Look:
        tesseract, engine = self._tesseract, self._engine
        return lambda image: (tesseract.read(image, codes, engine.columns(image)) if tesseract else [], [])

    @property
    def _remedy(self) -> str:
        return "" if self._tesseract else "Tesseract, where it is installed with the language's data, may read it."

    @property
    def _engine(self) -> Engine:
        return _engine()

    @property
    def _tesseract(self) -> Tesseract | None:
        from handlens.ocr.tesseract import find_tesseract

        return find_tesseract()


@cache
def _engine() -> Engine:
    """One for all documents of this process: its models take 100 MB, and a tenth of a second to load."""
    from handlens.ocr.engine import Engine

    return Engine()


def turned(page: PageContent, quarters: int) -> PageContent:
    """The page without what was read of it, to be rendered turned by further clockwise quarters."""
    wide = (page.width, page.height) if quarters % 2 == 0 else (page.height, page.width)
    return replace(page, width=wide[0], height=wide[1], turn=(page.turn + quarters) % 4)
