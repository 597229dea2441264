"""Documents as a client gets them: from every kind of source, and what it is told of those that can't be read."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import quote

import pytest
from mcp import Client
from mcp_types import CallToolResult

from fakes.clients import said, served
from handlens.guard import Guard, PrivateNetwork
from handlens.kit import LOCAL, Kit
from handlens.library import open_kit
from handlens.testing.pages import PageServer, download
from tools.pdf.making import Page, encrypted, pdf_of

pytestmark = pytest.mark.anyio
PAPER = pdf_of(*(Page().text(60, 100, f"Sheet {n} says so.") for n in range(1, 4)))


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncGenerator[Kit]:
    guard = Guard(private_network=PrivateNetwork.LOOPBACK_ONLY, folders=(tmp_path,))
    async with open_kit(guard=guard) as kit:
        yield kit


@pytest.fixture
async def client(kit: Kit) -> AsyncGenerator[Client]:
    async with served(kit) as client:
        yield client


async def converted(client: Client, source: str, **more: str) -> CallToolResult:
    return await client.call_tool("pdf_to_markdown", {"source": source, **more})


async def test_paths_file_uris_and_addresses_are_sources(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "a paper.pdf"
    path.write_bytes(PAPER)
    with PageServer({"/paper.pdf": download(PAPER, "paper.pdf")}) as server:
        for source in (str(path), path.as_uri(), f"file://localhost{quote(str(path))}", server.url("/paper.pdf")):
            assert said(await converted(client, source, pages="2")) == "Sheet 2 says so."


async def test_resources_that_other_tools_offer_are_sources(client: Client, kit: Kit) -> None:
    kept = await kit.artifacts.save(PAPER, name="paper.pdf", media_type="application/pdf", owner=LOCAL)
    assert kept.uri in [str(resource.uri) for resource in (await client.list_resources()).resources]
    assert said(await converted(client, kept.uri, pages="3")) == "Sheet 3 says so."


BROKEN: dict[str, tuple[bytes, dict[str, str], str]] = {
    "empty": (b"", {}, "empty"),
    "truncated": (PAPER[:120], {}, "broken"),
    "no pages": (pdf_of(), {}, "has no pages"),
    "no PDF": (b"PK\x03\x04 a word document", {}, "not a PDF"),
    "HTML": (b"<!doctype html><title>Sign in</title>", {}, "HTML page"),
    "locked": (encrypted("Sealed", user="sesame"), {}, "call again with its password"),
    "wrong password": (encrypted("Sealed", user="sesame"), {"password": "open"}, "does not open it"),
    "pages backwards": (PAPER, {"pages": "3-1"}, "backwards"),
    "pages out of reach": (PAPER, {"pages": "2-9"}, "out of reach"),
    "no page range": (PAPER, {"pages": " ,"}, "is no page range"),
    "no language": (PAPER, {"language": "Klingon!"}, "no language tag"),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_document_that_cannot_be_converted_says_why(name: str, client: Client, tmp_path: Path) -> None:
    data, more, why = BROKEN[name]
    (tmp_path / "before.pdf").write_bytes(encrypted("Sealed", user="sesame"))
    await converted(client, str(tmp_path / "before.pdf"))  # what is said is of this document, not of the one before
    (tmp_path / "d.pdf").write_bytes(data)
    result = await converted(client, str(tmp_path / "d.pdf"), **more)
    assert result.is_error
    assert why in said(result)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("nowhere.pdf", "There is no file"),
        ("/etc/hostname", "outside the allowed folders"),
        ("file:///etc/hostname", "outside the allowed folders"),
        ("file://elsewhere/d.pdf", "elsewhere is another"),
        ("ftp://example.com/d.pdf", "save anything else as a file first"),
        ("resource://other-server/d.pdf", "is refused as a source"),
        ("data:application/pdf;base64,JVBERi0=", "is refused as a source"),
        ("handlens://status", "is refused as a source"),
        ("example.com/d.pdf", "outside the allowed folders"),
        ("handlens://artifacts/AAAAAAAAAAAAAAAAAAAAAA", "no artifact"),
    ],
)
async def test_a_source_that_may_not_be_read_or_is_not_there_says_so(
    source: str, why: str, client: Client, tmp_path: Path
) -> None:
    result = await converted(client, str(tmp_path / source) if source == "nowhere.pdf" else source)
    assert result.is_error
    assert why.lower() in said(result).lower()


async def test_a_pipe_is_not_waited_for(client: Client, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "d.pdf")
    assert "no regular file" in said(await converted(client, str(tmp_path / "d.pdf")))


async def test_a_worker_killed_in_the_middle_of_a_call_is_replaced(client: Client, kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "d.pdf").write_bytes(PAPER)
    killed: list[int] = []

    async def kill(done: float, total: float | None, message: str | None) -> None:
        if not killed:
            killed.append(kit.documents.pids[0])
            os.kill(killed[0], signal.SIGKILL)

    result = await client.call_tool("pdf_to_markdown", {"source": str(tmp_path / "d.pdf")}, progress_callback=kill)
    assert killed
    assert said(result) == "Sheet 1 says so.\n\nSheet 2 says so.\n\nSheet 3 says so."


async def test_restrictions_scripts_and_attachments_do_not_keep_a_document_from_being_read(
    client: Client, tmp_path: Path
) -> None:
    (tmp_path / "restricted.pdf").write_bytes(encrypted("For your eyes"))
    assert said(await converted(client, str(tmp_path / "restricted.pdf"))) == "For your eyes"
    script = pdf_of(Page().text(60, 100, "Nothing runs"), catalog="/OpenAction << /S /JavaScript /JS (app.alert(1)) >>")
    (tmp_path / "script.pdf").write_bytes(script)
    text = said(await converted(client, str(tmp_path / "script.pdf")))
    assert text == "Nothing runs\n\n---\nThe document carries JavaScript, ignored."
