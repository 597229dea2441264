"""Two readings of one table weighed against each other, cell by cell: where they differ, a person is told both.

Pure functions. The first reading is structure's or OCR's; the second is sight's, asked once or, where it spoke
against the first, once more with care.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from handlens.eye.agreement import confidence_of_both, seen_cells
from handlens.eye.skills import SeenTable
from handlens.usage.reading import is_missing
from handlens.usage.table import Cell, Table

SIGHT = 0.8
"""How much sight's word weighs where it agrees."""
TWO_OF_THREE = 0.9
OUTVOTED = 0.6
THREE_READINGS = 0.4
NOT_THE_SAME_TABLE = 0.5
"""Sight that agrees with less than this of what it was asked about read something else, or made it up."""


@dataclass(frozen=True, slots=True)
class Said:
    """What sight said of a table: a text for each cell, or None where it said nothing."""

    cells: Sequence[Sequence[str | None]]

    @property
    def count(self) -> int:
        return sum(1 for row in self.cells for text in row if text is not None)


def said_of(table: Table, seen: SeenTable) -> Said:
    """What sight read, by the cells of ``table``."""
    return Said(seen_cells(table.headers, [[cell.text for cell in row] for row in table.rows], seen))


def share_agreed(table: Table, said: Said) -> float:
    """How much of what both read they read alike, 0 to 1."""
    pairs = _pairs(table, said)
    return sum(1 for cell, text in pairs if same(cell.text, text)) / len(pairs) if pairs else 0.0


def differs(table: Table, said: Said) -> bool:
    return any(not same(cell.text, text) for cell, text in _pairs(table, said))


def _pairs(table: Table, said: Said) -> list[tuple[Cell, str]]:
    return [
        (cell, text)
        for row, texts in zip(table.rows, said.cells, strict=True)
        for cell, text in zip(row, texts, strict=True)
        if text is not None
    ]


def same(left: str, right: str) -> bool:
    """Whether two readings are of one text: white space and full-width forms apart; every "no value" is one."""
    return _folded(left) == _folded(right) or (is_missing(left) and is_missing(right))


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).replace("−", "-").split())


def weighed(table: Table, first: str, once: Said, again: Said | None = None, *, exact: bool = False) -> Table:
    """The table with every cell weighed against what sight said of it, once and again.

    Args:
        first: who read the table, for the reasons: "the page" or "OCR".
        exact: the first reading is the page's own text; sight then never replaces it.
    """
    rows = tuple(
        tuple(
            _weighed(cell, once.cells[r][c], again.cells[r][c] if again else None, first, exact=exact)
            for c, cell in enumerate(row)
        )
        for r, row in enumerate(table.rows)
    )
    return replace(table, rows=rows)


def _weighed(cell: Cell, once: str | None, again: str | None, first: str, *, exact: bool) -> Cell:
    if once is None or same(cell.text, once):
        return cell if once is None else replace(cell, confidence=confidence_of_both(cell.confidence, SIGHT, "agree"))
    if again is not None and same(cell.text, again):
        return replace(cell, confidence=max(cell.confidence, TWO_OF_THREE))
    if again is None or not same(once, again):
        also = f", then {again!r}" if again is not None else ""
        note = f"{first} says {cell.text!r}, the eye {once!r}{also}"
        return replace(cell, confidence=min(cell.confidence, THREE_READINGS), note=note)
    note = f"{first} says {cell.text!r}, the eye twice {once!r}"
    return replace(cell, text=cell.text if exact else once, confidence=min(cell.confidence, OUTVOTED), note=note)


def witnessed(seen: SeenTable, again: SeenTable | None, words: Sequence[str] | None) -> Table:
    """Sight's table with nothing to compare it with but the loose ``words`` that OCR read in the same picture.

    A cell is sure where OCR read its text too, nearly so where two looks agree on it, else for a person to check.
    """
    heap = "\n".join(map(_folded, words)) if words is not None else None
    bare = Table(seen.headers, tuple(tuple(Cell(text) for text in row) for row in seen.rows))
    second = said_of(bare, again).cells if again else [[None] * len(seen.headers) for _ in seen.rows]

    def cell(text: str, other: str | None) -> Cell:
        if text.strip() == "?":
            return Cell("", None, THREE_READINGS, "the eye could not read it")
        if is_missing(text) or (heap is not None and _folded(text) in heap):
            return Cell(text, None, TWO_OF_THREE)
        if other is not None and same(text, other):
            note = None if heap is None else f"only the eye read {text!r}, twice"
            return Cell(text, None, SIGHT if heap is None else OUTVOTED, note)
        told = f"the eye read {text!r}" + ("" if other is None else f", then {other!r}")
        return Cell(text, None, THREE_READINGS, f"{told}; nothing else did" if heap is not None else told)

    rows = [
        tuple(cell(text, other) for text, other in zip(row, others, strict=True))
        for row, others in zip(seen.rows, second, strict=True)
    ]
    return replace(bare, rows=tuple(rows))
