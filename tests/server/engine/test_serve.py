"""`handlens serve` with an engine of its own: the host is answered at once, and nothing outlives us."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest

FAKE = Path(__file__).resolve().parents[2] / "fakes" / "fake_vllm"
INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


def until(condition: Any, seconds: float, what: str) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s: {what}")
        time.sleep(0.02)
    return value


@pytest.fixture
def temporary() -> Iterator[Path]:
    with TemporaryDirectory() as path:  # pytest's own folders are too long for a socket
        yield Path(path)


@pytest.fixture
def serve(temporary: Path) -> Iterator[Callable[[dict[str, str], float], Serving]]:
    """Start serving; whatever a failed test leaves is killed."""
    started: list[Serving] = []

    def start(environment: dict[str, str], boot_seconds: float) -> Serving:
        serving = Serving(temporary, environment)
        started.append(serving)
        serving.boot(boot_seconds)
        return serving

    yield start
    for serving in started:
        with serving.process as process:
            process.kill()


class Serving:
    """A serving process, and the engine's processes below it."""

    def __init__(self, temporary: Path, environment: dict[str, str]) -> None:
        self.temporary = temporary
        self.log = temporary / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "handlens_server", "serve", "--log-level", "info"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "TMPDIR": str(temporary), "HANDLENS_ENGINE_KIND": "vllm", **environment},
            )
        self.engine: list[psutil.Process] = []

    def boot(self, seconds: float) -> None:
        """Say hello as a host does, then wait for the engine."""
        started = time.monotonic()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
        self.process.stdin.flush()
        self.answer = json.loads(self.process.stdout.readline())
        self.answered_after = time.monotonic() - started
        until(lambda: b"the engine answers" in self.log.read_bytes(), seconds, "the engine's answer")
        (leader,) = [child for child in self._group() if "api_server" in " ".join(child.cmdline())]
        self.engine = [leader, *leader.children(recursive=True)]

    def _group(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def left(self) -> list[str]:
        """What is still there: processes of the engine, and files."""
        alive = [
            str(process) for process in self.engine if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        ]
        return alive + [str(path) for path in self.temporary.iterdir() if path != self.log]


def leaves_nothing(serving: Serving, how: str, seconds: float) -> None:
    assert len(serving.engine) > 1
    with serving.process as process:
        if how == "stdin":
            assert process.stdin is not None
            process.stdin.close()
        else:
            process.send_signal(getattr(signal, how))
        process.wait(30)
    until(lambda: not serving.left(), seconds, f"left after {how}: {serving.left()}")


@pytest.mark.parametrize("how", ["stdin", "SIGTERM", "SIGKILL"])
@pytest.mark.slow
def test_an_engine_ends_with_us(serve: Callable[[dict[str, str], float], Serving], how: str) -> None:
    environment = {
        "HANDLENS_ENGINE_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join([str(FAKE), os.environ.get("PYTHONPATH", "")]),
    }
    leaves_nothing(serve(environment, 60), how, 10)
