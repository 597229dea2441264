"""Recognising a remembered place on the page as it is now, and remembering one that was acted on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from handlens.browser.capture import Region, capture
from handlens.errors import TargetError
from handlens.eye.views import View
from handlens.geometry import Box, Point
from handlens.locate.candidates import Candidate
from handlens.locate.identity import context_of, digest, identity_of, rivals_of, sort_of, twins
from handlens.locate.likeness import likeness, look_alike
from handlens.locate.locate import Located, Target
from handlens.locate.memory import Place
from handlens.tool import Picture

if TYPE_CHECKING:
    from handlens.browser.session import Session
    from handlens.kit import Kit

_REMEMBERED = 0.93


def key_of(kit: Kit, url: str, description: str, among: frozenset[str] | None) -> str:
    parts = urlsplit(url)
    words = " ".join(description.split()).casefold()
    return digest(kit.caller.subject, parts.scheme, parts.netloc, parts.path, words, sorted(among or ()))


async def recalled(session: Session, kit: Kit, key: str, located: Located) -> Target | None:
    """The remembered target, if the page is as it was; a place that does not fit any more is forgotten."""
    place = await kit.memory.get(key)
    if place is None:
        return None
    same = twins(located.snapshot, place.sort, place.identity, place.context)
    if len(same) != place.count or rivals_of(located) != place.rivals:
        await kit.memory.evict(key)
        return None
    candidate = same[place.number]
    target = _target(located, candidate, place)
    told_apart = place.look or place.count == 1 or _is_best(located, candidate)
    if not told_apart or (place.look and not await _looks_the_same(session, kit, target, place)):
        await kit.memory.evict(key)
        return None
    return target


async def learn(
    kit: Kit, description: str, among: frozenset[str] | None, located: Located, target: Target, *, worked: bool
) -> None:
    """Remember a target that was acted on as meant, or forget what was remembered where it did not work."""
    key = key_of(kit, located.snapshot.url, description, among)
    if not worked:
        await kit.memory.evict(key)
        return
    was_recalled = located.structure is not None and located.view is None
    place = None if was_recalled else await _place(located, target)
    if place is not None:
        await kit.memory.keep(key, place)


async def _place(located: Located, target: Target) -> Place | None:
    """What to keep of a target; None where nothing tells it from another for sure."""
    candidate = target.candidate
    known = located.snapshot.by_key.get(candidate.key)
    if known is None or candidate.kind == "hidden":
        return None
    own = located.structure or located
    sort, identity, context = sort_of(known), identity_of(known), context_of(known, located.snapshot)
    same = twins(located.snapshot, sort, identity, context)
    look = await likeness(located.view, _shown(target)) if located.view is not None else ""
    if not look and (target.offset is not None or located.view is not None):
        return None
    if not look and len(same) > 1 and not _is_best(own, known):
        return None
    return Place(
        sort,
        identity,
        context,
        rivals_of(own),
        next(at for at, twin in enumerate(same) if twin is known),
        len(same),
        (target.offset.x, target.offset.y) if target.offset else None,
        (target.box.width, target.box.height),
        look,
    )


def _target(located: Located, candidate: Candidate, place: Place) -> Target:
    known = next((one for one in located.targets if one.candidate is candidate), None)
    because = "remembered: it was right before, and the page is as it was"
    box = candidate.box.rounded()
    point = candidate.point or candidate.box.center
    offset = None
    if place.offset is not None:
        offset = Point(x=place.offset[0], y=place.offset[1])
        point = offset.moved(candidate.box.x, candidate.box.y)
        width, height = place.size
        box = Box(x=point.x - width / 2, y=point.y - height / 2, width=width, height=height).rounded()
    if known is not None and offset is None:
        sure = max(known.confidence, _REMEMBERED)
        return replace(known, confidence=sure, because=f"{because}; {known.because}"[:240])
    role = candidate.role if candidate.role != "generic" else candidate.kind
    return Target(candidate, box, point, role, candidate.name[:120], _REMEMBERED, _REMEMBERED, because, offset)


def _is_best(located: Located, candidate: Candidate) -> bool:
    return located.best is not None and located.best.candidate is candidate


def _shown(target: Target) -> Box:
    return target.box.padded(4)


async def _looks_the_same(session: Session, kit: Kit, target: Target, place: Place) -> bool:
    if target.candidate.point is None:
        return False
    area = _shown(target)
    clip = Box(x=round(area.x) - 2, y=round(area.y) - 2, width=round(area.width) + 4, height=round(area.height) + 4)
    try:
        shot = await capture(session, Region(clip=clip), limits=kit.limits, privacy=kit.privacy)
    except TargetError:
        return False
    return look_alike(await likeness(View(Picture(shot.data, shot.media_type), shot.frame), area), place.look)
