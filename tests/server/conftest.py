"""What tests of the server share: the real app around tools of our own, with a client in memory."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from fakes.clients import Connect
from fakes.served import Served
from fakes.tools import Watch, tools
from handlens.library import open_kit
from handlens.limits import Limits
from handlens_server.app import App

ERAS = ("auto", "legacy")


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder for a serving process's temporary files, short enough to be taken for them."""
    # A killed server's watcher may still be clearing its part when we clear ours.
    with tempfile.TemporaryDirectory(prefix="hl-", dir="/tmp", ignore_cleanup_errors=True) as path:
        yield Path(path)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    """How the client speaks: as of 2026 without a handshake, or as before with one."""
    return request.param


@pytest.fixture
def connect(watch: Watch, tmp_path: Path, era: str) -> Connect:
    """Connect a client in memory to the app around the tools of `fakes.tools`, with these limits."""

    @contextlib.asynccontextmanager
    async def connected(**limits: Any) -> AsyncIterator[Client]:
        async with open_kit(artifacts=tmp_path, limits=Limits(**limits)) as kit:

            async def the_kit() -> Any:
                return kit

            async with Client(App(tools(watch), the_kit).server(), mode=era, read_timeout_seconds=20) as client:
                yield client

    return connected


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Served]]:
    """Servers on loopback for all tests that leave them as they are."""
    tokens = {"alice": "alice-0123456789abcdef", "bob": "bob-0123456789abcdef"}
    with contextlib.ExitStack() as stack:

        def start(name: str, transport: str, **settings: Any) -> tuple[str, Served]:
            folder = tmp_path_factory.mktemp("served")
            return name, stack.enter_context(Served(folder, transport, **settings))

        yield dict(
            [
                start("http", "http", http__allowed_origins=["https://app.example"]),
                start("sse", "sse"),
                start("http with tokens", "http", http__tokens=tokens),
                start("sse with tokens", "sse", http__tokens=tokens),
            ]
        )
