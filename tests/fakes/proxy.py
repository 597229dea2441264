"""A TCP proxy that can be as bad as a network: it refuses, hangs, or cuts what is under way."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Literal, Self

Mood = Literal["good", "refusing", "hanging"]


class Proxy:
    """Forwards a port of its own to ``target`` while ``mood`` is good.

    Refusing, it closes what comes; hanging, it takes everything and passes nothing on.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._mood: Mood = "good"
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._closed = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        self.become("good")
        self._listener.close()
        self.cut()

    def become(self, mood: Mood) -> None:
        with self._changed:
            self._mood = mood
            self._changed.notify_all()
        if mood == "refusing":
            self.cut()

    def cut(self) -> None:
        """End every connection that is open, in the middle of whatever it is doing."""
        with self._changed:
            ended, self._open = self._open, []
        for line in ended:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._mood == "refusing":
                near.close()
                continue
            try:
                far = socket.create_connection(self._target)
            except OSError:  # the server behind it is dead
                near.close()
                continue
            with self._changed:
                self._open += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                with self._changed:
                    self._changed.wait_for(lambda: self._mood != "hanging")
                sink.sendall(data)
        for line in (source, sink):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
