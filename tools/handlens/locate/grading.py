"""Grading: what roles, states, places and visibility are worth to a score."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from handlens.geometry import Box
from handlens.locate.candidates import Candidate, Snapshot
from handlens.locate.evidence import SHOWN
from handlens.locate.features import is_small, spoken_hints
from handlens.locate.looks import in_place
from handlens.locate.names import name_match
from handlens.locate.query import Query
from handlens.locate.text import Term, fold, looks, similarity, split_words, stem_phrase, terms, word_list
from handlens.locate.vocabulary import COLOURS, FIELD, ROLES, SHAPES

KIND_FACTORS = {"action": 1.0, "soft": 0.97, "icon": 0.95, "label": 0.9, "shape": 0.9, "hidden": 0.85, "text": 0.8}

LOOSE = 0.72
"""What a text is worth that is described, not quoted: what can be clicked is meant before it."""

ICON_LOOKS = frozenset(
    stem_phrase(look)
    for look in (
        "magnifying glass", "trash can", "floppy disk", "magnifier", "gear", "cog", "pencil", "bell", "envelope",
        "wrench", "heart", "star", "放大镜", "齿轮", "铅笔", "铃铛", "信封",
    )
)  # fmt: skip
"""Words for how an icon looks: no field is meant by them."""


@dataclass(slots=True)
class Marks:
    """What a score is made of, each 0 to 1: what the confidence is read from."""

    said: float = 0.9
    """The share of what was asked for that it says itself, what is in quotes before the rest."""
    context: float = 0.9
    """The same, counting what stands around it."""
    specific: float = 0.9
    role: float = 1.0
    state: float = 1.0
    relation: float = 1.0
    place: float = 1.0
    standing: float = 1.0
    undone: bool = False
    """A deed was asked for that it doesn't say itself."""
    alone: float = 0.0
    """Where it says the deed that was asked for: one by how many say it."""
    absent: float = 0.0
    """The share of what was asked for that nothing on the page says."""
    meant: bool = False
    """It is called what the words mean, not what they say."""
    denied: bool = False
    """What was said of it cannot be: there are not so many, or what it should stand by is not on the page."""


@dataclass(slots=True)
class Scored:
    """A candidate and its score, 0 to 1, with what spoke for it and against it."""

    candidate: Candidate
    score: float
    marks: Marks
    reasons: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


class Echo:
    """Texts that repeat the description, as an instruction on the page would: they, and what is in them, are not it."""

    def __init__(self, description: str, snapshot: Snapshot) -> None:
        said = set(split_words(description))
        self._boxes: list[tuple[int, Box]] = []
        if len(said) < 4:
            return
        for candidate in snapshot.candidates:
            if candidate.kind != "text" or len(candidate.name) < 12:
                continue
            words = set(split_words(candidate.name))
            shared = len(words & said)
            if shared >= 0.75 * len(said) and shared >= 0.4 * len(words):
                self._boxes.append((candidate.frame, candidate.box.padded(2)))

    def holds(self, candidate: Candidate) -> bool:
        if not self._boxes or candidate.kind in ("action", "label"):
            return False
        return any(frame == candidate.frame and box.contains(candidate.box.center) for frame, box in self._boxes)


def only_shown(query: Query) -> bool:
    """Whether the target is told by its look alone, so that its name says nothing against it."""
    return all(term.key in COLOURS or term.key in SHAPES or term.key in SHOWN for term in query.target)


def by_look(query: Query) -> bool:
    """Whether an icon is asked for by what it is drawn as."""
    return query.icon or any(term.key in looks() for term in query.target)


@lru_cache(maxsize=4096)
def _bears_icon(hints: str) -> bool:
    return "path:" in hints or "glyph:" in hints or not ICON_SETS.isdisjoint(split_words(hints.replace("-", " ")))


def shows_icon(candidate: Candidate) -> bool:
    drawn = candidate.kind in ("icon", "shape") or not candidate.name or candidate.tag in ("svg", "img")
    return drawn or _bears_icon(candidate.hints)


