"""What speaks for each candidate: the terms that it says or shows, and those that stand around it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable

from handlens.locate.candidates import Candidate, Snapshot
from handlens.locate.features import FIELD_WEIGHTS, Features, features
from handlens.locate.looks import has_colour, has_shape
from handlens.locate.query import Query
from handlens.locate.relations import Containment
from handlens.locate.surroundings import Surroundings
from handlens.locate.text import Term, fold, similarity, stem, stem_phrase, terms, word_list
from handlens.locate.vocabulary import COLOURS, SHAPES

_DATE = re.compile(
    r"\d{1,2}\.? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?(?:,? \d{4})?"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}(?:st|nd|rd|th)?(?:,? \d{4})?"
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|(?:\d{4}年)?\d{1,2}月\d{1,2}日",
    re.IGNORECASE,
)
_PRICE = re.compile(
    r"(?:from )?(?:[$€£¥₹]|usd|eur|cny|rmb) ?\d[\d,.]*|\d[\d,.]* ?(?:[$€£¥₹元]|usd|eur|cny|rmb)", re.IGNORECASE
)


def _is_date(name: str) -> bool:
    return len(name) < 24 and _DATE.fullmatch(name.strip()) is not None


def _is_price(name: str) -> bool:
    return len(name) < 24 and _PRICE.fullmatch(name.strip()) is not None


SHOWN: dict[str, Callable[[Candidate], bool]] = {
    "digit": lambda candidate: len(candidate.name) == 1 and candidate.name.isdigit(),
    "number": lambda candidate: candidate.name.isdigit(),
    "date": lambda candidate: candidate.kind != "text" and _is_date(candidate.name),
    "日期": lambda candidate: candidate.kind != "text" and _is_date(candidate.name),
    "price": lambda candidate: _is_price(candidate.name),
    "价格": lambda candidate: _is_price(candidate.name),
    "letter": lambda candidate: len(candidate.name) == 1 and candidate.name.isalpha(),
    "sort": lambda candidate: (
        candidate.clickable and bool(candidate.name) and candidate.column.startswith(candidate.name)
    ),
    "排序": lambda candidate: (
        candidate.clickable and bool(candidate.name) and candidate.column.startswith(candidate.name)
    ),
    "shape": lambda candidate: candidate.shape not in ("", "text"),
    "形状": lambda candidate: candidate.shape not in ("", "text"),
    "menu": lambda candidate: candidate.role.startswith("menuitem") or "popup" in candidate.states,
    "菜单": lambda candidate: candidate.role.startswith("menuitem") or "popup" in candidate.states,
    "expand": lambda candidate: "not expanded" in candidate.states,
    "collapse": lambda candidate: "expanded" in candidate.states,
    "展开": lambda candidate: "not expanded" in candidate.states,
    "折叠": lambda candidate: "expanded" in candidate.states,
    "收起": lambda candidate: "expanded" in candidate.states,
}
"""Words that an element may show by what it is, without saying them."""

FORMATS = word_list("formats")


def _filters(candidate: Candidate) -> bool:
    return candidate.role in ("combobox", "searchbox")


def _brings_file(candidate: Candidate) -> bool:
    """Whether it is called by the kind of file that a click on it brings, "CSV", and is not the file itself."""
    name = candidate.name
    pressed = candidate.kind == "action" and candidate.role in ("button", "link", "menuitem")
    return pressed and 0 < len(name) < 24 and "." not in name and fold(name).split()[-1] in FORMATS


LIKELY: dict[str, Callable[[Candidate], bool]] = {
    **dict.fromkeys(("filter", "筛选", "过滤"), _filters),
    **dict.fromkeys(("download", "export", "下载", "导出"), _brings_file),
}
"""Deeds that are likely done by what does not say so: "the status filter" may be called "Status"."""
LIKELIHOOD = 0.6
CONTEXT = 0.5
"""What a term counts that is said by a candidate's surroundings instead of by itself."""

DEED = 0.8
"""What a deed weighs at least, however common its word."""
WITHIN = 0.85
"""The same for the words of a heading that it stands in."""

FEW, COMMON = 3, 0.6
"""A term that more candidates than this say weighs less, and at least so much."""
TEXTS = 3
LONG = 0.6
"""How much at least of a long name counts as asked for: a whole card's text is nobody's name."""


