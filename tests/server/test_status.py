"""The status that clients read while an engine starts, and the metrics for who watches the machine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp_types import TextResourceContents

from fakes.clients import Connect
from fakes.engine import FakeEngine, saying
from fakes.served import Served
from handlens.eye.client import EngineEye
from handlens.eye.engine_link import Endpoint
from handlens.kit import Kit
from handlens.library import open_kit
from handlens_server.app import App

pytestmark = pytest.mark.anyio
STATUS = "handlens://status"


async def told(client: Client) -> dict[str, Any]:
    (contents,) = (await client.read_resource(STATUS)).contents
    assert isinstance(contents, TextResourceContents)
    return json.loads(contents.text)


async def test_the_status_is_listed_and_says_that_there_is_no_engine(connect: Connect) -> None:
    async with connect() as client:
        assert STATUS in [str(resource.uri) for resource in (await client.list_resources()).resources]
        status = await told(client)
    assert status["sight"]["state"] == "none"
    assert status["sessions"] == []


async def test_a_client_can_see_how_an_engine_comes_up_and_why_it_is_not_used(tmp_path: Path) -> None:
    phase = "the engine loads its weights"
    async with FakeEngine(saying("8585858585"), up=False).serve() as engine:
        endpoint = Endpoint(engine.url, describe=lambda: phase)
        async with EngineEye([endpoint]) as eye, open_kit(artifacts=tmp_path) as plain:
            kit = replace(plain, eye=eye)

            async def the_kit() -> Kit:
                return kit

            async with Client(App((), the_kit).server(), read_timeout_seconds=20) as client:
                status = (await told(client))["sight"]
                assert (status["state"], phase in status["because"]) == ("starting", True)
                engine.up = True
                with anyio.fail_after(20):
                    await eye.wait("blind")
                status = (await told(client))["sight"]
    assert status["state"] == "blind"
    assert status["engines"][0]["models"] == ["Qwen/Qwen3-VL-4B-Instruct"]
    assert "squares" in status["because"]


@pytest.mark.slow
def test_metrics_are_for_callers_that_are_let_in(shared: dict[str, Served]) -> None:
    open_to_all, guarded = shared["http"], shared["http with tokens"]
    assert "handlens_sight_ready 0" in httpx2.get(f"{open_to_all.base}/metrics").text
    assert httpx2.get(f"{guarded.base}/metrics").status_code == 401
    answer = httpx2.get(f"{guarded.base}/metrics", headers={"Authorization": "Bearer alice-0123456789abcdef"})
    assert "handlens_sessions 0" in answer.text.splitlines()
