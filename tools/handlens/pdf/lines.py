"""Words to line fragments: words on one baseline with no gap between them that could part columns or cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from handlens.pdf.bidi import logical
from handlens.pdf.model import Rect, Style, Word, around

if TYPE_CHECKING:
    from collections.abc import Iterable

_COLUMN_GAP = 0.95  # of the font size: as wide as this, and it may be a gutter
_SCRIPT_GAP = 0.7  # between a word and the mark of a note that a space parts from it
_MOST_MARKS = 8  # raised or lowered in one line
_JUMP_GAP = 0.4  # as narrow as this may be a gutter too, where the content stream jumps


@dataclass
class Line:
    """Words from left to right on one baseline."""

    words: list[Word]
    entry: bool = False
    """Whether it is an entry of a table of contents that no dots lead to its page number."""

    @cached_property
    def rect(self) -> Rect:
        return around([w.rect for w in self.words])

    @cached_property
    def text(self) -> str:
        return joined_text(self.words)

    @cached_property
    def size(self) -> float:
        """Font size of most characters, in points."""
        weight: dict[float, int] = {}
        for word in self.words:
            key = round(word.size, 1)
            weight[key] = weight.get(key, 0) + len(word.text)
        return max(weight, key=lambda size: weight[size])

    @cached_property
    def base(self) -> float:
        return max(self.words, key=lambda w: (w.size, w.rect.width)).base

    @cached_property
    def bold(self) -> float:
        """Share of characters that are bold, 0 to 1."""
        return self._share(Style.BOLD)

    @cached_property
    def italic(self) -> float:
        return self._share(Style.ITALIC)

    @cached_property
    def mono(self) -> float:
        return self._share(Style.MONO)

    @cached_property
    def font(self) -> str:
        """Name of the font that most characters have, empty where no font has nine tenths of them."""
        weight: dict[str, int] = {}
        for word in self.words:
            weight[word.font] = weight.get(word.font, 0) + len(word.text)
        font = max(weight, key=lambda name: weight[name])
        return font if weight[font] > 0.9 * sum(weight.values()) else ""

    def share(self, font: str) -> float:
        """Share of characters in `font`, 0 to 1."""
        total = sum(len(w.text) for w in self.words)
        return sum(len(w.text) for w in self.words if w.font == font) / max(1, total)

    @property
    def order(self) -> int:
        return self.words[0].order

    def _share(self, style: int) -> float:
        total = sum(len(w.text) for w in self.words)
        return sum(len(w.text) for w in self.words if w.style & style) / max(1, total)


def joined_text(words: list[Word]) -> str:
    """Words with single spaces; none between two ideographs that touch."""
    text = ""
    words = logical(words)
    for i, word in enumerate(words):
        if i and needs_space(words[i - 1], word):
            text += " "
        text += word.text
    return text


def needs_space(left: Word, right: Word) -> bool:
    if not left.text or not right.text:
        return False
    if right.runs[0].style & (Style.SUPER | Style.SUB | Style.NOTE) and right.rect.x0 - left.rect.x1 < 0.4 * left.size:
        return False
    wide = is_wide(left.text[-1]) and is_wide(right.text[0])
    return not wide or right.rect.x0 - left.rect.x1 > 0.9 * max(left.size, right.size)


def is_wide(character: str) -> bool:
    """Han, Kana, and full-width punctuation: scripts written without spaces."""
    code = ord(character)
    return (
        0x2E80 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0xFF00 <= code <= 0xFFEF or 0x20000 <= code <= 0x3FFFF
    )


def least_width(word: Word) -> float:
    """Of what begins a word that has to fit where a line ends: one character of scripts written without spaces."""
    return word.size if is_wide(word.text[0]) else word.rect.width


def rows_of(words: Iterable[Word]) -> list[list[Word]]:
    """Words that lie on one baseline, top to bottom, each row from left to right.

    A small word (a superscript, a footnote mark) joins the row whose body it overlaps.
    """
    rows: list[list[Word]] = []
    ordered = sorted(words, key=lambda w: (w.base, w.rect.x0))
    for word in ordered:
        best = None
        for row in reversed(rows[-4:]):
            anchor = row[0]
            if abs(anchor.base - word.base) <= 0.25 * min(anchor.size, word.size) or (
                min(anchor.size, word.size) < 0.8 * max(anchor.size, word.size)
                and abs(anchor.base - word.base) <= 0.6 * max(anchor.size, word.size)
                and _beside(row, word)
            ):
                best = row
                break
        if best is None:
            rows.append([word])
        else:
            best.append(word)
    if any(_are_marks(row) for row in rows):
        rows = _with_scripts(rows)
    for row in rows:
        row.sort(key=lambda w: w.rect.x0)
    return rows


def _with_scripts(rows: list[list[Word]]) -> list[list[Word]]:
    """Rows, with small marks that stand raised or lowered by themselves put into the row that they stand beside."""
    kept: list[list[Word]] = []
    for n, row in enumerate(rows):
        near = [r for r in rows[max(0, n - 3) : n + 4] if r is not row] if _are_marks(row) else []
        home = next((r for r in near if all(_hangs_on(r, word) for word in row)), None)
        if home is None:
            kept.append(row)
            continue
        style = Style.SUPER if home[0].base > row[0].base else Style.SUB
        for word in row:
            word.runs = [run._replace(style=run.style | style) for run in word.runs]
        home += row
    return kept


def _are_marks(row: list[Word]) -> bool:
    return len(row) <= _MOST_MARKS and all(len(word.text) < 4 for word in row)


def _hangs_on(row: list[Word], word: Word) -> bool:
    anchor = row[0]
    shift = abs(anchor.base - word.base)
    if not 0.12 * anchor.size < shift < 0.6 * anchor.size:
        return False
    if word.size >= 0.95 * anchor.size:  # no smaller, but it touches what it belongs to
        gaps = [word.rect.x0 - other.rect.x1 for other in row]
        return shift > 0.3 * anchor.size and word.size <= anchor.size and any(abs(g) < 0.12 * word.size for g in gaps)
    return _beside(row, word) or any(0 < word.rect.x0 - other.rect.x1 < _SCRIPT_GAP * other.size for other in row)


def _beside(row: list[Word], word: Word) -> bool:
    """Whether a word of the row is a direct neighbour, so that a script of another size belongs to it."""
    return any(-0.3 * word.size < gap < 0.5 * word.size for other in row
               for gap in (word.rect.x0 - other.rect.x1, other.rect.x0 - word.rect.x1))  # fmt: skip


def fragments_of(words: Iterable[Word], gutters: list[Rect] | None = None) -> list[Line]:
    """Lines parted wherever a gap is wide enough for a gutter, or lies over one of `gutters`."""
    fragments: list[Line] = []
    for row in rows_of(words):
        current = [row[0]]
        for word in row[1:]:
            if _parts(current[-1], word, gutters or []):
                fragments.append(Line(current))
                current = []
            current.append(word)
        fragments.append(Line(current))
    return fragments


def _parts(left: Word, right: Word, gutters: list[Rect]) -> bool:
    gap, size = right.rect.x0 - left.rect.x1, max(left.size, right.size)
    if gap > _COLUMN_GAP * size:
        return True
    if gap > _JUMP_GAP * size and not 0 <= right.order - left.order <= 2:
        return True
    middle = (left.rect.x1 + right.rect.x0) / 2
    return any(g.holds(middle, left.base) for g in gutters) and gap > 0.3 * size


def merged(fragments: list[Line]) -> list[Line]:
    """Fragments of one region as its lines: those on one baseline are joined."""
    return [Line(row) for row in rows_of(word for fragment in fragments for word in fragment.words)]
