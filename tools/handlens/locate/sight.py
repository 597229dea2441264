"""Looking for what structure is not sure of: several views, and a vote among what they show.

Each step can be switched off (`LookPolicy`), so that what it gains can be measured.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from handlens.eye.locator import EyeLocator
from handlens.eye.views import WIDE_BORDER, View, closer, shifted
from handlens.geometry import Box, Point
from handlens.locate.candidates import Candidate, Snapshot
from handlens.locate.snapping import Plausible, region_at, snap

if TYPE_CHECKING:
    from handlens.eye.protocol import Effort, Eye
    from handlens.kit import Caller
    from handlens.locate.policy import LookPolicy

_NEAR, _NEAR_IN_ONE = 24.0, 72.0
"""Two places nearer than this (CSS pixels) are one; the second holds where both are in one element, however large."""
_STUCK = 0.025
_SMALL = 14.0
"""Smaller boxes are looked at more closely, even where two views agree."""
ALL_AGREE, MOST_AGREE, ONCE = 0.95, 0.8, 0.5


@dataclass(frozen=True, slots=True)
class Vote:
    """What one view showed: ``candidate`` is the element there; ``weight`` is less where several things fit."""

    point: Point
    box: Box | None
    label: str
    candidate: Candidate | None
    weight: float
    spot: Point
    """Where in its view, each axis from 0 to 1."""

    def same(self, other: Vote) -> bool:
        """Whether two looks found one thing. Views never show it at one spot: a model that says so has not looked."""
        if self is other:
            return True
        alike = abs(self.spot.x - other.spot.x) < _STUCK and abs(self.spot.y - other.spot.y) < _STUCK
        if self.candidate is not other.candidate or alike:
            return False
        apart = ((self.point.x - other.point.x) ** 2 + (self.point.y - other.point.y) ** 2) ** 0.5
        return apart <= (_NEAR if self.candidate is None else _NEAR_IN_ONE)


@dataclass(frozen=True, slots=True)
class Seen:
    """``found``: the views agree on ``vote``; ``nothing``: they see no such thing; ``unsure``: they disagree."""

    outcome: Literal["found", "nothing", "unsure"]
    vote: Vote | None = None
    confidence: float = 0.0
    because: str = ""


@dataclass(slots=True)
class Looking:
    """One search by sight on one picture of the page. ``questions`` counts what the eye was asked."""

    eye: Eye
    policy: LookPolicy
    caller: Caller
    whole: View
    description: str
    snapshot: Snapshot
    plausible: Plausible
    questions: int = 0
    votes: list[Vote] = field(default_factory=list[Vote])
    empty: int = 0

    async def search(self) -> Seen:
        """Raises what `Eye.ask` raises."""
        await self._look(self.whole)
        first = self.votes[0].point if self.votes else None
        if self.policy.second_view:
            await self._look(await shifted(self.whole, first))
        if not self._settled():
            await self._zoom()
        seen = self._counted()
        if seen.outcome == "unsure" and self.policy.careful and self.votes:
            await self._look(await shifted(self.whole, first, WIDE_BORDER), "careful")
            seen = self._counted()
        return seen

    async def _look(self, view: View, effort: Effort = "routine") -> None:
        self.questions += 1
        sightings = await EyeLocator(self.eye).look(view.picture, self.description, effort=effort, caller=self.caller)
        if not sightings:
            self.empty += 1
            return
        best = sightings[0]
        point = view.frame.to_css(best.point)
        box = view.frame.box_to_css(best.box) if best.box is not None else None
        weight = (2.0 if effort == "careful" else 1.0) / len(sightings)
        size = view.frame.image_size
        spot = Point(x=best.point.x / size.width, y=best.point.y / size.height)
        self.votes.append(Vote(point, box, best.label, self._snapped(point, box, best.label), weight, spot))

    def _snapped(self, point: Point, box: Box | None, label: str) -> Candidate | None:
        if not self.policy.snap:
            return None
        found = snap(point, box, label, self.snapshot, self.plausible)
        region = region_at(point, self.snapshot)
        # Inside a canvas the element is the canvas, and which place in it counts.
        return None if found is None or found is region else found

    def _settled(self) -> bool:
        """Whether the first views leave nothing to look at more closely."""
        if not self.policy.zoom or not self.votes:
            return True
        first = self.votes[0]
        if self.empty or any(vote.weight < 1 for vote in self.votes) or len(self.votes) < 2:
            return False
        small = first.box is not None and min(first.box.width, first.box.height) < _SMALL and first.candidate is None
        return all(first.same(vote) for vote in self.votes) and not small

    async def _zoom(self) -> None:
        """Look closely where the views so far pointed, until one place has most of ``policy.votes``."""
        places: list[Vote] = []
        for vote in self.votes:
            if not any(vote.same(other) for other in places):
                places.append(vote)
        for place in places:
            if len(self.votes) + self.empty < self.policy.votes:
                await self._look(await closer(self.whole, place.point))

    def _counted(self) -> Seen:
        if not self.votes:
            return Seen("nothing", because="not seen in the picture")
        best = max(self.votes, key=self._weight)
        weight = self._weight(best)
        total = sum(vote.weight for vote in self.votes) + self.empty
        counted = sum(vote.same(best) for vote in self.votes)
        if len(self.votes) + self.empty == 1:
            return Seen("found", best, ONCE * weight, f"seen once as {best.label[:40]!r}")
        if counted > 1 and weight > total / 2:
            sure = ALL_AGREE if weight >= total - 0.01 else MOST_AGREE * weight / total + 0.2
            if any(vote.weight > 1 and vote.same(best) for vote in self.votes):
                sure = max(sure, MOST_AGREE)  # the careful look is with them
            told = f"{counted} of {len(self.votes) + self.empty} looks agree on {best.label[:40]!r}"
            return Seen("found", best, min(sure, ALL_AGREE), told)
        return Seen("unsure", best, 0.0, "looks at the page disagree")

    def _weight(self, one: Vote) -> float:
        return sum(vote.weight for vote in self.votes if vote.same(one))
