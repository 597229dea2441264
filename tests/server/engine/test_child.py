"""The engine's process: up, down, killed, stubborn, broken."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from handlens.errors import EyeUnavailable
from handlens.eye.client import EngineEye
from handlens_server.engine import child as child_module
from handlens_server.engine.child import EngineChild
from handlens_server.engine.plan import EnginePlan

pytestmark = pytest.mark.anyio
FAKE = Path(__file__).resolve().parents[2] / "fakes" / "fake_vllm"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "STARTING_POLL_SECONDS", 0.02)
    monkeypatch.setattr(child_module, "HEALTH_SECONDS", 0.5)
    monkeypatch.setattr(child_module, "FIRST_PAUSE_SECONDS", 0.02)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as path:  # pytest's own folders are too long for a socket
        yield Path(path)


@asynccontextmanager
async def engine(folder: Path, behaviour: str = "", **options: float) -> AsyncGenerator[EngineChild]:
    async def plan() -> tuple[Path, EnginePlan]:
        environment = {"PYTHONPATH": str(FAKE), "FAKE_ENGINE": behaviour}
        arguments = ("--served-model-name", "Qwen/Qwen3-VL-2B-Instruct")
        return Path(sys.executable), EnginePlan("m", ("m",), arguments, environment, ("because",))

    child = EngineChild(plan, folder / "e.sock", **{"start_seconds": 30.0, "stop_seconds": 5.0, **options})
    child.start()
    try:
        yield child
    finally:
        await child.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


def processes(folder: Path) -> list[int]:
    """Of an engine and its worker; none before it has told them."""
    told = folder / "e.sock.pids"
    return [int(pid) for pid in told.read_text().split()] if told.exists() else []


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_an_engine_comes_up_answers_and_goes_with_its_workers(folder: Path) -> None:
    async with engine(folder) as child:
        await until(lambda: child.phase == "the engine answers")
        async with EngineEye([child.endpoint], check=False) as eye, asyncio.timeout(10):
            await eye.wait()
            answer = await eye.ask([], "Who are you?", str)
        pids = processes(folder)
        assert int(answer.value) == pids[0] == child.pid
    await until(lambda: all(gone(pid) for pid in pids))


async def test_its_key_reaches_neither_its_arguments_nor_our_log(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with engine(folder) as child:
        await until(lambda: child.phase == "the engine answers")
        assert child.pid is not None
        assert child.endpoint.api_key is not None
        assert child.endpoint.api_key not in " ".join(psutil.Process(child.pid).cmdline())
    assert "the key is [secret]" in caplog.text
    assert child.endpoint.api_key not in caplog.text


@pytest.mark.slow
async def test_a_killed_engine_comes_back_and_the_question_it_took_along_fails_clearly(folder: Path) -> None:
    async with engine(folder) as child, EngineEye([child.endpoint], check=False) as eye:
        async with asyncio.timeout(60):
            await eye.wait()
            first, worker = processes(folder)
            with pytest.raises(EyeUnavailable):
                await eye.ask([], "die", str)
            await until(lambda: gone(worker))
            await until(lambda: child.restarts == 1 and child.phase == "the engine answers")
            await eye.wait()
            answer = await eye.ask([], "Who are you?", str)
        assert int(answer.value) == processes(folder)[0] != first


async def test_an_engine_killed_between_questions_is_not_missed(folder: Path) -> None:
    async with engine(folder) as child:
        await until(lambda: child.phase == "the engine answers")
        first = processes(folder)
        os.kill(first[0], signal.SIGKILL)
        await until(lambda: child.restarts == 1 and child.phase == "the engine answers")
        assert all(gone(pid) for pid in first)


async def test_an_engine_that_stops_answering_is_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "MISSED_HEALTH_CHECKS", 2)
    monkeypatch.setattr(child_module, "HEALTH_SECONDS", 0.1)
    async with engine(folder, stop_seconds=0.1) as child:
        await until(lambda: child.phase == "the engine answers")
        stopped = processes(folder)
        os.kill(stopped[0], signal.SIGSTOP)
        await until(lambda: child.restarts == 1)
        assert all(gone(pid) for pid in stopped)


async def test_closing_while_a_hung_engine_is_being_ended_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "MISSED_HEALTH_CHECKS", 2)
    monkeypatch.setattr(child_module, "HEALTH_SECONDS", 0.1)
    ending = asyncio.Event()
    killpg = os.killpg

    def signalled(leader: int, number: int) -> None:
        ending.set()
        killpg(leader, number)

    monkeypatch.setattr(os, "killpg", signalled)
    async with engine(folder, stop_seconds=60) as child:
        await until(lambda: child.phase == "the engine answers")
        pids = processes(folder)
        os.kill(pids[0], signal.SIGSTOP)
        await until(ending.is_set)  # it got a SIGTERM, which a stopped process does not take
    await until(lambda: all(gone(pid) for pid in pids))


@pytest.mark.slow
async def test_an_engine_that_dies_soon_after_each_start_is_started_ever_more_seldom(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "FIRST_PAUSE_SECONDS", 0.5)
    async with engine(folder, "short-lived") as child:
        await until(lambda: caplog.text.count("started again in") == 3)
        assert not child.given_up
    assert re.findall(r"started again in (\d+) s", caplog.text) == ["0", "1", "2"]


async def test_an_engine_that_worked_is_started_again_whatever_it_said(folder: Path) -> None:
    async with engine(folder, "grumbling") as child:
        await until(lambda: child.phase == "the engine answers")
        os.kill(processes(folder)[0], signal.SIGKILL)
        await until(lambda: child.restarts == 1 or child.given_up)
        assert not child.given_up


async def test_a_stubborn_engine_is_killed(folder: Path) -> None:
    async with engine(folder, "stubborn", stop_seconds=0.1) as child:
        await until(lambda: child.phase == "the engine answers")
        pids = processes(folder)
    await until(lambda: all(gone(pid) for pid in pids))


async def test_an_engine_that_never_starts_is_given_up_with_its_reason(folder: Path) -> None:
    async with engine(folder, "broken") as child:
        await until(lambda: "does not start" in child.phase)
        assert "no memory for the cache" in child.phase
        assert child.restarts == child_module.GIVE_UP_AFTER - 1
        async with EngineEye([child.endpoint]) as eye:
            assert eye.status.state == "down"
            assert "no memory for the cache" in eye.status.because


async def test_an_engine_that_is_never_healthy_is_given_up(folder: Path) -> None:
    async with engine(folder, "sick", start_seconds=0.05) as child:
        await until(lambda: "does not start" in child.phase)
        assert "engine.start_seconds" in child.phase


async def test_closing_in_the_middle_of_a_start_leaves_nothing(folder: Path) -> None:
    async with engine(folder, "slow"):
        await until(lambda: len(processes(folder)) == 2)
        pids = processes(folder)
    await until(lambda: all(gone(pid) for pid in pids))


async def test_a_python_that_is_not_there_is_said_once(folder: Path) -> None:
    async def plan() -> tuple[Path, EnginePlan]:
        return folder / "no-python", EnginePlan("m", ("m",), (), {}, ())

    child = EngineChild(plan, folder / "e.sock", start_seconds=5, stop_seconds=1)
    child.start()
    await until(lambda: "does not start" in child.phase)
    assert "no-python" in child.phase
    await child.close()


@pytest.mark.parametrize("behaviour", ["", "broken"])
async def test_a_second_engine_waits_until_the_first_is_up_or_given_up(folder: Path, behaviour: str) -> None:
    planned = asyncio.Event()

    async def plan() -> tuple[Path, EnginePlan]:
        planned.set()
        raise EyeUnavailable("enough is known")

    async with engine(folder, behaviour) as first:
        second = EngineChild(plan, folder / "2.sock", start_seconds=5, stop_seconds=1, after=first)
        second.start()
        await until(lambda: "waits for the other" in second.phase)
        assert not planned.is_set()
        await until(planned.is_set)
        assert first.given_up or first.phase == "the engine answers"
        await second.close()


async def test_a_plan_that_is_refused_is_the_phase(folder: Path) -> None:
    async def plan() -> tuple[Path, EnginePlan]:
        raise EyeUnavailable("vLLM is not installed")

    child = EngineChild(plan, folder / "e.sock", start_seconds=5, stop_seconds=1)
    child.start()
    async with EngineEye([child.endpoint], check=False) as eye:
        await until(lambda: child.phase == "vLLM is not installed")
        assert "vLLM is not installed" in eye.status.because
    await child.close()


async def test_a_start_that_would_fail_the_same_way_is_not_tried_again(folder: Path) -> None:
    async with engine(folder, "refused") as child:
        await until(lambda: "does not start" in child.phase)
        assert "greater than the derived" in child.phase
        assert child.restarts == 0
