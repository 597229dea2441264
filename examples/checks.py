"""The main job, as checks on a connected MCP client: look, click, read a console, convert a PDF.

`run` works over any transport. Each step calls a tool as a host would, asserts what came back against what the pages
beside this file truly hold, and keeps the pictures. It returns one `Step` per call, for a table.
"""

from __future__ import annotations

import asyncio
import base64
import struct
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp import Client, types

TOOLS = {
    "open_page",
    "close_page",
    "screenshot_page",
    "describe_page",
    "click_described_element",
    "fill_described_field",
    "upload_to_described_field",
    "press_keys",
    "scroll_page",
    "read_console_usage",
    "usage_history",
    "pdf_to_markdown",
}
GIB = 2**30
LONGEST_SIDE = 1_568
LONGEST_ANSWER = 20_000


@dataclass(frozen=True)
class Step:
    """One call: what was asked, what came of it, how long it took."""

    tool: str
    asked: str
    result: str
    seconds: float


@dataclass
class Job:
    """A client, the pages' base URL, the PDF's path or URL, and where pictures go (None keeps none)."""

    client: Client
    site: str
    pdf: str
    out: Path | None = None
    steps: list[Step] = field(default_factory=list[Step])
    urls: dict[str, str] = field(default_factory=dict[str, str])
    """Signed URLs of artifacts, where the transport has HTTP to fetch them by."""

    async def call(self, tool: str, asked: str, arguments: dict[str, Any], *, picture: str = "") -> dict[str, Any]:
        """Call ``tool``; returns its structured result."""
        started = time.perf_counter()
        result = await self.client.call_tool(tool, arguments)
        seconds = time.perf_counter() - started
        texts = [part.text for part in result.content if isinstance(part, types.TextContent)]
        assert not result.is_error, f"{tool} {asked}: {' '.join(texts)}"
        assert result.structured_content is not None, f"{tool} gives no structured result"
        assert sum(map(len, texts)) <= LONGEST_ANSWER
        for part in result.content:
            if isinstance(part, types.ImageContent):
                self._keep(part, picture)
            if isinstance(part, types.ResourceLink) and part.description:
                self.urls[part.uri] = part.description.removeprefix("Also at ")
        first_line = texts[0].splitlines()[0]
        self.steps.append(Step(tool, asked, first_line, seconds))
        return result.structured_content

    async def refused(self, tool: str, asked: str, arguments: dict[str, Any], *, because: str) -> None:
        """Call ``tool`` with what it must refuse, and check that the error says why."""
        started = time.perf_counter()
        result = await self.client.call_tool(tool, arguments)
        text = " ".join(part.text for part in result.content if isinstance(part, types.TextContent))
        assert result.is_error, f"{tool} {asked} was not refused: {text}"
        assert because in text, f"{tool} {asked}: {because!r} is not in {text!r}"
        self.steps.append(Step(tool, asked, f"refused: {text}", time.perf_counter() - started))

    async def artifact(self, uri: str) -> bytes:
        """The bytes of an artifact: by its signed URL where there is one, otherwise read as an MCP resource."""
        if uri in self.urls:
            return await asyncio.to_thread(_download, self.urls[uri])
        (content,) = (await self.client.read_resource(uri)).contents
        if isinstance(content, types.TextResourceContents):
            return content.text.encode()
        return base64.b64decode(content.blob)

    def _keep(self, part: types.ImageContent, name: str) -> None:
        data = base64.b64decode(part.data)
        if part.mime_type == "image/png":
            assert max(png_size(data)) <= LONGEST_SIDE
        if self.out is not None and name:
            self.out.mkdir(parents=True, exist_ok=True)
            (self.out / f"{name}.{part.mime_type.removeprefix('image/')}").write_bytes(data)


async def run(job: Job) -> list[Step]:
    """Do everything, in the order of a working day."""
    await tools_are_declared(job)
    await sign_in(job)
    await edit_a_product(job)
    await watch_the_console(job)
    await read_an_article(job)
    await convert_the_report(job)
    await stay_within_bounds(job)
    return job.steps


async def tools_are_declared(job: Job) -> None:
    started = time.perf_counter()
    tools = (await job.client.list_tools()).tools
    missing = TOOLS - {tool.name for tool in tools}
    assert not missing, f"these tools are not served: {missing}"
    for tool in tools:
        assert tool.description, tool.name
        assert tool.output_schema, tool.name
        assert tool.annotations is not None, tool.name
    job.steps.append(Step("tools/list", "what can you do?", f"{len(tools)} tools", time.perf_counter() - started))