def prefer_role_words(query: Query, found: list[Scored]) -> None:
    """ "The section header" with nothing else said: one whose own name says "section" is meant first."""
    words = set(query.role_word.split()[:-1])
    if query.target or query.quoted or not (words or query.icon) or not found:
        return
    if words:
        saying = [one for one in found if words & set(split_words(one.candidate.name))]
    else:
        called = terms(query.role_word)
        saying = [one for one in found if any(similarity(a, b) >= 0.8 for a in called for b in _borne(one.candidate))]
    if saying:
        for one in found:
            if one not in saying:
                one.score *= 0.85


def _borne(candidate: Candidate) -> tuple[Term, ...]:
    """The words of a candidate and of its author."""
    return (*terms(candidate.name), *terms(spoken_hints(candidate.hints)))


def prefer_verb(query: Query, found: list[Scored]) -> None:
    """ "Jump to an account": of two that are about accounts, the one that says so is meant."""
    verbs = terms(query.verb)
    if not verbs or not query.target:
        return
    saying = [
        one for one in found if one.marks.said >= 0.8
        and any(similarity(verb, term) >= 0.8 for verb in verbs for term in terms(one.candidate.name))
    ]  # fmt: skip
    if saying and len(saying) < len(found):
        for one in found:
            if one not in saying:
                one.score *= 0.95


def joined(parts: list[float]) -> float:
    if len(parts) == 2:
        share = 0.88 if parts[0] >= 0.93 else 0.7
        return share * parts[0] + (1 - share) * parts[1]
    return parts[0] if parts else 0.0


ICON_SETS = word_list("icon_sets")
AUTHORS = {"btn": "button", "thumb": "thumbnail", "pic": "picture", "img": "image", "chk": "checkbox", "dd": "dropdown"}
"""How authors of style sheets shorten what people call a role."""


@lru_cache(maxsize=4096)
def roles_by_author(hints: str) -> frozenset[str]:
    """What an element is by the words that its author left on it: a link of the class ``btn`` is called a button."""
    words = split_words(hints.replace("-", " "))
    return frozenset(AUTHORS.get(word, word) for word in words) & ROLES.keys()


def role_factor(candidate: Candidate, query: Query, reasons: list[str], doubts: list[str]) -> float:
    role = candidate.role
    if role == "canvas" and "canvas" not in (query.roles or ()):
        return 0.5
    if role == "option" and query.roles is None:
        return 0.93
    if role in FIELD and ICON_LOOKS & {term.key for term in query.target} and not query.roles:
        return 0.7
    if query.role_word in ("textarea", "text area") and candidate.tag != "textarea":
        return 0.8
    if query.role_word == "text field" and candidate.tag == "textarea":
        return 0.85
    if query.icon:
        if candidate.kind == "text":
            return 0.5
        small = is_small(candidate)
        if not shows_icon(candidate):
            return 0.5 if role in FIELD else 0.8
        return 1.0 if small and (not candidate.name or candidate.kind == "icon" or len(candidate.name) < 30) else 0.88
    if query.roles is None:
        if candidate.kind == "text" and not query.quoted:
            return LOOSE * (0.9 if query.verb else 1.0)
        return KIND_FACTORS[candidate.kind]
    if role in query.roles:
        reasons.append(role)
        return 1.0 if candidate.kind != "text" else 0.95
    if candidate.kind != "text" and query.role_word in roles_by_author(candidate.hints):
        return 0.97
    if query.role_word and query.role_word in fold(candidate.name):
        return 0.92
    if candidate.kind == "label" and query.roles & {"checkbox", "radio", "switch"}:
        return 0.9
    doubts.append(f"is a {role}, not a {query.role_word}")
    if (
        query.quoted
        and candidate.kind in ("soft", "shape")
        and any(name_match(candidate, q) >= 0.93 for q in query.quoted)
    ):
        return 0.9
    if "button" in query.roles:
        return {
            "link": 0.9,
            "tab": 0.85,
            "menuitem": 0.85,
            "generic": 0.88,
            "img": 0.85,
            "combobox": 0.7,
            "switch": 0.8,
            "filechooser": 0.92,
        }.get(role, 0.55) * (1.0 if candidate.clickable else 0.7)
    if "link" in query.roles:
        return {"button": 0.88, "menuitem": 0.88, "tab": 0.85, "generic": 0.85, "treeitem": 0.85}.get(role, 0.55) * (
            1.0 if candidate.clickable else 0.8
        )
    if query.role_word == "box":
        return 0.95 if role in FIELD or candidate.kind != "text" else 0.6
    if query.roles & FIELD:
        return 0.85 if role in FIELD or role == "listbox" else 0.35 if candidate.kind == "text" else 0.5
    if "tab" in query.roles or "option" in query.roles or "menuitem" in query.roles or "combobox" in query.roles:
        return 0.88 if candidate.clickable else 0.7
    if "img" in query.roles:
        return 0.85 if candidate.kind in ("icon", "soft", "shape") else 0.7
    if query.roles & {"checkbox", "radio", "switch"}:
        return (
            0.85
            if role in ("checkbox", "radio", "switch", "menuitemcheckbox", "menuitemradio")
            else 0.6
            if candidate.kind == "soft"
            else 0.45
        )
    return 0.8 if candidate.clickable else 0.7


