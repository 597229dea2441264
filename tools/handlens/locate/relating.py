"""What relations do to scores: who stands where the description puts the target, and who does not."""

from __future__ import annotations

from handlens.locate.evidence import Evidence
from handlens.locate.grading import Scored
from handlens.locate.judges import Judges
from handlens.locate.relations_text import Relation
from handlens.locate.text import WEAK, split_words, terms, word_list

AREAS = word_list("areas")
UNKNOWN_AREA = 0.85
"""What is left where a thing should be in a part of the page that nothing calls so."""
FITS, CLOSEST = 0.75, 0.9
"""From which value on a relation holds in full: always, and where something stands closer."""
ITSELF = 0.8
"""What it is worth that something says itself what its row should say."""
LEAST = {"in": 0.3}
"""What is left of a score where a relation does not hold at all; 0.22 for kinds that are not named."""


class Relating:
    """Weighs candidates of one snapshot by relations."""

    def __init__(self, evidence: Evidence, judges: Judges) -> None:
        self.evidence = evidence
        self.judges = judges

    def apply(self, relation: Relation, found: list[Scored]) -> None:
        """Lower what does not stand where the description puts it."""
        judge = self.judges.judge(relation)
        said = f"{relation.kind} {relation.text}".strip()
        if judge is None and relation.text and all(word in AREAS for word in split_words(relation.text)):
            for one in found:
                one.score *= UNKNOWN_AREA
                one.marks.relation = UNKNOWN_AREA
                one.doubts.append(f"nothing on the page is called {relation.text!r}")
            return
        if judge is None:
            for one in found:
                one.score *= 0.4
                one.marks.relation, one.marks.denied = 0.0, True
                one.doubts.append(f"nothing on the page is {relation.text!r}")
            return
        values = [judge(one.candidate) for one in found]
        if relation.kind == "of":
            own = self._own_coverage(relation)
            nearby = 0.55 if max((own.get(one.candidate.order, 0.0) for one in found), default=0.0) >= 0.85 else 1.0
            values = [
                max(nearby * value, own.get(one.candidate.order, 0.0)) for one, value in zip(found, values, strict=True)
            ]
        if relation.kind == "row" and relation.text:
            own = self._own_coverage(relation)
            values = [max(v, ITSELF * own.get(one.candidate.order, 0.0)) for one, v in zip(found, values, strict=True)]
        top_base = max(one.score for one in found)
        unknown = relation.kind == "of" and not any(term.meanings for term in terms(relation.text))
        sharp = relation.kind in ("left", "right", "above", "below", "near", "after", "before")
        best = max((v for v, one in zip(values, found, strict=True) if one.score >= 0.75 * top_base), default=0.0)
        wanted = max(FITS, CLOSEST * best) if relation.kind in ("of", "row") else FITS
        for one, value in zip(found, values, strict=True):
            if sharp and best > 0:
                value = 1.0 if value >= best - 0.004 else 0.7 * value / best
            one.marks.relation = min(one.marks.relation, value)
            if unknown and value < 0.3:
                one.marks.denied = True
            fits = min(1.0, value / wanted)
            least = LEAST.get(relation.kind, 0.22) if relation.kind != "of" else self._unsaid(relation)
            one.score *= least + (0.97 - least) * fits + 0.03 * value
            (one.reasons if value >= 0.5 else one.doubts).append(said if value >= 0.5 else f"not {said}")

    def _unsaid(self, relation: Relation) -> float:
        """What is left of a score when nothing near says what the target is "of": most, where that says little."""
        wanted = terms(relation.text)
        if all(word in AREAS for word in split_words(relation.text)):
            return UNKNOWN_AREA
        return 0.72 if wanted and all(term.key in WEAK for term in wanted) else 0.4

    def hint(self, relation: Relation, found: list[Scored]) -> None:
        """What a click is for may speak for a candidate, but says little against the others."""
        shown = self._own_coverage(relation)
        best = max((shown.get(one.candidate.order, 0.0) for one in found), default=0.0)
        for one in found:
            if best > 0.3 and shown.get(one.candidate.order, 0.0) < 0.7 * best:
                one.score *= 0.93

    def _own_coverage(self, relation: Relation) -> dict[int, float]:
        wanted = terms(relation.text)
        if not wanted:
            return {}
        matches = {term: self.evidence.of(term) for term in wanted}
        orders = {at for m in matches.values() for at in m}
        total = sum(term.weight for term in wanted)
        return {at: sum(term.weight * matches[term].get(at, 0.0) for term in wanted) / total for at in orders}
