"""From a description to targets: rank, join what is one and the same, count ordinals, say how sure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from anyio import to_thread

from handlens.errors import InvalidInput
from handlens.geometry import Box, Point
from handlens.locate.candidates import Candidate, Snapshot, find_candidates
from handlens.locate.confidence import confidence_of, strength_of
from handlens.locate.instructions import pictured
from handlens.locate.meaning import able
from handlens.locate.query import Query, parse
from handlens.locate.readings import counted_rows
from handlens.locate.reveal import reveal
from handlens.locate.scoring import Scored, Scorer
from handlens.locate.text import terms

if TYPE_CHECKING:
    from playwright.async_api import Page

    from handlens.eye.views import View

MAX_RANKED, MAX_COUNTED = 9, 240
UNSURE = 0.75
"""Under this confidence it is worth asking DevTools for what no script of ours can see, and what words mean."""


@dataclass(frozen=True, slots=True)
class Target:
    """A located element. ``box`` and ``point`` are CSS pixels of the main frame's viewport."""

    candidate: Candidate
    box: Box
    point: Point
    role: str
    name: str
    confidence: float
    plausibility: float
    """How well it answers the description by itself, 0 to 1, whatever its rivals do."""
    because: str
    offset: Point | None = None
    """Where in the element, from its left top corner, where that is not left to the click: a place on a canvas."""


@dataclass(frozen=True, slots=True)
class Located:
    """Targets, best first, of one description on one snapshot; none where nothing comes near."""

    query: Query
    snapshot: Snapshot
    targets: tuple[Target, ...]
    structure: Located | None = None
    """What structure said by itself, where more than that decided."""
    view: View | None = None
    """The picture of the page that decided, where one did."""

    @property
    def best(self) -> Target | None:
        return self.targets[0] if self.targets else None


async def locate(
    page: Page, description: str, snapshot: Snapshot | None = None, *, among: frozenset[str] | None = None
) -> Located:
    """Find what is described on a page as it is now. ``among``: the roles that are meant where no role is said.

    Raises:
        InvalidInput: the description says nothing.
        TargetError: the page was replaced while it was read.
        BrowserDied: the page is closed or crashed.
    """
    check_description(description)
    located = locate_in(snapshot or await find_candidates(page), description, among=among)
    if snapshot is None and _unsure(located) and await reveal(located.snapshot.worlds):
        located = locate_in(await find_candidates(page), description, among=among)
    if not _unsure(located) or not able():
        return located
    return await to_thread.run_sync(partial(by_meaning_too, located, description, among=among))


def by_meaning_too(located: Located, description: str, *, among: frozenset[str] | None = None) -> Located:
    """What was located, or what is surer by what words mean."""
    again = locate_in(located.snapshot, description, among=among, by_meaning=True)
    known, new = (one.best.confidence if one.best else 0.0 for one in (located, again))
    return again if new > known else located


def _unsure(located: Located) -> bool:
    return located.best is None or located.best.confidence < UNSURE


def check_description(description: str) -> None:
    if (
        not any(character.isalnum() or not character.isascii() for character in description)
        and len(description.strip()) > 3
    ) or not description.strip():
        raise InvalidInput(
            "The description is empty. Say what the element is called or looks like, and where it is, "
            'for example: the star icon in the row of "Ann Smith".'
        )


def locate_in(
    snapshot: Snapshot, description: str, *, among: frozenset[str] | None = None, by_meaning: bool = False
) -> Located:
    """The same on a snapshot already taken; no browser is asked. ``by_meaning``: also by what words mean (slower)."""
    query = replace(parse(pictured(description, snapshot)), text=description)
    if among is not None and query.roles is None:
        query = replace(query, roles=among, role_word=query.role_word or "field")
    scorer = Scorer(snapshot, by_meaning=by_meaning)
    ranked = _ranked(scorer, query)
    joined = _joined(ranked)
    sure = confidence_of(joined, query) if joined else 0.0
    targets = [
        _target(one, sure if not place else _runner_up(one, joined[0], sure))
        for place, one in enumerate(joined[:MAX_RANKED])
    ]
    return Located(query, snapshot, tuple(targets))


def _runner_up(one: Scored, first: Scored, sure: float) -> float:
    """What the first one's confidence leaves to another, the less the further behind it is."""
    behind = one.score / max(first.score, 1e-6)
    return round(min(sure, 0.5, (1 - sure) * behind * strength_of(one.score)), 3)


