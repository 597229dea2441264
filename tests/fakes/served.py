"""`handlens serve` as a child process, as hosts and operators start it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

MARK = "HANDLENS_RUN_FOLDER"
START_SECONDS = 30.0
CLEAN = {"XDG_CONFIG_HOME": "/nonexistent", "HANDLENS_LOG_LEVEL": "info"}


class Served:
    """A serving process over HTTP or SSE. ``url`` is where it says that it listens, ``stderr`` what it wrote so far.

    ``settings`` are dotted names to values; ``folder`` is where its temporary files go, and must be empty.
    """

    def __init__(self, folder: Path, transport: str = "http", *, host: str = "127.0.0.1", **settings: Any) -> None:
        self.folder = folder
        self.stderr = ""
        self.url = ""
        values = {"transport": transport, "http.host": host, "http.port": 0, "guard.private_network": "allow"}
        values |= {name.replace("__", "."): value for name, value in settings.items()}
        command = [sys.executable, "-m", "handlens_server", "serve"]
        for name, value in values.items():
            command += ["--set", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
        environment = {**os.environ, **CLEAN, "TMPDIR": str(folder)}
        self._log = tempfile.TemporaryFile(dir=folder.parent)  # noqa: SIM115 - a pipe that nobody reads would fill up
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log, env=environment
        )

    def __enter__(self) -> Self:
        found = self.expect(r"handlens serves (\S+)")
        self.url = found[1]
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End it, and keep what it said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=10)
        self._read()
        self._log.close()

    @property
    def base(self) -> str:
        """Scheme, host and port."""
        return self.url.rsplit("/", 1)[0]

    def expect(self, pattern: str, seconds: float = START_SECONDS) -> re.Match[str]:
        """Wait until ``pattern`` is in what it wrote to stderr."""
        deadline = time.monotonic() + seconds
        while (found := re.search(pattern, self._read())) is None:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise AssertionError(f"no {pattern!r} in what it said: {self.stderr}")
            time.sleep(0.01)
        return found

    def _read(self) -> str:
        self.stderr = os.pread(self._log.fileno(), 1 << 26, 0).decode()
        return self.stderr

    def logs(self) -> list[dict[str, Any]]:
        """Every log line; what is no JSON is an error, but for the lines that tell people where and how to connect."""
        told = ("handlens serves ", "Callers need this token")
        return [json.loads(line) for line in self.stderr.splitlines() if not line.startswith(told)]


def marked(folder: Path) -> list[int]:
    """Processes that carry the mark of a run folder which is ``folder`` or in it."""
    mark = f"{MARK}={folder}".encode()
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue  # it ended meanwhile
    return found


class Host:
    """A host that speaks stdio by hand, so that it can be rude."""

    def __init__(self, folder: Path, *flags: str) -> None:
        environment = {**os.environ, **CLEAN, "TMPDIR": str(folder)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "handlens_server", "serve", "--transport", "stdio", *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self.number = 0
        self.ask("initialize", INITIALIZE["params"])
        self.send(rpc("notifications/initialized", number=None))

    def send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def begin(self, tool: str, arguments: dict[str, Any]) -> None:
        """Send a call without waiting for its answer."""
        self.number += 1
        self.send(rpc("tools/call", {"name": tool, "arguments": arguments}, self.number))

    def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send a request and wait for its answer."""
        self.number += 1
        self.send(rpc(method, params, self.number))
        assert self.process.stdout is not None
        while True:
            answer = json.loads(self.process.stdout.readline())
            if answer.get("id") == self.number:
                return answer

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return self.ask("tools/call", {"name": tool, "arguments": arguments})["result"]["structuredContent"]


def until(true: Callable[[], bool], seconds: float = 2.0) -> None:
    """Wait for what other processes do."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not so after {seconds:g} seconds"
        time.sleep(0.01)


def rpc(method: str, params: dict[str, Any] | None = None, number: int | None = 1) -> dict[str, Any]:
    """A request of the handshake era, or without ``number`` a notification."""
    message = {"jsonrpc": "2.0", "method": method, "params": params or {}}
    return message if number is None else {**message, "id": number}


INITIALIZE = rpc(
    "initialize",
    {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
)
HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def initialize(url: str, **headers: str) -> httpx2.Response:
    """The answer to a first POST, with these headers besides the usual ones."""
    return httpx2.post(url, json=INITIALIZE, headers={**HEADERS, **headers}, timeout=20)
