"""Getting ready to act: into view, at rest, and hit by a click."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, replace
from typing import Any

from handlens.errors import TargetError
from handlens.geometry import Box, Point
from handlens.locate.candidates import Candidate
from handlens.locate.world import FrameWorld, placed_again

_STEP_SECONDS = 0.03


@dataclass(frozen=True, slots=True)
class Cover:
    """What lies over a target; the box is in CSS pixels of the viewport."""

    role: str
    name: str
    box: Box
    id: int
    frame: FrameWorld
    place: int
    """Of the frame among the page's frames."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a click would go, in CSS pixels of the main frame's viewport; with ``cover``, it would not arrive."""

    box: Box
    point: Point
    disabled: bool = False
    cover: Cover | None = None


async def take_aim(
    world: FrameWorld,
    candidate: Candidate,
    seconds: float,
    *,
    offset: Point | None = None,
    top: FrameWorld | None = None,
) -> Aim:
    """Scroll the element into view, wait until it stands still, and hit-test it: at ``offset`` from its left top
    corner (CSS pixels of the main frame), or anywhere in it. ``top`` is the main frame, which may cover others.

    Raises:
        TargetError: it vanished, has no size, lies outside what can be reached, or keeps moving.
    """
    deadline = time.monotonic() + seconds
    last: Box | None = None
    scroll = "true"
    name = _called(candidate)
    place = (
        json.dumps([offset.x / world.placement.scale, offset.y / world.placement.scale])
        if offset is not None
        else "null"
    )
    while True:
        answer = await world.run(f"handlens.aim({candidate.id}, {scroll}, {place})")
        if answer.get("gone"):
            raise TargetError(f"{name} vanished from the page before it could be acted on. Look again.")
        if answer.get("invisible"):
            raise TargetError(f"{name} is on the page but has no visible size, so it can't be clicked.")
        outside = bool(answer.get("outside"))
        if candidate.frame:
            main, world = await placed_again(world)
            outside = outside or not await _in_view(main, world, answer)
        box = _box(world, answer["box"])
        if last is not None and _still(last, box) and not outside:
            return await _under(top, _aim(world, answer, candidate.frame), candidate.frame)
        if time.monotonic() > deadline:
            if outside:
                raise TargetError(f"{name} lies outside the viewport and can't be scrolled into it.")
            raise TargetError(f"{name} keeps moving, so it was not clicked. Stop the animation or wait for it to end.")
        last = box
        scroll = json.dumps("force" if outside else True)
        await asyncio.sleep(_STEP_SECONDS)


def _still(a: Box, b: Box) -> bool:
    return all(abs(getattr(a, side) - getattr(b, side)) < 1.0 for side in ("x", "y", "width", "height"))


async def _in_view(main: FrameWorld, world: FrameWorld, answer: dict[str, Any]) -> bool:
    """Whether a click in an inner frame would land in the main viewport: each frame knows only its own."""
    view = await main.run("handlens.inner()")
    point = _aim(world, answer, 0).point
    return 0 <= point.x < view["width"] and 0 <= point.y < view["height"]


async def _under(top: FrameWorld | None, aim: Aim, frame: int) -> Aim:
    """The aim in an inner frame, with what the main frame lays over that."""
    if top is None or frame == 0 or aim.cover is not None:
        return aim
    over = await top.run(f"handlens.overFrame({aim.point.x}, {aim.point.y})")
    return replace(aim, cover=_cover(top, over, 0)) if isinstance(over, dict) else aim


def _cover(world: FrameWorld, raw: dict[str, Any], frame: int) -> Cover:
    return Cover(str(raw["role"]), str(raw["name"]), _box(world, raw["box"]), int(raw["id"]), world, frame)


def _aim(world: FrameWorld, answer: dict[str, object], frame: int) -> Aim:
    box = _box(world, answer["box"])
    covered = answer.get("covered")
    if isinstance(covered, dict):
        return Aim(box, box.center, cover=_cover(world, covered, frame))
    x, y = answer["x"], answer["y"]
    assert isinstance(x, int | float)
    assert isinstance(y, int | float)
    return Aim(box, world.placement.point(x, y), bool(answer.get("disabled")))


def _box(world: FrameWorld, raw: object) -> Box:
    assert isinstance(raw, dict)
    return world.placement.box(raw["x"], raw["y"], raw["width"], raw["height"])


def _called(candidate: Candidate) -> str:
    return f"The {candidate.role} {candidate.name[:60]!r}" if candidate.name else f"The {candidate.role} that was found"
