"""Rules, shaded boxes, drawings and pictures of a page, from PDFium's page objects."""

from __future__ import annotations

import ctypes
import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

from handlens.pdf.model import PageContent, Rect, Rule
from handlens.pdf.unseen import LAYER, UNDRAWN

if TYPE_CHECKING:
    from handlens.pdf.frame import Frame

_THIN = 3.0
_MAX_OBJECTS = 40_000
_MAX_SEGMENTS = 60_000
_MAX_DEPTH = 8
_MANY = 64
_MOST_MARKS, _LAYER = 8, "OC\0".encode("utf-16-le")
_OPAQUE = 200  # of 255
_DOT, _BADGE = (1.5, 8.0), (8.0, 20.0)  # points: a bullet that is drawn, and a disc with a number in it

Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class _Ink(NamedTuple):
    fill: bool
    stroke: bool
    width: float
    hides: bool
    """Whether nothing under it can be seen, whatever its colour."""


class _Budget:
    """How much of a page is looked at: hostile pages have millions of objects."""

    def __init__(self) -> None:
        self.objects = _MAX_OBJECTS
        self.segments = _MAX_SEGMENTS

    @property
    def painted(self) -> int:
        """How many objects were painted before this one."""
        return _MAX_OBJECTS - self.objects


def read_objects(raw_page: Any, frame: Frame, page: PageContent) -> None:
    """Fill `page.across`, `down`, `fills`, `drawings` and `images`."""
    import pypdfium2.raw as pdfium

    budget = _Budget()
    count = pdfium.FPDFPage_CountObjects(raw_page)
    handles = (pdfium.FPDFPage_GetObject(raw_page, i) for i in range(count))
    _walk(handles, _IDENTITY, 0, frame, page, budget)


def _walk(handles: Any, outer: Matrix, depth: int, frame: Frame, page: PageContent, budget: _Budget, *,
          inside_layer: bool = False) -> None:  # fmt: skip
    import pypdfium2.raw as pdfium

    for handle in handles:
        if budget.objects <= 0:
            return
        budget.objects -= 1
        kind = pdfium.FPDFPageObj_GetType(handle)
        why = LAYER if inside_layer or _is_layered(handle) else UNDRAWN if depth else ""
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            address = ctypes.cast(handle, ctypes.c_void_p).value or 0
            page.painted[address] = budget.painted
            if why:
                page.doubts.setdefault(address, why)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            _path(handle, outer, frame, page, budget)
        elif kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING):
            rect = _bounds(handle, outer, frame, page)
            if rect is not None and (rect.height <= _THIN or rect.width <= _THIN):
                _add_rule(rect, page)  # some producers draw rules as pictures
            elif rect is not None and kind == pdfium.FPDF_PAGEOBJ_IMAGE:
                page.images.append(rect)
            elif rect is not None:
                _add_dot(rect, page)  # slides have bullets shaded as balls
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _MAX_DEPTH:
            inner = _times(_matrix(handle), outer)
            count = pdfium.FPDFFormObj_CountObjects(handle)
            children = (pdfium.FPDFFormObj_GetObject(handle, i) for i in range(max(0, count)))
            _walk(children, inner, depth + 1, frame, page, budget, inside_layer=why is LAYER)


def _is_layered(handle: Any) -> bool:
    """Whether an object is on a layer (optional content), which may be off."""
    import pypdfium2.raw as pdfium

    for n in range(min(_MOST_MARKS, pdfium.FPDFPageObj_CountMarks(handle))):
        size = ctypes.c_ulong()
        mark = pdfium.FPDFPageObj_GetMark(handle, n)
        name = (ctypes.c_ushort * 3)()
        if pdfium.FPDFPageObjMark_GetName(mark, name, ctypes.sizeof(name), size) and bytes(name) == _LAYER:
            return True
    return False


