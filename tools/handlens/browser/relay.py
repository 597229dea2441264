"""Where Playwright connects to a Chromium whose debugging pipe is ours: a WebSocket on a socket only we can open."""

from __future__ import annotations

import asyncio
from pathlib import Path

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Event, Ping, Request, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from handlens.browser.pipe import Pipe


class Relay(asyncio.Protocol):
    """One connection: each text message is passed on to ``pipe`` as it is, and each of the pipe's comes back."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._socket = WSConnection(ConnectionType.SERVER)
        self._transport: asyncio.Transport | None = None
        self._parts: list[str] = []

    @classmethod
    async def listen(cls, pipe: Pipe, place: Path) -> asyncio.Server:
        """Wait for Playwright at the socket ``place``; `url` is what it is told to connect to."""
        return await asyncio.get_running_loop().create_unix_server(lambda: cls(pipe), place)

    @staticmethod
    def url(place: Path) -> str:
        return f"ws+unix:{place}:/"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._pipe.peer = lambda message: self._send(TextMessage(message.decode()))
        self._pipe.closed.add_done_callback(lambda _: transport.close())

    def data_received(self, data: bytes) -> None:
        try:
            self._socket.receive_data(data)
            for event in self._socket.events():
                self._hear(event)
        except RemoteProtocolError as error:
            self._send(error.event_hint)
            self._close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why is all the same to us
        self._pipe.peer = lambda _: None

    def _hear(self, event: Event) -> None:
        match event:
            case Request():
                self._send(AcceptConnection())
            case TextMessage():
                self._parts.append(event.data)
                if event.message_finished:
                    self._pipe.pass_on("".join(self._parts).encode())
                    self._parts.clear()
            case Ping():
                self._send(event.response())
            case CloseConnection():
                self._send(event.response())
                self._close()
            case BytesMessage():
                self._close()
            case _:
                pass

    def _send(self, event: Event | None) -> None:
        if event is None or self._transport is None or self._transport.is_closing():
            return
        try:
            self._transport.write(self._socket.send(event))
        except LocalProtocolError:
            self._close()  # it is closing, and hears no more

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
