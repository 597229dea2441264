"""Fields of forms: small boxes, each with a label and what was filled in."""

from __future__ import annotations

from handlens.pdf.lines import Line, merged
from handlens.pdf.model import PageContent, Rect
from handlens.pdf.tables.lattice import lattices
from handlens.pdf.tables.rules import joined

_HIGHEST, _LINES = 70.0, 3
_LEAST_BOXES = 2
_MOST_RULES = 2_000


def find_fields(fragments: list[Line], page: PageContent) -> tuple[list[list[Line]], list[Line]]:
    """The lines of each box that holds a few, and the fragments that are in none of them."""
    if not 4 * _LEAST_BOXES <= len(page.across) + len(page.down) <= _MOST_RULES:
        return [], fragments
    drawn = lattices(joined(page.across, 0.5), joined(page.down, 0.5))
    frames = [lattice.rect for lattice in drawn if len(lattice.xs) == len(lattice.ys) == 2 and _is_box(lattice.rect)]
    fields: list[list[Line]] = []
    taken: set[int] = set()
    for frame in frames if len(frames) >= _LEAST_BOXES else []:
        held = [f for f in fragments if frame.holds((f.rect.x0 + f.rect.x1) / 2, f.base, 1.0) and id(f) not in taken]
        lines = merged(held) if held else []
        if 2 <= len(lines) <= _LINES:
            fields.append(lines)
            taken.update(id(f) for f in held)
    return fields, [f for f in fragments if id(f) not in taken]


def _is_box(rect: Rect) -> bool:
    return 12.0 < rect.height < _HIGHEST and rect.width > 30.0
