"""What comes back inline fits a context window, however long the page: the rest is in artifacts."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult, ImageContent, TextContent

from handlens.browser.capture import image_size
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.registry import ALL_TOOLS
from handlens_server.app import App

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
Serve = Callable[..., str]

LONG = "<h1>Usage</h1>" + (
    "<table><tr><th>任务 name<th>Instance type<th>GPU utilization<th>Status</tr>"
    + "".join(
        f"<tr><td>训练-{n}<td>ecs.gn7i-{n}<td>{n % 100}%<td><button>Stop the instance number {n}</button></tr>"
        for n in range(400)
    )
    + "</table>"
)
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("screenshot_page", {"full_page": True}),
    ("screenshot_page", {"marks": True, "full_page": True}),
    ("read_console_usage", {}),
    ("click_described_element", {"description": "Stop the instance", "dry_run": True}),
]


def fits(result: CallToolResult) -> None:
    text = "".join(block.text for block in result.content if isinstance(block, TextContent))
    assert not result.is_error, text
    assert len(text) + len(json.dumps(result.structured_content, ensure_ascii=False)) <= 20_000
    for block in result.content:
        if isinstance(block, ImageContent):
            size = image_size(base64.b64decode(block.data))
            assert max(size.width, size.height) <= 1_568


async def test_no_answer_about_a_long_page_is_too_long(serve: Serve, tmp_path: Path) -> None:
    url = serve(LONG)
    async with open_kit(artifacts=tmp_path) as kit:

        async def the_kit() -> Kit:
            return kit

        async with Client(App(ALL_TOOLS, the_kit).server()) as client:
            opened = await client.call_tool("open_page", {"url": url})
            fits(opened)
            session = (opened.structured_content or {})["session_id"]
            for name, arguments in CALLS:
                fits(await client.call_tool(name, {"session_id": session, **arguments}))
