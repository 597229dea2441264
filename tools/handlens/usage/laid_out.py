"""Reads what a page lays out as a list without marking it up as one: texts and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlens.geometry import Box
from handlens.usage.fragments import Fragment, bands, merged
from handlens.usage.layout import tables_in
from handlens.usage.table import Table

_LINE_BOX = 1.85
"""Height of a fragment's box over its font size: what OCR gives, whose measures the layout goes by."""
_SAME_TEXT = 0.3
"""Texts of one line that stand closer than this, in font sizes, are one: "12" and "GiB" in elements of their own."""


def laid_out_tables(texts: Sequence[Sequence[Any]], left: float, top: float) -> list[Table]:
    """The tables, cards and panels of a frame's texts (see ``texts.js``); the frame lies at ``left``, ``top``."""
    pieces = [_fragment(text, left, top) for text in texts]
    return tables_in([whole for band in bands(pieces) for whole in _whole(band.fragments)])


def _fragment(text: Sequence[Any], left: float, top: float) -> Fragment:
    said, x, y, width, height, size = text
    line = _LINE_BOX * size
    return Fragment(said, Box(x=x + left, y=y + top + (height - line) / 2, width=width, height=line))


def _whole(line: Sequence[Fragment]) -> list[Fragment]:
    """The fragments of a line, those that touch put together."""
    groups: list[list[Fragment]] = []
    for piece in line:
        near = _SAME_TEXT * piece.box.height / _LINE_BOX
        if groups and -near < piece.box.x - groups[-1][-1].box.right < near:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [merged(group) for group in groups]
