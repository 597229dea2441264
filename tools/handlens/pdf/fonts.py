"""What a font's name and descriptor say about how its text looks."""

from __future__ import annotations

import ctypes
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from handlens.pdf.model import Style

if TYPE_CHECKING:
    from collections.abc import Hashable

_BOLD = re.compile(
    r"bold|black|heavy|semib|demi|cmbx|cmssbx|[-.,_+](b|bd|bi|bo|blk|hv|sb|bdit)(\d|$|[-.,_])|-med(i|ium)?(ital)?$|mediu$",
    re.IGNORECASE,
)
_ITALIC = re.compile(r"ital|obli|cmti|cmmi|slant|[-.,_](i|it|bi|ob|bdit)($|[-.,_])", re.IGNORECASE)
_MONO = re.compile(
    r"mono|cour|consol|typewriter|cmtt|nimbusmon|^sftt|^(t1x|tx|px|ec)tt|menlo|fixed|terminal|inconsolata|code(pro)?\b",
    re.IGNORECASE,
)
_REGULAR = re.compile(r"regular|[-,](roman|book|light|thin|text|normal|rg)(\d|$|[-,])|^cmr\d|^cmti\d", re.IGNORECASE)
_FLAG_FIXED, _FLAG_ITALIC, _FLAG_FORCE_BOLD = 1, 64, 1 << 18
_BOLD_WEIGHT = 620


class Font(NamedTuple):
    name: str
    style: int


class Fonts:
    """Fonts of one document, looked up once each."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Font] = {}

    def of(self, text_object: Any) -> Font:
        """The font of a PDFium text object."""
        import pypdfium2.raw as pdfium

        handle = pdfium.FPDFTextObj_GetFont(text_object)
        key = ctypes.cast(handle, ctypes.c_void_p).value
        font = self._known.get(key)
        if font is None:
            font = self._known[key] = _described(handle)
        return font


def _described(handle: Any) -> Font:
    import pypdfium2.raw as pdfium

    size = pdfium.FPDFFont_GetBaseFontName(handle, None, 0)
    buffer = ctypes.create_string_buffer(max(1, size))
    pdfium.FPDFFont_GetBaseFontName(handle, buffer, size)
    name = buffer.value.decode("utf-8", "replace")
    name = re.sub(r"^[A-Z]{6}\+", "", name)
    flags, weight = pdfium.FPDFFont_GetFlags(handle), pdfium.FPDFFont_GetWeight(handle)
    return Font(name, style_of(name, max(0, flags), weight))


def style_of(name: str, flags: int = 0, weight: int = 0) -> int:
    """Bold, italic and fixed pitch, from a base font name, its descriptor's flags and weight (0 where unknown)."""
    style = Style.PLAIN
    heavy = flags & _FLAG_FORCE_BOLD or weight >= _BOLD_WEIGHT  # many fonts of regular weight claim to be heavy
    if _BOLD.search(name) or (heavy and not _REGULAR.search(name)):
        style |= Style.BOLD
    if _ITALIC.search(name) or flags & _FLAG_ITALIC:
        style |= Style.ITALIC
    if _MONO.search(name) or flags & _FLAG_FIXED:
        style |= Style.MONO
    return style
