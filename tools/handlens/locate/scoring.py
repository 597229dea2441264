"""How well each candidate answers a query, and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from handlens.geometry import Box
from handlens.locate import relations
from handlens.locate.candidates import Candidate, Snapshot
from handlens.locate.features import Features, features
from handlens.locate.looks import has_colour, has_shape, in_place
from handlens.locate.names import name_match
from handlens.locate.query import Query, parse
from handlens.locate.relations import Anchor, Containment, Judge
from handlens.locate.relations_text import Relation
from handlens.locate.text import Term, fold, similarity, terms
from handlens.locate.vocabulary import COLOURS, FIELD, SHAPES

KIND_FACTORS = {"action": 1.0, "soft": 0.97, "icon": 0.95, "label": 0.9, "shape": 0.9, "text": 0.8}
CONTEXT = 0.5
"""What a term counts that is said by a candidate's surroundings instead of by itself."""
MAX_ANCHORS = 40


@dataclass(slots=True)
class Scored:
    """A candidate and its score, 0 to 1, with what spoke for it and against it."""

    candidate: Candidate
    score: float
    base: float
    reasons: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


class Scorer:
    """Ranks the candidates of one snapshot. Build once, ask as often as needed."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.features: Features = features(snapshot)
        self.containment = Containment.of(snapshot)
        self.page_words = frozenset(
            term
            for text in (snapshot.title, *(c.name for c in snapshot.candidates if c.level == 1))
            for term in terms(text)
        )

    def rank(self, query: Query) -> list[Scored]:
        """Everything that could be meant, best first."""
        query, promoted = _promoted(query)
        found = self._own(query, promoted)
        if not found:
            return []
        for relation in query.relations:
            self._apply(relation, found)
        for other in query.excluded:
            self._exclude(other, found)
        ranked = _places(found, query, self.snapshot)
        return sorted(ranked, key=lambda one: (-one.score, one.candidate.order))

    def _own(self, query: Query, promoted: bool) -> list[Scored]:
        """Scores by what a candidate says and shows of itself."""
        matches = {term: self._evidence(term) for term in query.target}
        found: list[Scored] = []
        echo = fold(query.text)
        bare = not query.target and not query.quoted
        pool = (
            range(len(self.snapshot.candidates))
            if bare or query.quoted
            else sorted({at for m in matches.values() for at in m})
        )
        for at in pool:
            candidate = self.snapshot.candidates[at]
            if candidate.kind == "text" and len(echo) > 12 and echo in fold(candidate.name) and len(terms(echo)) > 2:
                continue
            one = self._own_one(at, candidate, query, matches, promoted)
            if one is not None:
                found.append(one)
        return found

    def _own_one(
        self, at: int, candidate: Candidate, query: Query, matches: dict[Term, dict[int, float]], promoted: bool
    ) -> Scored | None:
        reasons: list[str] = []
        doubts: list[str] = []
        parts: list[float] = []
        if query.quoted:
            value = max(name_match(candidate, quoted) for quoted in query.quoted)
            if value < 0.3:
                return None
            reasons.append(
                f"name matches {query.quoted[0]!r}" if value > 0.9 else f"name resembles {query.quoted[0]!r}"
            )
            parts.append(value)
        if query.target:
            coverage = self._coverage(at, query.target, matches, promoted)
            if coverage <= 0.0 and not query.quoted:
                return None
            specific = self._specificity(at, query)
            parts.append(coverage * (0.72 + 0.28 * specific))
            said = [term.key for term in query.target if matches[term].get(at, 0.0) >= 0.5]
            missing = [term.key for term in query.target if matches[term].get(at, 0.0) < 0.5]
            if said:
                reasons.append("says " + ", ".join(said))
            if missing:
                doubts.append("says nothing of " + ", ".join(missing))
        base = _joined(parts)
        if not parts:
            if query.roles is None and not query.icon and not query.relations and not query.places:
                return None
            base = 0.9
        base *= _role_factor(candidate, query, reasons, doubts)
        if not query.target and not query.quoted and base < 0.6:
            return None
        for state in query.states:
            base *= self._state(candidate, state, reasons, doubts)
        score = base * _standing(candidate, query, doubts)
        return Scored(candidate, score, score, reasons, doubts)

    def _evidence(self, term: Term) -> dict[int, float]:
        """Who says a term, or shows it: a colour or a shape counts as said."""
        found = self.features.matches(term)
        colour, shape = COLOURS.get(term.key, ""), SHAPES.get(term.key, "")
        if colour or shape:
            for at, candidate in enumerate(self.snapshot.candidates):
                shown = has_colour(candidate, colour) if colour and candidate.kind != "text" else 0.0
                if shape:
                    shown = max(shown, has_shape(candidate, shape))
                if shown > found.get(at, 0.0):
                    found[at] = shown
        return found

    def _coverage(
        self, at: int, wanted: tuple[Term, ...], matches: dict[Term, dict[int, float]], promoted: bool
    ) -> float:
        total = got = 0.0
        own = False
        for term in wanted:
            value = matches[term].get(at, 0.0)
            own = own or value >= 0.5
            if value < CONTEXT and promoted and term in self.page_words:
                value = CONTEXT
            total += term.weight
            got += term.weight * value
        return got / total if own and total else 0.0

    def _specificity(self, at: int, query: Query) -> float:
        """The share of a candidate's name that the query accounts for: "Save" is meant before "Save as draft"."""
        names = self.features.names[at]
        if not names:
            return 0.85
        asked = (
            *query.target,
            *(t for r in query.relations for t in terms(r.text)),
            *(t for q in query.quoted for t in terms(q)),
            *terms(query.role_word),
        )
        covered = sum(1 for name in names if any(similarity(term, name) >= 0.8 for term in asked))
        return covered / len(names)

    def _state(self, candidate: Candidate, state: str, reasons: list[str], doubts: list[str]) -> float:
        if _in_state(candidate, state):
            reasons.append(state)
            return 1.0
        words = {state.split()[-1], "active"} if state == "current" else {state.split()[-1]}
        if words & set(fold(f"{candidate.name} {candidate.tips} {candidate.hints}").replace("-", " ").split()):
            return 0.95
        doubts.append(f"is not {state}")
        return 0.35

    def _apply(self, relation: Relation, found: list[Scored]) -> None:
        judge = self._judge(relation)
        said = f"{relation.kind} {relation.text}".strip()
        if judge is None:
            for one in found:
                one.score *= 0.4
                one.doubts.append(f"nothing on the page is {relation.text!r}")
            return
        values = [judge(one.candidate) for one in found]
        if relation.kind == "of":
            own = self._own_coverage(relation)
            values = [max(value, own.get(one.candidate.order, 0.0)) for one, value in zip(found, values, strict=True)]
        top_base = max(one.score for one in found)
        sharp = relation.kind in ("left", "right", "above", "below", "near", "after", "before")
        best = max((v for v, one in zip(values, found, strict=True) if one.score >= 0.75 * top_base), default=0.0)
        for one, value in zip(found, values, strict=True):
            if sharp and best > 0:
                value = 1.0 if value >= best - 0.004 else 0.8 * value / best
            one.score *= (0.35 + 0.65 * value) if relation.kind == "of" else (0.22 + 0.78 * value)
            (one.reasons if value >= 0.5 else one.doubts).append(said if value >= 0.5 else f"not {said}")

    def _own_coverage(self, relation: Relation) -> dict[int, float]:
        wanted = terms(relation.text)
        if not wanted:
            return {}
        matches = {term: self.features.matches(term) for term in wanted}
        orders = {at for m in matches.values() for at in m}
        total = sum(term.weight for term in wanted)
        return {at: sum(term.weight * matches[term].get(at, 0.0) for term in wanted) / total for at in orders}

    def _judge(self, relation: Relation) -> Judge | None:
        if relation.kind == "row" and relation.ordinal is not None:
            return self._row_number(relation.ordinal)
        if relation.kind == "in":
            return self._container(relation)
        if relation.kind == "between":
            return self._between(relation)
        anchors = self.anchors(relation)
        if not anchors:
            return None if relation.kind != "of" else lambda _: 0.0
        if relation.kind == "row":
            return relations.same_row(self.containment, anchors)
        if relation.kind in ("left", "right", "above"):
            return relations.on_side(relation.kind, anchors)
        if relation.kind == "heading" or (relation.kind == "below" and all(a.role == "heading" for a, _ in anchors)):
            return relations.under_heading(self.snapshot, anchors)
        if relation.kind == "below":
            return relations.on_side("below", anchors)
        if relation.kind == "near":
            return relations.near(anchors)
        if relation.kind in ("after", "before"):
            return relations.in_order(relation.kind, anchors)
        return relations.close_by(self.containment, anchors)

    def anchors(self, relation: Relation) -> list[Anchor]:
        """The elements and texts that a relation's own phrase names."""
        query = parse(relation.text)
        if relation.quoted:
            query = parse(" ".join(f'"{quoted}"' for quoted in relation.quoted))
        found: list[Anchor] = []
        matches = {term: self._evidence(term) for term in query.target}
        pool = (
            range(len(self.snapshot.candidates))
            if query.quoted or not query.target
            else sorted({at for m in matches.values() for at in m})
        )
        for at in pool:
            candidate = self.snapshot.candidates[at]
            parts: list[float] = []
            if query.quoted:
                parts.append(max(name_match(candidate, quoted) for quoted in query.quoted))
            if query.target:
                parts.append(
                    self._coverage(at, query.target, matches, promoted=False)
                    * (0.8 + 0.2 * self._specificity(at, query))
                )
            elif query.roles and not query.quoted:
                parts.append(0.9 if candidate.role in query.roles else 0.0)
            value = _joined(parts)
            if value >= 0.55:
                found.append((candidate, value))
        if not found:
            return []
        best = max(value for _, value in found)
        kept = sorted((pair for pair in found if pair[1] >= best - 0.12), key=lambda pair: -pair[1])[:MAX_ANCHORS]
        return [(candidate, min(1.0, value / best) if best > 0.8 else value) for candidate, value in kept]

    def _row_number(self, number: int) -> Judge | None:
        groups = self.snapshot.groups
        heads = {c.group for c in self.snapshot.candidates if c.role == "columnheader"}
        head_rows = {groups[g].parent for g in heads if g >= 0}
        rows = [
            at for at, g in enumerate(groups) if g.kind == "row" and at not in head_rows and self.containment.counts[at]
        ]
        if not rows:
            rows = [at for at, g in enumerate(groups) if g.kind == "item" and self.containment.counts[at]]
        index = number - 1 if number > 0 else len(rows) + number
        if not 0 <= index < len(rows):
            return None
        wanted = rows[index]
        return lambda candidate: 1.0 if wanted in self.containment.chain(candidate) else 0.0

    def _between(self, relation: Relation) -> Judge | None:
        for separator in (" and ", "和", "与", "、", "跟"):
            left, found, right = relation.text.partition(separator)
            if found:
                first = self.anchors(Relation("of", left, relation.quoted[:1]))
                second = self.anchors(Relation("of", right, relation.quoted[1:2]))
                return relations.between(first, second) if first and second else None
        return None

    def _container(self, relation: Relation) -> Judge | None:
        if relation.containers == ("column",):
            wanted = terms(relation.text)
            return lambda c: 1.0 if c.column and wanted and set(wanted) <= set(terms(c.column)) else 0.0
        if not relation.text and not relation.quoted:
            judge = relations.in_container(self.containment, relation.containers, None)
            present = any(judge(candidate) > 0 for candidate in self.snapshot.candidates)
            return judge if present else None
        return self._labelled_container(relation)

    def _labelled_container(self, relation: Relation) -> Judge | None:
        """A container by what it is called: its label, a heading in it, or failing that any text in it."""
        wanted = terms(relation.text)
        groups = self.snapshot.groups

        def says(text: str) -> bool:
            have = terms(text)
            return bool(have) and all(max(similarity(w, h) for h in have) >= 0.75 for w in wanted)

        labelled = {at for at, group in enumerate(groups) if group.label and says(group.label)}
        anchors = self.anchors(relation)
        headings = [(a, s) for a, s in anchors if a.role in ("heading", "legend", "tab", "button") or a.level]
        if labelled:
            return relations.in_container(self.containment, tuple({groups[at].kind for at in labelled}), labelled)
        if headings:
            under = relations.under_heading(self.snapshot, headings)
            close = relations.close_by(self.containment, headings)
            return lambda candidate: max(under(candidate), close(candidate))
        return relations.close_by(self.containment, anchors) if anchors else None

    def _exclude(self, other: Query, found: list[Scored]) -> None:
        """Lower what a negation names."""
        unwanted: dict[int, float] = {}
        if other.target or other.quoted:
            unwanted = {one.candidate.order: one.score for one in self._own(other, promoted=False)}
        judges = [judge for judge in (self._judge(relation) for relation in other.relations) if judge is not None]
        for one in found:
            value = unwanted.get(one.candidate.order, 0.0)
            if judges and not other.target:
                value = min(judge(one.candidate) for judge in judges)
            if other.places and not other.target:
                value = in_place(one.candidate.box, other.places, _whole(self.snapshot))
            if value >= 0.6:
                one.score *= 0.3
                one.doubts.append("ruled out by the description")


