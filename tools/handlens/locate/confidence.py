"""From scores to a confidence that means what it says."""

from __future__ import annotations

from handlens.locate.scoring import Scored


def strength_of(score: float) -> float:
    """A score as how far it answers the description, 0 to 1."""
    return min(1.0, max(0.0, (score - 0.42) / 0.38))


def confidence_of(one: Scored, rival: float, *, first: bool) -> float:
    """How likely ``one`` is what was meant, 0 to 1, from its score and the best other's (the first's, for the rest)."""
    strength = strength_of(one.score)
    if not first:
        return round(min(0.5, 0.5 * strength * one.score / max(rival, 1e-6)), 3)
    separation = min(1.0, max(0.0, (one.score - rival) / (0.12 * max(one.score, 1e-6))))
    return round(strength * (0.4 + 0.6 * separation), 3)
