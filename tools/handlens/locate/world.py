"""A JavaScript world of our own in every frame of a page.

Scripts run in an isolated world over the DevTools protocol: they see the page's DOM, but neither the page's changes to
prototypes and globals, nor can the page see or answer for them. Frames of other sites live in other processes with
sessions of their own; where a frame lies is asked of the browser, not of the page.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from handlens.errors import BrowserDied, TargetError

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page
    from playwright.async_api import Frame as PageFrame

WORLD_NAME = "handlens"
SCRIPT_FILES = ("dom.js", "names.js", "traits.js", "groups.js", "collect.js", "fields.js", "act.js")
MAX_FRAMES = 60


@cache
def script() -> str:
    """Everything under ``page/`` as one expression that installs ``globalThis.handlens``."""
    folder = files("handlens.locate") / "page"
    body = "\n".join((folder / name).read_text("utf-8") for name in SCRIPT_FILES)
    return f'(() => {{ "use strict"; if (globalThis.handlens) return;\n{body}\n}})()'


@dataclass(frozen=True, slots=True)
class FrameWorld:
    """Our world in one frame, and how the frame's CSS pixels lie in the main frame's viewport."""

    session: CDPSession
    frame_id: str
    context_id: int
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    page: Page | None = None

    async def run(self, expression: str) -> Any:
        """Evaluate an expression over ``handlens`` and return its value.

        Raises:
            TargetError: the frame went away or navigated meanwhile.
        """
        return await _evaluate(self.session, self.context_id, expression)

    async def handle(self, expression: str) -> str | None:
        """The remote object id of the element that an expression gives, or None."""
        answer = await _send(self.session, "Runtime.evaluate", {"expression": expression, "contextId": self.context_id})
        found = answer["result"].get("objectId")
        return str(found) if found else None

    async def send(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """A DevTools command in this frame's session."""
        return await _send(self.session, method, parameters)


@dataclass(slots=True)
class _Sessions:
    main: CDPSession
    frames: WeakKeyDictionary[PageFrame, CDPSession | None]


_sessions: WeakKeyDictionary[Page, _Sessions] = WeakKeyDictionary()


async def worlds(page: Page) -> list[FrameWorld]:
    """Our world in the main frame first, then in every child frame that is laid out.

    Raises:
        BrowserDied: the page is closed or crashed.
        TargetError: the main document was replaced while we looked; look again.
    """
    sessions = await _page_sessions(page)
    tree = (await _send(sessions.main, "Page.getFrameTree"))["frameTree"]
    main = await _world(sessions.main, tree["frame"]["id"])
    found = [main]
    await _add_children(sessions.main, tree, found)
    for frame in page.frames[1 : MAX_FRAMES + 1]:
        session = await _frame_session(page, sessions, frame)
        if session is not None:
            await _add_other_process(page, sessions, frame, session, found)
    return [replace(world, page=page) for world in found]


async def placed_again(world: FrameWorld) -> tuple[FrameWorld, FrameWorld]:
    """The main frame's world, and ``world`` with where its frame lies now: scrolling moves frames.

    Raises:
        TargetError: the frame went away.
    """
    assert world.page is not None
    main, *others = await worlds(world.page)
    for now in (main, *others):
        if (now.session, now.frame_id) == (world.session, world.frame_id):
            return main, now
    raise TargetError("The frame that it is in went away from the page. Look again.")


async def _add_children(session: CDPSession, tree: dict[str, Any], found: list[FrameWorld]) -> None:
    for child in tree.get("childFrames", []):
        if len(found) >= MAX_FRAMES:
            return
        try:
            world = await _placed(session, session, child["frame"]["id"], 0.0, 0.0, found[0])
        except TargetError:
            continue  # the frame went away, is not laid out, or is just being replaced
        if world is not None:
            found.append(world)
            await _add_children(session, child, found)


