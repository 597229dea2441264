"""What tests of the server share: the real app around tools of our own, with a client in memory."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from fakes.clients import Connect
from fakes.tools import Watch, tools
from handlens.library import open_kit
from handlens.limits import Limits
from handlens_server.app import App

ERAS = ("auto", "legacy")


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
