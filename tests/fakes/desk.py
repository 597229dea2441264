"""A client of a true serving process, with something for each tool that may ask sight."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import sys
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import TextResourceContents
from PIL import Image, ImageDraw, ImageFont

from fakes.served import CLEAN
from handlens.testing.pages import PageServer, Reply
from tools.pdf.making import pdf_of
from tools.pdf.test_sight import crowded

PAGE = """<!doctype html><title>Shop</title><body><button>Save draft</button><button>Save copy</button>
<canvas width=300 height=100></canvas><script>document.querySelector('canvas').getContext('2d').fillRect(20, 20, 90, 40)
</script>"""
TASKS = [("train-bert", "87%", "Running"), ("serve-bert", "1234%", "Running"), ("eval-qwen", "55%", "Failed")]
MOVING = re.compile(r"handlens://artifacts/[\w./-]+|\d{4}-\d\d-\d\dT[\d:+.Z-]+|\bs_\w+")


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

    async def until(self, true: Callable[[dict[str, Any]], bool], seconds: float) -> None:
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


@contextlib.asynccontextmanager
async def desk(folder: Path, files: Path, site: PageServer, **engine: Any) -> AsyncGenerator[Desk]:
    """Serve with these settings of the engine; ``folder`` is for temporary files, ``files`` for what is read."""
    site.pages["/"] = Reply(PAGE)
    (files / "paper.pdf").write_bytes(pdf_of(crowded()))
    (files / "console.png").write_bytes(console())
    settings = {f"HANDLENS_ENGINE_{name.upper()}": value for name, value in engine.items()}
    environment = {**os.environ, **CLEAN, "TMPDIR": str(folder), "HANDLENS_EYE_QUESTION_SECONDS": "15", **settings}
    flags = ["--set", f"guard.folders={json.dumps([str(files)])}"]
    command = ["-m", "handlens_server", "serve", "--transport", "stdio", *flags]
    parameters = StdioServerParameters(command=sys.executable, args=command, env=environment)
    async with Client(parameters, mode="legacy", read_timeout_seconds=300) as client:
        yield Desk(client, site.url("/"), files / "paper.pdf", files / "console.png")


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
