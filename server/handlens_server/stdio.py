"""Serving over stdin and stdout, to the host that started us.

The host is answered first (see `greeting`); then the browser starts while the MCP SDK is imported beside it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Any

from handlens_server.compose import Composition
from handlens_server.greeting import Greeting, replayed
from handlens_server.quick_import import no_collection, packages_on_demand
from handlens_server.run_folder import RunFolder
from handlens_server.settings import Settings

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server


async def serve(settings: Settings, greeting: Greeting) -> None:
    """Serve until stdin closes or a signal comes, and leave nothing behind. ``greeting`` was exchanged already."""
    folder = RunFolder()
    composition = Composition(settings, folder.path)

    async def leave(code: int) -> None:
        await composition.close()
        folder.close()
        # A thread is still reading stdin, and nothing can stop it: an orderly interpreter exit would wait for it.
        os._exit(code)

    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda code=128 + number: tasks.add(asyncio.ensure_future(leave(code))))
    tasks.add(asyncio.ensure_future(composition.warm()))
    composition.start()
    server = await asyncio.to_thread(_server, composition)
    from mcp.server.stdio import stdio_server

    async with stdio_server() as streams:
        incoming, outgoing = replayed(*streams, greeting)
        await server.run(incoming, outgoing, server.create_initialization_options())
        await leave(0)


def _server(composition: Composition) -> Server[Any]:
    """The MCP server, and with it everything that it imports."""
    packages_on_demand("mcp", "mcp.server")
    with no_collection():
        from handlens.registry import ALL_TOOLS
        from handlens_server.app import App
    return App(ALL_TOOLS, composition.kit, eye_of=composition.eye_of()).server()
