"""A small HTTP server that answers like an OpenAI-compatible engine, from functions that a test gives."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import anyio
import h11
from anyio.abc import SocketAttribute, SocketListener, SocketStream, TaskGroup, UNIXSocketStream

Reply = tuple[int, Any]
Chat = Callable[[dict[str, Any]], Awaitable[Reply | None]]
"""From a chat request's body to a status and a body; None drops the connection."""


def words(content: str, **message: Any) -> Reply:
    """A chat completion that says ``content``."""
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}
    finish = message.pop("finish_reason", "stop")
    return 200, {"choices": [{"message": {"content": content, **message}, "finish_reason": finish}], "usage": usage}


def saying(*contents: str) -> Chat:
    """Each answer once, then the last for ever."""
    left = list(contents)

    async def chat(body: dict[str, Any]) -> Reply:
        return words(left.pop(0) if len(left) > 1 else left[0])

    return chat


@dataclass
class FakeEngine:
    """What it was asked, and what it says. ``aborted`` counts callers who hung up before their answer."""

    chat: Chat
    models: tuple[str, ...] = ("Qwen/Qwen3-VL-4B-Instruct",)
    owner: str = "vllm"
    context: int = 0
    """Tokens, as it tells them; 0: it does not."""
    up: bool = True
    refuses: int = 0
    """The status with which it refuses to say what it serves."""
    silent: bool = False
    """It takes requests and never answers."""
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    running: int = 0
    most_at_once: int = 0
    aborted: int = 0
    keys: set[str] = field(default_factory=set)
    changed: anyio.Event = field(default_factory=anyio.Event)
    urls: ClassVar[set[str]] = set()
    """Of every fake that was served."""

    def tell(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something to have happened here, at most 5 s."""
        with anyio.fail_after(5):
            while not condition():  # it may also depend on what happens elsewhere
                with anyio.move_on_after(0.01):
                    await self.changed.wait()

    @asynccontextmanager
    async def serve(self, socket: Path | None = None) -> AsyncGenerator[FakeEngine]:
        """Listen on a free port of this machine, or at ``socket``."""
        listener: Any
        if socket is None:
            listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
            self.url = f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
            self.urls.add(self.url)
        else:
            listener = await anyio.create_unix_listener(socket)
            self.url = "http://engine"
        async with anyio.create_task_group() as connections, listener, anyio.create_task_group() as accepting:
            accepting.start_soon(_serve, listener, self._connection, connections)
            yield self
            accepting.cancel_scope.cancel()
            if socket is None:  # cancelling receive() on a Unix socket breaks anyio's loop; its clients have gone
                connections.cancel_scope.cancel()

    async def _connection(self, stream: SocketStream) -> None:
        connection = h11.Connection(h11.SERVER)
        async with stream:
            while request := await _next(stream, connection, h11.Request):
                body = b""
                while isinstance(part := await _next(stream, connection, h11.Data), h11.Data):
                    body += part.data
                self.keys.add(dict(request.headers).get(b"authorization", b"").decode())
                reply = await self._reply(request.target.decode(), body, stream) if self.up else None
                if reply is None:
                    return
                data = json.dumps(reply[1]).encode()
                head = h11.Response(status_code=reply[0], headers=[("content-length", str(len(data)))])
                for event in (head, h11.Data(data), h11.EndOfMessage()):
                    await stream.send(connection.send(event) or b"")
                connection.start_next_cycle()

    async def _reply(self, target: str, body: bytes, stream: SocketStream) -> Reply | None:
        if self.silent:
            await anyio.sleep_forever()
        if target == "/v1/models":
            if self.refuses:
                return self.refuses, {}
            more = {"max_model_len": self.context} if self.context else {}
            return 200, {"data": [{"id": name, "owned_by": self.owner, **more} for name in self.models]}
        if target != "/v1/chat/completions":
            return 404, {}
        request = json.loads(body)
        self.asked.append(request)
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        self.tell()
        reply: Reply | None = None
        try:
            async with anyio.create_task_group() as tasks:
                if not isinstance(stream, UNIXSocketStream):
                    tasks.start_soon(self._watch_for_hang_up, stream, tasks.cancel_scope)
                reply = await self.chat(request)
                tasks.cancel_scope.cancel()
            return reply
        finally:
            self.running -= 1
            self.tell()

    async def _watch_for_hang_up(self, stream: SocketStream, scope: anyio.CancelScope) -> None:
        try:
            await stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            self.aborted += 1
            scope.cancel()


async def _serve(
    listener: SocketListener, handler: Callable[[SocketStream], Awaitable[None]], connections: TaskGroup
) -> None:
    async def guarded(stream: SocketStream) -> None:
        went_away = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, h11.RemoteProtocolError)
        with suppress(*went_away):
            await handler(stream)

    await listener.serve(guarded, connections)


async def _next(stream: SocketStream, connection: h11.Connection, kind: type[Any]) -> Any:
    """The next event of the request; None where the client closed."""
    while (event := connection.next_event()) is h11.NEED_DATA:
        try:
            connection.receive_data(await stream.receive())
        except anyio.EndOfStream:
            return None
    return event if isinstance(event, kind) else None