async def sign_in(job: Job) -> None:
    """A password field and two keys are black in the picture; a click leads on to the shop."""
    page = await job.call("open_page", "the login page", {"url": f"{job.site}/login/"})
    assert (page["title"], page["status"]) == ("Sign in · Tidewater", 200)
    session = page["session_id"]
    shot = await job.call("screenshot_page", "secrets covered", {"session_id": session}, picture="1-login")
    assert shot["hidden"] >= 3, f"{shot['hidden']} of three secrets are hidden"
    clicked = await _click(job, session, "the sign in button")
    assert clicked["url"] == f"{job.site}/shop/"
    await job.call("close_page", "the session", {"session_id": session})
    await job.refused("screenshot_page", "a closed session", {"session_id": session}, because="No open session")


async def edit_a_product(job: Job) -> None:
    """Rows, a shadow root, a frame, a dialog: each click does just what was described."""
    page = await job.call("open_page", "the back office", {"url": f"{job.site}/shop/"})
    session = page["session_id"]
    described = await job.call("describe_page", "the back office", {"session_id": session})
    assert "Add product" in described["tree"]
    looked = await _click(job, session, "Add product", dry_run=True, outcome="dry_run")
    assert (looked["target"]["role"], looked["target"]["name"]) == ("button", "Add product")
    assert looked["effect"] is None

    await _click(job, session, "Edit in the row of Walnut serving board")
    await _click(job, session, "raise the price", picture="2-price")
    await _fill_in_the_form(job, session)
    await _click(job, session, "the Save product button", expect="Product saved")
    await _click(job, session, "Add to basket", picture="3-basket")
    shot = await job.call(
        "screenshot_page", "the edited product", {"session_id": session, "element": "css=#product"}, picture="4-product"
    )
    assert shot["css_size"]["width"] > 600

    unsure = await _click(job, session, "Edit", outcome="ambiguous", picture="5-which-edit")
    assert len(unsure["candidates"]) >= 4
    assert unsure["target"] is None
    await _click(job, session, "the button that prints a shipping label", outcome="not_found")
    await job.call("close_page", "the session", {"session_id": session})


async def _fill_in_the_form(job: Job, session: str) -> None:
    """Fields by their labels, whatever they are made of; a key; and a file, where files may be given."""
    for name, value, held in (("Stock", "7", "7"), ("Category", "Kitchen", "Kitchen"), ("Web only", "true", "checked")):
        field_ = {"session_id": session, "description": name, "value": value}
        filled = await job.call("fill_described_field", f"{name}: {value}", field_)
        assert (filled["outcome"], filled["value"]) == ("filled", held), filled
    keys = {"session_id": session, "keys": ["End", "!"], "description": "the Name field"}
    await job.call("press_keys", "End, !", keys)
    photo = {"session_id": session, "description": "the Photo field", "files": ["pictures/marks.png"]}
    if job.pdf.startswith("http"):
        await job.refused("upload_to_described_field", "a photo", photo, because="guard.folders")
    else:
        given = await job.call("upload_to_described_field", "a photo", photo)
        assert (given["outcome"], given["files"]) == ("uploaded", ["marks.png"]), given


async def watch_the_console(job: Job) -> None:
    """Eight tasks become rows with numbers; what the console does not show is null."""
    usage = await job.call("read_console_usage", "the GPU console", {"url": f"{job.site}/console/"})
    rows = {row["task_name"]: row for row in usage["rows"]}
    assert len(usage["rows"]) == len(rows) == 8
    assert usage["source"]["reader"] == "structure"

    llama = rows["train-llama-70b-sft"]
    assert (llama["gpu_utilization_percent"], llama["cpu_utilization_percent"]) == (96, 41)
    assert (llama["memory_used_bytes"], llama["memory_total_bytes"]) == (round(612.4 * GIB), 1152 * GIB)
    assert (llama["status"], llama["inefficient"]) == ("running", False)
    assert llama["instance_type"] == "ml.p4d.24xlarge"
    assert llama["start_time"].startswith("2026-03-14T08:12:45")
    assert llama["cells"]["Owner"]["text"] == "a.lindqvist"
    assert {name for name, row in rows.items() if row["inefficient"]} == {"inference-serving-bert", "embed-catalogue"}
    assert [row["status"] for row in rows.values()] == [*["running"] * 4, "pending", "stopped", "failed", "succeeded"]
    waiting = rows["train-diffusion-lora"]
    assert (waiting["gpu_utilization_percent"], waiting["memory_used_bytes"], waiting["start_time"]) == (None,) * 3
    assert waiting["memory_total_bytes"] == 244 * GIB

    chart = {"url": f"{job.site}/console/", "element": "css=#chart"}
    shot = await job.call("screenshot_page", "the chart (a canvas)", chart, picture="6-chart")
    assert shot["css_size"] == {"width": 560, "height": 160}
    history = {"console": "gpu", "task": "train-llama-70b-sft"}
    await job.refused("usage_history", "a task nobody watches", history, because="handlens watch")
    await _stop_a_task(job)


