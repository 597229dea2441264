"""Serving over stdin and stdout, to the host that started us, in the order that keeps the host waiting least.

The host is answered first (see `greeting`); then the browser and its driver start, processes of their own, while the
settings, the tools and the MCP SDK are imported beside them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from handlens.browser.installed import installed_chromium
from handlens.browser.spawn import Spawned, usual_command
from handlens.errors import HandlensError
from handlens_server.greeting import Greeting, declarations, greet, list_tools, replayed, waits
from handlens_server.quick_import import deferred_models, no_collection, packages_on_demand
from handlens_server.run_folder import RunFolder
from handlens_server.wire import wire

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

    from handlens_server.compose import Composition
    from handlens_server.settings import Settings

_FIRST_SECONDS = 0.1
_LIST_SECONDS = 0.03


def run(load: Callable[[], Settings], *, usual_browser: bool = False) -> NoReturn:
    """Serve until stdin closes or a signal comes, leave nothing behind, and exit. Raises what ``load`` raises.

    ``usual_browser``: the settings are known to say nothing of the browser, so that it can start before they are read.
    """
    # A person at a terminal says nothing; what is wrong with the settings is then said at once.
    greeting = greet() if waits(seconds=_FIRST_SECONDS) else None
    folder = RunFolder()
    browser = _usual_browser() if greeting and usual_browser else None
    try:
        asyncio.run(_serve(load, folder, greeting, browser))
    finally:
        folder.close()
    raise AssertionError("serving ends the process")


def _usual_browser() -> Spawned | None:
    """The browser of the default settings, begun; nothing where that fails, which is told when it is needed."""
    if not (executable := installed_chromium()):
        return None
    with contextlib.suppress(OSError):
        return Spawned.start(usual_command(executable))
    return None


async def _serve(
    load: Callable[[], Settings], folder: RunFolder, greeting: Greeting | None, browser: Spawned | None
) -> None:
    composition: Composition | None = None
    leaving: list[asyncio.Task[NoReturn]] = []

    def leave(code: int) -> asyncio.Task[NoReturn]:
        if not leaving:  # whatever ended us first says with which code
            leaving.append(asyncio.create_task(end(code)))
        return leaving[0]

    async def end(code: int) -> NoReturn:
        if composition is not None:
            await composition.close()
        folder.close()
        # A thread is still reading stdin, and nothing can stop it: an orderly interpreter exit would wait for it.
        os._exit(code)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave, 128 + number)
    with no_collection():
        listing = await _ListingTools.begin(greeting) if greeting else None
        from handlens.browser.driver import start_driver

        driver = asyncio.create_task(start_driver())
        await asyncio.sleep(0)
        try:
            settings = await asyncio.to_thread(load)
        except HandlensError:
            if browser is not None:
                browser.discard()
            await (await driver).stop()
            raise
        if listing is None:
            listing = await _ListingTools.begin(await asyncio.to_thread(greet))
        greeting = listing.greeting
        if not greeting.lines:
            await leave(0)
        from handlens.browser.launch import Begun
        from handlens_server.compose import Composition

        composition = Composition(settings, folder.path, begun=Begun(driver, browser))
        composition.start()
        server = await asyncio.to_thread(_server, composition, greeting.tools or declarations())
        await listing.end()
    from mcp.server.stdio import stdio_server

    async with stdio_server(*wire(greeting.rest)) as streams:
        incoming, outgoing = replayed(*streams, greeting)
        await server.run(incoming, outgoing, server.create_initialization_options())
        await leave(0)


class _ListingTools:
    """Answers the host if it asks for the tools meanwhile: at once, or from a thread while we import."""

    def __init__(self, greeting: Greeting) -> None:
        self.greeting = greeting
        over, self._end = os.pipe()
        self._over = over
        self._listing = asyncio.create_task(asyncio.to_thread(list_tools, greeting, over))

    @classmethod
    async def begin(cls, greeting: Greeting) -> _ListingTools:
        """Most hosts ask as soon as they have the handshake: that is waited for, and nothing imported against it."""
        listing = cls(greeting)
        await asyncio.wait({listing._listing}, timeout=_LIST_SECONDS)
        return listing

    async def end(self) -> None:
        """From here on stdin is the SDK's."""
        os.close(self._end)
        await self._listing
        os.close(self._over)


def _server(composition: Composition, declared: list[dict[str, Any]]) -> Server[Any]:
    """The MCP server, and with it everything that it imports."""
    packages_on_demand("mcp", "mcp.server")
    with deferred_models():
        import mcp.server.lowlevel.server  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from handlens_server.app import App
    from handlens_server.on_demand import ToolsOnDemand

    tools = ToolsOnDemand([one["name"] for one in declared])
    return App(tools, composition.kit, declared=declared, eye_of=composition.eye_of()).server()
