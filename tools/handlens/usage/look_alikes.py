"""Readings that their own column speaks against: the same word, spelt with characters that look alike.

A recogniser is often sure of a wrong "Ilama". That the other rows have "llama" is what gives it away.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from handlens.usage.reading import is_missing
from handlens.usage.rows import SURE_ENOUGH
from handlens.usage.table import Cell, Table

_ALIKE = str.maketrans(
    {"I": "l", "1": "l", "|": "l", "i": "l", "O": "o", "0": "o", "X": "x", "×": "x", "V": "v", "S": "s", "5": "s"}
    | {"W": "w", "C": "c", "Z": "z", "K": "k", "P": "p"}
)
_WORD = re.compile(r"[A-Za-z\d|×]*[A-Za-z|×][A-Za-z|×\d]*")
CLEARLY = 4
"""A spelling that is so many times as frequent as the other is the right one."""
_UNIT = re.compile(r"\d\s*(%|[KMGT]i?B|[KMGT]i)\)?\s*$")
_ALONE = re.compile(r"(?<=\s)[XVSWCZKPOvswczkpo](?=\s|$)")
"""A letter whose two cases differ only in size, with nothing beside it to compare with."""


def doubting_look_alikes(table: Table) -> Table:
    """The table with the rarer spellings doubted, and letters that nobody could tell the case of."""
    columns = [[row[column] for row in table.rows] for column in range(len(table.headers))]
    doubted = [_doubted(cells) for cells in columns]
    endings = [_usual_ending(cells) for cells in columns]
    rows = tuple(
        tuple(_checked(cell, words, end) for cell, words, end in zip(row, doubted, endings, strict=True))
        for row in table.rows
    )
    return replace(table, rows=rows)


def _checked(cell: Cell, doubted: set[str], ending: str) -> Cell:
    as_usual = not ending or is_missing(cell.text) or cell.text.rstrip(") ").endswith(ending)
    if as_usual and doubted.isdisjoint(_WORD.findall(cell.text)) and not _ALONE.search(cell.text):
        return cell
    return replace(cell, confidence=min(cell.confidence, SURE_ENOUGH - 0.05))


def _usual_ending(cells: Sequence[Cell]) -> str:
    """The unit that nearly every value of a column ends in; "" where there is none. "43%" is easily read as "438"."""
    endings = Counter(match[1] for cell in cells if (match := _UNIT.search(cell.text)))
    ending, count = endings.most_common(1)[0] if endings else ("", 0)
    filled = sum(1 for cell in cells if not is_missing(cell.text))
    return ending if count >= 3 and 4 * count >= 3 * filled else ""


def _doubted(cells: Sequence[Cell]) -> set[str]:
    counts: Counter[str] = Counter()
    for cell in cells:
        counts.update(set(_WORD.findall(cell.text)))
    doubted: set[str] = set()
    alike: dict[str, list[str]] = {}
    for word in counts:
        alike.setdefault(word.translate(_ALIKE), []).append(word)
    for spellings in alike.values():
        most = max(counts[word] for word in spellings)
        doubted |= {word for word in spellings if len(spellings) > 1 and counts[word] < max(2, most)}
    return doubted | _one_letter_short(counts)


def _one_letter_short(counts: Counter[str]) -> set[str]:
    """Words that another word of the column becomes by leaving out one letter; both, unless one is clearly usual."""
    doubted: set[str] = set()
    for word in counts:
        if len(word) < 3:
            continue
        for at, left_out in enumerate(word):
            shorter = word[:at] + word[at + 1 :]
            if (left_out.isalpha() or at == 0) and shorter in counts:
                doubted |= {
                    one for one, other in ((word, shorter), (shorter, word)) if counts[one] < CLEARLY * counts[other]
                }
    return doubted
