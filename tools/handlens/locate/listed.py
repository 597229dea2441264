"""Choosing from the list that a click on a field opens, whatever the list is made of."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from handlens.locate.aim import take_aim
from handlens.locate.candidates import Candidate, Snapshot, find_candidates
from handlens.locate.names import name_match

if TYPE_CHECKING:
    from playwright.async_api import Page

    from handlens.geometry import Point
    from handlens.locate.world import FrameWorld

_OPENS_SECONDS = 2.0
_CLOSES_SECONDS = 0.6
_SUGGESTS_SECONDS = 0.4
_SAME = 0.93
_OPTIONS = frozenset(("option", "menuitem", "menuitemradio", "menuitemcheckbox", "treeitem"))
LEVELS = re.compile(r"\s*[/>›]\s*")
"""Between the names of a choice in a list of lists: "Asia / Japan"."""


async def choose_from_list(page: Page, point: Point, value: str) -> list[str] | None:
    """Click at ``point``, and in the list that opens on what is called ``value``; in lists of lists one after another
    of "Asia / Japan / Tokyo". None if all went well; else the names of what is offered, and nothing is chosen."""
    before = await find_candidates(page)
    await page.mouse.click(point.x, point.y)
    offered = await _choose(page, value, before)
    levels = LEVELS.split(value)
    if offered and len(levels) > 1:
        for level in levels:
            if offered := await _choose(page, level, before):
                break
    if offered is not None:
        await page.keyboard.press("Escape")
    return offered


async def choose_if_offered(page: Page, value: str, before: Snapshot) -> None:
    """Click on what is called ``value`` if it comes up as an option soon; ``before`` is the page without the list."""
    await _choose(page, value, before, seconds=_SUGGESTS_SECONDS)


async def _choose(page: Page, value: str, before: Snapshot, seconds: float = _OPENS_SECONDS) -> list[str] | None:
    """Click on what is called ``value`` once it has come up. None if it was; else the names of what is offered."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    offered: list[str] = []
    while loop.time() < deadline:
        snapshot = await find_candidates(page)
        options = _offered(snapshot, before)
        offered = list(dict.fromkeys(option.name for option in options))
        if best := _called(value, options):
            world = snapshot.worlds[best.frame]
            aim = await take_aim(world, best, 1.0)
            await page.mouse.click(aim.point.x, aim.point.y)
            await _closed(world, best)
            return None
        await asyncio.sleep(0.05)
    return offered


def _called(value: str, options: list[Candidate]) -> Candidate | None:
    """The option of that name, or the only one whose name begins with it: an icon's may follow."""
    best = max(options, key=lambda option: name_match(option, value), default=None)
    if best is None or name_match(best, value) >= _SAME:
        return best
    begun = [option for option in options if option.name.casefold().startswith(f"{value.casefold()} ")]
    return begun[0] if len(begun) == 1 else None


async def _closed(world: FrameWorld, option: Candidate) -> None:
    """Wait for the list to go, unless it stays for further choices."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _CLOSES_SECONDS
    while loop.time() < deadline:
        if not await world.run(f"handlens.isThere({option.id})"):
            return
        await asyncio.sleep(0.05)


def _offered(snapshot: Snapshot, before: Snapshot) -> list[Candidate]:
    """What came up, or, where that is nothing, what is an option by its role: a list may have been open already."""
    shown = [one for one in snapshot.candidates if one.name and not one.clipped and one.box.height > 1]
    options = [one for one in shown if one.role in _OPTIONS and one.kind == "action"]
    new = [one for one in shown if one.key not in before.by_key and one.point is not None and one.hit != 0]
    return [one for one in options if one.hit != 0] or new or options