class Evidence:
    """Everything that can be asked of one snapshot, term by term. Build once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.features: Features = features(snapshot)
        self._sayers: dict[Term, dict[int, float]] = {}
        self._weights: dict[Term, float] = {}
        self.containment = Containment.of(snapshot)
        self.surroundings = Surroundings.of(snapshot, self.containment)
        self.held = _held(snapshot)
        self.called = Counter((c.role, c.name) for c in snapshot.candidates if c.name)
        self.page_words = frozenset(
            term
            for text in (snapshot.title, *(c.name for c in snapshot.candidates if c.level == 1))
            for term in (*terms(text), *terms(text, whole=True))
        )

    def of(self, term: Term) -> dict[int, float]:
        """Who says a term, or shows it: a colour or a shape counts as said."""
        if term not in self._sayers:
            self._sayers[term] = self._said_by(term)
        return self._sayers[term]

    def weight(self, term: Term) -> float:
        """How much is said by a term on this page: what many say tells less."""
        if term not in self._weights:
            sayers = sum(1 for value in self.of(term).values() if value >= 0.8)
            rarity = max(COMMON, 1 - 0.1 * math.log2(sayers / FEW)) if sayers > FEW else 1.0
            self._weights[term] = term.weight * rarity
        return self._weights[term]

    def _said_by(self, term: Term) -> dict[int, float]:
        found = self.features.matches(term)
        colour, shape = COLOURS.get(term.key, ""), SHAPES.get(term.key, "")
        if term.key in LIKELY:
            for at, candidate in enumerate(self.snapshot.candidates):
                if found.get(at, 0.0) < LIKELIHOOD and LIKELY[term.key](candidate):
                    found[at] = LIKELIHOOD
        if term.key in SHOWN:
            for at, candidate in enumerate(self.snapshot.candidates):
                if SHOWN[term.key](candidate) and found.get(at, 0.0) < 0.9:
                    found[at] = 0.9
        if colour:  # what authors call red need not be so
            found = {at: value for at, value in found.items() if value > FIELD_WEIGHTS["hints"]}
        if colour or shape:
            for at, candidate in enumerate(self.snapshot.candidates):
                shown = has_colour(candidate, colour) if colour and candidate.kind != "text" else 0.0
                if shape:
                    shown = max(shown, has_shape(candidate, shape))
                if shown > found.get(at, 0.0):
                    found[at] = shown
        return found

    def coverage(
        self,
        at: int,
        wanted: tuple[Term, ...],
        matches: dict[Term, dict[int, float]],
        *,
        context: bool = True,
        deed: Term | None = None,
    ) -> float:
        """The share of what is asked for that a candidate says, in part counting what stands around it.

        A ``deed`` is another's where only something around it says so: "download photo1.png" is not the file's link.
        """
        weak = all(term.weight <= 0.3 for term in wanted)
        total = got = 0.0
        own = False
        for term in wanted:
            value = matches[term].get(at, 0.0)
            own = own or (value >= 0.5 and (term.weight > 0.3 or weak))
            if value < 0.8 and context and term is not deed:
                value = max(value, self._around(at, term, matches[term]))
            weight = max(self.weight(term), DEED) if term is deed else self.weight(term)
            total += weight
            got += weight * value
        return got / total if own and total else 0.0

    def share(self, at: int, term: Term, said: dict[int, float]) -> float:
        """How far a candidate, or what stands around it, says one term."""
        return max(said.get(at, 0.0), self._around(at, term, said))

    def _around(self, at: int, term: Term, said: dict[int, float]) -> float:
        """Whether a candidate's row, its heading, or the page says a term."""
        surroundings = self.surroundings
        row = max((said.get(other, 0.0) for other in surroundings.row_mates(at)), default=0.0)
        heading = said.get(surroundings.headings[at], 0.0) if surroundings.headings[at] >= 0 else 0.0
        page = 0.9 if term in self.page_words else 0.0
        return max(0.75 * row, (WITHIN if at in surroundings.within else 0.65) * heading, CONTEXT * page)

    def specificity(self, at: int, query: Query) -> float:
        """The share of a candidate's name that the query accounts for: "Save" is meant before "Save as draft"."""
        asked = (
            *query.target,
            *(t for r in query.relations for t in terms(r.text)),
            *(t for q in query.quoted for t in terms(q)),
            *terms(query.role_word),
            *terms(query.verb),
        )
        numbered = any(term.key.isdigit() for term in query.target)
        told = _specific(self.features.names[at], asked, numbered=numbered, icon=query.icon)
        pieces = self.features.pieces.get(at)
        return max(told, _specific(pieces, asked, numbered=numbered, icon=query.icon)) if pieces else told


USES = frozenset(stem_phrase(word.replace("_", " ")) for name in ("handling", "turning") for word in word_list(name))
USED = 0.17
"""What a word of a name weighs that says only that the control is used: "Toggle theme" is the theme's."""


def _specific(said: tuple[Term, ...], asked: tuple[Term, ...], *, numbered: bool, icon: bool) -> float:
    """The share of a name that is asked for; numbers count where some are asked for."""
    names = said if numbered and len(said) > 1 else [term for term in said if not term.key.isdigit()]
    if not names:
        return 0.9
    told = covered = 0.0
    for name in names:
        wanted = _asked_for(name, asked)
        weight = min(USED, name.weight) if name.key in USES and not wanted else name.weight
        told += weight
        covered += weight * wanted
    return max(covered / told, LONG if len(names) > 10 and not icon else 0.0)


def _held(snapshot: Snapshot) -> Counter[tuple[int, int]]:
    """How many controls each candidate holds, in others that it holds too; so many texts count as one."""
    controls, texts = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for candidate in snapshot.candidates:
        counted = controls if candidate.kind in ("action", "soft") else texts if candidate.kind == "text" else None
        outer = snapshot.by_key.get((candidate.frame, candidate.inside)) if candidate.inside else None
        while counted is not None and outer is not None:
            counted[outer.key] += 1
            outer = snapshot.by_key.get((outer.frame, outer.inside)) if outer.inside else None
    return controls + Counter({key: count // TEXTS for key, count in texts.items()})


def _asked_for(name: Term, asked: tuple[Term, ...]) -> bool:
    """Whether one of the terms asks for a name's term, or several of them for each word of its phrase."""
    if any(similarity(term, name) >= 0.8 for term in asked):
        return True
    words = name.key.split() if " " in name.key else ()
    return bool(words) and all(any(term.key == stem(word) for term in asked) for word in words)
