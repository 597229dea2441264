"""What of a query is to be known once for all candidates: what nobody says, and who does the deed."""

from __future__ import annotations

from handlens.locate.evidence import Evidence
from handlens.locate.query import Query
from handlens.locate.readings import undone
from handlens.locate.text import WEAK, Term, similarity

SAYS = 0.5
WORDY = 6
"""Of more words than this, only the first two say what a click does."""


class Asked:
    """The target of a query on one snapshot. ``matches``: who says each of its terms, and how well."""

    def __init__(self, query: Query, matches: dict[Term, dict[int, float]], evidence: Evidence) -> None:
        self.matches = matches
        unsaid = [t for t in query.target if t.key in WEAK and not any(v >= SAYS for v in matches[t].values())]
        kept = tuple(term for term in query.target if term not in unsaid)
        self.wanted = kept or query.target
        """The target, without words that say little and that nothing on the page says."""
        self.deed = undone(query)
        self._evidence = evidence
        total = sum(term.weight for term in query.target)
        said = sum(term.weight for term in query.target if any(value >= SAYS for value in matches[term].values()))
        self.absent = 1 - said / total if total else 0.0
        """The share of the target that nothing on the page says."""
        candidates = evidence.snapshot.candidates
        saying = [candidates[at] for at, value in matches[self.deed].items() if value >= SAYS] if self.deed else []
        self.doers = sum(1 for one in saying if one.clickable)
        """How many that can be clicked say the deed."""
        self._held = {(one.frame, one.inside) for one in saying if one.kind == "action"}

    def done_by(self, at: int) -> bool:
        """Whether a click on a candidate may do the deed: it says so, not in passing, and no control in it does."""
        assert self.deed is not None
        candidate, names = self._evidence.snapshot.candidates[at], self._evidence.features.names[at]
        if self.matches[self.deed].get(at, 0.0) < SAYS or candidate.kind in ("text", "label"):
            return False
        if len(names) > WORDY and not any(similarity(self.deed, name) >= SAYS for name in names[:2]):
            return False
        return candidate.key not in self._held
