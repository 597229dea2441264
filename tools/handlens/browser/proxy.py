"""A SOCKS5 proxy on loopback through which the browser connects, so that the guard opens every connection.

Chromium hands a SOCKS5 proxy host names, not addresses: names are resolved here, checked here, and the checked
address is the one that is used. Redirects, frames, sub-resources, WebSockets and workers all come this way; there is
no second path to forget. One proxy serves one session, so that a refusal can be told to whoever caused it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import struct
from collections.abc import Callable

import anyio
from anyio.abc import SocketStream

from handlens.errors import Refused
from handlens.guard import Guard

log = logging.getLogger(__name__)

_SUCCEEDED, _NOT_ALLOWED, _UNREACHABLE, _UNSUPPORTED = 0, 2, 4, 7
_CONNECT_SECONDS = 20.0
_CHUNK = 1 << 16


class GuardedProxy:
    """Listens on a free loopback port from `start` to `stop`. ``refused`` hears each refusal's sentence."""

    def __init__(self, guard: Guard, refused: Callable[[str], None]) -> None:
        self._guard = guard
        self._refused = refused
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Begin to listen; returns the proxy's URL."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"socks5://{host}:{port}"

    async def stop(self) -> None:
        """Stop listening and cut what is open."""
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._relay(reader, writer)
        except (OSError, asyncio.IncompleteReadError, anyio.BrokenResourceError, UnicodeDecodeError):
            pass  # either side hung up or talked nonsense: closing is all there is to do
        finally:
            self._open.discard(task)
            writer.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = await _requested(reader, writer)
        if host is None:
            return
        try:
            with anyio.fail_after(_CONNECT_SECONDS):
                remote = await self._guard.connect(host, port)
        except Refused as error:
            log.info("refused a connection of a page", extra={"host": host, "port": port})
            self._refused(str(error))
            await _answer(writer, _NOT_ALLOWED)
        except (OSError, TimeoutError):
            await _answer(writer, _UNREACHABLE)
        else:
            async with remote:
                await _answer(writer, _SUCCEEDED)
                await _pump(reader, writer, remote)


async def _requested(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str | None, int]:
    """The host and port that the client asks for, after the greeting (RFC 1928, no authentication)."""
    version, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    if version != 5:
        return None, 0
    writer.write(b"\x05\x00")
    _, command, _, kind = await reader.readexactly(4)
    if kind == 3:
        length = (await reader.readexactly(1))[0]
        host = (await reader.readexactly(length)).decode("ascii")
    else:
        host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == 1 else 16)))
    (port,) = struct.unpack(">H", await reader.readexactly(2))
    if command != 1:
        await _answer(writer, _UNSUPPORTED)
        return None, 0
    return host, port


async def _answer(writer: asyncio.StreamWriter, code: int) -> None:
    writer.write(bytes((5, code, 0, 1)) + bytes(6))
    await writer.drain()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, remote: SocketStream) -> None:
    async def upstream() -> None:
        while data := await reader.read(_CHUNK):
            await remote.send(data)
        await remote.send_eof()

    async def downstream() -> None:
        with contextlib.suppress(anyio.EndOfStream):
            while True:
                writer.write(await remote.receive(_CHUNK))
                await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    async with asyncio.TaskGroup() as group:
        group.create_task(upstream())
        group.create_task(downstream())
