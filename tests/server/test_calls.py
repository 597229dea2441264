"""Calls from beginning to end: progress, cancellation, many at once, limits."""

from __future__ import annotations

import anyio
import pytest

from fakes.clients import Connect, said
from fakes.tools import Watch

pytestmark = pytest.mark.anyio


async def test_progress_reaches_the_client_in_order(connect: Connect) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def hear(done: float, total: float | None, message: str | None) -> None:
        told.append((done, total, message))

    async with connect() as client:
        await client.call_tool("repeat", {"word": "go", "times": 3}, progress_callback=hear)
    assert told == [(1, 3, "Word 1"), (2, 3, "Word 2"), (3, 3, "Word 3")]


async def test_a_call_that_nobody_follows_reports_to_nobody(connect: Connect) -> None:
    async with connect() as client:
        assert said(await client.call_tool("repeat", {"word": "go", "times": 2})) == "go go"


async def test_a_cancelled_call_stops_and_gives_its_place_to_the_next(connect: Connect, watch: Watch) -> None:
    async with connect(calls_at_once=1) as client:
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "hang", {"word": "first"})
            await watch.began.wait()
            group.cancel_scope.cancel()
        with anyio.fail_after(5):
            await watch.ended.wait()
            assert said(await client.call_tool("repeat", {"word": "next"})) == "next"
    assert watch.cancelled == 1


async def test_two_hundred_calls_at_once_are_all_answered_and_few_run_together(connect: Connect, watch: Watch) -> None:
    answers: list[str] = []

    async with connect(calls_at_once=5) as client:

        async def one(number: int) -> None:
            answers.append(said(await client.call_tool("hang", {"word": str(number)})))

        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                for number in range(200):
                    group.start_soon(one, number)
                await watch.began.wait()
                watch.gate.set()
    assert sorted(map(int, answers)) == list(range(200))
    assert watch.most <= 5


async def test_a_full_line_turns_further_calls_away_and_says_which_setting(connect: Connect, watch: Watch) -> None:
    async with connect(calls_at_once=1, calls_waiting=0) as client:
        assert said(await client.call_tool("repeat", {"word": "free"})) == "free"
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "hang", {"word": "long"})
            await watch.began.wait()
            result = await client.call_tool("repeat", {"word": "late"})
            watch.gate.set()
    assert result.is_error
    assert "Try again" in said(result)
    assert "limits.calls_waiting" in said(result)


async def test_a_call_that_takes_too_long_is_ended_and_says_which_setting(connect: Connect, watch: Watch) -> None:
    async with connect(call_seconds=0.05) as client:
        result = await client.call_tool("hang", {"word": "ever"})
    assert result.is_error
    assert "hang took longer than 0.05 seconds. (setting limits.call_seconds)" in said(result)
    assert watch.cancelled == 1


async def test_pictures_come_inline_beside_the_text(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("repeat", {"word": "go"})
    assert [block.type for block in result.content] == ["text", "image"]
    assert result.structured_content == {"word": "go", "kept": None}
