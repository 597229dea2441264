"""Pieces of text with places, and what can be told of them before any table is seen: bands and labels.

They come from OCR or from a page's text nodes; the tables that nobody marked up are found from them alike.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from handlens.geometry import Box
from handlens.usage.columns import Field, meaning
from handlens.usage.reading import plain
from handlens.usage.status import normalise_status

_ORNAMENT = re.compile(
    r"^[●○◉◎•·▪■□◆◇▶►▸▾✓✔✗✘×☑☐⬤⚫🟢🔴🟡*]+\s*(?=\S)|\s*[●○•▾▼⌄↗□■]+$"
    r"|^[口回日一—I|l■-]\s+(?=\d)|(?<=[\d%])\s+[口回日一—-]$|(?<=\d%)\s*[I|l\]】]$"  # what bars read as
    r"|^[0OoD□口]{1,2}\s+(?=[A-Za-z\d][\w.-]{3,}$)"  # and a box to tick, or an icon too, before a name
)
_BOX = re.compile(r"[●○◉◎•·▪■□◆◇☑☐⬤⚫口回]")
_PILL = re.compile(r"(?:[(\[（【CG]\s*)?([^()\[\]（）【】]+?)(?:\s*[)\]）】D]|\s+[CG])*")
"""The round ends of the line round a status are taken for brackets and round letters."""
_DASH = re.compile(r"[一—–_…-]{1,3}")
_NAME_AND_VALUE = re.compile(r"([^:：]+)[:：]\s*(\S.*)")
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}")
_TIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?.{0,2}")
_PERCENT_THEN_MORE = re.compile(r"([\d.,]*%)(\d+)")


CUT_CONFIDENCE = 0.5
FEWEST_PAIRS = 3
WIDE_GAP = 0.75
"""In line heights, as OCR has them; a space is less than half of it."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A run of text in one line; ``parts`` are its words with their own places (characters, in Chinese)."""

    text: str
    box: Box
    confidence: float = 1.0
    parts: tuple[Fragment, ...] = ()

    @property
    def middle(self) -> float:
        return self.box.y + self.box.height / 2


@dataclass(frozen=True, slots=True)
class Band:
    """Fragments that stand in one line, from left to right."""

    fragments: tuple[Fragment, ...]
    middle: float
    labels: dict[int, Field] = field(default_factory=dict[int, Field])
    """Which fragments name a column or a value, by position."""

    @property
    def names(self) -> dict[int, Field]:
        """The labels that can't be a status instead ("Queued" is one, and heads a column of times too)."""
        return {p: known for p, known in self.labels.items() if normalise_status(self.fragments[p].text) == "unknown"}


def without_ornament(text: str) -> str:
    """The text without the dots and ticks that dress up a status, or a bar. A lone stroke is a dash."""
    text = _ORNAMENT.sub("", text).strip() or text
    pill = _PILL.fullmatch(text)
    known = text.isalpha() and normalise_status(text) != "unknown"  # the ends of "Completed" are its own
    if pill and normalise_status(pill[1]) != "unknown" and not known:
        text = pill[1]
    return "-" * len(text) if _DASH.fullmatch(text) else text


def without_boxes(fragments: Sequence[Fragment]) -> list[Fragment]:
    """The fragments without boxes to tick, dots and icons that stand right before a text."""
    boxes = [one for one in fragments if _BOX.fullmatch(one.text)]
    if not boxes:
        return list(fragments)
    gone = {id(box) for box in boxes if any(_stands_before(box, one) for one in fragments if one is not box)}
    return [one for one in fragments if id(one) not in gone]


def _stands_before(box: Fragment, text: Fragment) -> bool:
    level = abs(box.middle - text.middle) < 0.4 * text.box.height
    return level and text.box.x > box.box.x and text.box.x - box.box.right < 1.5 * text.box.height


def folded(text: str) -> str:
    """What two readings of one name have in common: no case, no spaces, no colon at its end."""
    return plain(text).casefold().replace(" ", "").rstrip(":")


