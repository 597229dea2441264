"""One vLLM process: started, waited for, restarted with growing pauses when it dies or hangs, stopped with its group.

It listens on a Unix socket in the run folder, behind a key made for it, so nobody else on the machine can ask it.
The process leads a group of its own. Its workers write over their environment and survive it when it is killed, so
whoever ends it ends the group; when we are killed, the run folder's watcher does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import time
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path

from handlens.browser.secrets import redact
from handlens.errors import EyeError, HandlensError
from handlens.eye.engine_link import Endpoint, EngineGoneError, EngineLink, EngineRefusedError
from handlens_server.engine.log import gist, is_hopeless, phase_of
from handlens_server.engine.plan import EnginePlan

_log = logging.getLogger(__name__)
_engine_log = logging.getLogger("handlens_server.engine.output")

STARTING_POLL_SECONDS = 0.5
HEALTH_SECONDS = 10.0
MISSED_HEALTH_CHECKS = 6
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
STEADY_SECONDS = 60.0
"""Healthy for so long, it did not die of what it began with: the next pause is the first one again."""
GIVE_UP_AFTER = 4
"""Starts in a row that never became healthy: more would fail the same way."""
KILL_SECONDS = 5.0

Planner = Callable[[], Awaitable[tuple[Path, EnginePlan]]]
"""Finds the interpreter and the plan when it is needed; may look at the machine, may refuse."""


class EngineChild:
    """`start` returns at once; `phase` says how far it is; `close` ends it."""

    def __init__(
        self,
        plan: Planner,
        socket: Path,
        *,
        start_seconds: float,
        stop_seconds: float,
        after: EngineChild | None = None,
    ) -> None:
        self.phase = "it has not been started"
        self.given_up = False
        self.restarts = 0
        self.pid: int | None = None
        self._plan = plan
        self._key = secrets.token_urlsafe(32)
        self._start_seconds = start_seconds
        self._stop_seconds = stop_seconds
        self._after = after
        self._settled = asyncio.Event()
        self._last_lines: deque[str] = deque(maxlen=12)
        self._task: asyncio.Task[None] | None = None
        self.endpoint = Endpoint(
            "http://engine",
            api_key=self._key,
            socket=socket,
            describe=lambda: self.phase,
            given_up=lambda: self.given_up,
        )

    def start(self) -> None:
        self.phase = "the engine is being planned"
        self._task = asyncio.create_task(self._run(), name="handlens-engine")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self.phase = "the engine was stopped"

    async def _run(self) -> None:
        if self._after is not None:
            self.phase = "the engine waits for the other one, so that each sees the memory that is left"
            await self._after._settled.wait()
        try:
            python, plan = await self._plan()
        except HandlensError as error:
            self._give_up(str(error))
            return
        for reason in plan.reasons:
            _log.info("engine plan for %s: %s", plan.model, reason)
        failures = unhealthy = 0
        while True:
            worked = await self._live_once(python, plan)
            failures = 1 if worked is not None and worked >= STEADY_SECONDS else failures + 1
            unhealthy = unhealthy + 1 if worked is None else 0
            if unhealthy >= GIVE_UP_AFTER or (unhealthy and is_hopeless(self._last_lines)):
                self._give_up(f"the engine does not start: {gist(self._last_lines)}")
                return
            pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 10))
            self.phase = f"the engine ended and is started again in {pause:.0f} s"
            _log.warning("%s: %s", self.phase, gist(self._last_lines))
            await asyncio.sleep(pause)
            self.restarts += 1

    def _give_up(self, because: str) -> None:
        self.phase, self.given_up = because, True
        self._settled.set()
        _log.error("%s", because)

    async def _live_once(self, python: Path, plan: EnginePlan) -> float | None:
        """One life of the process. Returns for how many seconds it was healthy; None: it never was."""
        assert self.endpoint.socket is not None
        self._last_lines.clear()
        self.endpoint.socket.unlink(missing_ok=True)
        self.phase = "the engine is starting"
        try:
            process = await asyncio.create_subprocess_exec(
                *plan.command(python),
                "--uds",
                str(self.endpoint.socket),
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=STDOUT,
                limit=1_000_000,
                start_new_session=True,
                env={**os.environ, **plan.environment, "VLLM_API_KEY": self._key},
            )
        except OSError as error:
            self._last_lines.append(f"{python} can't be run: {error.strerror}")
            return None
        self.pid = process.pid
        reading = asyncio.create_task(self._read_log(process))
        link = EngineLink(self.endpoint)
        try:
            return await self._attend(process, link)
        finally:
            await self._end(process)
            await asyncio.wait({reading}, timeout=KILL_SECONDS)  # the log ends when the last of the group is gone
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading
            await link.close()
            self.pid = None

    async def _attend(self, process: Process, link: EngineLink) -> float | None:
        """Until the process ends, or is given up for hung. Returns what `_live_once` does."""
        started, missed = time.monotonic(), 0
        healthy: float | None = None  # since when
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STARTING_POLL_SECONDS if healthy is None or missed else HEALTH_SECONDS):
                    await process.wait()
            if process.returncode is not None:
                self._last_lines.append(f"it ended with exit code {process.returncode}")
                return None if healthy is None else time.monotonic() - healthy
            if await _is_healthy(link):
                if healthy is None:
                    healthy = time.monotonic()
                    _log.info("the engine answers after %.0f s", time.monotonic() - started)
                    self.phase = "the engine answers"
                    self._settled.set()
                missed = 0
            elif healthy is not None:
                missed += 1
                if missed >= MISSED_HEALTH_CHECKS:
                    self._last_lines.append(f"it did not answer {missed} health checks in a row")
                    return time.monotonic() - healthy
            elif time.monotonic() - started > self._start_seconds:
                self._last_lines.append(f"it did not answer within {self._start_seconds:.0f} s (engine.start_seconds)")
                return None

    async def _read_log(self, process: Process) -> None:
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:
                continue  # a line longer than the limit was dropped
            if not line:
                return
            text = redact(line.decode("utf-8", "replace").rstrip(), also=(self._key,))
            if text:
                self._last_lines.append(text)
                _engine_log.info("%s", text)
                self.phase = phase_of(text) or self.phase

    async def _end(self, process: Process) -> None:
        """End the whole group: politely while its leader lives, then not, though we be cancelled meanwhile."""
        try:
            if process.returncode is None:
                _signal_group(process.pid, signal.SIGTERM)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._stop_seconds):
                        await process.wait()
        finally:
            _signal_group(process.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KILL_SECONDS):
                await process.wait()


async def _is_healthy(link: EngineLink) -> bool:
    try:
        async with asyncio.timeout(HEALTH_SECONDS):
            await link.get("/health")
    except (TimeoutError, EngineGoneError, EngineRefusedError, EyeError):
        return False
    return True


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it is gone, or (macOS) only its dead are left
        os.killpg(leader, number)
