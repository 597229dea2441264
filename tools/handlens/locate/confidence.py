"""From scores to a confidence that means what it says: a logistic model (`tests/bench/train_locate_confidence.py`)."""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files

from handlens.locate.grading import Scored
from handlens.locate.query import Query

CLOSE = 0.06
"""Rivals within this share of the best score are as good as it."""
TIED = 0.008
"""Under this share of the best score between them, two are told apart by nothing."""
USABLE = 0.9
"""What is hidden or covered has a standing below this: what can be used is meant before it."""
DENIED = 0.4
"""The most confidence in what cannot be as it was described."""
FAINT, ASTRAY, DOUBTED = 0.45, 0.3, 0.55
"""The most confidence in what answers so faintly, or in what does not stand where it was said to."""
FEATURES = (
    "one", "score", "margin", "close", "said", "context", "unsaid", "specific", "role", "state", "relation", "place",
    "standing", "exact", "text", "missing", "unknown", "outsaid", "quoted", "related", "counted", "wordy", "bare",
    "alone", "tied", "meant", "likely", "undone", "doing", "absent", "absently",
)  # fmt: skip


def strength_of(score: float) -> float:
    """A score as how far it answers the description, 0 to 1."""
    return min(1.0, max(0.0, (score - 0.42) / 0.38))


def features_of(ranked: list[Scored], query: Query) -> list[float]:
    """What speaks for and against the first of ``ranked``, in the order of FEATURES, each about 0 to 1."""
    one, marks = ranked[0], ranked[0].marks
    rival = ranked[1].score if len(ranked) > 1 else 0.0
    if query.indefinite and rival >= 0.97 * one.score:
        rival = 0.0
    margin = (one.score - rival) / max(one.score, 1e-6)
    close = sum(1 for other in ranked[1:8] if other.score >= (1 - CLOSE) * one.score) if rival else 0
    terms = [term for term in query.target if term.weight > 0.3]
    unsaid = 1 - marks.said
    told = {
        "one": 1.0,
        "score": one.score,
        "margin": min(1.0, margin / 0.12),
        "close": min(1.0, close / 3),
        "said": marks.said,
        "context": marks.context,
        "unsaid": float(marks.said < 0.5),
        "specific": marks.specific,
        "role": marks.role,
        "state": marks.state,
        "relation": marks.relation,
        "place": marks.place,
        "standing": marks.standing,
        "exact": float(marks.said >= 0.97 and marks.specific >= 0.97),
        "text": float(not one.candidate.clickable),
        "missing": min(1.0, unsaid * sum(term.weight for term in query.target) / 2),
        "unknown": min(1.0, unsaid * sum(1 for term in terms if not term.meanings)),
        "outsaid": max(0.0, max((other.marks.said for other in ranked[1:8]), default=0.0) - marks.said),
        "quoted": float(bool(query.quoted)),
        "related": float(bool(query.relations)),
        "counted": float(query.ordinal is not None),
        "wordy": min(1.0, len(terms) / 3),
        "bare": float(not terms and not query.quoted),
        "alone": float(margin > 0.9),
        "tied": float(_is_tied(ranked, query)),
        "meant": float(marks.meant),
        "likely": marks.said if marks.meant else 0.0,
        "undone": float(marks.undone),
        "doing": marks.alone,
        "absent": marks.absent,
        "absently": marks.absent * marks.specific,
    }
    return [told[name] for name in FEATURES]


@cache
def weights() -> tuple[float, ...]:
    """The fitted weight of each feature."""
    lines = (files("handlens.locate") / "words" / "confidence.txt").read_text("utf-8").splitlines()
    told = dict(line.split() for line in lines if line and not line.startswith("#"))
    return tuple(float(told[name]) for name in FEATURES)


def confidence_of(ranked: list[Scored], query: Query) -> float:
    """How likely the first of ``ranked`` is what was meant, 0 to 1."""
    total = sum(weight * value for weight, value in zip(weights(), features_of(ranked, query), strict=True))
    sure = 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
    return round(min(sure, limit_of(ranked, query)), 3)


def limit_of(ranked: list[Scored], query: Query) -> float:
    """The most confidence that the first of ``ranked`` may have."""
    first = ranked[0]
    if first.marks.denied or _is_tied(ranked, query):
        return DENIED
    astray = bool(query.relations) and first.marks.relation < ASTRAY
    return DOUBTED if astray or first.score < FAINT else 1.0


def _is_tied(ranked: list[Scored], query: Query) -> bool:
    """Whether nothing tells the first two apart, but perhaps that one of them is in view."""
    if len(ranked) < 2 or query.indefinite:
        return False
    first, second = (_wherever(one) for one in ranked[:2])
    return second > (1 - TIED) * first


def _wherever(one: Scored) -> float:
    """The score that it would have in view."""
    return one.score / one.marks.standing if one.marks.standing >= USABLE else one.score
