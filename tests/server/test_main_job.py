"""The main job of the examples, over every transport."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from mcp import Client
from mcp.client.sse import sse_client

import checks
from handlens.testing.pages import PageServer

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
EXAMPLES = Path(checks.__file__).parent


@contextlib.asynccontextmanager
async def served(transport: str) -> AsyncIterator[str]:
    """`handlens serve` as a child on a free port; gives the URL that it says."""
    command = [str(Path(sys.executable).with_name("handlens")), "serve", "--transport", transport, "--port", "0"]
    settings = ["--set", "guard.private_network=loopback-only"]
    child = await asyncio.create_subprocess_exec(*command, *settings, stderr=asyncio.subprocess.PIPE, env=os.environ)
    assert child.stderr is not None
    try:
        async with asyncio.timeout(20):
            while not (said := re.search(rb"handlens serves (\S+)", await child.stderr.readline())):
                assert child.returncode is None
        yield said[1].decode()
    finally:
        child.terminate()
        await child.wait()


@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_the_main_job_passes_over(transport: str, tmp_path: Path) -> None:
    pages = {"/report.pdf": (EXAMPLES / "report" / "report.pdf").read_bytes()}
    with PageServer(pages, folder=EXAMPLES / "site") as site:
        async with served(transport) as url:
            target = sse_client(url) if transport == "sse" else url
            async with Client(target, read_timeout_seconds=60) as client:
                await checks.run(checks.Job(client, site.url(""), site.url("/report.pdf"), tmp_path))
    assert len(list(tmp_path.glob("*.png"))) == 8
