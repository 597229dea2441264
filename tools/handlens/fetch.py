"""Fetching one document over HTTP, with every connection opened by the guard and every redirect checked."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import anyio
import httpcore2
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from handlens.errors import DocumentError, LimitExceeded, Refused, TimedOut

if TYPE_CHECKING:
    from handlens.guard import Guard

_REDIRECTS = 10
_HEADERS = [("User-Agent", "handlens"), ("Accept", "application/pdf,*/*;q=0.5"), ("Accept-Encoding", "identity")]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came: the address after redirects, and the media type that the server states."""

    url: str
    media_type: str


async def fetch(url: str, target: Path, *, guard: Guard, max_bytes: int, seconds: float) -> Fetched:
    """Fetch `url` into the file `target`.

    Raises:
        InvalidInput, Refused: the guard, for the URL, a redirect or an address behind it.
        DocumentError: the server can't be reached or answers with a failure.
        LimitExceeded: more than `max_bytes`, or longer than `seconds`.
    """
    try:
        with anyio.fail_after(seconds):
            return await _follow(guard.check_url(url), target, guard, max_bytes)
    except TimeoutError as error:
        raise TimedOut(f"{_shown(url)} did not arrive within {seconds:g} s.", setting="limits.call_seconds") from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, OSError) as error:
        raise DocumentError(f"{_shown(url)} can't be fetched: {error or type(error).__name__}.") from error


async def _follow(url: str, target: Path, guard: Guard, max_bytes: int) -> Fetched:
    async with httpcore2.AsyncConnectionPool(
        network_backend=_GuardedBackend(guard), ssl_context=ssl.create_default_context()
    ) as pool:
        for _ in range(_REDIRECTS + 1):
            async with pool.stream(
                "GET", url, headers=[("Host", urlsplit(url).netloc.rpartition("@")[2]), *_HEADERS]
            ) as response:
                headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers}
                if response.status in (301, 302, 303, 307, 308) and "location" in headers:
                    url = guard.check_url(urljoin(url, headers["location"]))
                    continue
                if response.status != 200:
                    raise DocumentError(f"{_shown(url)} answered with HTTP status {response.status}.")
                await _save(response.aiter_stream(), target, max_bytes, headers.get("content-length", ""))
                return Fetched(url, headers.get("content-type", "").partition(";")[0].strip().lower())
    raise DocumentError(f"{_shown(url)} redirects more than {_REDIRECTS} times.")


async def _save(chunks: AsyncIterator[bytes], target: Path, max_bytes: int, announced: str) -> None:
    if announced.isdigit() and int(announced) > max_bytes:
        raise _too_large(max_bytes)
    size = 0
    async with await anyio.open_file(target, "wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > max_bytes:
                raise _too_large(max_bytes)
            await file.write(chunk)


def _too_large(max_bytes: int) -> LimitExceeded:
    return LimitExceeded(f"The document is larger than {max_bytes:,} bytes.", setting="limits.download_bytes")


def _shown(url: str) -> str:
    """The address without a user's name, password or query, which may be secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"[:160]


class _GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections through the guard, which resolves and checks the address that is then used."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - the interface
        socket_options: Any = None,  # noqa: ARG002
    ) -> httpcore2.AsyncNetworkStream:
        try:
            with anyio.fail_after(timeout):
                return _Stream(await self._guard.connect(host, port))
        except Refused:
            raise
        except (OSError, TimeoutError) as error:
            raise httpcore2.ConnectError(f"no connection to {host}:{port}") from error


class _Stream(httpcore2.AsyncNetworkStream):
    """An anyio stream as httpcore2 wants it."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            with anyio.fail_after(timeout):
                return await self._stream.receive(max_bytes)
        except anyio.EndOfStream:
            return b""
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise httpcore2.ReadError("the connection broke") from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            with anyio.fail_after(timeout):
                await self._stream.send(buffer)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise httpcore2.WriteError("the connection broke") from error

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        try:
            with anyio.fail_after(timeout):
                wrapped = await TLSStream.wrap(
                    self._stream, ssl_context=ssl_context, hostname=server_hostname, standard_compatible=False
                )
        except (ssl.SSLError, anyio.EndOfStream, anyio.BrokenResourceError) as error:
            await self.aclose()
            raise httpcore2.ConnectError(f"no secure connection to {server_hostname}: {error}") from error
        return _Stream(wrapped)

    def get_extra_info(self, info: str) -> Any:  # noqa: ARG002
        return None
