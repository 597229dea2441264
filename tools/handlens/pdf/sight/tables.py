"""A table as sight reads it, filled with the characters that the text layer has.

Sight is believed about rows, columns and spans, the text layer about what is written: a word that sight misread is put
right, one that it left out is put back, and a number that the text layer does not have there is marked. Where too
little fits, the seen table is no reading of this one.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from handlens.pdf.inline import escaped
from handlens.pdf.sight.numbers import marked
from handlens.pdf.sight.pairing import Pairing, Token, pair

if TYPE_CHECKING:
    from handlens.eye.latex_table import Table
    from handlens.pdf.sight.regions import Known

_ENOUGH = 0.6
"""Of the text layer's characters, sight has to have read so many alike."""


@dataclass
class Merged:
    """Markdown of the table; how many words were put right or put back, and how many numbers are marked."""

    markdown: str
    mended: int = 0
    doubtful: int = 0


def merge_table(seen: Table, words: list[Known], style: str) -> Merged | None:
    """The seen table in the text layer's words; `style` is auto, html or markdown. None: it is not this table."""
    if not seen.cells or not words:
        return None
    pairing = pair(seen.cells, words)
    alike = sum(len(t.text) for t in pairing.tokens if t.atom is not None and t.text == pairing.atoms[t.atom].text)
    lost = [n for n in pairing.free if pairing.atoms[n].text[0].isalnum()]
    if lost or alike < _ENOUGH * sum(len(atom.text) for atom in pairing.atoms) or not _in_order(pairing):
        return None
    spans = any(cell.row_span > 1 or cell.column_span > 1 for cell in seen.cells)
    as_html = style == "html" or (style == "auto" and spans)
    texts, doubtful = [], 0
    for place in range(len(seen.cells)):
        text, count = _cell(pairing, place, as_html=as_html)
        texts.append(text)
        doubtful += count
    return Merged((_html if as_html else _pipes)(seen, texts), pairing.mended, doubtful)


def _in_order(pairing: Pairing) -> bool:
    """Whether what sight has in one row stands from left to right, and in one column from top to bottom."""
    rows: dict[int, list[tuple[int, float]]] = {}
    columns: dict[int, list[tuple[int, float]]] = {}
    for token in pairing.tokens:
        if token.atom is None:
            continue
        cell, rect = pairing.cells[token.cell], pairing.atoms[token.atom].rect
        if cell.row_span == 1:
            rows.setdefault(cell.row, []).append((cell.column, (rect.x0 + rect.x1) / 2))
        if cell.column_span == 1:
            columns.setdefault(cell.column, []).append((cell.row, (rect.y0 + rect.y1) / 2))
    return all(_ascending(line) for line in [*rows.values(), *columns.values()])


def _ascending(line: list[tuple[int, float]]) -> bool:
    reach: dict[int, tuple[float, float]] = {}
    for place, at in line:
        low, high = reach.get(place, (at, at))
        reach[place] = min(low, at), max(high, at)
    return all(reach[a][1] <= reach[b][0] + 1.0 for a, b in pairwise(sorted(reach)))


def table_markdown(seen: Table, known: frozenset[str], style: str) -> Merged:
    """A table that no text layer vouches for, with every number marked that is not `known`."""
    spans = any(cell.row_span > 1 or cell.column_span > 1 for cell in seen.cells)
    as_html = style == "html" or (style == "auto" and spans)
    parts = [marked(_safe(cell.text, as_html=as_html), known) for cell in seen.cells]
    return Merged((_html if as_html else _pipes)(seen, [text for text, _ in parts]), 0, sum(n for _, n in parts))


def _safe(text: str, *, as_html: bool) -> str:
    """Text that is shown as it is, in a cell."""
    text = " ".join(text.split())
    return html.escape(text, quote=False) if as_html else escaped(text).replace("|", "\\|")


def _cell(pairing: Pairing, place: int, *, as_html: bool) -> tuple[str, int]:
    """What stands in a cell, and how many of its numbers are marked."""
    tokens = [t for t in pairing.tokens if t.cell == place]
    extra = pairing.extra.get(place, [])
    if all(t.atom is not None for t in tokens):
        order = sorted([*(t.atom for t in tokens if t.atom is not None), *extra])
        tokens = [Token(pairing.atoms[n].text, place, False, n) for n in order]
    else:
        kept = [t for t in tokens if t.atom is not None or _stands_alone(t)]
        tokens = [*kept, *(Token(pairing.atoms[n].text, place, False, n) for n in extra)]
    text, doubtful = "", 0
    before: Token | None = None
    for token in tokens:
        said = _safe(token.text if token.atom is None else pairing.atoms[token.atom].text, as_html=as_html)
        if token.atom is None:
            said, count = marked(said, frozenset())
            doubtful += count
        text += said if before is None or _joined(pairing, before, token) else f" {said}"
        before = token
    return text, doubtful


def _stands_alone(token: Token) -> bool:
    """Whether what only sight has is a number or a word. A sign or a unit would change the number beside it."""
    return token.text[0].isdigit() or (len(token.text) > 1 and token.text[0].isalpha() and not token.glued)


def _joined(pairing: Pairing, before: Token, token: Token) -> bool:
    """Whether no space stands between two: they are of one word, or not both the text layer's and seen so."""
    if before.atom is not None and token.atom is not None:
        return pairing.atoms[before.atom].word == pairing.atoms[token.atom].word or token.glued
    return token.glued


def _html(seen: Table, texts: list[str]) -> str:
    rows: dict[int, list[str]] = {}
    for cell, text in zip(seen.cells, texts, strict=True):
        tag = "th" if cell.row == 0 else "td"
        spans = (f' colspan="{cell.column_span}"' if cell.column_span > 1 else "") + (
            f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
        )
        rows.setdefault(cell.row, []).append(f"<{tag}{spans}>{text}</{tag}>")
    return "<table>\n" + "\n".join(f"<tr>{''.join(rows[n])}</tr>" for n in sorted(rows)) + "\n</table>"


def _pipes(seen: Table, texts: list[str]) -> str:
    height = max(cell.row + cell.row_span for cell in seen.cells)
    width = max(cell.column + cell.column_span for cell in seen.cells)
    grid = [[""] * width for _ in range(height)]
    for cell, text in zip(seen.cells, texts, strict=True):
        grid[cell.row][cell.column] = text
    lines = ["| " + " | ".join(row) + " |" for row in grid]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])
