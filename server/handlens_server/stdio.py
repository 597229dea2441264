"""Serving over stdin and stdout, to the host that started us."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

from mcp.server.stdio import stdio_server

from handlens.registry import ALL_TOOLS
from handlens_server.app import App
from handlens_server.compose import Composition
from handlens_server.greeting import replayed
from handlens_server.run_folder import RunFolder
from handlens_server.settings import Settings


async def serve(settings: Settings, first_line: bytes, answered: Any) -> None:
    """Serve until stdin closes or a signal comes, and leave nothing behind.

    ``first_line`` was read already, and ``answered`` is the id of the request in it that was answered (see `greet`).
    """
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
    composition.start()
    server = App(ALL_TOOLS, composition.kit, eye_of=composition.eye_of()).server()
    async with stdio_server() as streams:
        incoming, outgoing = replayed(*streams, first_line, answered)
        tasks.add(asyncio.ensure_future(composition.warm()))
        await server.run(incoming, outgoing, server.create_initialization_options())
        await leave(0)
