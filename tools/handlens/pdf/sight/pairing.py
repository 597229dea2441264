"""Pairing what sight reads in a table with what the text layer has there: by what it says, then by where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from handlens.eye.agreement import plain
from handlens.pdf.sight.latex import without_commands

if TYPE_CHECKING:
    from handlens.eye.latex_table import Cell
    from handlens.pdf.model import Rect
    from handlens.pdf.sight.regions import Known

Extent = tuple[float, float]

_ATOM = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+|[^\w\s]|_")
_DASHES = str.maketrans("−–—‐‑", "-----")
_LIKE = 0.5


@dataclass
class Atom:
    """A number, a run of letters or a sign that the text layer has; `word` tells which of them are of one word."""

    text: str
    rect: Rect
    word: int


@dataclass
class Token:
    """The same in a seen cell, and the atom that it is. `glued`: no space before it."""

    text: str
    cell: int
    glued: bool
    atom: int | None = None


@dataclass
class Pairing:
    """`free` are atoms that no token is paired with; `extra` puts those back into cells."""

    cells: tuple[Cell, ...]
    atoms: list[Atom]
    tokens: list[Token]
    free: set[int]
    extra: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    mended: int = 0


def pair(cells: tuple[Cell, ...], words: list[Known]) -> Pairing:
    """Every token with its atom, as far as there is one, and what sight left out in the cells where it stands."""
    atoms = [Atom(text, word.rect, n) for n, word in enumerate(words) for text in _ATOM.findall(word.text)]
    tokens: list[Token] = []
    for place, cell in enumerate(cells):
        text = without_commands(cell.text)
        for match in _ATOM.finditer(text):
            glued = match.start() > 0 and not text[match.start() - 1].isspace()
            tokens.append(Token(match.group(), place, glued))
    pairing = Pairing(cells, atoms, tokens, set(range(len(atoms))))
    _pair_the_same(pairing)
    _pair_in_place(pairing)
    _put_back(pairing)
    return pairing


def _pair_the_same(pairing: Pairing) -> None:
    """Of several atoms that say the same, the one nearest after the last that was paired."""
    places: dict[str, list[int]] = {}
    for n, atom in enumerate(pairing.atoms):
        places.setdefault(_key(atom.text), []).append(n)
    last = -1
    for token in pairing.tokens:
        free = [n for n in places.get(_key(token.text), []) if n in pairing.free]
        if free:
            token.atom = last = min(free, key=lambda n: (abs(n - last - 1), n))
            pairing.free.discard(last)


def _key(text: str) -> str:
    return plain(text).translate(_DASHES)


class _Places:
    """Where rows and columns lie: as far as their paired atoms reach."""

    def __init__(self, pairing: Pairing) -> None:
        self._cells = pairing.cells
        self._rows: dict[int, Extent] = {}
        self._columns: dict[int, Extent] = {}
        for token in pairing.tokens:
            if token.atom is None:
                continue
            cell, rect = self._cells[token.cell], pairing.atoms[token.atom].rect
            if cell.row_span == 1:
                _grow(self._rows, cell.row, (rect.y0, rect.y1))
            if cell.column_span == 1:
                _grow(self._columns, cell.column, (rect.x0, rect.x1))

    def holds(self, place: int, rect: Rect) -> bool:
        cell = self._cells[place]
        down, across = self._rows.get(cell.row), self._columns.get(cell.column)
        if down is None or across is None:
            return False
        middle, margin = (rect.y0 + rect.y1) / 2, 0.5 * rect.height
        return rect.x0 < across[1] and rect.x1 > across[0] and down[0] - margin < middle < down[1] + margin


def _grow(extents: dict[int, Extent], key: int, more: Extent) -> None:
    low, high = extents.get(key, more)
    extents[key] = min(low, more[0]), max(high, more[1])


def _pair_in_place(pairing: Pairing) -> None:
    """Pair what is left of both where it stands in one place and is alike, or a number on both sides."""
    places = _Places(pairing)
    for token in pairing.tokens:
        if token.atom is not None:
            continue
        near = [n for n in pairing.free if places.holds(token.cell, pairing.atoms[n].rect)]
        best = max(near, key=lambda n: _likeness(token.text, pairing.atoms[n].text), default=None)
        if best is not None and _likeness(token.text, pairing.atoms[best].text) >= _LIKE:
            token.atom = best
            pairing.free.discard(best)
            pairing.mended += 1


def _likeness(a: str, b: str) -> float:
    if a[0].isdigit() and b[0].isdigit():
        return max(_LIKE, SequenceMatcher(None, a, b, autojunk=False).ratio())
    return SequenceMatcher(None, _key(a), _key(b), autojunk=False).ratio()


def _put_back(pairing: Pairing) -> None:
    places = _Places(pairing)
    for n in sorted(pairing.free):
        for place in range(len(pairing.cells)):
            if places.holds(place, pairing.atoms[n].rect):
                pairing.extra.setdefault(place, []).append(n)
                pairing.free.discard(n)
                pairing.mended += 1
                break
