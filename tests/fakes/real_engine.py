"""Engines of the environment that tests/engine_env/build.py made, and a picture with something to see."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import httpx2
import psutil
import pytest

from handlens.tool import Picture
from handlens_server.engine.options import EngineOptions

ENVIRONMENT = Path(os.environ.get("HANDLENS_TEST_ENGINE_ENV", "~/.cache/handlens/engine-env")).expanduser()


def engine_python() -> Path:
    """The environment's Python; skips the test where it was not built."""
    if not (ENVIRONMENT / "environment.done").exists():
        pytest.skip(f"no engine environment at {ENVIRONMENT}: python tests/engine_env/build.py, or set "
                    "HANDLENS_TEST_ENGINE_ENV")  # fmt: skip
    return ENVIRONMENT / "bin" / "python"


def weightless(shape: str, **options: object) -> EngineOptions:
    """Options for an engine on a checkpoint without weights. Its answers mean nothing, so its sight is not checked."""
    return EngineOptions.model_validate(
        {
            "kind": "vllm",
            "model": str(ENVIRONMENT / "checkpoints" / f"qwen3-vl-{shape}"),
            "args": ("--load-format", "dummy"),
            "python": engine_python(),
            "check": False,
            "stop_seconds": 10,
            **options,
        }
    )


def frame(width: int, height: int, seed: int = 0, *, photo: bool = False) -> Picture:
    """A picture like a screen: flat areas and edges, other ones for each seed; ``photo``: a quarter of it is grainy."""
    from PIL import Image, ImageDraw

    random = Random(seed)
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    for _ in range(120):
        left, top = random.randrange(width), random.randrange(height)
        fill = tuple(random.randrange(256) for _ in range(3))
        pen.rectangle((left, top, left + random.randrange(4, 160), top + random.randrange(4, 40)), fill=fill)
    if photo:
        image.paste(Image.effect_noise((width // 2, height // 2), 60).convert("RGB"), (0, 0))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return Picture(buffer.getvalue())


def alive(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; a zombie that nobody waits for does not."""

    def runs(process: psutil.Process) -> bool:
        try:
            return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    return [process for process in processes if runs(process)]


class RunningEngine:
    """`handlens engine run` on a checkpoint without weights, as somebody runs it on another machine: on a port."""

    KEY = "the-key-of-the-test-engines"

    def __init__(self, shape: str, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.options = weightless(shape)
        self._log = folder / f"engine-{self.port}.log"
        self.start()

    def start(self) -> None:
        """Start it, or start it again on the same port. Returns at once."""
        options = self.options
        settings = {"PYTHON": str(options.python), "MODEL": options.model, "ARGS": json.dumps(options.args)}
        environment = {f"HANDLENS_ENGINE_{name}": value for name, value in {**settings, "API_KEY": self.KEY}.items()}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "handlens_server", "engine", "run", "--port", str(self.port)],
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self, seconds: float) -> None:
        """Until it is healthy."""
        deadline = time.monotonic() + seconds
        while not self._healthy():
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"no engine came up: {self._log.read_text()[-2_000:]}")
            time.sleep(0.2)

    def kill(self) -> None:
        """The whole of it at once, as when a machine goes away."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _healthy(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/health", timeout=5).status_code == 200
        except httpx2.TransportError:
            return False
