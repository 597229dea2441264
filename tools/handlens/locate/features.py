"""What each candidate says of itself, as terms, with an index from terms to candidates."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files

from handlens.locate.candidates import Candidate, Snapshot
from handlens.locate.text import Term, similarity, split_words, terms, word_list
from handlens.locate.vocabulary import FIELD

FIELD_WEIGHTS = {
    "name": 1.0, "tips": 0.95, "placeholder": 0.95, "near": 0.92, "value": 0.88, "hints": 0.86, "type": 0.85,
    "href": 0.62, "column": 0.6, "options": 0.5,
}  # fmt: skip
TICKED = frozenset(("checkbox", "radio", "switch"))
"""Roles whose label stands after them."""
LABELLED = FIELD | TICKED | {"listbox"}
"""Roles that a text beside them may name."""
PIECES = 0.95
"""What a part of a word is worth that begins with a capital, beside the word."""
NEAR = 12
"""So many candidates before or after a field, in document order, may hold its label."""
HEADED = 4
"""A heading stands so many candidates before a field that it names, at most."""
ICON_SIDE = 72
NOISE = word_list("noise")
_LETTER = re.compile(r"[^\W\d_]")
_PATH = re.compile(r"^(?:https?:)?//[^/]+|[?].*$|\.(?:html?|php|aspx?|jsp)\b")


@dataclass(slots=True)
class Features:
    """``fields[i]`` are (term, weight) pairs of candidate i; ``index`` leads from a term back to (i, weight)."""

    snapshot: Snapshot
    names: list[tuple[Term, ...]] = field(default_factory=list)
    pieces: dict[int, tuple[Term, ...]] = field(default_factory=dict)
    """Names with capitals in their words, split there: of "userName" user and name."""
    index: dict[Term, list[tuple[int, float]]] = field(default_factory=dict)
    drawn: dict[str, set[int]] = field(default_factory=dict)
    """The words that authors and icon sets left on elements → who bears them."""

    def matches(self, term: Term) -> dict[int, float]:
        """Candidates that say ``term`` or the like, with how well, 0 to 1."""
        found: dict[int, float] = {}
        for other, places in self.index.items():
            like = similarity(term, other)
            if like <= 0.0:
                continue
            for at, weight in places:
                value = like * weight
                if value > found.get(at, 0.0):
                    found[at] = value
        return found


def features(snapshot: Snapshot) -> Features:
    """Index a snapshot; linear in its size."""
    built = Features(snapshot)
    index: defaultdict[Term, list[tuple[int, float]]] = defaultdict(list)
    near = nearby_labels(snapshot)
    heads = _head_rows(snapshot)
    for at, candidate in enumerate(snapshot.candidates):
        names = terms(candidate.name, whole=True) if candidate.name else ()
        built.names.append(names)
        said = [(names, FIELD_WEIGHTS["name"])]
        if (pieces := terms(candidate.name)) != names:
            built.pieces[at] = pieces
            said.append((pieces, PIECES * FIELD_WEIGHTS["name"]))
        if candidate.kind != "text":
            said.extend(_other_fields(candidate, f"{_heading_over(at, snapshot)} {near.get(at, '')}".strip()))
            if candidate.role == "checkbox" and not candidate.name and _row_of(candidate, snapshot) in heads:
                said.append((terms("select all"), FIELD_WEIGHTS["near"]))
        for told, weight in said:
            for term in told:
                for part, share in _parts(term):
                    index[part].append((at, min(1.0, weight * share)))
        for term in _hint_terms(candidate.hints, candidate.name) if candidate.kind != "text" else ():
            for word in (term.key, *term.key.split()) if is_small(candidate) else ():
                built.drawn.setdefault(word, set()).add(at)
    built.index = dict(index)
    return built


def is_small(candidate: Candidate) -> bool:
    """Whether it is no larger than an icon with what surrounds it."""
    return candidate.box.width <= ICON_SIDE and candidate.box.height <= ICON_SIDE


def _row_of(candidate: Candidate, snapshot: Snapshot) -> int:
    at = candidate.group
    while at >= 0 and snapshot.groups[at].kind != "row":
        at = snapshot.groups[at].parent
    return at


def _head_rows(snapshot: Snapshot) -> frozenset[int]:
    """The rows that hold a table's column headers: a checkbox there is for all rows."""
    rows = (_row_of(one, snapshot) for one in snapshot.candidates if one.role == "columnheader")
    return frozenset(row for row in rows if row >= 0)


