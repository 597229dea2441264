"""Lines over pipes and sockets: whole whatever their size, in whatever pieces they come."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.served import CLEAN, INITIALIZE, rpc
from handlens_server.wire import Lines, Output

pytestmark = pytest.mark.anyio


@pytest.fixture
def ends() -> tuple[int, int]:
    """A pipe whose ends do not block: to read from, to write to."""
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    return ends


async def test_lines_are_whole_in_whatever_pieces_they_come(ends: tuple[int, int]) -> None:
    reading, writing = ends
    lines = Lines(reading)
    for piece in (b"on", b"e\ntwo\nth", "r√".encode()[:2], "r√".encode()[2:], b"e\nrest"):
        os.write(writing, piece)
        await asyncio.sleep(0)
    os.close(writing)
    assert [line async for line in lines] == ["one\n", "two\n", "thr√e\n", "rest"]


async def test_a_message_larger_than_the_pipe_waits_for_its_reader(ends: tuple[int, int]) -> None:
    reading, writing = ends
    long = "x" * 3_000_000 + "\n"
    writer = asyncio.create_task(Output(writing).write(long))
    await asyncio.sleep(0.05)
    assert not writer.done()
    assert await anext(aiter(Lines(reading))) == long
    await writer


async def test_a_host_that_was_killed_ends_the_lines() -> None:
    ours, host = socket.socketpair()
    ours.setblocking(False)
    ours.send(b"never read: so that closing resets the connection")
    host.close()
    with ours:
        assert [line async for line in Lines(ours.fileno())] == []


@pytest.mark.slow
def test_input_from_a_file_is_served_too(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "messages"
    script.write_text(json.dumps(INITIALIZE) + "\n" + json.dumps(rpc("ping", number=7)) + "\n")
    with script.open("rb") as messages:
        done = subprocess.run(
            [sys.executable, "-m", "handlens_server", "serve"],
            stdin=messages,
            capture_output=True,
            env={**os.environ, **CLEAN, "TMPDIR": str(folder)},
            timeout=60,
            check=True,
        )
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [INITIALIZE["id"], 7]
