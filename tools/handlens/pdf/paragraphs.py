"""Lines of one column to paragraphs, list items and pieces of one look."""

from __future__ import annotations

import itertools
import re
from statistics import median

from handlens.pdf.bidi import is_rtl, logical
from handlens.pdf.blocks import Block, Kind
from handlens.pdf.lines import Line, is_wide, least_width
from handlens.pdf.model import Rect, Style, Word, around

BULLETS = "•●○◦▪■□▫◻◼‣⁃∙·➢➤►▶❖✓✔✗➔→–—-*§❑"
_BULLET = re.compile(rf"^[{re.escape(BULLETS)}]$|^[•●○◦▪■▫‣➢➤►▶❖✓✔❑](?=\w)")
_NUMBER = re.compile(r"^(\(?(\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\[\d{1,3}\]|\(\d{1,3}\))$")
_CLAUSE = re.compile(
    r"[（(][一二三四五六七八九十\d]{1,3}[）)]|[一二三四五六七八九十]{1,3}、|\d{1,2}[．、](?!\d)|第[一二三四五六七八九十百\d]+[条章节款]"
)
_INITIAL = re.compile(r"[A-Z]\.")
_LOOSE, _LONGEST = 1.35, 5  # sizes between lines of two headings at least; characters of a section's number
_FIRST = ("1.", "1)", "(1)", "a.", "a)", "(a)", "i.", "i)", "(i)")
_SECTION = re.compile(r"^\d{1,2}(\.\d{1,2}){1,4}\.?$")
_ENTRY = re.compile(r"(\. ?){4,}\s*([ivxlc]+|[A-Z]?[-–]?\d+)$|…\s*\d+$")
_PAGE = re.compile(r"^([ivxlc]+|[A-Z]?[-–]?\d+)$")
_SENTENCE_END = re.compile(r"[.!?:;。！？：；][\"'”’)\]]*$")


def paragraphs(lines: list[Line], page: int) -> list[Block]:
    """The paragraphs of one column, whose lines come top to bottom."""
    if not lines:
        return []
    column = around([line.rect for line in lines])
    pitch = _pitch(lines)
    _mark_entries(lines)
    blocks: list[Block] = []
    current: list[Line] = []
    for i, line in enumerate(lines):
        if current and _begins(current, line, column, pitch, lines[i + 1] if i + 1 < len(lines) else None):
            blocks.append(_block(current, page))
            current = []
        current.append(line)
    blocks.append(_block(current, page))
    _unmark_initials(blocks)
    return blocks


def _unmark_initials(blocks: list[Block]) -> None:
    """Make text of items that begin with a capital letter which none of the column's others comes before or after."""
    letters = {block.marker for block in blocks if _INITIAL.fullmatch(block.marker)}
    for block in blocks:
        if block.marker in letters and not {_next(block.marker, by) for by in (-1, 1)} & letters:
            block.kind, block.marker = Kind.TEXT, ""


def _next(marker: str, by: int) -> str:
    return chr(ord(marker[0]) + by) + "."


def _mark_entries(lines: list[Line]) -> None:
    """Mark the chapters of a table of contents: lines whose number stands where dots lead to in other lines."""
    ends = [line.rect.x1 for line in lines if is_entry(line)]
    for line in lines if len(ends) > 1 else []:
        number, before = line.words[-1], line.words[-2:-1]
        apart = bool(before) and number.rect.x0 - before[0].rect.x1 > 1.5 * line.size
        line.entry = apart and bool(_PAGE.match(number.text)) and abs(line.rect.x1 - median(ends)) < 0.3 * line.size


