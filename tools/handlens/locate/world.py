"""Our script in our own world of every frame of a page, and where each frame lies.

Where that is is asked of the browser, not of the page.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from handlens.browser.own_world import OwnWorld, own_worlds
from handlens.browser.secrets import MASKED_FIELDS
from handlens.errors import BrowserDied, TargetError
from handlens.geometry import Placement

if TYPE_CHECKING:
    from playwright.async_api import Page

    from handlens.browser.launch import Cdp

SCRIPT_FILES = ("dom.js", "names.js", "traits.js", "groups.js", "collect.js", "fields.js", "act.js")
MAX_FRAMES = 60
_SCRIPT = "locate/page"


@cache
def script() -> str:
    """Everything under ``page/`` as one expression that installs ``globalThis.handlens``."""
    folder = files("handlens.locate") / "page"
    body = "\n".join((folder / name).read_text("utf-8") for name in SCRIPT_FILES)
    given = f"const MASKED_FIELDS = {json.dumps(MASKED_FIELDS)};"
    return f'(() => {{ "use strict"; if (globalThis.handlens) return;\n{given}\n{body}\n}})()'


@dataclass(frozen=True, slots=True)
class FrameWorld:
    """Our world in one frame, and how the frame lies in the main frame's viewport."""

    own: OwnWorld
    page: Page
    placement: Placement

    async def run(self, expression: str) -> Any:
        """Evaluate an expression over ``handlens`` and return its value.

        Raises:
            TargetError: the frame went away or navigated meanwhile.
        """
        return await _evaluate(self.own, expression)

    async def handle(self, expression: str) -> str | None:
        """The remote object id of the element that an expression gives, or None."""
        answer = await self.send("Runtime.evaluate", {"expression": expression, "contextId": self.own.context})
        found = answer["result"].get("objectId")
        return str(found) if found else None

    async def send(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """A DevTools command in this frame's session."""
        return await _send(self.own.cdp, method, parameters)


async def worlds(page: Page) -> list[FrameWorld]:
    """Our world in the main frame first, then in every child frame that is laid out.

    Raises:
        BrowserDied: the page is closed or crashed.
        TargetError: the main document was replaced while we looked; look again.
    """
    from playwright.async_api import Error

    try:
        every = await own_worlds(page)
        first, *others = await every.all()
    except Error as error:
        raise _failure(page, error) from error
    try:
        await _ready(first)
    except TargetError:
        every.forget(first)
        raise
    found = [FrameWorld(first, page, Placement())]
    roots = {first: found[0]}
    others = others[:MAX_FRAMES]
    await _place([world for world in others if world.root is first], roots, found, page)
    for root in (world for world in others if world.root is None):  # of another site, in a process of its own
        await _place([root], roots, found, page)
        await _place([world for world in others if world.root is root], roots, found, page)
    return found


async def placed_again(world: FrameWorld) -> tuple[FrameWorld, FrameWorld]:
    """The main frame's world, and ``world`` with where its frame lies now: scrolling moves frames.

    Raises:
        TargetError: the frame went away.
    """
    main, *others = await worlds(world.page)
    for now in (main, *others):
        if now.own is world.own:
            return main, now
    raise TargetError("The frame that it is in went away from the page. Look again.")


async def _place(
    frames: Sequence[OwnWorld], roots: dict[OwnWorld, FrameWorld], found: list[FrameWorld], page: Page
) -> None:
    """Add frames where they lie in what holds them; those that went, or are not laid out, are left out."""

    async def one(own: OwnWorld) -> FrameWorld | None:
        origin = next((at for root, at in roots.items() if root.cdp is own.holder), None)
        try:
            return await _placed(own, origin, page) if origin is not None else None
        except (TargetError, BrowserDied):
            return None  # a frame may go at any time; the rest of the page is still there

    placed = [world for world in await asyncio.gather(*map(one, frames)) if world is not None]
    found.extend(placed)
    roots.update({world.own: world for world in placed if world.own.root is None})


async def _placed(own: OwnWorld, origin: FrameWorld, page: Page) -> FrameWorld | None:
    """Boxes are told in the viewport of the outermost frame of a process: ``origin``."""
    assert own.holder is not None
    if own.element is None:
        owner = await _send(own.holder, "DOM.getFrameOwner", {"frameId": own.frame})
        own.element = int(owner["backendNodeId"])
    model = (await _send(own.holder, "DOM.getBoxModel", {"backendNodeId": own.element}))["model"]
    quad, inner = model["content"], await _ready(own)
    if not inner["width"] or not inner["height"]:
        return None
    placement = origin.placement.within(quad, inner["width"], inner["height"])
    return FrameWorld(own, page, placement) if placement.scale else None


async def _ready(own: OwnWorld) -> dict[str, float]:
    """See that our script is there; the frame's size."""
    if _SCRIPT not in own.installed:
        await _evaluate(own, script())
        own.installed.add(_SCRIPT)
    return await _evaluate(own, "handlens.inner()")


async def _evaluate(own: OwnWorld, expression: str) -> Any:
    from playwright.async_api import Error

    try:
        return await own.evaluate(expression)
    except Error as error:
        raise _failure(None, error) from error


async def _send(session: Cdp, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    from playwright.async_api import Error

    try:
        return await session.send(method, parameters)
    except Error as error:
        raise _failure(None, error) from error


def _failure(page: Page | None, error: Exception) -> TargetError | BrowserDied:
    if "closed" in str(error) or "crashed" in str(error) or (page is not None and page.is_closed()):
        return BrowserDied("The page was closed or crashed meanwhile. Open it again with open_page.")
    said = (str(error).splitlines() or ["unknown"])[0]
    return TargetError(f"The page changed while it was read ({said}). Call again.")


async def run_all(found: list[FrameWorld], expression: str) -> list[Any]:
    """Evaluate an expression in every world at once; None where a frame went away."""

    async def one(world: FrameWorld) -> Any:
        try:
            return await world.run(expression)
        except TargetError:
            if world is found[0]:
                raise
            return None

    return list(await asyncio.gather(*(one(world) for world in found)))
