"""A whole click, located, done and verified, beside a snapshot and a click of @playwright/mcp on the same page.

    python tests/bench/bench_click.py [--clicks 12] [--rounds 2]

Both servers are driven over stdio by one client and take turns on the same two pages, one of 250 elements and one eight
times as long. Characters are those of the text and the structured result; pictures are counted apart.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, ImageContent, TextContent

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
from bench_server import Contender, handlens, pages, peers

from handlens.testing.pages import PageServer

TELLS = (
    "<script>addEventListener('click', e => { e.target.dataset.hit = 'yes'; document.title = e.target.textContent })"
)
Spent = dict[str, list[float]]


def characters(result: CallToolResult) -> tuple[int, int]:
    """Of text and structure, and of pictures."""
    text = sum(len(block.text) for block in result.content if isinstance(block, TextContent))
    structured = len(json.dumps(result.structured_content)) if result.structured_content else 0
    return text + structured, sum(len(block.data) for block in result.content if isinstance(block, ImageContent))


async def by_description(client: Client, state: dict[str, Any], name: str) -> list[CallToolResult]:
    arguments = {"session_id": state["session_id"], "description": f"the button {name!r}"}
    result = await client.call_tool("click_described_element", arguments)
    assert (result.structured_content or {}).get("outcome") == "clicked", result.content
    return [result]


async def by_snapshot(client: Client, _: dict[str, Any], name: str) -> list[CallToolResult]:
    snapshot = await client.call_tool("browser_snapshot", {})
    text = "".join(block.text for block in snapshot.content if isinstance(block, TextContent))
    match = re.search(rf'button "{re.escape(name)}"[^\n]*\[ref=(\w+)\]', text)
    assert match is not None, text[:400]
    arguments = {"element": name, "ref": match[1], "target": match[1]}
    clicked = await client.call_tool("browser_click", arguments)
    if clicked.is_error:
        arguments.pop("target")
        clicked = await client.call_tool("browser_click", arguments)
    assert not clicked.is_error, clicked.content
    return [snapshot, clicked]


async def measure(contender: Contender, url: str, clicks: int, spent: Spent) -> None:
    parameters = StdioServerParameters(
        command=contender.command[0], args=contender.command[1:], env={**os.environ, **contender.environment}
    )
    own = contender.name == "handlens"
    async with Client(stdio_client(parameters), mode="legacy") as client:
        opened = await client.call_tool(contender.open[0], {**contender.open[1], "url": url})
        state = opened.structured_content or {}
        click = by_description if own else by_snapshot
        for number in range(clicks + 1):
            begun = time.perf_counter()
            results = await click(client, state, f"Stop {number * 2}")
            took = time.perf_counter() - begun
            if number == 0:
                continue  # warms up
            spent["ms"].append(1000 * took)
            counted = [characters(result) for result in results]
            spent["characters"].append(sum(text for text, _ in counted))
            spent["picture"].append(sum(picture for _, picture in counted))


async def run(options: argparse.Namespace) -> int:
    with PageServer() as site:
        one = pages()["/"].replace("<html", f"{TELLS}</script><html", 1)
        rows = pages()["/long"].replace("<html", f"{TELLS}</script><html", 1)
        # Names on the long page are made unique: both servers are asked for one button.
        counter = iter(range(10_000))
        site.pages["/"] = one
        site.pages["/long"] = re.sub(r"Stop \d+", lambda _: f"Stop {next(counter)}", rows)
        contenders = [handlens(site), *(peer for peer in peers(site) if "playwright" in peer.name)]
        for path in ("/", "/long"):
            spent: dict[str, Spent] = {one.name: defaultdict(list) for one in contenders}
            for _ in range(options.rounds):
                for contender in contenders:
                    await measure(contender, site.url(path), options.clicks, spent[contender.name])
            for name, kept in spent.items():
                told = ", ".join(f"{what} p50 {statistics.median(values):,.0f}" for what, values in kept.items())
                print(f"{path:6s} {name:18s} {told}", flush=True)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clicks", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=2)
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
