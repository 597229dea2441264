"""A JavaScript world of our own in every frame of a page: it sees the page's DOM, but neither the page's changes to
prototypes and globals, nor can the page see or answer for it.

Scripts are compiled once a document: a call is a short message, which matters where each picture needs two of them.
Frames of other sites live in other processes, each with a session of its own.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from handlens.browser.scripts import SCRIPTS, script
from handlens.errors import TargetError

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page
    from playwright.async_api import Frame as PageFrame

    from handlens.browser.launch import Cdp

_TRIES = 3
_GONE = ("Cannot find context", "No frame", "Execution context was destroyed")


@dataclass(slots=True, eq=False)
class OwnWorld:
    """Our world in one document. ``holder`` is the session in which the frame's element lives, ``root`` the world of
    the outermost frame of its session (None: it is that itself)."""

    cdp: Cdp
    frame: str
    context: int
    holder: Cdp | None = None
    root: OwnWorld | None = None
    element: int | None = None
    """The backend node id of the frame's element, once it was asked for."""
    installed: set[str] = field(default_factory=set[str])

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression; a promise is waited for.

        Raises:
            TargetError: it threw.
            playwright.async_api.Error: the document is gone.
        """
        answer = await self.cdp.send(
            "Runtime.evaluate",
            {"expression": expression, "contextId": self.context, "returnByValue": True, "awaitPromise": True},
        )
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"].get("exception", {}).get("description") or "an exception"
            raise TargetError(f"The page broke a script of ours: {thrown.splitlines()[0][:200]}")
        return answer["result"].get("value")


class OwnWorlds:
    """Our worlds in the frames of one page, whose main session is ``cdp``."""

    def __init__(self, page: Page, cdp: Cdp) -> None:
        self._page = page
        self.cdp = cdp
        # The numbers of contexts are given anew after a navigation: one that does not know the name is not ours.
        self._name = f"handlens_{secrets.token_hex(8)}"
        self._main: OwnWorld | None = None
        self._known: dict[tuple[int, str], tuple[str, OwnWorld]] = {}
        """By session and frame: the document's loader, and our world in it."""
        self._others: WeakKeyDictionary[PageFrame, tuple[str, CDPSession | None]] = WeakKeyDictionary()
        """The address that a frame was seen with, and its session, None where it shares its parent's."""

    async def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """Call ``scripts/NAME.js`` in the main frame with ``arguments``; they and the result are JSON.

        Raises:
            TargetError: the function threw.
            playwright.async_api.Error: the page is gone, or keeps navigating.
        """
        from playwright.async_api import Error

        call = f"{self._name}.{name}({json.dumps(arguments)})"
        for tries_left in reversed(range(_TRIES)):
            try:
                if self._main is None:
                    tree = (await self.cdp.send("Page.getFrameTree"))["frameTree"]
                    self._main = await self._world(self.cdp, tree["frame"])
                    value = await self._main.evaluate(f"{self._installation()};{call}")
                else:
                    value = await self._main.evaluate(f"globalThis.{self._name} ? {call} : null")
            except Error as error:
                if not tries_left or not any(sign in str(error) for sign in _GONE):
                    raise
                value = None
            if value is not None:
                return value
            self._main = None
            self._known.clear()
        raise TargetError("The page navigated during the call. Call again to act on the page that is there now.")

    async def call_in_frames(self, name: str, arguments: dict[str, Any]) -> list[Any]:
        """The same in every frame but the main one. Frames that go meanwhile are left out."""
        from playwright.async_api import Error

        call = f"{self._installation()};{self._name}.{name}({json.dumps(arguments)})"

        async def one(world: OwnWorld) -> Any:
            try:
                return await world.evaluate(call)
            except Error:
                return None

        results = await asyncio.gather(*(one(world) for world in (await self.all())[1:]))
        return [result for result in results if result is not None]

    async def all(self) -> list[OwnWorld]:
        """Our worlds in all frames, the main one first, inner ones after what holds them. Frames may go at any time.

        Raises:
            playwright.async_api.Error: the page is gone, or was just replaced.
        """
        found = await self._found()
        if len(found) < len(self._page.frames) and None in (session for _, session in self._others.values()):
            self._others.clear()  # one that shared its parent's process may have one of its own by now
            found = await self._found()
        self._known = {key: known for key, known in self._known.items() if known[1] in found}
        return found

    async def _found(self) -> list[OwnWorld]:
        tree = (await self.cdp.send("Page.getFrameTree"))["frameTree"]
        found = await self._in_session(self.cdp, tree, None)
        if len(found) < len(self._page.frames):
            for frame in self._page.frames[1:]:
                found.extend(await self._other_process(frame))
        return found

    def forget(self, world: OwnWorld) -> None:
        """Make the world anew next time: it proved to be gone."""
        self._known = {key: known for key, known in self._known.items() if known[1] is not world}

    async def _in_session(self, cdp: Cdp, tree: dict[str, Any], holder: Cdp | None) -> list[OwnWorld]:
        """The worlds of all frames of one process."""
        from playwright.async_api import Error

        async def inner(frame: dict[str, Any]) -> OwnWorld | None:
            try:
                return await self._world(cdp, frame)
            except Error:
                return None

        first, *others = _frames(tree)
        root = await self._world(cdp, first)
        root.holder = holder
        worlds = [world for world in await asyncio.gather(*map(inner, others)) if world is not None]
        for world in worlds:
            world.holder, world.root = cdp, root
        return [root, *worlds]

    async def _other_process(self, frame: PageFrame) -> list[OwnWorld]:
        """The worlds of a frame of another site, and of what that holds; none where it is in its parent's process."""
        from playwright.async_api import Error

        address, cdp = self._others.get(frame, (None, None))
        try:
            if address != frame.url:
                cdp = await self._session_of(frame)
            if cdp is None:
                return []
            tree = (await cdp.send("Page.getFrameTree"))["frameTree"]
            return await self._in_session(cdp, tree, self._holder(frame))
        except Error:
            self._others.pop(frame, None)  # it went, or moved to another process: asked anew
            return []

    async def _session_of(self, frame: PageFrame) -> CDPSession | None:
        from playwright.async_api import Error

        try:
            session = await self._page.context.new_cdp_session(frame)
        except Error:
            session = None
        self._others[frame] = frame.url, session
        return session

    def _holder(self, frame: PageFrame) -> Cdp:
        """The session of the process that a frame's element is in."""
        above = frame.parent_frame
        while above is not None:
            session = self._others.get(above, ("", None))[1]
            if session is not None:
                return session
            above = above.parent_frame
        return self.cdp

    async def _world(self, cdp: Cdp, frame: dict[str, Any]) -> OwnWorld:
        key, loader = (id(cdp), str(frame["id"])), str(frame["loaderId"])
        known = self._known.get(key)
        if known is not None and known[0] == loader:
            return known[1]
        made = await cdp.send("Page.createIsolatedWorld", {"frameId": frame["id"], "worldName": self._name})
        world = OwnWorld(cdp, str(frame["id"]), int(made["executionContextId"]))
        self._known[key] = loader, world
        return world

    def _installation(self) -> str:
        return f"globalThis.{self._name} ??= {{{_functions()}}}"


_worlds: WeakKeyDictionary[Page, OwnWorlds] = WeakKeyDictionary()
_ways: WeakKeyDictionary[Page, Callable[[Page], Awaitable[Cdp]]] = WeakKeyDictionary()


def reached_by(page: Page, attach: Callable[[Page], Awaitable[Cdp]]) -> None:
    """Say how a page's main session is opened; by way of Playwright where nobody says."""
    _ways[page] = attach


async def own_worlds(page: Page) -> OwnWorlds:
    """Our worlds in a page.

    Raises:
        playwright.async_api.Error: the page is gone.
    """
    if page not in _worlds:
        attach = _ways.get(page, page.context.new_cdp_session)
        _worlds.setdefault(page, OwnWorlds(page, await attach(page)))
    return _worlds[page]


def _frames(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree["frame"]
    for child in tree.get("childFrames", ()):
        yield from _frames(child)


@cache
def _functions() -> str:
    return ",".join(f"{name}: {script(name)}" for name in SCRIPTS)
