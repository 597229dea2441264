"""stdin and stdout for the SDK's stdio transport, read and written by the event loop.

The SDK gives each line that comes to a thread, and each that goes to two: on a warm picture a good part of what Python
does. Where the two are no pipes or sockets (a file, a terminal, Windows), the SDK's own way is taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import TYPE_CHECKING, cast

from handlens_server.greeting import selectable

if TYPE_CHECKING:
    from anyio import AsyncFile

_CHUNK = 1 << 16
_PIPE = 1 << 20


def wire(rest: bytes | bytearray = b"") -> tuple[AsyncFile[str] | None, AsyncFile[str] | None]:
    """What to give to the SDK's ``stdio_server``; None for its own. ``rest`` was read already, and comes first.

    From here on file descriptor 0 reads nothing and 1 is stderr: what a library prints is no message to the host.
    """
    if sys.platform == "win32" or not selectable(0) or not selectable(1) or os.path.sameopenfile(1, 2):
        return None, None
    stdin, stdout = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    for descriptor in (stdin, stdout):
        os.set_blocking(descriptor, False)
    _widen(stdout)
    return cast("AsyncFile[str]", Lines(stdin, rest)), cast("AsyncFile[str]", Output(stdout))


def _widen(descriptor: int) -> None:
    """Let a pipe hold a whole picture, so that neither side wakes for each part of it."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):  # a socket, or more than users may have
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE)


class Lines:
    """The lines of a pipe or socket, as `AsyncFile` gives them."""

    def __init__(self, descriptor: int, rest: bytes | bytearray = b"") -> None:
        self._descriptor = descriptor
        self._rest = bytearray(rest)
        self._searched = 0

    def __aiter__(self) -> Lines:
        return self

    async def __anext__(self) -> str:
        while (end := self._rest.find(b"\n", self._searched)) < 0:
            self._searched = len(self._rest)
            if chunk := await self._read():
                self._rest += chunk
            elif self._rest:
                end = len(self._rest)
                break
            else:
                raise StopAsyncIteration
        line = self._rest[: end + 1].decode("utf-8", "replace")
        del self._rest[: end + 1]
        self._searched = 0
        return line

    async def _read(self) -> bytes:
        while True:
            try:
                return os.read(self._descriptor, _CHUNK)
            except BlockingIOError:
                await _ready(self._descriptor, to_write=False)
            except ConnectionError:
                return b""  # a host that was killed: a socket says so, a pipe just ends


class Output:
    """A pipe or socket to write text to, as `AsyncFile` does."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    async def write(self, text: str) -> None:
        data = memoryview(text.encode())
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                await _ready(self._descriptor, to_write=True)

    async def flush(self) -> None:
        """Nothing is held back."""


async def _ready(descriptor: int, *, to_write: bool) -> None:
    loop = asyncio.get_running_loop()
    add, remove = (loop.add_writer, loop.remove_writer) if to_write else (loop.add_reader, loop.remove_reader)
    ready = loop.create_future()
    add(descriptor, lambda: ready.done() or ready.set_result(None))
    try:
        await ready
    finally:
        remove(descriptor)