def _matrix(handle: Any) -> Matrix:
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(handle, matrix):
        return _IDENTITY
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _apply(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _bounds(handle: Any, outer: Matrix, frame: Frame, page: PageContent) -> Rect | None:
    import pypdfium2.raw as pdfium

    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not pdfium.FPDFPageObj_GetBounds(handle, left, bottom, right, top):
        return None
    x0, y0 = _apply(outer, left.value, bottom.value)
    x1, y1 = _apply(outer, right.value, top.value)
    rect = frame.rect(x0, y0, x1, y1)
    clipped = Rect(max(rect.x0, 0), max(rect.y0, 0), min(rect.x1, page.width), min(rect.y1, page.height))
    return clipped if clipped.x1 >= clipped.x0 and clipped.y1 >= clipped.y0 else None


def _add_dot(rect: Rect, page: PageContent) -> bool:
    """Keep what is as wide as high as a bullet, or the ground of a number; whether it is the former."""
    if not 0.8 < rect.width / max(0.1, rect.height) < 1.25:
        return False
    if _BADGE[0] < rect.width <= _BADGE[1]:
        page.badges.append(rect)
    elif _DOT[0] <= rect.width <= _DOT[1]:
        page.dots.append(rect)
        return True
    return False


def _ink(handle: Any) -> _Ink | None:
    """How the path is painted; a fill or stroke that is white, as paper is, or transparent counts as none."""
    import pypdfium2.raw as pdfium

    mode, stroke = ctypes.c_int(), ctypes.c_int()
    if not pdfium.FPDFPath_GetDrawMode(handle, mode, stroke):
        return None
    fill, stroked = mode.value != 0, bool(stroke.value)
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    hides = False
    if fill and pdfium.FPDFPageObj_GetFillColor(handle, red, green, blue, alpha):
        hides = alpha.value > _OPAQUE
        fill = alpha.value > 8 and min(red.value, green.value, blue.value) < 250
    if stroked and pdfium.FPDFPageObj_GetStrokeColor(handle, red, green, blue, alpha):
        stroked = alpha.value > 8 and min(red.value, green.value, blue.value) < 250
    width = ctypes.c_float()
    pdfium.FPDFPageObj_GetStrokeWidth(handle, width)
    return _Ink(fill, stroked, width.value, hides)


def _path(handle: Any, outer: Matrix, frame: Frame, page: PageContent, budget: _Budget) -> None:
    import pypdfium2.raw as pdfium

    rect = _bounds(handle, outer, frame, page)
    if rect is None:
        return
    if _add_dot(rect, page):
        return  # of any colour: on a dark ground they are white
    ink = _ink(handle)
    if ink is not None and ink.hides and min(rect.width, rect.height) > _THIN:
        page.covers.append((budget.painted, rect))
    if ink is None or not (ink.fill or ink.stroke):
        return
    if rect.height <= _THIN < rect.width or rect.width <= _THIN < rect.height:
        _add_rule(rect, page)
        return
    count = pdfium.FPDFPath_CountSegments(handle)
    if count <= 0 or (rect.width <= _THIN and rect.height <= _THIN):
        return
    if count > _MANY * 8 or budget.segments <= 0:
        page.drawings.append(rect)
        return
    budget.segments -= count
    _segments(handle, count, _times(_matrix(handle), outer), frame, page, ink, rect)


def _segments(handle: Any, count: int, matrix: Matrix, frame: Frame, page: PageContent, ink: _Ink, rect: Rect) -> None:
    """Straight upright pieces become rules and fills; everything else is a drawing."""
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_float(), ctypes.c_float()
    subpaths: list[list[tuple[float, float]]] = []
    curved = 0
    for i in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(handle, i)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = frame.point(*_apply(matrix, x.value, y.value))
        if kind == pdfium.FPDF_SEGMENT_MOVETO or not subpaths:
            subpaths.append([point])
        else:
            subpaths[-1].append(point)
            curved += kind == pdfium.FPDF_SEGMENT_BEZIERTO
        if pdfium.FPDFPathSegment_GetClose(segment) and subpaths[-1][0] != point:
            subpaths[-1].append(subpaths[-1][0])
    slanted = 0
    for points in subpaths:
        slanted += _subpath(points, page, ink, curved > 0)
    if slanted or curved:
        page.drawings.append(rect)


def _subpath(points: list[tuple[float, float]], page: PageContent, ink: _Ink, curved: bool) -> int:
    """Rules and fills of one subpath; returns how many of its pieces are neither level nor upright."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    rect = Rect(min(xs), min(ys), max(xs), max(ys))
    if ink.fill and len(points) > 3 and (rect.height <= _THIN or rect.width <= _THIN):
        if not curved:
            _add_rule(rect, page)
        return 0
    slanted = 0
    for (xa, ya), (xb, yb) in itertools.pairwise(points):
        if abs(ya - yb) < 0.6 or abs(xa - xb) < 0.6:
            if ink.stroke and not curved:
                _add_rule(Rect(min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)), page)
        else:
            slanted += 1
    if ink.fill and not slanted and not curved and rect.width > _THIN and rect.height > _THIN:
        page.fills.append(rect)
    return slanted


def _add_rule(rect: Rect, page: PageContent) -> None:
    if rect.width >= rect.height:
        if rect.width > 1.5:
            page.across.append(Rule((rect.y0 + rect.y1) / 2, rect.x0, rect.x1, rect.height))
    elif rect.height > 1.5:
        page.down.append(Rule((rect.x0 + rect.x1) / 2, rect.y0, rect.y1, rect.width))