@lru_cache(maxsize=32768)
def _parts(term: Term) -> tuple[tuple[Term, float], ...]:
    """What a term is found by: a phrase by itself and, a little less, by each of its words; a pair of numbers in full,
    wherever it is said."""
    whole = (term, 2.0 if term.key.startswith("(") else 1.0)
    if " " not in term.key:
        return (whole,)
    return (whole, *((part, 0.95) for word in term.key.split() for part in terms(word)))


def _other_fields(candidate: Candidate, near: str) -> Iterator[tuple[tuple[Term, ...], float]]:
    """What a candidate says beside its name, with what each is worth."""
    for name, text in (
        ("tips", candidate.tips), ("placeholder", candidate.placeholder), ("value", candidate.value),
        ("column", candidate.column), ("options", candidate.options), ("near", near),
    ):  # fmt: skip
        if text:
            whole = terms(text, whole=True)
            yield whole, FIELD_WEIGHTS[name]
            if (pieces := terms(text)) != whole:
                yield pieces, PIECES * FIELD_WEIGHTS[name]
    if hinted := _hint_terms(candidate.hints, candidate.name):
        yield hinted, FIELD_WEIGHTS["hints"]
    if candidate.type and candidate.tag == "input":
        yield terms(candidate.type), FIELD_WEIGHTS["type"]
    if candidate.href:
        tail = _PATH.sub("", candidate.href).rstrip("/")
        yield terms(tail[-60:].replace("/", " ").replace("-", " ").replace("#", " ")), FIELD_WEIGHTS["href"]


@lru_cache(maxsize=8192)
def _hint_terms(hints: str, name: str) -> tuple[Term, ...]:
    told = f"{spoken_hints(hints)} {sign_names(name)}"
    return tuple(term for term in terms(told) if term.key not in NOISE) if told.strip() else ()


_SIGNS = re.compile(r"[^\w\s.,:;()'\"/&%@$€£-]")