def _promoted(query: Query) -> tuple[Query, bool]:
    """With nothing said of the target itself, what it is "for" or "that" it does is what it is called by."""
    if query.target or query.quoted:
        return query, False
    for kind in ("of", "row"):
        for relation in query.relations:
            wanted = terms(relation.text)
            if relation.kind != kind or not wanted or relation.ordinal is not None:
                continue
            if kind == "of":
                rest = tuple(r for r in query.relations if r is not relation)
                return replace(query, target=wanted, quoted=relation.quoted, relations=rest), True
            if wanted[0].meanings and len(wanted) > 1 and wanted[0].cjk:
                shorter = replace(relation, text=relation.text.removeprefix(wanted[0].key))
                rest = tuple(shorter if r is relation else r for r in query.relations)
                return replace(query, target=wanted[:1], relations=rest), False
    return query, False


def _joined(parts: list[float]) -> float:
    if len(parts) == 2:
        return 0.7 * parts[0] + 0.3 * parts[1]
    return parts[0] if parts else 0.0


def _role_factor(candidate: Candidate, query: Query, reasons: list[str], doubts: list[str]) -> float:
    role = candidate.role
    if query.icon:
        if candidate.kind == "text":
            return 0.5
        small = candidate.box.width <= 72 and candidate.box.height <= 72
        return 1.0 if small and (not candidate.name or candidate.kind == "icon" or len(candidate.name) < 30) else 0.88
    if query.roles is None:
        return KIND_FACTORS[candidate.kind]
    if role in query.roles:
        reasons.append(role)
        return 1.0 if candidate.kind != "text" else 0.95
    if query.role_word and query.role_word in fold(candidate.name):
        return 0.92
    if candidate.kind == "label" and query.roles & {"checkbox", "radio", "switch"}:
        return 0.9
    doubts.append(f"is a {role}, not a {query.role_word}")
    if "button" in query.roles:
        return {
            "link": 0.9,
            "tab": 0.85,
            "menuitem": 0.85,
            "generic": 0.88,
            "img": 0.85,
            "combobox": 0.7,
            "switch": 0.8,
        }.get(role, 0.55) * (1.0 if candidate.clickable else 0.7)
    if "link" in query.roles:
        return {"button": 0.88, "menuitem": 0.88, "tab": 0.85, "generic": 0.85, "treeitem": 0.85}.get(role, 0.55) * (
            1.0 if candidate.clickable else 0.8
        )
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


