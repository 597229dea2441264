"""What a page's links lead to: web addresses, and headings of the same document."""

from __future__ import annotations

import ctypes
import re
from typing import TYPE_CHECKING, Any

from handlens.pdf.places import Places

if TYPE_CHECKING:
    from handlens.pdf.frame import Frame
    from handlens.pdf.model import PageContent

_MOST = 2_000
_SCHEMES = ("http://", "https://", "mailto:")
_REACH = 60.0  # points below a destination in which its heading stands
_EXACT = 4.0
_LONGEST = 2_000


def read_links(document: Any, raw_page: Any, frame: Frame, page: PageContent, headings: Headings) -> None:
    """Set `link` of the words that a link annotation of the page covers."""
    import pypdfium2.raw as pdfium

    position, link = ctypes.c_int(0), pdfium.FPDF_LINK()
    words = Places(((w.rect.x0 + w.rect.x1) / 2, w.base - 0.3 * w.size, w) for w in page.words)
    count = 0
    while pdfium.FPDFLink_Enumerate(raw_page, position, link):
        count += 1
        if count > _MOST:
            page.notes.append(f"This page has more than {_MOST:,} links; those after them are left out.")
            return
        box = pdfium.FS_RECTF()
        if not pdfium.FPDFLink_GetAnnotRect(link, box):
            continue
        target = _address(document, link) or headings.anchor(_destination(document, link))
        if target:
            rect = frame.rect(box.left, box.bottom, box.right, box.top)
            for word in words.inside(rect):
                word.link = target


def _address(document: Any, link: Any) -> str:
    """The web or mail address that a link leads to; empty for anything else, such as a program to start."""
    import pypdfium2.raw as pdfium

    action = pdfium.FPDFLink_GetAction(link)
    if not action or pdfium.FPDFAction_GetType(action) != pdfium.PDFACTION_URI:
        return ""
    size = pdfium.FPDFAction_GetURIPath(document, action, None, 0)
    if not 0 < size <= _LONGEST:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDFAction_GetURIPath(document, action, buffer, size)
    address = buffer.value.decode("utf-8", "replace")
    if not address.lower().startswith(_SCHEMES):
        return ""
    return re.sub(r"[\s<>()\\|\"\x00-\x1f]", lambda m: f"%{ord(m.group()):02X}", address)


def _destination(document: Any, link: Any) -> tuple[int, float] | None:
    """Page index and height in PDF space of a place in the document."""
    import pypdfium2.raw as pdfium

    dest = pdfium.FPDFLink_GetDest(document, link)
    if not dest:
        action = pdfium.FPDFLink_GetAction(link)
        if not action or pdfium.FPDFAction_GetType(action) != pdfium.PDFACTION_GOTO:
            return None
        dest = pdfium.FPDFAction_GetDest(document, action)
    return place_of(document, dest) if dest else None


def place_of(document: Any, dest: Any) -> tuple[int, float] | None:
    """Page index and height in PDF space that a destination names; None where it names no height."""
    import pypdfium2.raw as pdfium

    has = [ctypes.c_int() for _ in range(3)]
    x, y, zoom = ctypes.c_float(), ctypes.c_float(), ctypes.c_float()
    index = pdfium.FPDFDest_GetDestPageIndex(document, dest)
    if index < 0 or not pdfium.FPDFDest_GetLocationInPage(dest, *has, x, y, zoom) or not has[1].value:
        return None
    return index, y.value


class Headings:
    """Anchors of the headings that a document's outline names."""

    def __init__(self, pdf: Any, entries: list[tuple[str, int, float]]) -> None:
        """entries: title, page index and height in PDF space."""
        self._pdf = pdf
        self._entries: dict[int, list[tuple[float, str]]] = {}
        for title, index, y in entries:
            self._entries.setdefault(index, []).append((y, title))
        self._known: dict[tuple[int, float], str] = {}

    def anchor(self, place: tuple[int, float] | None) -> str:
        """`#slug` of the heading at a place, as Markdown hosts name it; empty where there is none."""
        if place is None or place[0] not in self._entries:
            return ""
        if place not in self._known:
            self._known[place] = self._anchor(*place)
        return self._known[place]

    def _anchor(self, index: int, y: float) -> str:
        distance, title, at = min((abs(at - y), title, at) for at, title in self._entries[index])
        if distance > _EXACT:
            return ""
        page = self._pdf[index]
        text_page = page.get_textpage()
        lines = text_page.get_text_bounded(bottom=at - _REACH, top=at + 12).splitlines()
        text_page.close()
        page.close()
        plain = re.sub(r"\W", "", title).lower()
        return slug(next((line for line in lines if plain and plain in re.sub(r"\W", "", line).lower()), title))


def slug(text: str) -> str:
    """The anchor of a heading of this text."""
    return "#" + re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
