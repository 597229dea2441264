"""Locate by looking twice: at the whole picture, then closely where the first look pointed.

How far the second look lands from the first is the confidence; where they part, a Thinking model is asked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handlens.eye import qwen3_vl
from handlens.eye.crops import crop_round, picture_size
from handlens.eye.protocol import Effort
from handlens.eye.skills import Sighting
from handlens.geometry import GRID, Box, Point, Size

if TYPE_CHECKING:
    from handlens.eye.protocol import Eye
    from handlens.kit import Caller
    from handlens.tool import Picture

ANSWER_TOKENS = 1_024
CLOSE_SHARE = 0.4
"""How much of each side of the picture the second look sees."""
SURE = 0.7
SAME_PLACE, BOTH_SAW, CAREFUL_AGREED, ONCE, APART = 0.95, 0.8, 0.75, 0.5, 0.3
NEAR_PIXELS = 12.0


class EyeLocator:
    """`Locator` on an eye. ``careful`` allows the Thinking tier where routine was unsure."""

    def __init__(self, eye: Eye, *, careful: bool = True) -> None:
        self._eye = eye
        self._careful = careful

    async def locate(self, picture: Picture, description: str, *, caller: Caller | None = None) -> list[Sighting]:
        """See `handlens.eye.skills.Locator.locate`. Raises what `Eye.ask` raises."""
        size = await picture_size(picture)
        found = await self._look(picture, size, description, "routine", caller)
        if len(found) == 1:
            found = [await self._look_closely(picture, found[0], description, caller)]
        if self._careful and len(found) == 1 and found[0].confidence < SURE:
            found = self._weighed(found[0], await self._look(picture, size, description, "careful", caller))
        return found

    async def look(
        self, picture: Picture, description: str, *, effort: Effort = "routine", caller: Caller | None = None
    ) -> list[Sighting]:
        """One look at one picture: everything that fits, best first. Raises what `Eye.ask` raises."""
        return await self._look(picture, await picture_size(picture), description, effort, caller)

    async def _look(
        self, picture: Picture, size: Size, description: str, effort: Effort, caller: Caller | None
    ) -> list[Sighting]:
        places = await self._places(picture, description, effort, caller)
        count = len(places.places) + places.truncated
        because = "seen once" if count == 1 else f"one of {count}{' or more' if places.truncated else ''} that fit"
        return [
            Sighting(_pixels(place.point, size), _box_pixels(place.box, size), place.label, ONCE / count, because)
            for place in places.places
        ]

    async def _look_closely(
        self, picture: Picture, first: Sighting, description: str, caller: Caller | None
    ) -> Sighting:
        crop = await crop_round(picture, first.point, CLOSE_SHARE)
        places = (await self._places(crop.picture, description, "routine", caller)).places
        if not places:
            return replace(first, confidence=APART, because="seen in the whole picture, not in a closer look")
        seconds = [_sighted(place, crop.size) for place in places]
        boxes = [crop.to_whole(box) for box in seconds]
        nearest = min(boxes, key=lambda box: _distance(box.center, first.point))
        reach = max(NEAR_PIXELS, (max(first.box.width, first.box.height) if first.box else 0) / 2)
        if _distance(nearest.center, first.point) > reach:
            return replace(first, confidence=APART, because="a closer look found it elsewhere")
        box = nearest if nearest.area else first.box
        point = nearest.center
        if len(places) > 1:
            return replace(first, point=point, box=box, confidence=ONCE, because="a closer look found others beside it")
        near = _distance(point, first.point) <= reach / 2
        return replace(
            first, point=point, box=box, confidence=SAME_PLACE if near else BOTH_SAW, because="seen twice at one place"
        )

    async def _places(
        self, picture: Picture, description: str, effort: Effort, caller: Caller | None
    ) -> qwen3_vl.Places:
        answer = await self._eye.ask(
            [picture],
            qwen3_vl.box_question(description),
            qwen3_vl.Places,
            effort=effort,
            parse=qwen3_vl.parse_places,
            schema=qwen3_vl.BoxAnswers,
            caller=caller,
            answer_tokens=ANSWER_TOKENS,
        )
        return replace(answer.value, truncated=True) if answer.truncated else answer.value

    @staticmethod
    def _weighed(routine: Sighting, careful: list[Sighting]) -> list[Sighting]:
        """One unsure sighting against those of the Thinking tier."""
        for sighting in careful:
            inside = sighting.box is not None and sighting.box.contains(routine.point)
            if inside or _distance(sighting.point, routine.point) <= NEAR_PIXELS:
                sure = CAREFUL_AGREED if len(careful) == 1 else ONCE
                agreed = replace(sighting, confidence=sure, because="a careful look agrees with a quick one")
                return [agreed, *(other for other in careful if other is not sighting)]
        return [*careful, replace(routine, confidence=APART, because="a careful look does not agree")]


def _sighted(place: qwen3_vl.Place, size: Size) -> Box:
    box = place.box or Box(x=place.point.x, y=place.point.y, width=0, height=0)
    return box.scaled(size.width / GRID, size.height / GRID)


def _pixels(point: Point, size: Size) -> Point:
    return Point(x=point.x * size.width / GRID, y=point.y * size.height / GRID)


def _box_pixels(box: Box | None, size: Size) -> Box | None:
    return None if box is None else box.scaled(size.width / GRID, size.height / GRID)


def _distance(one: Point, other: Point) -> float:
    return ((one.x - other.x) ** 2 + (one.y - other.y) ** 2) ** 0.5
