"""A Chromium of ours that runs: who speaks to it, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

from anyio import to_thread

from handlens.browser.pipe import Pipe
from handlens.browser.relay import Relay
from handlens.browser.spawn import Spawned, remove

_END_SECONDS = 2.0
_READ_BYTES = 1 << 16


class Process:
    """A running Chromium. ``pipe`` speaks to it, and ``url`` is where Playwright's ``connect_over_cdp`` does.

    ``said`` are, once it has ended, the lines that it wrote to stderr.
    """

    def __init__(self, spawned: Spawned, pipe: Pipe, server: asyncio.Server) -> None:
        self.executable = Path(spawned.command[0])
        self.pipe = pipe
        self.url = Relay.url(spawned.folder / "cdp")
        self._spawned = spawned
        self._server = server
        self.said: list[str] = []
        self._ended = asyncio.create_task(self._reap())

    @classmethod
    async def of(cls, spawned: Spawned) -> Process:
        """Take over a Chromium that was started; whether it works shows when it is spoken to."""
        try:
            _, pipe = await asyncio.get_running_loop().create_connection(Pipe, sock=spawned.pipe)
            return cls(spawned, pipe, await Relay.listen(pipe, spawned.folder / "cdp"))
        except BaseException:
            spawned.discard()
            raise

    def joined(self) -> None:
        """Playwright is connected: let nobody else come."""
        self._server.close()

    async def stop(self) -> None:
        """End it and all its processes, and remove what it wrote."""
        from playwright.async_api import Error

        with contextlib.suppress(TimeoutError, Error):
            async with asyncio.timeout(_END_SECONDS):
                await self.pipe.send("Browser.close")
                await asyncio.shield(self._ended)
        self.pipe.close()
        if not self._ended.done():
            self._spawned.kill()
        await self._ended

    async def _reap(self) -> None:
        await to_thread.run_sync(os.waitpid, self._spawned.pid, 0, abandon_on_cancel=True)
        self.pipe.close()
        self._server.close()
        self.said = await to_thread.run_sync(_said, self._spawned.folder / "log")
        await to_thread.run_sync(remove, self._spawned.folder)


def _said(log: Path) -> list[str]:
    with contextlib.suppress(OSError), log.open("rb") as written:
        return written.read(_READ_BYTES).decode("utf-8", "replace").splitlines()
    return []
