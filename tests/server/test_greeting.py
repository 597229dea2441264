"""The answers given before the MCP SDK is there are the SDK's own, and nothing that was read is lost."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from fakes.served import Host, rpc
from handlens.kit import Kit
from handlens.registry import ALL_TOOLS
from handlens_server.app import App
from handlens_server.greeting import HANDSHAKES, Greeting, greet, handshake, list_tools, replayed

pytestmark = pytest.mark.anyio


@pytest.fixture
def over() -> Iterator[int]:
    """What is readable from the start: nothing is waited for."""
    read, write = os.pipe()
    os.close(write)
    yield read
    os.close(read)


@pytest.fixture
def pipes() -> Iterator[tuple[int, int, int, int]]:
    """What the host writes to and we read from; what we write to and the host reads from."""
    ours_in, theirs_out = os.pipe()
    theirs_in, ours_out = os.pipe()
    yield theirs_out, ours_in, ours_out, theirs_in
    for end in (ours_in, theirs_out, theirs_in, ours_out):
        os.close(end)


def initialize(version: Any = "2025-11-25", identifier: Any = 1) -> dict[str, Any]:
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "a host", "version": "1"}}
    return {"jsonrpc": "2.0", "id": identifier, "method": "initialize", "params": params}


def line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


async def sdk_answer(message: dict[str, Any]) -> dict[str, Any]:
    async def no_kit() -> Kit:
        raise AssertionError("a handshake needs no kit")

    server = App(ALL_TOOLS, no_kit).server()
    to_us, incoming = anyio.create_memory_object_stream[Any](1)
    outgoing, from_us = anyio.create_memory_object_stream[Any](1)
    async with to_us, incoming, outgoing, from_us, anyio.create_task_group() as group:
        streams = replayed(incoming, outgoing, Greeting([line(message)]))
        group.start_soon(server.run, *streams, server.create_initialization_options())
        with anyio.fail_after(10):
            answer = await from_us.receive()
        group.cancel_scope.cancel()
    return answer.message.model_dump(by_alias=True, exclude_none=True, mode="json")["result"]


@pytest.mark.parametrize("version", [*HANDSHAKES, "2031-01-01"])
async def test_the_handshake_is_what_the_sdk_answers(version: str) -> None:
    assert handshake(version) == await sdk_answer(initialize(version))


def test_initialize_is_answered_and_kept_for_the_sdk(pipes: tuple[int, int, int, int]) -> None:
    write, stdin, stdout, read = pipes
    os.write(write, b"\n" + line(initialize(identifier="abc")) + b"not ours to read")
    greeting = greet(stdin, stdout)
    assert json.loads(os.read(read, 1 << 16)) == {"jsonrpc": "2.0", "id": "abc", "result": handshake("2025-11-25")}
    assert greeting.answered == "abc"
    assert [json.loads(kept) for kept in greeting.lines] == [initialize(identifier="abc")]
    assert greeting.rest == b"not ours to read"


@pytest.mark.parametrize(
    "first",
    [
        b"{nonsense\n",
        b"[]\n",
        b'"initialize"\n',
        line(rpc("tools/list")),
        line(initialize(version=7)),
        line(initialize(identifier=None)),
        line(initialize(identifier=True)),
        line({**initialize(), "params": []}),
        line({**initialize(), "params": {"protocolVersion": "2025-11-25"}}),
    ],
)
def test_anything_else_is_left_to_the_sdk(pipes: tuple[int, int, int, int], over: int, first: bytes) -> None:
    write, stdin, stdout, _ = pipes
    os.write(write, first)
    greeting = greet(stdin, stdout)
    list_tools(greeting, over, stdin, stdout)
    assert greeting == Greeting([first], None)


def test_a_list_that_is_asked_for_at_once_is_given_and_the_rest_kept(
    pipes: tuple[int, int, int, int], over: int
) -> None:
    write, stdin, stdout, read = pipes
    done = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    later = {"jsonrpc": "2.0", "id": 3, "method": "resources/list"}
    os.write(write, line(initialize()) + line(done) + line(rpc("tools/list", number=2)) + line(later))
    greeting = greet(stdin, stdout)
    assert json.loads(os.read(read, 1 << 16))["id"] == 1
    list_tools(greeting, over, stdin, stdout)
    answer = json.loads(os.read(read, 1 << 16))
    assert answer["id"] == 2
    assert [tool["name"] for tool in answer["result"]["tools"]] == [tool.name for tool in ALL_TOOLS]
    assert [json.loads(kept) for kept in greeting.lines] == [initialize(), done]
    assert greeting.rest == line(later)


def test_a_list_that_does_not_come_in_time_is_not_waited_for(pipes: tuple[int, int, int, int], over: int) -> None:
    write, stdin, stdout, _ = pipes
    os.write(write, line(initialize()))
    greeting = greet(stdin, stdout)
    list_tools(greeting, over, stdin, stdout)
    assert len(greeting.lines) == 1


def test_an_input_that_ends_at_once_leaves_nothing(pipes: tuple[int, int, int, int]) -> None:
    write, stdin, stdout, _ = pipes
    os.close(write)
    try:
        assert greet(stdin, stdout) == Greeting()
    finally:
        os.dup2(stdin, write)


async def test_the_list_is_what_the_sdk_answers_when_asked_again(host: Host) -> None:
    first = host.ask("tools/list", {})["result"]
    assert len(first["tools"]) == len(ALL_TOOLS)
    assert first == host.ask("tools/list", {})["result"]


@pytest.fixture
def host(folder: Any) -> Iterator[Host]:
    host = Host(folder)
    yield host
    host.process.kill()
    host.process.communicate()
