"""Workers end with their owner and carry failures as data."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from handlens.workers import Handler, Worker, WorkerDiedError, WorkerFailedError

pytestmark = pytest.mark.anyio
HERE = str(Path(__file__).resolve().parent)


@pytest.fixture(autouse=True)
def workers_find_this_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([HERE, os.environ.get("PYTHONPATH", "")]))


def serve(**options: Any) -> Handler:
    """What runs in the workers of this file."""

    def handle(request: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        print("noise on stdout must not reach the protocol")
        if request.get("do") == "fail":
            raise ValueError("no such thing")
        if request.get("do") == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if request.get("do") == "hang":
            signal.pause()
        return {"options": options, **request}, body[::-1]

    return handle


async def test_an_answer_comes_back_with_its_body() -> None:
    worker = Worker("test_workers:serve", {"colour": "red"})
    answer, body = await worker.call({"n": 1}, b"abc" * 1_000_000)
    assert (answer, body) == ({"options": {"colour": "red"}, "n": 1}, b"cba" * 1_000_000)
    await worker.aclose()


async def test_a_failure_is_raised_and_the_worker_goes_on() -> None:
    worker = Worker("test_workers:serve")
    with pytest.raises(WorkerFailedError, match="no such thing") as caught:
        await worker.call({"do": "fail"})
    assert caught.value.kind == "ValueError"
    assert (await worker.call({"n": 2}))[0]["n"] == 2
    await worker.aclose()


async def test_a_death_is_told_and_the_next_call_starts_another() -> None:
    worker = Worker("test_workers:serve")
    with pytest.raises(WorkerDiedError):
        await worker.call({"do": "die"})
    assert (await worker.call({"n": 3}))[0]["n"] == 3
    await worker.aclose()


async def test_a_late_answer_kills_the_worker() -> None:
    worker = Worker("test_workers:serve")
    await worker.call({"n": 1})
    child = psutil.Process(worker.pid)
    with pytest.raises(TimeoutError):
        await worker.call({"do": "hang"}, seconds=0.05)
    assert not child.is_running()


@pytest.mark.slow
def test_a_busy_worker_dies_with_an_owner_that_was_killed() -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, cwd=HERE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert owner.stdout is not None
    child = psutil.Process(int(owner.stdout.readline()))
    owner.kill()
    owner.communicate()
    assert psutil.wait_procs([child], timeout=10)[0]


OWNER = """
import anyio
from handlens.workers import Worker
async def main():
    worker = Worker("test_workers:serve")
    await worker.call({})
    print(worker.pid, flush=True)
    await worker.call({"do": "hang"})
anyio.run(main)
"""
