"""Do structure and sight agree? Disagreement is the best sign that one of them is wrong.

Pure functions, for whoever has both: boxes and texts in one space, of one moment.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal

from handlens.eye.skills import SeenTable, Sighting
from handlens.geometry import Box

Agreement = Literal["agree", "disagree", "unseen"]
UNSEEN_LIMIT, DISAGREE_LIMIT = 0.6, 0.4


def agree_on_place(box: Box, sightings: Sequence[Sighting]) -> Agreement:
    """Whether sight puts something where structure has ``box`` (the same pixels). unseen: it saw nothing at all."""
    if not sightings:
        return "unseen"
    best = max(sightings, key=lambda sighting: sighting.confidence)
    overlaps = best.box is not None and best.box.overlap(box) >= 0.3
    return "agree" if box.contains(best.point) or overlaps else "disagree"


def confidence_of_both(structure: float, sight: float, agreement: Agreement) -> float:
    """One confidence (0 to 1) from two: agreement raises it, anything else caps it below what a click needs."""
    if agreement == "agree":
        return 1 - (1 - structure) * (1 - sight)
    return min(structure, DISAGREE_LIMIT if agreement == "disagree" else UNSEEN_LIMIT)


def agree_on_cells(headers: Sequence[str], rows: Sequence[Sequence[str]], seen: SeenTable) -> list[list[Agreement]]:
    """For every cell of ``rows``, whether sight read the same there; see `seen_cells`.

    unseen: sight has no such column or row, or could not read the cell.
    """
    return [
        [_agreement(text, there) for text, there in zip(row, line, strict=True)]
        for row, line in zip(rows, seen_cells(headers, rows, seen), strict=True)
    ]


def seen_cells(headers: Sequence[str], rows: Sequence[Sequence[str]], seen: SeenTable) -> list[list[str | None]]:
    """For every cell of ``rows``, what sight read there; None where it has no such column or row, or can't read it.

    Columns are matched by their names, and by their places where the names differ but the number does not; rows by
    the first column that both have, in order, so that a row which one side missed does not shift the others.
    """
    columns = _columns(headers, seen.headers)
    if not columns:
        return [[None] * len(row) for row in rows]
    key, seen_key = min(columns.items())
    lines = _matched([plain(row[key]) for row in rows], [plain(row[seen_key]) for row in seen.rows])
    result: list[list[str | None]] = []
    for number, row in enumerate(rows):
        there = seen.rows[lines[number]] if number in lines else None
        result.append([_cell(there, columns.get(column)) for column in range(len(row))])
    return result


def _columns(ours: Sequence[str], theirs: Sequence[str]) -> dict[int, int]:
    named = {plain(name): place for place, name in reversed(list(enumerate(theirs)))}
    columns = {place: named[plain(name)] for place, name in enumerate(ours) if plain(name) in named}
    if columns and len(ours) == len(theirs):
        taken = set(columns.values())
        columns |= {place: place for place in range(len(ours)) if place not in columns and place not in taken}
    return columns


def plain(text: str) -> str:
    """A text without what two readers may rightly differ in: case, spaces, and forms of one character."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _cell(there: Sequence[str] | None, column: int | None) -> str | None:
    return None if there is None or column is None or there[column].strip() == "?" else there[column]


def _agreement(text: str, there: str | None) -> Agreement:
    if there is None:
        return "unseen"
    return "agree" if plain(text) == plain(there) else "disagree"


def _matched(ours: list[str], theirs: list[str]) -> dict[int, int]:
    """Places in ``ours`` to those in ``theirs``, in order. As many that differ, between two alike, are pairs."""
    pairs: dict[int, int] = {}
    left = right = 0
    for block in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
        if block.a - left == block.b - right:
            pairs |= {left + offset: right + offset for offset in range(block.a - left)}
        pairs |= {block.a + offset: block.b + offset for offset in range(block.size)}
        left, right = block.a + block.size, block.b + block.size
    return pairs