async def _stop_a_task(job: Job) -> None:
    """The page asks back with a dialog of the browser's: it is dismissed and told, and the task goes on."""
    page = await job.call("open_page", "the GPU console", {"url": f"{job.site}/console/"})
    session = page["session_id"]
    await job.call(
        "screenshot_page", "the tasks", {"session_id": session, "wait_for": "embed-catalogue"}, picture="7-console"
    )
    stop = {"session_id": session, "description": "Stop in the row of embed-catalogue", "confirmed": True}
    clicked = await job.call("click_described_element", "stop embed-catalogue", stop)
    assert any("embed-catalogue" in notice and "confirm dialog" in notice for notice in clicked["notices"])
    await job.call("close_page", "the session", {"session_id": session})


async def read_an_article(job: Job) -> None:
    """The whole of a long page: small enough inline, complete in the artifact."""
    asked = {"url": f"{job.site}/article/", "full_page": True}
    shot = await job.call("screenshot_page", "a whole article", asked, picture="8-article")
    assert shot["css_size"]["height"] > 5_000
    assert max(shot["image_size"].values()) <= LONGEST_SIDE
    assert abs(shot["image_size"]["height"] * shot["scale"] - shot["css_size"]["height"]) < 2 * shot["scale"]
    whole = await job.artifact(shot["artifact"])
    assert png_size(whole) == (shot["css_size"]["width"], shot["css_size"]["height"])
    page = await job.call("open_page", "the article", {"url": f"{job.site}/article/"})
    session = page["session_id"]
    down = await job.call("scroll_page", "two screens down", {"session_id": session, "pages": 2})
    assert down["moved"]
    assert down["scroll"]["y"] > 1_000
    end = await job.call("scroll_page", "to the end", {"session_id": session, "direction": "bottom"})
    assert end["at_end"]
    await job.call("close_page", "the article", {"session_id": session})


async def convert_the_report(job: Job) -> None:
    """Two pages with headings, lists, a table and a figure."""
    report = await job.call("pdf_to_markdown", "the annual report", {"source": job.pdf})
    markdown = report["markdown"]
    lines = markdown.splitlines()
    headings = [line.lstrip("# ") for line in lines if line.startswith("#")]
    wanted = ["Harbour water levels 2025", "1 Summary", "2 Measurements", "2.1 Monthly levels", "2.2 Instruments"]
    assert headings == [*wanted, "3 A week of water", "4 Outlook"], headings
    assert any(line.startswith(("- ", "* ")) and "stilling well" in line for line in lines)
    assert any(line.startswith("2.") and "float" in line for line in lines)
    row = next(line for line in lines if "October to December" in line)
    assert [cell.strip() for cell in row.strip("| ").split("|")] == [
        "October to December",
        "2.46",
        "5.31",
        "0.17",
        "98.8",
    ]
    assert "The highest level of the year, 5.31 metres" in markdown
    assert len(report["pages"]) == 2
    assert report["next_cursor"] is None
    (figure,) = report["figures"]
    assert png_size(await job.artifact(figure["artifact"]))[0] > 600
    assert (await job.artifact(report["artifact"])).decode().startswith(markdown[:200])
    if job.out is not None:
        (job.out / "report.md").write_text(markdown, encoding="utf-8")


async def stay_within_bounds(job: Job) -> None:
    """What must not be opened is not, and the error says what to do."""
    await job.refused("open_page", "a file", {"url": "file:///etc/passwd"}, because="only http and https")
    await job.refused("open_page", "half a URL", {"url": "example.org"}, because="not a complete URL")
    await job.refused("screenshot_page", "nothing", {}, because="session_id")
    await job.refused("pdf_to_markdown", "a file elsewhere", {"source": "/etc/hostname"}, because="guard.folders")


async def _click(
    job: Job, session: str, description: str, *, outcome: str = "clicked", picture: str = "", **more: Any
) -> dict[str, Any]:
    arguments = {"session_id": session, "description": description, **more}
    result = await job.call("click_described_element", description, arguments, picture=picture)
    assert result["outcome"] == outcome, f"{description}: {result}"
    if outcome == "clicked":
        assert result["target"]["confidence"] >= 0.6
        assert result["effect"] is not None
    return result


def _download(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG, pixels."""
    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    return width, height
