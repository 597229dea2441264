"""A document read with an eye's help, as a client gets it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from fakes.clients import said
from handlens.guard import Guard
from handlens.library import open_kit
from handlens.registry import ALL_TOOLS
from handlens.testing.scripted_eye import ScriptedEye
from handlens_server.app import App
from tools.pdf.making import pdf_of
from tools.pdf.test_sight import GOOD, WHOLE, crowded, latex

pytestmark = pytest.mark.anyio


async def test_a_client_is_told_which_parts_sight_has_read(tmp_path: Path, era: str) -> None:
    (tmp_path / "paper.pdf").write_bytes(pdf_of(crowded()))
    eye = ScriptedEye([latex(GOOD.replace("12340", "99999"))])
    async with open_kit(guard=Guard(folders=(tmp_path,))) as kit:

        async def the_kit() -> Any:
            return replace(kit, eye=eye)

        async with Client(App(ALL_TOOLS, the_kit).server(), mode=era, read_timeout_seconds=20) as client:
            result = await client.call_tool("pdf_to_markdown", {"source": str(tmp_path / "paper.pdf")})
    assert not result.is_error
    assert WHOLE in said(result)
    assert "99999" not in said(result)
    assert result.structured_content is not None
    (page,) = result.structured_content["pages"]
    assert [(r["kind"], r["route"], r["note"]) for r in page["regions"]] == [
        ("table", "eye", "1 words put right by the text")
    ]
