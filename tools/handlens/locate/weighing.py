"""Structure and sight weighed against each other: where they agree it is sure, where they don't it is not."""

from __future__ import annotations

from dataclasses import replace

from handlens.eye.agreement import DISAGREE_LIMIT, UNSEEN_LIMIT, confidence_of_both
from handlens.geometry import Point
from handlens.locate.candidates import Candidate
from handlens.locate.locate import Located, Target
from handlens.locate.sight import Seen, Vote
from handlens.locate.snapping import region_at

_SIGHT_ALONE = 0.78
"""What sight is worth where structure has nothing to say: below what both together are."""
_PLAUSIBLE = 0.5


def weighed(located: Located, seen: Seen) -> Located:
    """The targets as they stand after a look, best first."""
    best = located.best
    if seen.outcome == "nothing":
        return _unseen(located, best, seen.because)
    if seen.outcome == "unsure" or seen.vote is None:
        doubtful = [replace(one, because=f"{one.because}; {seen.because}"[:240]) for one in located.targets[:1]]
        return replace(located, targets=(*doubtful, *located.targets[1:]))
    target = _seen_target(located, seen.vote, seen.confidence)
    if target is None:
        return located
    told = replace(target, because=f"{seen.because}; {target.because}"[:240])
    others = tuple(_below(one, told) for one in located.targets if one.candidate is not told.candidate)
    return replace(located, targets=(told, *others))


def _unseen(located: Located, best: Target | None, because: str) -> Located:
    """Sight sees no such thing. What is out of view, or hidden until pointed at, could not be seen."""
    if best is None or best.candidate.point is None or best.candidate.kind == "hidden":
        return located
    capped = confidence_of_both(best.confidence, 0.0, "unseen")
    first = replace(best, confidence=min(capped, UNSEEN_LIMIT - 0.05), because=f"{best.because}; {because}"[:240])
    return replace(located, targets=(first, *located.targets[1:]))


def _seen_target(located: Located, vote: Vote, sight: float) -> Target | None:
    if vote.candidate is None:
        return _place(located, vote, sight)
    best = located.best
    known = next((one for one in located.targets if one.candidate is vote.candidate), None)
    if known is not None and known is best:
        return replace(known, confidence=round(confidence_of_both(known.confidence, sight, "agree"), 3))
    if known is not None and known.plausibility >= 0.25:
        return replace(known, confidence=round(sight * (0.65 + 0.35 * known.plausibility), 3))
    sure = sight * _SIGHT_ALONE
    if best is not None and best.plausibility >= _PLAUSIBLE:
        sure = min(sure, DISAGREE_LIMIT)
    return _target(vote.candidate, sure, known.plausibility if known else 0.0, "structure does not say so")


def _place(located: Located, vote: Vote, sight: float) -> Target | None:
    """A place where no element is: in a canvas it can be clicked, elsewhere it is only offered."""
    region = region_at(vote.point, located.snapshot)
    if region is None:
        return None
    offset = vote.point.moved(-region.box.x, -region.box.y)
    target = _target(region, sight * _SIGHT_ALONE, 0.0, f"a place in the {region.tag}")
    box = vote.box.rounded() if vote.box is not None else target.box
    return replace(target, box=box, point=vote.point, offset=offset, name=vote.label[:120] or target.name)


def _target(candidate: Candidate, confidence: float, plausibility: float, because: str) -> Target:
    return Target(
        candidate=candidate,
        box=candidate.box.rounded(),
        point=candidate.point or Point(x=candidate.box.center.x, y=candidate.box.center.y),
        role=candidate.role if candidate.role != "generic" else candidate.kind,
        name=candidate.name[:120] or candidate.tips[:120],
        confidence=round(confidence, 3),
        plausibility=max(plausibility, confidence),
        because=because,
    )


def _below(one: Target, winner: Target) -> Target:
    return replace(one, confidence=round(min(one.confidence, max(0.0, winner.confidence - 0.05)), 3))
