"""Serving over stdin and stdout, to the host that started us, in the order that keeps the host waiting least.

The browser's driver, a process of its own, starts first; while it does, the host is answered (see `greeting`); then the
browser starts, with an empty page in it, while the MCP SDK is imported beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any, NoReturn

from handlens.errors import HandlensError
from handlens_server.greeting import Greeting, greet, list_tools, replayed
from handlens_server.quick_import import deferred_models, no_collection, packages_on_demand
from handlens_server.run_folder import RunFolder
from handlens_server.wire import wire

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

    from handlens_server.compose import Composition
    from handlens_server.settings import Settings


def run(load: Callable[[], Settings]) -> NoReturn:
    """Serve until stdin closes or a signal comes, leave nothing behind, and exit. Raises what ``load`` raises."""
    folder = RunFolder()
    try:
        asyncio.run(_serve(load, folder))
    finally:
        folder.close()
    raise AssertionError("serving ends the process")


async def _serve(load: Callable[[], Settings], folder: RunFolder) -> None:
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
        from handlens.browser.driver import start_driver

        driver = asyncio.create_task(start_driver())
        await asyncio.sleep(0)
        try:
            settings, greeting = await asyncio.to_thread(_first_words, load)
        except HandlensError:
            await (await driver).stop()
            raise
        if not greeting.lines:
            await leave(0)
        async with _listing_tools(greeting):
            from handlens_server.compose import Composition

            composition = Composition(settings, folder.path, driver=driver)
            composition.start()
            server = await asyncio.to_thread(_server, composition)
    from mcp.server.stdio import stdio_server

    async with stdio_server(*wire()) as streams:
        incoming, outgoing = replayed(*streams, greeting)
        await server.run(incoming, outgoing, server.create_initialization_options())
        await leave(0)


def _first_words(load: Callable[[], Settings]) -> tuple[Settings, Greeting]:
    """The settings, and what the host said first, answered."""
    return load(), greet()


@contextlib.asynccontextmanager
async def _listing_tools(greeting: Greeting) -> AsyncGenerator[None]:
    """Meanwhile, answer the host if it asks for the tools."""
    over, end = os.pipe()
    listing = asyncio.create_task(asyncio.to_thread(list_tools, greeting, over))
    try:
        yield
    finally:
        os.close(end)
        await listing
        os.close(over)


def _server(composition: Composition) -> Server[Any]:
    """The MCP server, and with it everything that it imports."""
    packages_on_demand("mcp", "mcp.server")
    with deferred_models():
        import mcp.server.lowlevel.server  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from handlens.registry import ALL_TOOLS
    from handlens_server.app import App

    return App(ALL_TOOLS, composition.kit, eye_of=composition.eye_of()).server()