def parted(fragments: Sequence[Fragment]) -> list[Fragment]:
    """The fragments, those with a gap that is too wide for a space cut there: OCR runs neighbouring cells together."""
    widest = WIDE_GAP * line_height(fragments)
    return [piece for fragment in _at_colons(fragments) for piece in _parted(fragment, widest)]


def _at_colons(fragments: Sequence[Fragment]) -> list[Fragment]:
    """The fragments, names with their values behind colons cut there; a lone one is a filter: "Status: all"."""
    cut_up = [_at_colon(fragment) for fragment in fragments]
    fields = {label(pieces[0].text) for pieces in cut_up if len(pieces) > 1}
    return [piece for pieces in cut_up for piece in pieces] if len(fields) >= FEWEST_PAIRS else list(fragments)


def _at_colon(fragment: Fragment) -> list[Fragment]:
    """A name with its value behind a colon, apart."""
    match = _NAME_AND_VALUE.fullmatch(fragment.text)
    if match is None or not label(match[1]):
        return [fragment]
    border = fragment.box.x + fragment.box.width * _width(fragment.text[: match.start(2)]) / _width(fragment.text)
    name = Box.from_corners(fragment.box.x, fragment.box.y, border - 2, fragment.box.bottom)
    value = Box.from_corners(border, fragment.box.y, fragment.box.right, fragment.box.bottom)
    return [Fragment(match[1], name, fragment.confidence), Fragment(match[2], value, fragment.confidence)]


def _width(text: str) -> float:
    return sum(2.0 if _is_wide(character) else 1.0 for character in text)


def _parted(fragment: Fragment, widest: float) -> list[Fragment]:
    groups: list[list[Fragment]] = []
    for part in (piece for word in fragment.parts for piece in _after_percent(word)):
        run_on = bool(groups) and _PERCENT_THEN_MORE.fullmatch(groups[-1][-1].text + part.text)
        if groups and not run_on and part.box.x - groups[-1][-1].box.right <= widest:
            groups[-1].append(part)
        else:
            groups.append([part])
    if len(groups) < 2:
        return [fragment]
    return [replace(merged(group), parts=tuple(group)) for group in groups]


def _after_percent(word: Fragment) -> list[Fragment]:
    """A number that follows on "%" without a space is another cell's: "44.00%5"."""
    match = _PERCENT_THEN_MORE.fullmatch(word.text)
    if match is None:
        return [word]
    at = word.box.x + word.box.width * len(match[1]) / len(word.text)
    left = Box.from_corners(word.box.x, word.box.y, at - 2, word.box.bottom)
    right = Box.from_corners(at + 2, word.box.y, word.box.right, word.box.bottom)
    return [Fragment(match[1], left, word.confidence), Fragment(match[2], right, word.confidence)]


def line_height(fragments: Sequence[Fragment]) -> float:
    return statistics.median(fragment.box.height for fragment in fragments) if fragments else 0.0


def bands(fragments: Iterable[Fragment]) -> list[Band]:
    """The fragments in lines, from top to bottom."""
    return [band_of(_times_whole(line)) for line in _lines(fragments)]


def _times_whole(line: Sequence[Fragment]) -> list[Fragment]:
    """The fragments of a line, a date and the time of day right behind it as one."""
    whole: list[Fragment] = []
    for fragment in sorted(line, key=lambda one: one.box.x):
        before = whole[-1] if whole else None
        near = before is not None and fragment.box.x - before.box.right < fragment.box.height
        if before is not None and near and _DATE.fullmatch(before.text) and _TIME.fullmatch(fragment.text):
            whole[-1] = merged([before, fragment])
        else:
            whole.append(fragment)
    return whole


def in_reading_order(fragments: Iterable[Fragment]) -> list[Fragment]:
    """Line by line, each from left to right."""
    return [one for line in _lines(fragments) for one in sorted(line, key=lambda fragment: fragment.box.x)]


def _lines(fragments: Iterable[Fragment]) -> list[list[Fragment]]:
    ordered = sorted(fragments, key=lambda fragment: fragment.middle)
    reach = 0.3 * line_height(ordered)
    lines: list[list[Fragment]] = []
    for fragment in ordered:
        if lines and fragment.middle - _middle(lines[-1]) <= reach:
            lines[-1].append(fragment)
        else:
            lines.append([fragment])
    return lines