def _ranked(scorer: Scorer, query: Query) -> list[Scored]:
    literal = scorer.literal(query)
    if literal is not None:
        return scorer.rank(literal)
    if query.ordinal is None:
        ranked = scorer.rank(query)
        text = scorer.literal(query, text=True) if not ranked or ranked[0].candidate.kind == "text" else None
        return scorer.rank(text) if text is not None else ranked
    in_row = counted_rows(query)
    if in_row is not None and (ranked := scorer.rank(in_row)) and not ranked[0].marks.denied:
        return _counted(ranked, 1 if query.ordinal > 0 else -1)
    named = _ordinal_as_name(scorer, query)
    return named if named else _counted(scorer.rank(query), query.ordinal)


MANY = 3
ORDINAL_NAMES = {1: "first", 2: "second", 3: "third", -1: "last"}


def _ordinal_as_name(scorer: Scorer, query: Query) -> list[Scored]:
    """ "Last name" and "First page" are names: taken so where something is called just that."""
    word = ORDINAL_NAMES.get(query.ordinal or 0)
    if word is None or not query.target:
        return []
    phrase = terms(f"{word} {query.words[0] if len(query.words) == 1 else ' '.join(query.words)}")
    ranked = scorer.rank(replace(query, target=phrase, ordinal=None))
    return ranked if ranked and ranked[0].score >= 0.8 else []


def _counted(ranked: list[Scored], ordinal: int) -> list[Scored]:
    """The n-th, in reading order, of those that answer the rest of the description about as well."""
    if not ranked:
        return []
    rivals = _family([one for one in _joined(ranked, MAX_COUNTED) if one.score >= 0.88 * ranked[0].score])
    rivals.sort(key=lambda one: one.candidate.order)
    index = ordinal - 1 if ordinal > 0 else len(rivals) + ordinal
    if not 0 <= index < len(rivals):
        for one in rivals:
            one.score *= 0.4
            one.marks.denied = True
            one.doubts.append(f"there are only {len(rivals)}")
        return rivals
    chosen = rivals[index]
    chosen.reasons.append(f"number {index + 1} of {len(rivals)}")
    for one in rivals:
        if one is not chosen:
            one.score *= 0.6
    return sorted(rivals, key=lambda one: -one.score)


def _family(rivals: list[Scored]) -> list[Scored]:
    """Those that are counted: beside a row of stars, a link called "Starred" is none."""
    kinds = Counter((one.candidate.role, one.candidate.tag) for one in rivals)
    (kind, count), *others = kinds.most_common()
    if count < MANY or any(other > 1 for _, other in others):
        return rivals
    return [one for one in rivals if (one.candidate.role, one.candidate.tag) == kind]


def _joined(ranked: list[Scored], most: int = 60) -> list[Scored]:
    """Without what leads to the same element as a better one: its label, its icon, its own text."""
    kept: list[Scored] = []
    for one in ranked[:most]:
        if not any(_same(one.candidate, other.candidate) for other in kept):
            kept.append(one)
    return kept


def _same(a: Candidate, b: Candidate) -> bool:
    if a.frame != b.frame:
        return False
    inner = a if a.inside == b.id else b if b.inside == a.id else None
    if inner is not None:
        outer = b if inner is a else a
        sorts = outer.role == "columnheader" and outer.name.startswith(inner.name[:20])
        return (
            inner.kind in ("text", "icon", "shape")
            or sorts
            or inner.box.area > 0.5 * outer.box.area
            or outer.kind == "label"
        )
    if a.box.overlap(b.box) > 0.85:
        return True
    if {a.kind, b.kind} == {"label", "text"}:
        label, text = (a, b) if a.kind == "label" else (b, a)
        if text.name in label.name and label.box.contains(text.box.center):
            return True
    if "label" in (a.kind, b.kind) and a.name == b.name:
        return abs(a.box.center.y - b.box.center.y) < max(a.box.height, b.box.height)
    return len(a.href) > 2 and not a.href.startswith("#") and a.href == b.href


def _target(one: Scored, confidence: float) -> Target:
    candidate = one.candidate
    because = "; ".join(dict.fromkeys(one.reasons)) or "by its role and place"
    if one.doubts:
        because += " — but " + "; ".join(dict.fromkeys(one.doubts))
    return Target(
        candidate=candidate,
        box=candidate.box.rounded(),
        point=candidate.point or candidate.box.center,
        role=candidate.role if candidate.role != "generic" else candidate.kind,
        name=candidate.name[:120] or candidate.tips[:120],
        confidence=confidence,
        plausibility=strength_of(one.score),
        because=because[:240],
    )