async def _add_other_process(
    page: Page, sessions: _Sessions, frame: PageFrame, session: CDPSession, found: list[FrameWorld]
) -> None:
    holder, origin = sessions.main, found[0]
    ancestor = frame.parent_frame
    while ancestor is not None and ancestor is not page.main_frame:
        other = sessions.frames.get(ancestor)
        if other is not None:
            holder = other
            origin = next((world for world in found if world.session is other), origin)
            break
        ancestor = ancestor.parent_frame
    try:
        tree = (await _send(session, "Page.getFrameTree"))["frameTree"]
        world = await _placed(session, holder, tree["frame"]["id"], origin.x, origin.y, origin)
        if world is None:
            return
        found.append(world)
        for child in tree.get("childFrames", []):
            inner = await _placed(session, session, child["frame"]["id"], world.x, world.y, world)
            if inner is not None:
                found.append(inner)
    except (TargetError, BrowserDied):
        return  # a frame may go at any time; the rest of the page is still there


async def _placed(
    session: CDPSession, holder: CDPSession, frame_id: str, x: float, y: float, root: FrameWorld
) -> FrameWorld | None:
    owner = await _send(holder, "DOM.getFrameOwner", {"frameId": frame_id})
    try:
        model = (await _send(holder, "DOM.getBoxModel", {"backendNodeId": owner["backendNodeId"]}))["model"]
    except TargetError:
        return None  # not laid out
    quad = model["content"]
    world = await _world(session, frame_id)
    inner = await world.run("handlens.inner()")
    if not inner["width"] or not inner["height"]:
        return None
    scale = root.scale * (quad[2] - quad[0]) / inner["width"] if quad[2] > quad[0] else root.scale
    return FrameWorld(session, frame_id, world.context_id, x + quad[0] * root.scale, y + quad[1] * root.scale, scale)


async def _page_sessions(page: Page) -> _Sessions:
    known = _sessions.get(page)
    if known is None:
        from playwright.async_api import Error

        try:
            session = await page.context.new_cdp_session(page)
        except Error as error:
            raise BrowserDied(f"The page is gone: {_first_line(error)} Open it again with open_page.") from error
        known = _sessions[page] = _Sessions(session, WeakKeyDictionary())
    return known


async def _frame_session(page: Page, sessions: _Sessions, frame: PageFrame) -> CDPSession | None:
    from playwright.async_api import Error

    try:
        session = await page.context.new_cdp_session(frame)
    except Error:
        session = None  # the frame shares its parent's process, and so its session
    known = sessions.frames.get(frame)
    if known is not None:
        if session is not None:
            await session.detach()
            return known
        del sessions.frames[frame]
    if session is not None:
        sessions.frames[frame] = session
    return session


async def _world(session: CDPSession, frame_id: str) -> FrameWorld:
    made = await _send(session, "Page.createIsolatedWorld", {"frameId": frame_id, "worldName": WORLD_NAME})
    context_id = made["executionContextId"]
    if not await _evaluate(session, context_id, "Boolean(globalThis.handlens)"):
        await _evaluate(session, context_id, script())
    return FrameWorld(session, frame_id, context_id)


async def _evaluate(session: CDPSession, context_id: int, expression: str) -> Any:
    answer = await _send(
        session, "Runtime.evaluate", {"expression": expression, "contextId": context_id, "returnByValue": True}
    )
    failure = answer.get("exceptionDetails")
    if failure:
        said = failure.get("exception", {}).get("description") or failure.get("text", "")
        raise TargetError(f"The page could not be read: {said.splitlines()[0] if said else 'unknown'}")
    return answer["result"].get("value")


async def _send(session: CDPSession, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    from playwright.async_api import Error

    try:
        return await session.send(method, parameters)
    except Error as error:
        if "closed" in str(error) or "crashed" in str(error):
            raise BrowserDied("The page was closed or crashed meanwhile. Open it again with open_page.") from error
        raise TargetError(f"The page changed while it was read ({_first_line(error)}). Call again.") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["unknown"])[0]


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
