"""Answers `initialize` and the first `tools/list` over stdio while the tools and the MCP SDK are still imported.

A host waits for these two answers before it shows anything, and they hold nothing that has to be computed: how the
tools are declared is kept in ``declarations/``. So they are given here, and the handshake is then replayed to the SDK's
server, whose own answer to it, the same one, is dropped. Tests compare both with the SDK's answers, for every protocol
revision. Any other message, and so any client of the stateless era, waits for the SDK.
"""

from __future__ import annotations

import json
import os
import select
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handlens_server.identity import INSTRUCTIONS, NAME, TITLE, VERSION

HANDSHAKES = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
DECLARATIONS = Path(__file__).parent / "declarations"
_LONGEST_LINE = 1 << 20
_CHUNK = 1 << 16


@dataclass(slots=True)
class Greeting:
    """What was read before the SDK: ``lines`` are still to be served, and ``rest`` is the beginning of what follows.

    ``answered`` is the id of the handshake; ``tools`` is how they are declared.
    """

    lines: list[bytes] = field(default_factory=list[bytes])
    answered: int | str | None = None
    rest: bytearray = field(default_factory=bytearray)
    tools: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def greet(stdin: int = 0, stdout: int = 1) -> Greeting:
    """Read the first message, and answer it if it is `initialize`. No lines are left where the input ended at once."""
    greeting = Greeting()
    line = _line(stdin, greeting.rest)
    if line:
        greeting.lines.append(line)
    request = _parsed(line)
    params = request.get("params")
    if request.get("method") != "initialize" or not isinstance(params, dict) or not _id(request):
        return greeting
    version = params.get("protocolVersion")
    if isinstance(version, str) and "clientInfo" in params and "capabilities" in params:
        greeting.answered = request["id"]
        _answer(stdout, request, handshake(version))
        greeting.tools = declarations()
    return greeting


def list_tools(greeting: Greeting, until: int, stdin: int = 0, stdout: int = 1) -> None:
    """After a handshake: answer `tools/list` if it comes before something can be read from ``until``."""
    while greeting.answered is not None and (greeting.rest or stdin in select.select([stdin, until], [], [])[0]):
        line = _line(stdin, greeting.rest)
        if not line:
            return
        request = _parsed(line)
        if request.get("method") == "tools/list" and not request.get("params") and _id(request):
            _answer(stdout, request, {"tools": greeting.tools})
            return
        greeting.lines.append(line)
        if request.get("method") != "notifications/initialized":
            return


def waits(stdin: int = 0, seconds: float = 0.0) -> bool:
    """Whether there is something to read, now or within ``seconds``."""
    return bool(select.select([stdin], [], [], seconds)[0])


def declarations() -> list[dict[str, Any]]:
    """How the tools are declared, in the registry's order. Tests hold these files to what `declare` derives."""
    names = json.loads((DECLARATIONS / "all.json").read_bytes())
    return [json.loads((DECLARATIONS / f"{name}.json").read_bytes()) for name in names]


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


def _answer(stdout: int, request: dict[str, Any], result: dict[str, Any]) -> None:
    answer = {"jsonrpc": "2.0", "id": request["id"], "result": result}
    data = memoryview(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
    while data:
        data = data[os.write(stdout, data) :]


def _line(stdin: int, rest: bytearray) -> bytes:
    """The first line that is not blank, of ``rest`` and what follows it; what comes along with it is in ``rest`` then.

    From what the SDK reads itself (see `wire`) not one byte more than the line is taken.
    """
    piece = _CHUNK if selectable(stdin) else 1
    while True:
        end = rest.find(b"\n") + 1
        if end and rest[:end].strip():
            break
        if end:
            del rest[:end]
            continue
        read = os.read(stdin, piece) if len(rest) < _LONGEST_LINE else b""
        if not read:
            end = len(rest)
            break
        rest += read
    line = bytes(rest[:end])
    del rest[:end]
    return line


def selectable(descriptor: int) -> bool:
    """Whether it is a pipe or a socket, which the event loop can wait for."""
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _parsed(line: bytes) -> dict[str, Any]:
    """The message in ``line``; empty where it is none, which is the SDK's to complain about."""
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _id(request: dict[str, Any]) -> bool:
    return isinstance(request.get("id"), (int, str)) and not isinstance(request.get("id"), bool)


def replayed(incoming: Any, outgoing: Any, greeting: Greeting) -> tuple[Any, Any]:
    """The SDK's streams, with what was read already in front, and without a second answer to the handshake."""
    import mcp_types as types
    from mcp.shared.message import SessionMessage

    first: list[Any] = []
    for line in greeting.lines:
        try:
            first.append(SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False)))
        except ValueError as error:
            first.append(error)
    answered = greeting.answered
    return _Replaying(incoming, first), (outgoing if answered is None else _Dropping(outgoing, answered))


class _Replaying:
    """A read stream that begins with some messages more."""

    def __init__(self, stream: Any, first: list[Any]) -> None:
        self._stream = stream
        self._first = first

    async def receive(self) -> Any:
        return self._first.pop(0) if self._first else await self._stream.receive()

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        return self._first.pop(0) if self._first else await self._stream.__anext__()

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
