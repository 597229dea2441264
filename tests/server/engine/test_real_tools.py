"""Tools through `handlens serve --engine vllm` and a real client, on a true engine, which may die at any moment."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import psutil
import pytest

from fakes.desk import desk
from fakes.real_engine import alive, weightless
from fakes.served import until
from handlens.testing.pages import PageServer

pytestmark = [pytest.mark.anyio, pytest.mark.engine, pytest.mark.timeout(900)]
BOOT_SECONDS = 400


def engine_of(folder: Path) -> psutil.Process:
    """The process that leads the engine of the serving process whose run folder is in ``folder``."""
    (leader,) = [
        process
        for process in psutil.process_iter(["cmdline"])
        if "api_server" in (words := " ".join(process.info["cmdline"] or ())) and str(folder) in words
    ]
    return leader


async def test_an_engine_that_starts_dies_and_comes_back_holds_no_tool_up(
    folder: Path, tmp_path: Path, site: PageServer
) -> None:
    options = weightless("tiny")
    own = {"kind": "vllm", "python": str(options.python), "model": options.model, "args": json.dumps(options.args)}
    async with desk(folder, tmp_path, site, **own, check="false") as at:
        async with asyncio.timeout(30):  # the embedded reader serves while the engine starts
            session = (await at.call("open_page", url=at.page))["session_id"]
            bare = await at.read_pdf()
        assert bare["notes"] == ["Sight is starting, so it was not asked."]
        await at.until(lambda sight: sight["state"] == "ready", BOOT_SECONDS)
        assert any("the engine is starting" in phase for phase in at.phases), "a client sees how far it is"
        assert any("loads its weights" in phase for phase in at.phases)

        leader = engine_of(folder)
        group = [leader, *leader.children(recursive=True)]
        call = asyncio.create_task(at.read_pdf())
        await at.until(lambda sight: sight["engines"][0].get("running"), 30)
        leader.kill()
        async with asyncio.timeout(20):
            lost = await call
            assert lost["markdown"] == bare["markdown"]
            assert lost["pages"][0]["regions"][0]["route"] == "text"
            assert lost["pages"][0]["regions"][0]["note"].startswith("no sight")
            assert (await at.read_pdf())["notes"] == ["Sight is down, so it was not asked."]
            assert (await at.call("describe_page", session_id=session))["url"] == at.page
        until(lambda: not alive(group), 10)

        await at.until(lambda sight: sight["state"] == "ready", BOOT_SECONDS)
        assert (await at.read_pdf())["notes"][0].startswith("Sight was asked about 1 regions")
        assert (await at.call("describe_page", session_id=session))["url"] == at.page
        leader = engine_of(folder)
        group = [leader, *leader.children(recursive=True)]
        server = leader.parent()
        assert server is not None
        server.kill()
        until(lambda: not alive(group), 30)
    until(lambda: not list(folder.iterdir()), 10)
