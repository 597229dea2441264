"""Chromium's debugging pipe, which we share with Playwright.

A picture that goes through Playwright's Node process costs half as much again as one that is asked for directly. So we
hold the pipe: Playwright's messages pass untouched, and commands of our own go beside them, with ids that it never
reaches and in sessions that it never sees.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

_FIRST_ID = 1 << 30
"""Playwright counts from 1; Chromium takes 31 bits."""

Peer = Callable[[bytes], None]
Listener = Callable[[dict[str, Any]], None]


class Pipe(asyncio.Protocol):
    """Both ends of the conversation with one Chromium. ``peer`` gets each message that is not an answer to us."""

    def __init__(self) -> None:
        self.peer: Peer = lambda _: None
        self.closed = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._searched = 0
        self._last_id = _FIRST_ID
        self._waiting: dict[int, tuple[str | None, asyncio.Future[dict[str, Any]]]] = {}
        self._sessions: dict[str, PipeSession] = {}
        self._attaching: dict[str, list[tuple[str, bytes]]] = {}

    async def attach(self, target: str) -> PipeSession:
        """A session of our own with the page whose target id is ``target``. Raises as `send`."""
        # Chromium tells of the new session before it answers, when we cannot know yet that it is ours.
        held = self._attaching.setdefault(target, [])
        try:
            answer = await self.send("Target.attachToTarget", {"targetId": target, "flatten": True})
            session = self._sessions[answer["sessionId"]] = PipeSession(self, answer["sessionId"])
            return session
        finally:
            self._attaching.pop(target, None)
            for name, message in held:
                if name not in self._sessions:
                    self.peer(message)

    async def send(self, method: str, parameters: dict[str, Any] | None = None, session: str | None = None) -> Any:
        """The result of a command.

        Raises:
            playwright.async_api.Error: Chromium refuses it, or the page or the browser is gone; worded as Playwright
                words it, so that whoever asks need not know which way the command went.
        """
        from playwright.async_api import Error

        if self._transport is None or self._transport.is_closing():
            raise Error(f"Protocol error ({method}): Connection closed")
        self._last_id += 1
        message: dict[str, Any] = {"id": self._last_id, "method": method, "params": parameters or {}}
        if session is not None:
            message["sessionId"] = session
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[self._last_id] = (session, answer)
        try:
            self.pass_on(json.dumps(message).encode())
            told = await answer
        finally:
            self._waiting.pop(message["id"], None)
        if "error" in told:
            raise Error(f"Protocol error ({method}): {told['error'].get('message')}")
        return told["result"]

    def pass_on(self, message: bytes) -> None:
        """Send a whole message to Chromium."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(message + b"\0")

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(0, self._searched)) >= 0:
            message = bytes(memoryview(self._received)[:end])
            del self._received[: end + 1]
            self._searched = 0
            self._route(message)
        self._searched = len(self._received)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why is all the same to us
        self._give_up("Connection closed", {session for session, _ in self._waiting.values()})
        if not self.closed.done():
            self.closed.set_result(None)

    def _route(self, message: bytes) -> None:
        told = json.loads(message)
        if told.get("id", 0) > _FIRST_ID:
            _, answer = self._waiting.get(told["id"], (None, None))
            if answer is not None and not answer.done():
                answer.set_result(told)
        elif session := self._sessions.get(told.get("sessionId")):
            session.hear(told["method"], told["params"])
        elif not self._of_our_sessions(told, message):
            self.peer(message)

    def _of_our_sessions(self, told: dict[str, Any], message: bytes) -> bool:
        """Whether an event tells that a session of ours began or ended, which is nothing to Playwright."""
        if told.get("method") == "Target.attachedToTarget":
            held = self._attaching.get(told["params"]["targetInfo"]["targetId"])
            if held is not None:
                held.append((told["params"]["sessionId"], message))
            return held is not None
        if told.get("method") == "Target.detachedFromTarget" and told["params"]["sessionId"] in self._sessions:
            gone = told["params"]["sessionId"]
            del self._sessions[gone]
            self._give_up("Target closed", {gone})
            return True
        return False

    def _give_up(self, why: str, sessions: set[str | None]) -> None:
        """Tell whoever waits for answers in ``sessions`` that there will be none."""
        for session, answer in self._waiting.values():
            if session in sessions and not answer.done():
                answer.set_result({"error": {"message": why}})


class PipeSession:
    """Commands to one page and events of it, as Playwright's ``CDPSession`` has them."""

    def __init__(self, pipe: Pipe, name: str) -> None:
        self._pipe = pipe
        self._name = name
        self._listeners: dict[str, list[Listener]] = {}

    async def send(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """The result of a command. Raises as `Pipe.send`."""
        return await self._pipe.send(method, params, self._name)

    def on(self, event: str, listener: Listener) -> None:
        """Call ``listener`` with the parameters of each event of that name."""
        self._listeners.setdefault(event, []).append(listener)

    def remove_listener(self, event: str, listener: Listener) -> None:
        self._listeners[event].remove(listener)

    def hear(self, event: str, parameters: dict[str, Any]) -> None:
        for listener in tuple(self._listeners.get(event, ())):
            listener(parameters)
