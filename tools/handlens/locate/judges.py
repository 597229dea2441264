"""Relations of a query as judges: functions that say how far a candidate stands where the description puts it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from handlens.locate import relations
from handlens.locate.candidates import Candidate
from handlens.locate.evidence import Evidence
from handlens.locate.grading import joined, whole
from handlens.locate.looks import in_place
from handlens.locate.meaning import meant
from handlens.locate.names import name_match
from handlens.locate.query import parse
from handlens.locate.relations import Anchor, Judge
from handlens.locate.relations_text import Relation
from handlens.locate.text import WEAK, is_called, similarity, split_words, terms

MAX_ANCHORS = 40
LONG = 60
"""Characters: what is longer is a text, not a name."""
MEANT = 0.5
OWNERS = frozenset({"heading", "rowheader", "legend"})
MENTIONED = 0.7
ASIDE = 0.7
"""What stands on a side of the page where a container should be, without being held by such a one."""
SIDE = 0.65
"""From this share of the page on, something is on that side."""


class Judges:
    """Finds what relations name on a snapshot."""

    def __init__(self, evidence: Evidence, *, by_meaning: bool = False) -> None:
        self.evidence = evidence
        self.snapshot = evidence.snapshot
        self.containment = evidence.containment
        self.by_meaning = by_meaning

    def judge(self, relation: Relation) -> Judge | None:
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
            return relations.near(self.containment, anchors)
        if relation.kind in ("after", "before"):
            return relations.in_order(relation.kind, anchors)
        return relations.close_by(self.containment, anchors)

    def anchors(self, relation: Relation) -> list[Anchor]:
        """The elements and texts that a relation's own phrase names."""
        called = self._called(relation.text)
        if called:
            return _owning(called) if relation.kind in ("of", "row") else called
        query = parse(relation.text)
        if relation.quoted:
            query = parse(" ".join(f'"{quoted}"' for quoted in relation.quoted))
        elif query.relations:  # "the conversation with Ann" is told by Ann
            query = replace(query, target=tuple(dict.fromkeys((*query.target, *terms(relation.text)))))
        found: list[Anchor] = []
        matches = {term: self.evidence.of(term) for term in query.target}
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
                    self.evidence.coverage(at, query.target, matches)
                    * (0.8 + 0.2 * self.evidence.specificity(at, query))
                )
            elif query.roles and not query.quoted:
                parts.append(0.9 if candidate.role in query.roles else 0.0)
            value = joined(parts)
            if value >= 0.55:
                found.append((candidate, value))
        if not found and self.by_meaning and not query.quoted:
            found = self._meant(relation.text)
        if not found:
            return []
        best = max(value for _, value in found)
        kept = sorted((pair for pair in found if pair[1] >= best - 0.12), key=lambda pair: -pair[1])[:MAX_ANCHORS]
        return [(candidate, min(1.0, value / best) if best > 0.8 else value) for candidate, value in kept]

    def _meant(self, text: str) -> list[Anchor]:
        """What is called what the phrase means, where nothing says its words."""
        near = meant(text, [one for one in self.snapshot.candidates if len(one.name) < LONG])
        return [(self.snapshot.candidates[order], value) for order, value in near.items() if value >= MEANT]

    def _called(self, text: str) -> list[Anchor]:
        """What is called just what was said, word for word."""
        said = split_words(text)
        if not said:  # a sign: "@"
            return [(c, 1.0) for c in self.snapshot.candidates if text and c.name == text][:MAX_ANCHORS]
        exact = [c for c in self.snapshot.candidates if 0 < len(c.name) < 80 and is_called(c.name, said)]
        if all(term.key in WEAK for term in terms(text)):  # "the labels" are any, unless something is headed so
            exact = [c for c in exact if c.role in OWNERS]
        return [(candidate, 1.0) for candidate in exact[:MAX_ANCHORS]]

    def _row_number(self, number: int) -> Judge | None:
        """The n-th row of each table, and the n-th item of each list."""
        groups = self.snapshot.groups
        heads = {c.group for c in self.snapshot.candidates if c.role == "columnheader"}
        head_rows = {groups[g].parent for g in heads if g >= 0}
        families: defaultdict[int, list[int]] = defaultdict(list)
        for at, group in enumerate(groups):
            if group.kind in relations.ROW_KINDS and at not in head_rows and self.containment.counts[at]:
                families[group.parent].append(at)
        index = number - 1 if number > 0 else number
        wanted = {family[index] for family in families.values() if len(family) >= max(2, abs(number))}
        if not wanted:
            return None
        tables = any(groups[at].kind == "row" for at in wanted)

        def judge(candidate: Candidate) -> float:
            chain = list(self.containment.chain(candidate))
            rows = [at for at in chain if groups[at].kind == "row"]
            held = any(at in wanted for at in rows or chain)
            return (1.0 if rows or not tables else 0.6) * held

        return judge

    def _between(self, relation: Relation) -> Judge | None:
        for separator in (" and ", "和", "与", "、", "跟"):
            left, found, right = relation.text.partition(separator)
            if found:
                first = self.anchors(Relation("of", left, relation.quoted[:1]))
                second = self.anchors(Relation("of", right, relation.quoted[1:2]))
                return relations.between(first, second) if first and second else None
        return None

    def _container(self, relation: Relation) -> Judge | None:
        if relation.places:
            within = self._container(replace(relation, places=frozenset()))
            return lambda c: self._at_side(c, relation.places) * (max(ASIDE, within(c)) if within else ASIDE)
        if relation.containers == ("column",):
            wanted = terms(relation.text)
            return lambda c: 1.0 if c.column and wanted and set(wanted) <= set(terms(c.column)) else 0.0
        if not relation.text and not relation.quoted:
            judge = relations.in_container(self.containment, relation.containers, None)
            present = any(judge(candidate) > 0 for candidate in self.snapshot.candidates)
            return judge if present else None
        return self._labelled_container(relation)

    def _at_side(self, candidate: Candidate, places: frozenset[str]) -> float:
        """Whether a candidate stands in that part of the page, 0 to 1."""
        return min(1.0, in_place(candidate.box, places, whole(self.snapshot)) / SIDE)

    def _labelled_container(self, relation: Relation) -> Judge | None:
        """A container by what it is called: its label, a heading in it, or failing that any text in it."""
        wanted = terms(relation.text)
        groups = self.snapshot.groups

        def says(text: str) -> bool:
            have = (*terms(text), *terms(text, whole=True))
            return bool(have) and all(max(similarity(w, h) for h in have) >= 0.75 for w in wanted)

        labelled = {at for at, group in enumerate(groups) if group.label and says(group.label)}
        labelled = labelled or {at for at, group in enumerate(groups) if group.hints and says(group.hints)}
        anchors = self.anchors(relation)
        headings = [(a, s) for a, s in anchors if a.role in ("heading", "legend", "tab", "button") or a.level]
        if labelled:
            return relations.in_container(self.containment, tuple({groups[at].kind for at in labelled}), labelled)
        if headings:
            under = relations.under_heading(self.snapshot, headings)
            close = relations.close_by(self.containment, headings)
            return lambda candidate: max(under(candidate), close(candidate))
        if wanted and all(any(similarity(w, p) >= 0.9 for p in self.evidence.page_words) for w in wanted):
            return lambda _: 1.0  # the page itself is called that
        return relations.close_by(self.containment, anchors) if anchors else None


def _owning(called: list[Anchor]) -> list[Anchor]:
    """Of several that are called the same, a heading owns what stands with it; the others only mention it."""
    if not any(one.role in OWNERS for one, _ in called):
        return called
    return [(one, value if one.role in OWNERS else MENTIONED * value) for one, value in called]
