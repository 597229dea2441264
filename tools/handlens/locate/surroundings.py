"""What stands around each candidate: the others in its row or card, and the heading above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from handlens.locate.candidates import Snapshot
from handlens.locate.relations import ROW_KINDS, Containment

_ROW_SIZE = 25


@dataclass(slots=True)
class Surroundings:
    """``headings[i]`` is the heading over candidate i, -1 for none; rows are the innermost small row-like groups."""

    snapshot: Snapshot
    containment: Containment
    headings: list[int]
    within: frozenset[int] = frozenset()
    """The candidates that lie in the heading over them."""
    _members: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    _rows: dict[int, int] = field(default_factory=dict[int, int])

    @classmethod
    def of(cls, snapshot: Snapshot, containment: Containment) -> Surroundings:
        headings: list[int] = []
        within: set[int] = set()
        last: dict[int, int] = {}
        for at, candidate in enumerate(snapshot.candidates):
            over = last.get(candidate.frame, -1)
            headings.append(over)
            if over >= 0 and snapshot.candidates[over].box.contains(candidate.box.center):
                within.add(at)
            if candidate.role == "heading" or candidate.role == "legend":
                last[candidate.frame] = at
        found = cls(snapshot, containment, headings, frozenset(within))
        for at, candidate in enumerate(snapshot.candidates):
            row = found._row(candidate.group)
            if row >= 0:
                found._members.setdefault(row, []).append(at)
        return found

    def row_mates(self, at: int) -> Sequence[int]:
        row = self._row(self.snapshot.candidates[at].group)
        return self._members.get(row, ()) if row >= 0 else ()

    def _row(self, group: int) -> int:
        """The innermost row-like group around a group, itself included; -1 where there is none, or it is too large."""
        if group in self._rows:
            return self._rows[group]
        at, groups = group, self.snapshot.groups
        while at >= 0 and not (groups[at].kind in ROW_KINDS and self.containment.counts[at] > 1):
            at = groups[at].parent
        row = at if at >= 0 and self.containment.counts[at] <= _ROW_SIZE else -1
        self._rows[group] = row
        return row
