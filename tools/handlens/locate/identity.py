"""What makes an element the same one on another visit: what it is, where it stands, what else could be meant.

Only digests leave this module: what is kept of a page tells nothing of what stood on it.
"""

from __future__ import annotations

import hashlib
import json

from handlens.locate.candidates import Candidate, Snapshot
from handlens.locate.locate import Located

_MATES = 24


def digest(*parts: object) -> str:
    return hashlib.blake2b(json.dumps(parts, ensure_ascii=False, default=str).encode(), digest_size=12).hexdigest()


def twins(snapshot: Snapshot, sort: str, identity: str, context: str) -> list[Candidate]:
    """The candidates of this sort that have this identity and context, in document order."""
    same = [one for one in snapshot.candidates if sort_of(one) == sort and identity_of(one) == identity]
    return [one for one in same if context_of(one, snapshot) == context]


def sort_of(candidate: Candidate) -> str:
    return f"{candidate.frame}/{candidate.tag}/{candidate.role}/{len(candidate.name)}"


def identity_of(candidate: Candidate) -> str:
    """What an element is, whatever it holds and whatever state it is in."""
    return digest(
        candidate.frame, candidate.tag, candidate.role, candidate.kind, candidate.name, candidate.type,
        candidate.placeholder, candidate.tips, candidate.hints, candidate.href.partition("?")[0], candidate.shape,
    )  # fmt: skip


def context_of(candidate: Candidate, snapshot: Snapshot) -> str:
    """Where an element stands: its containers, its column, and what its row says."""
    chain: list[tuple[str, str]] = []
    row = -1
    at = candidate.group
    while at >= 0:
        group = snapshot.groups[at]
        if row < 0 and group.kind in ("row", "item"):
            row = at
        chain.append((group.kind, group.label))
        at = group.parent
    return digest(chain, candidate.column, _mates(snapshot, row, candidate.order) if row >= 0 else [])


def rivals_of(located: Located) -> str:
    """What answers the description by structure alone, best first: another answer is another page."""
    snapshot = located.snapshot
    return digest([(identity_of(one.candidate), context_of(one.candidate, snapshot)) for one in located.targets])


def _mates(snapshot: Snapshot, row: int, at: int) -> list[str]:
    """What the row round the ``at``-th candidate says, in document order; the row's candidates follow each other."""
    first, last = at, at
    while first > 0 and _within(snapshot, snapshot.candidates[first - 1].group, row):
        first -= 1
    while last + 1 < len(snapshot.candidates) and _within(snapshot, snapshot.candidates[last + 1].group, row):
        last += 1
    return [one.name for one in snapshot.candidates[first : last + 1] if one.name][:_MATES]


def _within(snapshot: Snapshot, group: int, row: int) -> bool:
    while group > row:
        group = snapshot.groups[group].parent
    return group == row