def standing(candidate: Candidate, query: Query, doubts: list[str]) -> float:
    """What it costs to be hidden, covered, disabled or out of view."""
    factor = 1.0
    if candidate.clipped:
        factor *= 0.55
        doubts.append("cut off by what holds it")
    elif candidate.hit == 0:
        factor *= 0.82
        doubts.append(f"covered by {candidate.cover}")
    elif candidate.hit is None:
        factor *= 0.97
    if "disabled" in candidate.states and "disabled" not in query.states:
        factor *= 0.96
        doubts.append("disabled")
    return factor


def whole(snapshot: Snapshot) -> Box:
    return Box(x=0, y=0, width=snapshot.width, height=snapshot.height)


def _furthest(found: list[Scored], places: frozenset[str]) -> None:
    """Among what is about as good otherwise, only the one furthest that way is meant, wherever they stand."""
    (side,) = places - {"most"}
    top = max(one.score for one in found)
    rivals = [one for one in found if one.score >= 0.85 * top and not one.candidate.clipped]

    def far(box: Box) -> float:
        return {"left": -box.x, "right": box.right, "top": -box.y, "bottom": box.bottom}[side]

    best = max((far(one.candidate.box) for one in rivals), default=0.0)
    for one in found:
        if one not in rivals or far(one.candidate.box) < best - 2:
            one.marks.place = 0.8
            one.score *= one.marks.place
        else:
            one.reasons.append(f"furthest to the {side}")


def placed(found: list[Scored], query: Query, snapshot: Snapshot) -> list[Scored]:
    """Weigh places: among what is about as good otherwise, the one furthest that way is meant."""
    view = whole(snapshot)
    if "most" in query.places:
        _furthest(found, query.places)
    elif query.places:
        top = max(one.score for one in found)
        rivals = [one for one in found if one.score >= 0.85 * top]
        best = max(in_place(one.candidate.box, query.places, view) for one in rivals)
        for one in found:
            value = in_place(one.candidate.box, query.places, view)
            one.marks.place = (1.0 if value >= best - 0.002 else 0.9 * (0.6 + 0.4 * value)) if value > 0.55 else 0.6
            one.score *= one.marks.place
            one.reasons.append("at the " + " ".join(sorted(query.places)) if value > 0.55 else "elsewhere")
    if query.size:
        top = max(one.score for one in found)
        rivals = [one for one in found if one.score >= 0.85 * top]
        largest = query.size in ("large", "largest")
        best = (max if largest else min)(one.candidate.box.area for one in rivals)
        for one in rivals:
            one.score *= 1.0 if abs(one.candidate.box.area - best) <= 0.02 * best else 0.8
    return found
