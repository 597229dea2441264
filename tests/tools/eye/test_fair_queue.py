"""Turns: bounded, fair, and given back whatever happens."""

from __future__ import annotations

import anyio
import pytest

from handlens.errors import EyeBusy
from handlens.eye.fair_queue import FairQueue

pytestmark = pytest.mark.anyio


async def settle() -> None:
    for _ in range(5):
        await anyio.lowlevel.checkpoint()


async def order_of(queue: FairQueue, callers: str) -> str:
    """The order in which callers, asking in this order while the queue is held, get their turns."""
    served: list[str] = []

    async def ask(caller: str) -> None:
        async with queue.turn(caller):
            served.append(caller)
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks, queue.turn("holder"):
        for caller in callers:
            tasks.start_soon(ask, caller)
            await settle()
    return "".join(served)


async def test_a_caller_with_many_questions_does_not_starve_another() -> None:
    assert await order_of(FairQueue(1, 10), "aaaab") == "abaaa"


async def test_callers_take_turns() -> None:
    assert await order_of(FairQueue(1, 20), "aaabbbccc") == "abcabcabc"


async def test_a_caller_who_holds_turns_waits_behind_one_who_holds_none() -> None:
    queue = FairQueue(2, 10)
    gate = anyio.Event()
    served: list[str] = []

    async def ask(caller: str) -> None:
        async with queue.turn(caller):
            served.append(caller)
            await gate.wait()

    async with anyio.create_task_group() as tasks:
        for caller in ("a", "a"):
            tasks.start_soon(ask, caller)
            await settle()
        for caller in ("a", "b"):
            tasks.start_soon(ask, caller)
            await settle()
        gate.set()
    assert served == ["a", "a", "b", "a"]


async def test_no_more_than_allowed_run_and_wait() -> None:
    queue = FairQueue(1, 1)
    async with anyio.create_task_group() as tasks, queue.turn("a"):
        tasks.start_soon(_once, queue, "b")
        await settle()
        assert (queue.running, queue.waiting) == (1, 1)
        with pytest.raises(EyeBusy, match=r"eye\.questions_waiting"):
            async with queue.turn("c"):
                pytest.fail("there was no place")
    assert (queue.running, queue.waiting) == (0, 0)


async def test_a_caller_who_fills_the_line_makes_room_for_another() -> None:
    queue = FairQueue(1, 3)
    served: list[str] = []
    busy: list[str] = []

    async def ask(caller: str, number: int) -> None:
        try:
            async with queue.turn(caller):
                served.append(f"{caller}{number}")
        except EyeBusy:
            busy.append(f"{caller}{number}")

    async with anyio.create_task_group() as tasks, queue.turn("a"):
        for caller, number in (("a", 1), ("a", 2), ("a", 3), ("b", 1), ("a", 4), ("b", 2)):
            tasks.start_soon(ask, caller, number)
            await settle()
        assert queue.waiting == 3
    assert sorted(served) == ["a1", "a2", "b1"]
    assert busy == ["a3", "a4", "b2"]
    assert (queue.running, queue.waiting) == (0, 0)


async def test_a_caller_who_gives_up_leaves_no_trace() -> None:
    queue = FairQueue(1, 5)
    async with anyio.create_task_group() as tasks, queue.turn("a"):
        tasks.start_soon(_once, queue, "b")
        await settle()
        tasks.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await settle()
        assert queue.waiting == 0
    assert queue.running == 0
    async with queue.turn("c"):
        assert queue.running == 1


async def test_a_turn_that_comes_while_its_caller_gives_up_goes_to_the_next() -> None:
    queue = FairQueue(1, 5)
    scope = anyio.CancelScope()
    served: list[str] = []

    async def gives_up() -> None:
        with scope:
            async with queue.turn("b"):
                served.append("b")

    async def next_one() -> None:
        async with queue.turn("c"):
            served.append("c")

    async with anyio.create_task_group() as tasks, queue.turn("a"):
        tasks.start_soon(gives_up)
        await settle()
        tasks.start_soon(next_one)
        await settle()
        scope.cancel()  # takes effect only after the turn below is given
    assert "c" in served
    assert (queue.running, queue.waiting) == (0, 0)


async def test_a_failure_inside_a_turn_gives_it_back() -> None:
    queue = FairQueue(1, 0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with queue.turn("a"):
                raise ZeroDivisionError
    assert queue.running == 0


async def test_who_waits_hears_how_many_are_before() -> None:
    queue = FairQueue(1, 5)
    heard: list[int] = []

    async def waits(before: int) -> None:
        heard.append(before)

    async def ask() -> None:
        async with queue.turn("b", waits):
            pass

    async with anyio.create_task_group() as tasks, queue.turn("a", waits):
        for _ in range(2):
            tasks.start_soon(ask)
            await settle()
    assert heard == [0, 1]


async def _once(queue: FairQueue, caller: str) -> None:
    async with queue.turn(caller):
        await anyio.lowlevel.checkpoint()
