"""What is filled into a form's fields, and notes written upon a page: annotations, which are no part of its text."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from handlens.pdf.model import PageContent, Rect, Run, Style, Word

if TYPE_CHECKING:
    from handlens.pdf.frame import Frame

_MOST = 2_000
_LONGEST = 20_000
_UNSEEN = 1 | 2 | 32  # flags of annotations that no reader shows
_MULTILINE, _PASSWORD = 1 << 12, 1 << 13
_USUAL_SIZE, _SHARE = 10.0, 0.7  # points; of a field's height
_ADVANCE = 0.5  # of the font size, a usual character's width
_PITCH = 1.2
_COVERING = (5, 7, 13, 15, 28)  # squares, polygons, stamps, ink and redactions, which may lie over text
_AFTER_ALL = 1 << 40


def read_forms(raw_page: Any, form: Any, frame: Frame, page: PageContent) -> None:
    """Add the words of filled fields, where the fields are, and ☒ or ☐ for boxes and buttons; count attached files.

    form: PDFium's form handle, None where the document has no form.
    """
    import pypdfium2.raw as pdfium

    for index in range(min(_MOST, pdfium.FPDFPage_GetAnnotCount(raw_page))):
        annotation = pdfium.FPDFPage_GetAnnot(raw_page, index)
        if not annotation:
            continue
        box = pdfium.FS_RECTF()
        try:
            if pdfium.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
                continue
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            if kind == pdfium.FPDF_ANNOT_WIDGET and form is not None:
                text, several = _value(form, annotation)
            elif kind == pdfium.FPDF_ANNOT_FREETEXT:
                text, several = string_of(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents"), True
            else:
                if kind in _COVERING and pdfium.FPDFAnnot_GetRect(annotation, box):
                    page.covers.append((_AFTER_ALL, frame.rect(box.left, box.bottom, box.right, box.top)))
                page.attached += kind == pdfium.FPDF_ANNOT_FILEATTACHMENT
                continue
            if text.strip() and pdfium.FPDFAnnot_GetRect(annotation, box):
                _write(text, frame.rect(box.left, box.bottom, box.right, box.top), page, several)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)


def _value(form: Any, annotation: Any) -> tuple[str, bool]:
    """What a field shows, and whether it has room for several lines; nothing of passwords and push buttons."""
    import pypdfium2.raw as pdfium

    flags = pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation)
    match pdfium.FPDFAnnot_GetFormFieldType(form, annotation):
        case pdfium.FPDF_FORMFIELD_CHECKBOX | pdfium.FPDF_FORMFIELD_RADIOBUTTON:
            return ("☒" if pdfium.FPDFAnnot_IsChecked(form, annotation) else "☐"), False
        case pdfium.FPDF_FORMFIELD_TEXTFIELD if not flags & _PASSWORD:
            return string_of(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation), bool(flags & _MULTILINE)
        case pdfium.FPDF_FORMFIELD_COMBOBOX | pdfium.FPDF_FORMFIELD_LISTBOX:
            return string_of(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation), False
        case _:
            return "", False


def string_of(read: Any, *what: Any) -> str:
    size = min(2 * _LONGEST, read(*what, None, 0))
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    read(*what, buffer, size)
    return bytes(buffer)[:size].decode("utf-16-le", "replace").rstrip("\0")


def _write(text: str, rect: Rect, page: PageContent, several: bool) -> None:
    """Words of one field, on the baseline of the text that stands beside it where there is some."""
    size = min(_USUAL_SIZE, _SHARE * rect.height)
    lines = [line for part in text.splitlines() for line in (_wrapped(part, rect.width / (_ADVANCE * size)) or [""])]
    if not several or len(lines) == 1:
        lines, base = [" ".join(lines)], _base_beside(rect, page) or (rect.y0 + rect.y1) / 2 + 0.35 * size
    else:
        base = rect.y0 + _PITCH * size
    for n, line in enumerate(lines):
        x, narrow = rect.x0 + 2, min(1.0, (rect.width - 4) / max(1.0, _ADVANCE * size * len(line)))
        for part in line.split():
            right = x + _ADVANCE * size * narrow * len(part)
            at = base + n * _PITCH * size
            box = Rect(x, at - 0.76 * size, right, at + 0.22 * size)
            page.words.append(Word([Run(part, Style.PLAIN)], box, at, size, "", Style.PLAIN, len(page.words)))
            x = right + _ADVANCE * size * narrow
    page.characters += len(text)


def _wrapped(text: str, most: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + len(word) < most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _base_beside(rect: Rect, page: PageContent) -> float | None:
    """The baseline of the nearest word at the height of a field."""
    level = [w for w in page.words if rect.y0 + 0.3 * rect.height < w.base < rect.y1 + 0.1 * rect.height]
    return min(level, key=lambda w: max(rect.x0 - w.rect.x1, w.rect.x0 - rect.x1)).base if level else None
