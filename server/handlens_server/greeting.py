"""Answers `initialize` over stdio at once, while the MCP SDK, half a second of imports, is still to come.

A host waits for this one answer before it shows anything. It holds nothing that has to be computed, so it is given
here and the request is then replayed to the SDK's server, whose own answer, the same one, is dropped. Tests compare
the two for every protocol revision. Anything else than a handshake (a client of the stateless era) waits for the SDK.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from typing import Any

from handlens_server.identity import INSTRUCTIONS, NAME, TITLE, VERSION

HANDSHAKES = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
_LONGEST_LINE = 1 << 20


def greet(stdin: int = 0, stdout: int = 1) -> tuple[bytes, Any]:
    """Read the first message, and answer it if it is `initialize`.

    Returns:
        The line as it came (empty at the end of input), and the id of the request that was answered, None if none was.
    """
    line = _first_line(stdin)
    try:
        request = json.loads(line)
        params = request["params"]
        identifier, version = request["id"], params["protocolVersion"]
        well_formed = request["method"] == "initialize" and "clientInfo" in params and "capabilities" in params
    except (ValueError, KeyError, TypeError):
        return line, None
    if not well_formed or not isinstance(version, str) or not isinstance(identifier, (int, str)):
        return line, None
    answer = {"jsonrpc": "2.0", "id": identifier, "result": handshake(version)}
    os.write(stdout, json.dumps(answer, ensure_ascii=False).encode() + b"\n")
    return line, identifier


def handshake(version: str) -> dict[str, Any]:
    """The result of `initialize` for a client that asks for protocol ``version``."""
    return {
        "protocolVersion": version if version in HANDSHAKES else HANDSHAKES[-1],
        "capabilities": {
            "resources": {"listChanged": False, "subscribe": False},
            "tools": {"listChanged": False},
        },
        "serverInfo": {"name": NAME, "title": TITLE, "version": VERSION},
        "instructions": INSTRUCTIONS,
    }


def _first_line(stdin: int) -> bytes:
    """Bytes up to the first line end, and not one more: the rest is the SDK's to read."""
    line = bytearray()
    while len(line) < _LONGEST_LINE and (byte := os.read(stdin, 1)):
        line += byte
        if byte == b"\n" and line.strip():
            break
    return bytes(line)


def replayed(incoming: Any, outgoing: Any, line: bytes, answered: Any) -> tuple[Any, Any]:
    """The SDK's streams with ``line`` in front of what comes in, and without the second answer to ``answered``."""
    import mcp_types as types
    from mcp.shared.message import SessionMessage

    try:
        first: Any = SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError as error:
        first = error
    return _Replaying(incoming, first), (outgoing if answered is None else _Dropping(outgoing, answered))


class _Replaying:
    """A read stream that begins with one message more."""

    def __init__(self, stream: Any, first: Any) -> None:
        self._stream = stream
        self._first: list[Any] = [first]

    async def receive(self) -> Any:
        return self._first.pop() if self._first else await self._stream.receive()

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        return self._first.pop() if self._first else await self._stream.__anext__()

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def __aenter__(self) -> _Replaying:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        return await self._stream.__aexit__(*error)


class _Dropping:
    """A write stream that leaves out the answer to one request."""

    def __init__(self, stream: Any, answered: Any) -> None:
        self._stream = stream
        self._answered: list[Any] = [answered]

    async def send(self, item: Any) -> None:
        if self._answered and getattr(item.message, "id", None) == self._answered[0] and _is_answer(item.message):
            self._answered.clear()
            return
        await self._stream.send(item)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def __aenter__(self) -> _Dropping:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        return await self._stream.__aexit__(*error)


def _is_answer(message: Any) -> bool:
    return hasattr(message, "result") or hasattr(message, "error")