def _in_state(candidate: Candidate, state: str) -> bool:
    states = candidate.states
    if state == "checked":
        return bool(states & {"checked", "pressed", "selected"})
    if state == "not checked":
        return bool(states & {"not checked", "not pressed"})
    if state == "selected":
        return bool(states & {"selected", "checked", "current", "pressed"})
    if state == "not selected":
        return bool(states & {"not selected", "not checked"}) or (
            not states & {"selected", "checked", "current"} and candidate.role in ("tab", "option")
        )
    if state == "not disabled":
        return "disabled" not in states and candidate.clickable
    if state == "current":
        return (
            bool(states & {"current", "selected"})
            or " active" in f" {candidate.hints}"
            or " selected" in f" {candidate.hints}"
            or " current" in f" {candidate.hints}"
        )
    return state in states


def _standing(candidate: Candidate, query: Query, doubts: list[str]) -> float:
    """What it costs to be hidden, covered, disabled or out of view."""
    factor = 1.0
    if candidate.clipped:
        factor *= 0.55
        doubts.append("cut off by what holds it")
    elif candidate.hit == 0:
        factor *= 0.88
        doubts.append(f"covered by {candidate.cover}")
    elif candidate.hit is None:
        factor *= 0.97
    if "disabled" in candidate.states and "disabled" not in query.states:
        factor *= 0.96
        doubts.append("disabled")
    return factor


def _whole(snapshot: Snapshot) -> Box:
    return Box(x=0, y=0, width=snapshot.width, height=snapshot.height)


def _places(found: list[Scored], query: Query, snapshot: Snapshot) -> list[Scored]:
    """Weigh places: among what is about as good otherwise, the one furthest that way is meant."""
    if query.places:
        top = max(one.score for one in found)
        rivals = [one for one in found if one.score >= 0.85 * top]
        whole = _whole(snapshot)
        best = max(in_place(one.candidate.box, query.places, whole) for one in rivals)
        for one in found:
            value = in_place(one.candidate.box, query.places, whole)
            one.score *= (1.0 if value >= best - 0.002 else 0.9 * (0.6 + 0.4 * value)) if value > 0.55 else 0.6
            one.reasons.append("at the " + " ".join(sorted(query.places)) if value > 0.55 else "elsewhere")
    if query.size:
        top = max(one.score for one in found)
        rivals = [one for one in found if one.score >= 0.85 * top]
        largest = query.size in ("large", "largest")
        best = (max if largest else min)(one.candidate.box.area for one in rivals)
        for one in rivals:
            one.score *= 1.0 if abs(one.candidate.box.area - best) <= 0.02 * best else 0.8
    return found
