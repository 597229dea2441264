"""Child processes that do one job at a time, for work that must not block, crash or outlive its owner.

A worker is `python -m handlens.workers PACKAGE.MODULE:FACTORY`. The factory is called with the options given at the
start and returns a handler, `handler(request, body) -> (answer, body)`. Requests and answers are JSON objects, bodies
are raw bytes: nothing that a worker sends back can run code in its owner, whatever a hostile file did to the worker.

A worker ends when its stdin closes, so also when its owner is killed.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import anyio

if TYPE_CHECKING:
    from types import TracebackType

    from anyio.abc import Process

Handler = Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]

_HEADER = struct.Struct(">IQ")
_MAX_JSON = 256 * 1024 * 1024
_MAX_BODY = 1024 * 1024 * 1024
_MMAP_THRESHOLD, _LARGE = -3, 12 * 1024 * 1024  # glibc's M_MMAP_THRESHOLD; bytes


class WorkerDiedError(Exception):
    """The worker process ended in the middle of a request; the next request starts another."""


class WorkerFailedError(Exception):
    """The worker's handler raised. `kind` is the name of the exception's class."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Worker:
    """One child process, started at its first request and again after it was killed."""

    def __init__(self, factory: str, options: dict[str, Any] | None = None) -> None:
        self._command = [sys.executable, "-m", "handlens.workers", factory, json.dumps(options or {})]
        self._process: Process | None = None
        self._rest = b""
        self._lock = anyio.Lock()

    @property
    def pid(self) -> int | None:
        """Process id of the running child, None when none runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def call(
        self, request: dict[str, Any], body: bytes = b"", *, seconds: float | None = None
    ) -> tuple[dict[str, Any], bytes]:
        """Send one request and wait for its answer.

        Whatever ends the wait early (cancellation, `seconds` running out) kills the child, because it is still busy.
        Raises WorkerDiedError, WorkerFailedError, or TimeoutError.
        """
        async with self._lock:
            process = await self._running()
            done = False
            try:
                with anyio.fail_after(seconds):
                    answer = await self._exchange(process, request, body)
                done = True
            except (anyio.BrokenResourceError, anyio.EndOfStream, anyio.ClosedResourceError, OSError) as error:
                if isinstance(error, TimeoutError):
                    raise
                raise WorkerDiedError(f"The worker process {process.pid} ended in the middle of a request.") from error
            finally:
                if not done:
                    await self._stop()
        header, data = answer
        if "error" in header:
            raise WorkerFailedError(str(header.get("kind", "Exception")), str(header["error"]))
        return header, data

    async def aclose(self) -> None:
        """Kill the child, if there is one."""
        await self._stop()

    async def _running(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self._stop()
        self._rest = b""
        environment = {**os.environ, "PYTHONPATH": _python_path()}
        self._process = await anyio.open_process(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None, env=environment
        )
        return self._process

    async def _exchange(self, process: Process, request: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        assert process.stdin is not None
        text = json.dumps(request).encode()
        await process.stdin.send(_HEADER.pack(len(text), len(body)) + text)
        if body:
            await process.stdin.send(body)
        text_size, body_size = _HEADER.unpack(await self._exactly(process, _HEADER.size))
        if text_size > _MAX_JSON or body_size > _MAX_BODY:
            raise WorkerDiedError(f"The worker process {process.pid} sent an answer of {text_size + body_size} bytes.")
        answer = json.loads(await self._exactly(process, text_size))
        return answer, await self._exactly(process, body_size)

    async def _exactly(self, process: Process, size: int) -> bytes:
        assert process.stdout is not None
        parts, have = [self._rest], len(self._rest)
        while have < size:
            part = await process.stdout.receive(1 << 20)
            parts.append(part)
            have += len(part)
        data = b"".join(parts)
        self._rest = data[size:]
        return data[:size]

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with anyio.CancelScope(shield=True):
            if process.returncode is None:
                with suppress(ProcessLookupError):  # it may end between the two lines
                    process.kill()
            await process.wait()
            await process.aclose()


class WorkerPool:
    """Some workers of one kind; `worker()` lends one that is free, waiting for it where all are busy."""

    def __init__(self, factory: str, options: dict[str, Any] | None = None, *, processes: int = 1) -> None:
        self._workers = [Worker(factory, options) for _ in range(max(1, processes))]
        self._free = list(self._workers)
        self._slots = anyio.Semaphore(len(self._workers))

    async def __aenter__(self) -> WorkerPool:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @property
    def pids(self) -> list[int]:
        """Process ids of the children that run now."""
        return [pid for worker in self._workers if (pid := worker.pid) is not None]

    @asynccontextmanager
    async def worker(self) -> AsyncGenerator[Worker, None]:
        """A worker for the caller alone, the one last used first, because it is warm."""
        async with self._slots:
            worker = self._free.pop()
            try:
                yield worker
            finally:
                self._free.append(worker)

    async def call(
        self, request: dict[str, Any], body: bytes = b"", *, seconds: float | None = None, retries: int = 0
    ) -> tuple[dict[str, Any], bytes]:
        """One request to whichever worker is free, sent again up to `retries` times when the worker died of it."""
        async with self.worker() as worker:
            for _ in range(retries):
                try:
                    return await worker.call(request, body, seconds=seconds)
                except WorkerDiedError:
                    continue
            return await worker.call(request, body, seconds=seconds)

    async def aclose(self) -> None:
        """Kill every child."""
        for worker in self._workers:
            await worker.aclose()


def give_back_memory() -> None:
    """Hand what was freed back to the system, where the C library can: glibc keeps what a network or a page took."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _return_large_blocks() -> None:
    """Let glibc return large blocks as soon as they are freed, instead of keeping smaller things between them."""
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)


def _python_path() -> str:
    """Where a child finds this package even when it is run from a checkout."""
    here = str(Path(__file__).resolve().parent.parent)
    return os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])


def _serve(factory: str, options: dict[str, Any]) -> None:
    _return_large_blocks()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the owner, whose end is ours
    # The protocol takes stdout for itself: whatever a library prints goes to stderr.
    pipe = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    requests: queue.Queue[tuple[dict[str, Any], bytes]] = queue.Queue(maxsize=1)
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    module, _, name = factory.partition(":")
    handler: Handler | None = None
    while True:
        request, body = requests.get()
        try:
            if handler is None:
                handler = cast("Handler", getattr(importlib.import_module(module), name)(**options))
            answer, data = handler(request, body)
        except Exception as error:  # noqa: BLE001 - carried to the owner, who raises it there
            answer, data = {"error": str(error), "kind": type(error).__name__}, b""
        text = json.dumps(answer).encode()
        for part in (_HEADER.pack(len(text), len(data)), text, data):
            _write(pipe, part)


def _write(pipe: Any, part: bytes) -> None:
    view = memoryview(part)
    while view:
        view = view[pipe.write(view) :]


def _listen(stdin: BinaryIO, requests: queue.Queue[tuple[dict[str, Any], bytes]]) -> None:
    """Read requests until the owner is gone, then end the process at once, also in the middle of a request."""
    while True:
        header = stdin.read(_HEADER.size)
        if len(header) < _HEADER.size:
            os._exit(0)
        text_size, body_size = _HEADER.unpack(header)
        text, body = stdin.read(text_size), stdin.read(body_size)
        if len(text) < text_size or len(body) < body_size:
            os._exit(0)
        requests.put((json.loads(text), body))


if __name__ == "__main__":
    _serve(sys.argv[1], json.loads(sys.argv[2]))
