"""Tools through `handlens serve` and a real client, on a true engine whose random weights say nothing true.

What such an engine says must change no result: it is found blind, or where it is trusted by force, every answer of it
is refused or told as doubt. And it may die at any moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import TextResourceContents
from PIL import Image, ImageDraw, ImageFont

from fakes.real_engine import RunningEngine, weightless
from fakes.served import CLEAN
from handlens.testing.pages import PageServer, Reply
from tools.pdf.making import pdf_of
from tools.pdf.test_sight import crowded

pytestmark = [pytest.mark.anyio, pytest.mark.engine, pytest.mark.timeout(900)]
BOOT_SECONDS = 400
PAGE = """<!doctype html><title>Shop</title><body><button>Save draft</button><button>Save copy</button>
<canvas width=300 height=100></canvas><script>document.querySelector('canvas').getContext('2d').fillRect(20, 20, 90, 40)
</script>"""
TASKS = [("train-bert", "87%", "Running"), ("serve-bert", "1234%", "Running"), ("eval-qwen", "55%", "Failed")]
MOVING = re.compile(r"handlens://artifacts/[\w./-]+|\d{4}-\d\d-\d\dT[\d:+.Z-]+|s_\w+")


@dataclass
class Desk:
    """A client of a serving process, and what the tools are asked to look at."""

    client: Client
    page: str
    pdf: Path
    picture: Path
    phases: set[str] = field(default_factory=set)

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self.client.call_tool(tool, arguments)
        assert not result.is_error, result.content
        assert result.structured_content is not None
        return result.structured_content

    async def sight(self) -> dict[str, Any]:
        (contents,) = (await self.client.read_resource("handlens://status")).contents
        assert isinstance(contents, TextResourceContents)
        sight: dict[str, Any] = json.loads(contents.text)["sight"]
        self.phases.add(sight["because"])
        return sight

    async def until(self, true: Callable[[dict[str, Any]], bool], seconds: float = BOOT_SECONDS) -> None:
        async with asyncio.timeout(seconds):
            while not true(await self.sight()):
                await asyncio.sleep(0.1)

    async def read_pdf(self) -> dict[str, Any]:
        return await self.call("pdf_to_markdown", source=str(self.pdf))

    async def everything(self) -> dict[str, Any]:
        """What each tool says that may ask sight, without what differs from call to call."""
        click = await self.call("click_described_element", url=self.page, description="save")
        rows = await self.call("read_console_usage", image=str(self.picture))
        told = {"click": click, "rows": rows, "pdf": await self.read_pdf()}
        return json.loads(MOVING.sub("…", json.dumps(told)))


@pytest.fixture
def serving(folder: Path, tmp_path: Path, site: PageServer) -> Callable[..., Any]:
    """Serve with these settings of the engine, and look at one page, one document and one picture."""
    site.pages["/"] = Reply(PAGE)
    (tmp_path / "paper.pdf").write_bytes(pdf_of(crowded()))
    (tmp_path / "console.png").write_bytes(console())

    @contextlib.asynccontextmanager
    async def desk(**engine: Any) -> AsyncIterator[Desk]:
        settings = {f"HANDLENS_ENGINE_{name.upper()}": value for name, value in engine.items()}
        environment = {**os.environ, **CLEAN, "TMPDIR": str(folder), "HANDLENS_EYE_QUESTION_SECONDS": "15", **settings}
        flags = ["--set", f"guard.folders={json.dumps([str(tmp_path)])}"]
        command = ["-m", "handlens_server", "serve", "--transport", "stdio", *flags]
        parameters = StdioServerParameters(command=sys.executable, args=command, env=environment)
        async with Client(parameters, mode="legacy", read_timeout_seconds=300) as client:
            yield Desk(client, site.url("/"), tmp_path / "paper.pdf", tmp_path / "console.png")

    return desk


def console() -> bytes:
    """A console's task list as a picture, with one value that can't be."""
    image = Image.new("RGB", (900, 260), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(24)
    for number, row in enumerate([("Task name", "GPU utilization", "Status"), *TASKS]):
        for column, text in enumerate(row):
            pen.text((30 + 300 * column, 30 + 55 * number), text, "black", font)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def elsewhere(engine: RunningEngine, check: str) -> dict[str, str]:
    return {"urls": json.dumps([engine.url]), "api_key": engine.KEY, "check": check}


def without(told: dict[str, Any], *notes: str) -> dict[str, Any]:
    """The same, without whole notes and parts of reasons that match."""
    bare = json.dumps(told, ensure_ascii=False)
    for note in notes:
        bare = re.sub(note, "", bare)
    return json.loads(bare)


async def test_sight_that_is_blind_or_trusted_by_force_changes_no_result(
    serving: Callable[..., Any], running_engines: list[RunningEngine]
) -> None:
    async with serving() as desk:
        bare = await desk.everything()
    assert bare["click"]["outcome"] == "ambiguous"
    assert bare["rows"]["needs_review"]
    async with serving(**elsewhere(running_engines[0], "true")) as desk:
        await desk.until(lambda sight: sight["state"] == "blind")
        assert "drawn squares" in " ".join(desk.phases)
        blind = await desk.everything()
    for name in ("click", "rows", "pdf"):
        assert "ight is blind, so it was not asked" in json.dumps(blind[name]), name
    assert without(blind, r"; sight is blind[^\"]*", r",? ?\"Sight is blind[^\"]*\"") == bare
    async with serving(**elsewhere(running_engines[0], "false")) as desk:
        await desk.until(lambda sight: sight["state"] == "ready")
        trusted = await desk.everything()
    print(json.dumps(trusted, indent=1))
    assert trusted["click"]["outcome"] == "ambiguous"
    assert trusted["pdf"]["markdown"] == bare["pdf"]["markdown"]
    (region,) = trusted["pdf"]["pages"][0]["regions"]
    assert (region["route"], region["note"] != "") == ("text", True)
    for ours, theirs in zip(bare["rows"]["rows"], trusted["rows"]["rows"], strict=True):
        assert without(ours) == without(theirs)
    assert any("eye" in notice for notice in trusted["rows"]["notices"])


def engine_of(folder: Path) -> psutil.Process:
    """The process that leads the engine of the serving process whose run folder is in ``folder``."""
    (leader,) = [
        process
        for process in psutil.Process().children(recursive=True)
        if "api_server" in (words := " ".join(process.cmdline())) and str(folder) in words
    ]
    return leader


async def test_an_engine_that_starts_dies_and_comes_back_holds_no_tool_up(
    serving: Callable[..., Any], folder: Path
) -> None:
    options = weightless("tiny")
    own = {"kind": "vllm", "python": str(options.python), "model": options.model, "args": json.dumps(options.args)}
    async with serving(**own, check="false") as desk:
        async with asyncio.timeout(30):  # the embedded reader serves while the engine starts
            session = (await desk.call("open_page", url=desk.page))["session_id"]
            bare = await desk.read_pdf()
        assert bare["notes"] == ["Sight is starting, so it was not asked."]
        await desk.until(lambda sight: sight["state"] == "ready")
        assert any("the engine is starting" in phase for phase in desk.phases), "a client sees how far it is"
        assert any("loads its weights" in phase for phase in desk.phases)

        leader = engine_of(folder)
        group = [leader, *leader.children(recursive=True)]
        call = asyncio.create_task(desk.read_pdf())
        await desk.until(lambda sight: sight["engines"][0].get("running"), 30)
        leader.kill()
        async with asyncio.timeout(20):
            lost = await call
            assert lost["markdown"] == bare["markdown"]
            assert lost["pages"][0]["regions"][0]["route"] == "text"
            assert lost["pages"][0]["regions"][0]["note"].startswith("no sight")
            assert (await desk.read_pdf())["notes"] == ["Sight is down, so it was not asked."]
            assert (await desk.call("describe_page", session_id=session))["url"] == desk.page
        assert not any(process.is_running() for process in group if process.status() != psutil.STATUS_ZOMBIE)

        await desk.until(lambda sight: sight["state"] == "ready")
        assert (await desk.read_pdf())["notes"][0].startswith("Sight was asked about 1 regions")
        assert (await desk.call("describe_page", session_id=session))["url"] == desk.page
        leader = engine_of(folder)
        group = [leader, *leader.children(recursive=True)]
    _, alive = psutil.wait_procs(group, 30)
    assert not alive, "the engine went with the server"