def _middle(line: Sequence[Fragment]) -> float:
    return sum(fragment.middle for fragment in line) / len(line)


def band_of(line: Sequence[Fragment]) -> Band:
    """The fragments as one line."""
    ordered = tuple(sorted(line, key=lambda fragment: fragment.box.x))
    labels = {place: known for place, fragment in enumerate(ordered) if (known := label(fragment.text))}
    return Band(ordered, _middle(line), labels)


def label(text: str) -> Field | None:
    """The field that a text names, if it is the name of one (and no longer than a name is)."""
    if len(text) > 60:
        return None
    known = meaning(text.rstrip(":："))
    return max(known, key=lambda field: known[field]) if known else None


def merged(pieces: Sequence[Fragment]) -> Fragment:
    """Several fragments of one cell, in reading order, as one."""
    if len(pieces) == 1:
        return pieces[0]
    text = pieces[0].text
    for before, after in pairwise(pieces):
        text += _joint(before, after) + after.text
    return Fragment(text, around(pieces), min(piece.confidence for piece in pieces))


def _joint(before: Fragment, after: Fragment) -> str:
    same_line = abs(before.middle - after.middle) < 0.4 * before.box.height
    left, right = before.text[-1:], after.text[:1]
    if same_line:
        gap = after.box.x - before.box.right
        return "" if gap < 0.12 * before.box.height and _is_wide(left) == _is_wide(right) else " "
    return "" if left in "-/_." or (_is_wide(left) and _is_wide(right)) else " "


def _is_wide(character: str) -> bool:
    return "⺀" <= character <= "鿿" or "＀" <= character <= "￯"


def around(pieces: Sequence[Fragment]) -> Box:
    """The smallest box around the fragments."""
    return Box.from_corners(
        min(piece.box.x for piece in pieces),
        min(piece.box.y for piece in pieces),
        max(piece.box.right for piece in pieces),
        max(piece.box.bottom for piece in pieces),
    )


def cleaned(fragment: Fragment) -> Fragment:
    """The fragment without ornaments at its ends, as sure as what is left."""
    text = without_ornament(fragment.text)
    if text == fragment.text:
        return fragment
    left = [part.confidence for part in fragment.parts if part.text in text]
    return replace(fragment, text=text, confidence=min(left, default=fragment.confidence), parts=())


def cut(fragment: Fragment, borders: Sequence[float]) -> list[Fragment]:
    """The fragment, cut between its words where a border runs through it; through a word where that must be."""
    inside = [border for border in borders if fragment.box.x + 2 < border < fragment.box.right - 2]
    if not inside:
        return [fragment]
    words = [piece for part in (fragment.parts or (fragment,)) for piece in _cut_word(part, inside)]
    pieces: list[list[Fragment]] = [[] for _ in range(len(inside) + 1)]
    for word in words:
        pieces[sum(1 for border in inside if word.box.center.x > border)].append(word)
    whole = [piece for piece in pieces if piece]
    if len(whole) < 2:
        return [fragment]
    return [replace(merged(piece), parts=tuple(piece)) for piece in whole]


def _cut_word(word: Fragment, borders: Sequence[float]) -> list[Fragment]:
    """A word that runs from one column into the next is two that touched: cut where the border is, and doubtful."""
    border = next((border for border in borders if word.box.x + 4 < border < word.box.right - 4), None)
    if border is None or len(word.text) < 2:
        return [word]
    at = round(len(word.text) * (border - word.box.x) / word.box.width)
    if not 0 < at < len(word.text):
        return [word]
    left = Box.from_corners(word.box.x, word.box.y, border, word.box.bottom)
    right = Box.from_corners(border, word.box.y, word.box.right, word.box.bottom)
    return [Fragment(word.text[:at], left, CUT_CONFIDENCE), Fragment(word.text[at:], right, CUT_CONFIDENCE)]
