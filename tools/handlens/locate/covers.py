"""What lies over a target: closing it, where that is allowed, or offering it as the thing to click first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlens.geometry import Box, Point
from handlens.locate.aim import Cover
from handlens.locate.candidates import Candidate
from handlens.locate.locate import Target

if TYPE_CHECKING:
    from handlens.browser.session import Session


async def dismiss(session: Session, cover: Cover) -> None:
    """Close a cover: by the button in it that closes or declines, or else by Escape."""
    button = await _closer(cover)
    if button is None:
        await session.page.keyboard.press("Escape")
        return
    point = _point(cover, button)
    await session.page.mouse.click(point.x, point.y)
    session.note(f"Closed what covered the target: {cover.role} {cover.name[:60]!r}.")


async def cover_as_target(cover: Cover) -> Target:
    """The button that closes the cover, or the cover itself, to be offered."""
    button = await _closer(cover)
    if button is None:
        return _target(cover, cover.id, cover.box, cover.box.center, cover.role, cover.name, "covers what was found")
    box = cover.frame.placement.box(button["left"], button["top"], button["width"], button["height"])
    because = f"closes {cover.role} {cover.name[:40]!r}, which covers what was found"
    return _target(cover, button["id"], box, _point(cover, button), button["role"], button["name"], because)


async def _closer(cover: Cover) -> dict[str, Any] | None:
    return await cover.frame.run(f"handlens.closerOf({cover.id})")


def _point(cover: Cover, button: dict[str, Any]) -> Point:
    return cover.frame.placement.point(button["x"], button["y"])


def _target(cover: Cover, number: int, box: Box, point: Point, role: str, name: str, because: str) -> Target:
    candidate = Candidate(
        frame=cover.place, id=number, order=0, tag="", role=role, kind="soft", name=name, box=box, point=point,
        group=-1, inside=0, states=frozenset(), value="", placeholder="", tips="", hints="", href="", type="",
        options="", colour=None, background=None, shape="", column="", level=0, hit=1, cover="",
        cover_id=0, clipped=False,
    )  # fmt: skip
    return Target(candidate, box.rounded(), point, role, name[:120], 0.5, 0.5, because)
