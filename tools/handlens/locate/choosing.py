"""Choosing the one element to act on, or saying why none was: what all hands share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from handlens.browser.capture import Region, capture
from handlens.errors import InvalidInput
from handlens.geometry import Box, Point
from handlens.locate.asking import which
from handlens.locate.candidates import find_candidates
from handlens.locate.choices import Decision, Offer, offer, offered
from handlens.locate.finding import find
from handlens.locate.locate import Located, Target, check_description, locate, locate_in
from handlens.locate.marks import draw
from handlens.locate.steps import done, steps
from handlens.tool import Picture

if TYPE_CHECKING:
    from handlens.browser.session import Session
    from handlens.kit import Kit

MAX_OFFERED = 6
_NEGLIGIBLE = 0.02
_CROP = (480.0, 300.0)


class FoundElement(BaseModel):
    """Boxes and points: viewport CSS pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    box: Box
    point: Point
    role: str
    name: str
    confidence: float
    because: str

    def line(self) -> str:
        where = f"({self.point.x:.0f}, {self.point.y:.0f})"
        sure = f"confidence {self.confidence:.2f}"
        return f"{self.number}. {self.role} {self.name[:80]!r} at {where}, {sure}: {self.because}"


def found(target: Target, number: int) -> FoundElement:
    return FoundElement(
        number=number,
        box=target.box,
        point=target.point,
        role=target.role,
        name=target.name,
        confidence=target.confidence,
        because=target.because,
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """``target`` is None where the outcome is ambiguous or not_found; ``rivals`` are the others, best first."""

    located: Located
    target: Target | None
    rivals: tuple[Target, ...]
    outcome: Decision


async def choose(
    session: Session,
    kit: Kit,
    description: str,
    *,
    choice: int | None,
    min_confidence: float,
    among: frozenset[str] | None = None,
    ask: bool = True,
) -> Chosen:
    """Find what is described; decide for it only when sure enough, when ``choice`` names a candidate, or the person.

    Raises:
        InvalidInput: the description is empty or too long, or no candidate has that number.
    """
    check_description(description)
    if len(description) > kit.limits.description_characters:
        raise InvalidInput(
            f"The description has {len(description)} characters; at most {kit.limits.description_characters} are read "
            "(setting limits.description_characters). Name the one element, and what tells it from others."
        )
    if choice is not None:
        return await _picked(session, description, choice)
    chosen = _gone_on_with(session, kit, description) or await _decided(
        session, kit, description, min_confidence, among
    )
    if chosen.target is not None:
        return chosen
    offer(session.page, description, chosen.located, chosen.rivals, chosen.outcome)
    if not ask or chosen.outcome != "ambiguous":
        return chosen
    meant = await which(kit, description, chosen.rivals)
    return _by_the_person(chosen, meant) if meant is not None else chosen


async def _decided(session: Session, kit: Kit, description: str, sure: float, among: frozenset[str] | None) -> Chosen:
    step = await _next_step(session, description)
    located = await find(session, kit, step, sure=sure, among=among)
    best = located.best
    if best is not None and best.confidence >= sure:
        rivals = tuple(target for target in located.targets[1:MAX_OFFERED] if target.confidence > _NEGLIGIBLE)
        return Chosen(located, best, rivals, "chosen")
    offers = tuple(target for target in located.targets[:MAX_OFFERED] if target.confidence > _NEGLIGIBLE)
    near = bool(offers) and offers[0].plausibility >= 0.5
    return Chosen(located, None, offers, "ambiguous" if near else "not_found")


async def _next_step(session: Session, description: str) -> str:
    """What to do now of a row of clicks: what comes behind those that the last clicks on the page were."""
    described = steps(description)
    if len(described) == 1:
        return description
    snapshot = await find_candidates(session.page)
    located = [locate_in(snapshot, step) for step in described[:-1]]
    return described[done(session.page, described, located)]


def _gone_on_with(session: Session, kit: Kit, description: str) -> Chosen | None:
    """What the call before this one found, where this one only brings the person's answer to it."""
    known = offered(session.page, description)
    if known is None or kit.caller.ask is None or not kit.caller.ask.answered:
        return None
    if known.decision == "chosen":
        return Chosen(known.located, known.targets[0], known.targets[1:], "chosen")
    return Chosen(known.located, None, known.targets, known.decision)


async def _picked(session: Session, description: str, choice: int) -> Chosen:
    known = offered(session.page, description)
    if known is None:
        located = await locate(session.page, description, await find_candidates(session.page))
        known = Offer(description, located, located.targets[:MAX_OFFERED], "ambiguous")
    if not 1 <= choice <= len(known.targets):
        raise InvalidInput(
            f"There is no candidate number {choice}; there are {len(known.targets)}. Leave choice out to look again."
        )
    chosen = Chosen(known.located, None, known.targets, "ambiguous")
    return _by_the_person(chosen, known.targets[choice - 1])


def _by_the_person(chosen: Chosen, picked: Target) -> Chosen:
    rivals = tuple(target for target in chosen.rivals if target is not picked)
    told = replace(picked, because=f"it was chosen; {picked.because}"[:240])
    return Chosen(chosen.located, told, rivals, "chosen")


async def picture_of(session: Session, kit: Kit, boxes: list[tuple[str, Box]], *, crop: bool) -> Picture | None:
    """The viewport, or the part around the first box, with the boxes drawn in; None where no box is in view."""
    size = session.page.viewport_size or {"width": 1280, "height": 720}
    view = Box(x=0, y=0, width=size["width"], height=size["height"])
    shown = [(label, box) for label, box in boxes if box.intersection(view) is not None]
    if not shown:
        return None
    region = Region(clip=_around(shown[0][1], view)) if crop else Region()
    shot = await capture(session, region, limits=kit.limits, privacy=kit.privacy)
    return Picture(await draw(shot.data, shot.frame, shown, chosen=crop))


def _around(box: Box, view: Box) -> Box:
    width = min(view.width, max(_CROP[0], box.width + 80))
    height = min(view.height, max(_CROP[1], box.height + 80))
    x = min(max(0.0, box.center.x - width / 2), view.width - width)
    y = min(max(0.0, box.center.y - height / 2), view.height - height)
    return Box(x=round(x), y=round(y), width=round(width), height=round(height))
