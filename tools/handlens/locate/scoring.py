"""How well each candidate answers a query, and why."""

from __future__ import annotations

from handlens.locate.asked import Asked
from handlens.locate.candidates import Candidate, Snapshot
from handlens.locate.evidence import Evidence
from handlens.locate.features import spoken_hints
from handlens.locate.grading import (
    Echo,
    Marks,
    Scored,
    by_look,
    joined,
    only_shown,
    placed,
    prefer_role_words,
    prefer_verb,
    role_factor,
    standing,
    whole,
)
from handlens.locate.judges import Judges
from handlens.locate.looks import in_place
from handlens.locate.meaning import meant
from handlens.locate.names import name_match
from handlens.locate.query import Query
from handlens.locate.readings import deed_of, other_readings, promoted, word_by_word
from handlens.locate.relating import Relating
from handlens.locate.states import cannot_be, in_state
from handlens.locate.text import Term, fold, is_called, similarity, split_words, terms

CLEAR = 0.8
"""From this score on, no other reading of a query is tried."""
FAINT = 0.5
"""Under this score, words may be read one by one that were known as a phrase."""
HOLDS = 3
"""What holds more controls than this is a place, not the thing meant."""
SAID = 0.25
"""Who says so much of what is asked for is judged by words alone."""
UNDONE = 0.9
"""What is left of a score where the deed that is asked for is not said."""
INERT = 0.75
"""The same for a text, which does nothing."""
AS_DRAWN = 0.9
LABEL = 30
"""Characters: who has a longer name does not stand for an icon in it."""
MANY, VAGUE = 3, 0.7
"""A reading that so many answer alike is worth so much beside one that tells them apart."""