@cache
def _signs() -> dict[str, str]:
    """Signs → what people call them, where Unicode calls them otherwise."""
    lines = (files("handlens.locate") / "words" / "signs.txt").read_text("utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines if not line.startswith("# "))


@lru_cache(maxsize=4096)
def sign_names(name: str) -> str:
    """What the signs and emoji in a name are called: of "⚙" gear."""
    if len(name) > 40:
        return ""
    bare = not any(char.isalnum() for char in name)
    signs = [char for char in (name if bare else "".join(_SIGNS.findall(name))) if not char.isspace()][:3]
    if not bare:
        signs = [char for char in signs if unicodedata.category(char) == "So"]
    return " ".join(_signs().get(char) or unicodedata.name(char, "").lower() for char in signs)


def hint_words(hints: str) -> str:
    """What hints say in words that mean something."""
    return " ".join(word for word in split_words(spoken_hints(hints)) if word.isalpha() and word not in NOISE)


_PICTURED = re.compile(
    r"(?i)\b(insert|add|upload|attach|edit|delete|remove|choose|select|change)[-_]?(?:img|pic)(?![a-z])"
)


@lru_cache(maxsize=8192)
def spoken_hints(hints: str) -> str:
    said: list[str] = []
    for word in _PICTURED.sub(r"\1-image", hints).split():
        if word.startswith("path:"):
            said.append(outlines().get(word[5:], ""))
        elif not word.startswith("glyph:"):
            said.append(word if word.startswith("(") else word.replace("-", " "))
    return " ".join(said)


@cache
def outlines() -> dict[str, str]:
    """The key of an icon's outline → the icon's name."""
    found: dict[str, str] = {}
    for line in (files("handlens.locate") / "words" / "outlines.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            name, *keys = line.split()
            found.update(dict.fromkeys(keys, name.replace("-", " ")))
    return found


def nearby_labels(snapshot: Snapshot) -> dict[int, str]:
    """The text to the left of, or above, each field that has no name of its own."""
    wanting = [
        (at, c)
        for at, c in enumerate(snapshot.candidates)
        if c.kind == "action" and not c.name and c.role in LABELLED
    ][:200]  # fmt: skip
    found: dict[int, tuple[float, int]] = {}
    for at, control in wanting:
        around = range(max(0, at - NEAR), min(len(snapshot.candidates), at + NEAR + 1))
        fields = [other for place in around if _is_other(other := snapshot.candidates[place], control)]
        after = control.role in TICKED
        best = 120.0
        for place in around:
            text = snapshot.candidates[place]
            if text.frame != control.frame or text.kind not in ("text", "label") or not 0 < len(text.name) < 60:
                continue
            if not after and not _LETTER.search(text.name):
                continue  # a mark on a scale, or the number of a row
            distance = min(_label_distance(control, text, after), _heading_distance(snapshot, place, at))
            if distance < best and not any(_takes(field, text, control) for field in fields):
                best = distance
                found[at] = distance, place
    beside = {
        place for at, (_, place) in found.items() if _in_line(snapshot.candidates[at], snapshot.candidates[place])
    }
    return {
        at: snapshot.candidates[place].name
        for at, (_, place) in found.items()
        if place not in beside or _in_line(snapshot.candidates[at], snapshot.candidates[place])
    }


def _heading_distance(snapshot: Snapshot, place: int, at: int) -> float:
    """A text over all that a field is made of names it, too: nothing is said between the two but marks of a scale."""
    text, control = snapshot.candidates[place], snapshot.candidates[at]
    above = control.box.y - text.box.bottom
    between = snapshot.candidates[place + 1 : at]
    if place > at or not -4 <= above < 40 or any(c.kind != "text" or _LETTER.search(c.name) for c in between):
        return 1e9
    return above + 60


def _is_other(field: Candidate, control: Candidate) -> bool:
    labelled = field.kind == "action" and field.role in LABELLED
    return labelled and field is not control and field.frame == control.frame


def _takes(field: Candidate, text: Candidate, control: Candidate) -> bool:
    """Whether ``text`` names another field, or that stands between it and ``control``."""
    if field.name == text.name:
        return True
    box, other, middle = control.box, text.box, field.box.center
    if _in_line(control, text):
        left, right = sorted((box.center.x, other.center.x))
        return left < middle.x < right and abs(middle.y - box.center.y) <= max(box.height, other.height) / 2
    return other.bottom <= middle.y <= box.y and field.box.x < box.right and field.box.right > box.x


def _in_line(control: Candidate, text: Candidate) -> bool:
    return abs(text.box.center.y - control.box.center.y) <= max(control.box.height, text.box.height) / 2


def _heading_over(at: int, snapshot: Snapshot) -> str:
    """The heading close before a field that has no name, with nothing but text between them."""
    field = snapshot.candidates[at]
    if field.kind != "action" or field.name or field.role not in LABELLED:
        return ""
    for other in reversed(snapshot.candidates[max(0, at - HEADED) : at]):
        if other.role in ("heading", "legend") and other.frame == field.frame:
            return other.name[:60]
        if other.kind != "text":
            break
    return ""


def _label_distance(control: Candidate, text: Candidate, after: bool) -> float:
    box, other = control.box, text.box
    if _in_line(control, text):
        left, right = box.x - other.right, other.x - box.right
        if after and -4 <= right < 60:
            return right
        if left >= -4:
            return left + (20 if after else 0)
        return 1e9
    above = box.y - other.bottom
    if -4 <= above < 40 and other.x < box.right and other.right > box.x - 10:
        return above + 10
    return 1e9
