"""Menus that open when their item is pointed at: opening them, and reaching the items inside."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from handlens.errors import TargetError
from handlens.locate.world import FrameWorld

if TYPE_CHECKING:
    from playwright.async_api import Page

_OPEN_SECONDS = 0.8
_STEP_SECONDS = 0.03


async def reveal(page: Page, world: FrameWorld, element: int) -> None:
    """Point at the items above a closed submenu, one after another, until the element in it shows.

    Raises:
        TargetError: it does not come up.
    """
    for opener in await world.run(f"handlens.openers({element})"):
        await _point_at(page, world, opener)
        await _until(world, f"handlens.openers({element}).includes({opener}) === false")
    if not await world.run(f"handlens.shows({element})"):
        raise TargetError("The menu item that was found is in a submenu that does not open by pointing at its parent.")


async def open_by_pointing(page: Page, world: FrameWorld, element: int) -> bool:
    """Point at a menu item that holds a closed submenu; whether that opened it, so that no click is needed."""
    if await world.run(f"handlens.submenu({element})") != "closed":
        return False
    await _point_at(page, world, element)
    return await _until(world, f"handlens.submenu({element}) === 'open'")


async def _point_at(page: Page, world: FrameWorld, element: int) -> None:
    aim = await world.run(f"handlens.aim({element}, true)")
    if "x" in aim:
        point = world.placement.point(aim["x"], aim["y"])
        await page.mouse.move(point.x, point.y)


async def _until(world: FrameWorld, condition: str) -> bool:
    deadline = time.monotonic() + _OPEN_SECONDS
    while time.monotonic() < deadline:
        if await world.run(condition):
            return True
        await asyncio.sleep(_STEP_SECONDS)
    return False
