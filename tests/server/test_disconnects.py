"""A client that cancels, or goes away in the middle: the call ends, and the page that was opened for it is closed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters

from fakes.clients import said
from fakes.served import CLEAN, Served
from handlens.testing.pages import PageServer, never_answers

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ONE_CALL = """
import asyncio, sys
from mcp import Client
from mcp.client.sse import sse_client

async def main(url, mode, page):
    async with Client(sse_client(url) if url.endswith("/sse") else url, mode=mode) as client:
        await client.call_tool("screenshot_page", {"url": page})

asyncio.run(main(*sys.argv[1:]))
"""


@contextlib.asynccontextmanager
async def over_stdio(folder: Path, mode: str) -> AsyncIterator[Client]:
    command = ["-m", "handlens_server", "serve", "--transport", "stdio", "--set", "limits.sessions=1"]
    environment = {**os.environ, **CLEAN, "TMPDIR": str(folder)}
    parameters = StdioServerParameters(command=sys.executable, args=command, env=environment)
    async with Client(parameters, mode=mode) as client:
        yield client


@contextlib.asynccontextmanager
async def over_http(served: Served, mode: str) -> AsyncIterator[Client]:
    async with Client(sse_client(served.url) if served.url.endswith("/sse") else served.url, mode=mode) as client:
        yield client


async def asked_for(site: PageServer, path: str) -> None:
    with anyio.fail_after(30):
        while path not in site.asked:
            await anyio.sleep(0.01)


async def assert_a_page_opens_soon(client: Client, url: str) -> None:
    """The only session that there may be is free again, long before a navigation of thirty seconds would end."""
    with anyio.fail_after(10):
        while (result := await client.call_tool("open_page", {"url": url})).is_error:
            assert "limits.sessions" in said(result)
            await anyio.sleep(0.05)


@pytest.fixture
def stuck(site: PageServer) -> str:
    """A page that never answers, beside one that does."""
    site.pages |= {"/": "<h1>x</h1>", "/stuck": never_answers}
    return site.url("/stuck")


@pytest.mark.parametrize(
    ("transport", "mode"),
    [("stdio", "legacy"), ("stdio", "auto"), ("http", "legacy"), ("http", "auto"), ("sse", "legacy")],
)
async def test_a_call_that_is_cancelled_ends_and_its_page_is_closed(
    transport: str, mode: str, folder: Path, site: PageServer, stuck: str
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        if transport == "stdio":
            client = await stack.enter_async_context(over_stdio(folder, mode))
        else:
            served = stack.enter_context(Served(folder, transport, limits__sessions=1))
            client = await stack.enter_async_context(over_http(served, mode))
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "screenshot_page", {"url": stuck})
            await asked_for(site, "/stuck")
            group.cancel_scope.cancel()
        await assert_a_page_opens_soon(client, site.url())


@pytest.mark.parametrize(("transport", "mode"), [("http", "legacy"), ("http", "auto"), ("sse", "legacy")])
async def test_a_client_that_is_killed_in_the_middle_ends_its_call(
    transport: str, mode: str, folder: Path, site: PageServer, stuck: str
) -> None:
    with Served(folder, transport, limits__sessions=1) as served:
        client = subprocess.Popen([sys.executable, "-c", ONE_CALL, served.url, mode, stuck])
        try:
            await asked_for(site, "/stuck")
        finally:
            client.kill()
            client.wait()
        async with over_http(served, mode) as other:
            await assert_a_page_opens_soon(other, site.url())
    assert [line for line in served.logs() if line["level"] == "error"] == []


@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_two_hundred_calls_at_once_over_a_real_connection_are_all_answered(
    transport: str, shared: dict[str, Served]
) -> None:
    answers: list[str] = []
    async with over_http(shared[transport], "legacy") as client:

        async def one(number: int) -> None:
            answers.append(said(await client.call_tool("close_page", {"session_id": f"s_{number}"})))

        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                for number in range(200):
                    group.start_soon(one, number)
    assert len(answers) == 200
    assert all(answer.startswith("No open session 's_") for answer in answers)