class Scorer:
    """Ranks the candidates of one snapshot. Build once, ask as often as needed."""

    def __init__(self, snapshot: Snapshot, *, by_meaning: bool = False) -> None:
        self.snapshot = snapshot
        self.by_meaning = by_meaning
        self._meaning = False
        self.evidence = Evidence(snapshot)
        self.judges = Judges(self.evidence, by_meaning=by_meaning)
        self.relating = Relating(self.evidence, self.judges)

    def literal(self, query: Query, *, text: bool = False) -> Query | None:
        """The query as a bare name, where something clickable, or a text, is called just what was said."""
        said = split_words(query.text, whole=True)
        while said and said[0] in ("the", "a", "an", "click", "press", "on", "open"):
            said = said[1:]
        if not said or query.quoted or len(said) > 8:
            return None
        for candidate in self.snapshot.candidates:
            wanted = candidate.kind == "text" and len(said) < 4 if text else candidate.clickable
            if wanted and len(candidate.name) < 80 and is_called(candidate.name, said):
                return Query(text=query.text, target=(), quoted=(candidate.name,))
        return None

    def rank(self, query: Query) -> list[Scored]:
        """Everything that could be meant, best first, by the reading of the query that something answers best."""
        ranked = self._best_reading(query)
        if not self.by_meaning or (ranked and ranked[0].score >= CLEAR) or query.quoted:
            return ranked
        self._meaning = True
        again = self._best_reading(query)
        self._meaning = False
        return _better(again, ranked)

    def _best_reading(self, query: Query) -> list[Scored]:
        ranked = self._rank(promoted(query))
        for other in other_readings(query):
            if ranked and ranked[0].score >= CLEAR and not ranked[0].marks.undone:
                break
            ranked = _better(self._rank(other), ranked)
        words = word_by_word(query) if not ranked or ranked[0].score < CLEAR else None
        if words is None:
            return ranked
        again = self._rank(words)
        confirms = not ranked or ranked[0].score < FAINT or (again and again[0].candidate is ranked[0].candidate)
        return _better(again, ranked) if confirms else ranked

    def _rank(self, query: Query) -> list[Scored]:
        found = self._own(query)
        if not found:
            return []
        for relation in query.relations:
            if relation.kind == "hint":
                self.relating.hint(relation, found)
            else:
                self.relating.apply(relation, found)
        prefer_role_words(query, found)
        prefer_verb(query, found)
        for other in query.excluded:
            self._exclude(other, found)
        if query.names_nothing():
            for one in found:
                one.marks.denied = True
                one.doubts.append("the description names no one thing")
        ranked = placed(found, query, self.snapshot)
        return sorted(ranked, key=lambda one: (-one.score, one.candidate.order))

    def _own(self, query: Query) -> list[Scored]:
        """Scores by what a candidate says and shows of itself."""
        matches = {term: self._said(term, query) for term in query.target}
        asked = Asked(query, matches, self.evidence)
        meanings = self._meant(query)
        found: list[Scored] = []
        echo = Echo(query.text, self.snapshot)
        bare = not query.target and not query.quoted
        pool = (
            range(len(self.snapshot.candidates))
            if bare or query.quoted
            else sorted({at for m in (*matches.values(), meanings) for at in m})
        )
        for at in pool:
            candidate = self.snapshot.candidates[at]
            if echo.holds(candidate):
                continue
            one = self._own_one(at, candidate, query, asked, meanings.get(at, 0.0))
            if one is not None:
                found.append(one)
        return found

    def _own_one(self, at: int, candidate: Candidate, query: Query, asked: Asked, meant: float = 0.0) -> Scored | None:
        matches = asked.matches
        if query.unnamed and self.evidence.called[candidate.role, candidate.name] == 1:
            return None
        reasons: list[str] = []
        doubts: list[str] = []
        parts: list[float] = []
        marks = Marks()
        if query.quoted:
            value = max(name_match(candidate, quoted) for quoted in query.quoted)
            if value < 0.3:
                return None
            reasons.append(
                f"name matches {query.quoted[0]!r}" if value > 0.9 else f"name resembles {query.quoted[0]!r}"
            )
            parts.append(value)
            marks.said = marks.context = value
        if query.target:
            coverage = self.evidence.coverage(at, asked.wanted, matches, deed=deed_of(query))
            if coverage <= 0.0 and meant <= 0.0 and not query.quoted:
                return None
            shown = 0.75 if len(candidate.name) > 2 else 0.9
            specific = shown if only_shown(query) else self._specific(at, query)
            own = self.evidence.coverage(at, asked.wanted, matches, context=False)
            marks.said, marks.context = joined([*parts, own]), joined([*parts, coverage])
            marks.specific = specific
            marks.denied = marks.said < 0.75 and any(
                self.evidence.share(at, term, matches[term]) < 0.4 for term in query.target if _particular(term)
            )
            marks.absent = asked.absent
            if asked.deed is not None and matches[asked.deed].get(at, 0.0) >= 0.5:
                marks.alone = 1 / max(1, asked.doers)
            if asked.deed is not None and not asked.done_by(at):
                coverage *= INERT if candidate.kind == "text" else UNDONE
                marks.undone = True
            elif candidate.kind == "text" and deed_of(query) is not None:
                coverage *= INERT
            if own >= SAID:
                meant = 0.0  # likeness would come of the words that are said, and of those that are not none is told
            if meant > coverage * (0.72 + 0.28 * specific):
                marks.said, marks.context, marks.specific, marks.denied, marks.meant = meant, meant, 0.9, False, True
                reasons.append("means the like")
            parts.append(max(meant, coverage * (0.72 + 0.28 * specific)))
            if marks.undone and query.quoted:
                parts[0] *= UNDONE**2  # called like what the deed is done to
            said = [term.key for term in query.target if matches[term].get(at, 0.0) >= 0.5]
            missing = [term.key for term in query.target if matches[term].get(at, 0.0) < 0.5]
            if said:
                reasons.append("says " + ", ".join(said))
            if missing:
                doubts.append("says nothing of " + ", ".join(missing))
        base = joined(parts)
        if not parts:
            told = query.roles or query.icon or query.relations or query.places
            if not told and not (query.size and candidate.kind in ("shape", "icon", "soft")):
                return None
            base = 0.9
        marks.role = role_factor(candidate, query, reasons, doubts)
        if self.evidence.held[candidate.key] > HOLDS and not (query.roles and candidate.role in query.roles):
            marks.role *= 0.7
            doubts.append("holds others")
        base *= marks.role
        if not query.target and not query.quoted and base < 0.6:
            return None
        for state in query.states:
            held = self._state(candidate, state, reasons, doubts)
            marks.state *= held
            marks.denied = marks.denied or (held < 0.5 and cannot_be(candidate, state, query.states))
        marks.standing = standing(candidate, query, doubts)
        return Scored(candidate, base * marks.state * marks.standing, marks, reasons, doubts)

    def _said(self, term: Term, query: Query) -> dict[int, float]:
        """Who says a term; of an icon, what it is drawn as says it in full."""
        said = self.evidence.of(term)
        drawn = self.evidence.features.drawn.get(term.key) if by_look(query) else None
        return {**said, **dict.fromkeys(drawn, 1.0)} if drawn else said

    def _specific(self, at: int, query: Query) -> float:
        """How far the name of a candidate is asked for; that of an icon is not, where its look is."""
        told = self.evidence.specificity(at, query)
        if told >= AS_DRAWN or not by_look(query) or len(self.snapshot.candidates[at].name) >= LABEL:
            return told
        drawn = terms(spoken_hints(self.snapshot.candidates[at].hints))
        looks_so = any(similarity(term, other) >= 0.84 for term in query.target for other in drawn)
        return AS_DRAWN if looks_so else told

    def _meant(self, query: Query) -> dict[int, float]:
        """Who is called what the target means, where its words are not said."""
        if not self._meaning or not query.target or only_shown(query):
            return {}
        return meant(" ".join(query.words), [one for one in self.snapshot.candidates if one.clickable])

    def _state(self, candidate: Candidate, state: str, reasons: list[str], doubts: list[str]) -> float:
        if in_state(candidate, state):
            reasons.append(state)
            return 1.0
        words = {state.split()[-1], "active"} if state == "current" else {state.split()[-1]}
        if words & set(fold(f"{candidate.name} {candidate.tips} {candidate.hints}").replace("-", " ").split()):
            return 0.95
        doubts.append(f"is not {state}")
        return 0.35

    def _exclude(self, other: Query, found: list[Scored]) -> None:
        """Lower what a negation names."""
        unwanted: dict[int, float] = {}
        if other.target or other.quoted:
            unwanted = {one.candidate.order: one.score for one in self._own(other)}
        judges = [judge for judge in (self.judges.judge(relation) for relation in other.relations) if judge is not None]
        for one in found:
            value = unwanted.get(one.candidate.order, 0.0)
            if judges and not other.target:
                value = min(judge(one.candidate) for judge in judges)
            if other.places and not other.target:
                value = in_place(one.candidate.box, other.places, whole(self.snapshot))
            if other.roles and (other.target or other.quoted) and one.candidate.role not in other.roles:
                continue
            if value >= 0.6:
                one.score *= 0.3
                one.marks.relation, one.marks.denied = 0.0, True
                one.doubts.append("ruled out by the description")


def _particular(term: Term) -> bool:
    """Whether it is somebody's own word, which no other is used for; of a letter that is not known."""
    return not term.meanings and term.weight >= 0.8 and len(term.key) > 1


def _better(again: list[Scored], ranked: list[Scored]) -> list[Scored]:
    """What a further reading gave, if it is clearly better than what stood before, and tells as much apart."""
    if not again or not ranked:
        return again or ranked
    worth = 0.97 if _tells(again) or not _tells(ranked) else VAGUE
    return again if worth * again[0].score > ranked[0].score else ranked


def _tells(ranked: list[Scored]) -> bool:
    """Whether the first of ``ranked`` stands before several others, if only a little."""
    return len(ranked) < MANY or ranked[MANY - 1].score < 0.98 * ranked[0].score