def _pitch(lines: list[Line]) -> float:
    """Usual distance of baselines, as a share of the font size."""
    steps = [
        (b.base - a.base) / a.size
        for a, b in itertools.pairwise(lines)
        if abs(a.size - b.size) < 0.6 and 0.8 < (b.base - a.base) / a.size < 2.6
    ]
    return sorted(steps)[len(steps) // 3] if len(steps) > 2 else 1.25


def _begins(current: list[Line], line: Line, column: Rect, pitch: float, after: Line | None) -> bool:
    """Whether `line` begins another paragraph than the one that `current` holds."""
    last = current[-1]
    if is_entry(line) and len(current) == 1 and _wraps(last, line, column, pitch):
        return False
    if is_entry(last) or (is_entry(line) and (starts_item(line) or len(current) > 1)):
        return True
    step = (line.base - last.base) / max(line.size, last.size)
    if last.mono > 0.8 and line.mono > 0.8 and 0 < step < 3.4:
        return False
    if step < 0 or step > max(1.32 * pitch, pitch + 0.3):
        return True
    wrapped = bool(last.words[-1].style & Style.MONO) and last.mono < 0.8 < line.mono and step < 1.1 * pitch
    if (not wrapped and not same_look(last, line)) or _turns(last, line, column, step, pitch):
        return True
    if starts_item(line) and (marker_of(line)[0] in BULLETS or _free(current, line, column, after)):
        return True
    if min(last.bold, line.bold) > 0.9 and step > _LOOSE and _begins_section(line):
        return True
    if is_wide(line.text[-1]) and _CLAUSE.match(line.text) and _SENTENCE_END.search(last.text):
        return True
    em = line.size
    if is_rtl(line.text):
        ragged = last.rect.x0 - column.x0
        return bool(_SENTENCE_END.search(last.text)) and ragged > line.words[-1].rect.width + 1.5 * em
    left = current[1].rect.x0 if len(current) > 1 else current[0].rect.x0
    indent = line.rect.x0 - left
    if indent < -0.7 * em and _SECTION.match(line.words[0].text):
        return True
    if starts_item(current[0]):
        return _ends_item(current, line, column)
    if abs(line.rect.x1 - last.rect.x1) < 1.0 and all(_opens(n) and len(n.words) <= 5 for n in (*current, line)):
        return False  # of an address at the right, whose lines begin anywhere
    full = last.rect.x1 > column.x1 - 2.5 * em
    if 0.7 * em < indent < 6 * em and (after is None or after.rect.x0 < line.rect.x0 - 0.5 * em or not full):
        return True
    ragged = column.x1 - last.rect.x1
    first = least_width(line.words[0])
    return bool(_SENTENCE_END.search(last.text)) and ragged > max(first + 1.5 * em, 0.12 * column.width)


def _begins_section(line: Line) -> bool:
    """Whether a line begins with the number of a section and a word that begins as titles do."""
    first, *rest = line.words
    numbered = first.text.rstrip(".").isdigit() or bool(_SECTION.match(first.text))
    return numbered and bool(rest) and len(first.text) <= _LONGEST and rest[0].text[0].isupper()


def _ends_item(current: list[Line], line: Line, column: Rect) -> bool:
    """Whether a line does not go on with a list item, whose lines hang under its text or its marker."""
    first, last, em = current[0], current[-1], line.size
    if line.rect.x0 < first.rect.x0 - 0.5 * em:
        return True
    text = first.words[min(marker_of(first)[1], len(first.words) - 1)].rect.x0
    if text - first.rect.x0 < 0.7 * em or line.rect.x0 > text - 0.5 * em:
        return False
    hanging = len(current) > 1 and abs(last.rect.x0 - text) < 0.5 * em
    return hanging or last.rect.x1 + least_width(line.words[0]) + em < column.x1


def _wraps(last: Line, line: Line, column: Rect, pitch: float) -> bool:
    """Whether a line is the end of an entry of a table of contents that is too long for one."""
    full = last.rect.x1 > column.x1 - 0.25 * column.width
    near = 0 < line.base - last.base < 1.2 * pitch * line.size
    return not is_entry(last) and full and near and same_look(last, line) and line.rect.x0 > last.rect.x0 - 1.0


def is_entry(line: Line) -> bool:
    """Whether a line of a table of contents or an index ends here: with a page number that dots mostly lead to."""
    return line.entry or bool(_ENTRY.search(line.text))


def _turns(last: Line, line: Line, column: Rect, step: float, pitch: float) -> bool:
    """Whether the font changes between two lines where a heading may end or begin."""
    changes = (last.font and line.share(last.font) < 0.12) or (line.font and last.share(line.font) < 0.12)
    if not changes:
        return False
    short = last.rect.x1 < column.x1 - 2 * last.size
    return short or step > 1.08 * pitch or abs(last.size - line.size) > 0.02 * line.size


def _free(current: list[Line], line: Line, column: Rect, after: Line | None) -> bool:
    """Whether a number that begins a line can be a list's: the line before is an item, ends early, or with a stop."""
    last = current[-1]
    if starts_item(current[0]) and abs(line.rect.x0 - current[0].rect.x0) < 0.6 * line.size:
        return True
    if starts_item(current[0]) and marker_of(line)[0] in _FIRST and line.rect.x0 > current[0].rect.x0 + line.size:
        return True  # a list in a list
    hangs = after is not None and after.rect.x0 > line.rect.x0 + 0.5 * line.size
    return last.rect.x1 < column.x1 - 3 * line.size or (bool(_SENTENCE_END.search(last.text)) and hangs)


def same_look(a: Line, b: Line) -> bool:
    """Whether two lines could belong to one paragraph by their size and weight."""
    if abs(a.size - b.size) > 0.09 * max(a.size, b.size):
        return False
    if (a.bold > 0.9) != (b.bold > 0.9):
        # A paragraph may begin with a bold lead that fills its first line, or end a bold one with a plain word.
        return min(a.bold, b.bold) > 0.25
    return (a.mono > 0.8) == (b.mono > 0.8)


def marker_of(line: Line) -> tuple[str, int]:
    """The list marker that a line begins with, and how many of its words it takes; ("", 0) where there is none."""
    words = logical(line.words)
    first = words[0].text
    if len(words) > 1:
        gap = max(words[1].rect.x0 - words[0].rect.x1, words[0].rect.x0 - words[1].rect.x1)
        if first in BULLETS and (first not in "–—-*·→§" or gap > 0.1 * line.size):
            return first, 1
        if _NUMBER.match(first):
            return first, 1
    match = _BULLET.match(first)
    return (match.group(0), 0) if match and len(first) > 1 else ("", 0)


def is_marker(text: str) -> bool:
    """Whether a text is nothing but the marker of a list, or the number of a section or clause."""
    return text in BULLETS or bool(_NUMBER.match(text) or _SECTION.match(text))


def starts_item(line: Line) -> bool:
    return bool(marker_of(line)[0])


def _block(lines: list[Line], page: int) -> Block:
    block = Block(Kind.TEXT, around([line.rect for line in lines]), list(lines), page=page)
    marker, _ = marker_of(lines[0])
    if is_entry(lines[-1]) and not marker:
        block.kind, block.marker = Kind.ITEM, "•"
    elif marker and not (lines[0].bold > 0.9 and marker not in BULLETS):
        block.kind, block.marker = Kind.ITEM, marker
    elif all(line.mono > 0.8 for line in lines):
        block.kind = Kind.CODE
    return block


def without_marker(line: Line) -> list[Word]:
    """The words of an item's first line after its marker."""
    marker, words = marker_of(line)
    if words:
        gone = {word.rect for word in logical(line.words)[:words]}
        return [word for word in line.words if word.rect not in gone]
    if not marker:
        return line.words
    first = line.words[0]
    text = first.text[len(marker) :]
    run = first.runs[0]._replace(text=text)
    rest = Word([run], first.rect, first.base, first.size, first.font, first.style, first.order, first.colour)
    return [rest, *line.words[1:]]


def _opens(line: Line) -> bool:
    """Whether a line begins as those of addresses and credits do: with a capital letter or a digit."""
    return line.text[0].isupper() or line.text[0].isdigit() or line.text[0] in "+("


def deliberate_breaks(lines: list[Line], room: float) -> frozenset[int]:
    """Lines that end although the next word would have fitted beside them: of an address, a poem, a credit.

    room: how much farther than now lines could go, in points.
    """
    if len(lines) < 2:
        return frozenset()
    right, widest = max(line.rect.x1 for line in lines), max(line.rect.width for line in lines)
    left = min(line.rect.x0 for line in lines)
    ragged = max(line.rect.x0 for line in lines) > left + 0.3 * lines[0].size
    middles = [line.rect.x0 + line.rect.x1 for line in lines]
    moved = ragged and (all(line.rect.x1 > right - 1.0 for line in lines) or max(middles) - min(middles) < 3.0)
    found: set[int] = set()
    wide: set[int] = set()
    for n, (line, after) in enumerate(itertools.pairwise(lines)):
        free = widest - line.rect.width if moved else min(right - line.rect.x1, widest - line.rect.width)
        need = least_width(after.words[0]) + 0.7 * line.size
        if line.text.endswith("-"):
            continue
        if free > need:
            found.add(n)
        if free + room > need:
            wide.add(n)
    if median(len(line.words) for line in lines) <= 5:
        uneven = min(line.rect.width for line in lines[:-1]) < (0.985 if all(map(_opens, lines)) else 0.93) * widest
        if len(found) > 0.2 * (len(lines) - 1) or (len(wide) == len(lines) - 1 and uneven):
            return frozenset(range(len(lines) - 1))
    return frozenset(found) if len(found) >= 0.4 * (len(lines) - 1) else frozenset()
