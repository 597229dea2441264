"""Documents that take longer than a call may: what is done comes, and the next call goes on from there."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from fakes.clients import said, served
from handlens.guard import Guard, PrivateNetwork
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.limits import Limits
from handlens.pdf.documents import OpenDocument
from handlens.pdf.result import PageResult
from handlens.testing.pages import PageServer, download
from handlens.testing.scripted_eye import ScriptedEye
from tools.pdf.making import Page, encrypted, pdf_of
from tools.pdf.test_sight import GOOD, WHOLE, crowded, latex

pytestmark = pytest.mark.anyio

SHEETS = 9
Hang = Callable[[int], anyio.Event]


@pytest.fixture
def hang(monkeypatch: pytest.MonkeyPatch) -> Hang:
    """Let a page hang the next time that it is asked for; the event tells when it does."""
    real = OpenDocument._page  # pyright: ignore[reportPrivateUsage]
    hanging: dict[int, anyio.Event] = {}

    async def page(self: OpenDocument, index: int, look: bool) -> PageResult:
        if index in hanging:
            hanging.pop(index).set()
            await anyio.sleep_forever()
        return await real(self, index, look)

    def on(number: int) -> anyio.Event:
        hanging[number - 1] = anyio.Event()
        return hanging[number - 1]

    monkeypatch.setattr(OpenDocument, "_page", page)
    return on


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncGenerator[Kit]:
    guard = Guard(private_network=PrivateNetwork.LOOPBACK_ONLY, folders=(tmp_path,))
    async with open_kit(guard=guard, limits=Limits(call_seconds=1.5, inline_characters=4_000)) as kit:
        (tmp_path / "warm.pdf").write_bytes(pdf_of(Page()))
        async with kit.documents.open(tmp_path / "warm.pdf"):  # a worker's start is not what is measured
            yield kit


@pytest.fixture
async def client(kit: Kit) -> AsyncGenerator[Client]:
    async with served(kit) as client:
        yield client


def paper(folder: Path, *, lines: int = 4) -> Path:
    """Sheets whose last paragraph each goes on on the next one."""
    path = folder / "paper.pdf"
    pages = (
        Page().paragraph(
            60, 80, [f"Sheet {n} has line {k} of a sentence that goes on and on, for it is" for k in range(lines)]
        )
        for n in range(1, SHEETS + 1)
    )
    path.write_bytes(pdf_of(*pages))
    return path


async def answer(client: Client, source: Path | str, **more: Any) -> dict[str, Any]:
    result = await client.call_tool("pdf_to_markdown", {"source": str(source), **more})
    assert not result.is_error, said(result)
    assert result.structured_content is not None
    return {**result.structured_content, "said": said(result)}


async def whole(kit: Kit, uri: str) -> str:
    return (await kit.artifacts.read(uri, owner="local"))[1].decode()


async def test_a_call_whose_time_is_up_gives_what_is_done_and_says_what_is_not(
    client: Client, kit: Kit, tmp_path: Path, hang: Hang
) -> None:
    source = paper(tmp_path)
    hang(4)
    told = await answer(client, source)
    assert [page["page"] for page in told["pages"]] == [1, 2, 3]
    assert told["page_count"] == SHEETS
    assert told["not_done"] == "4-9"
    assert "Sheet 3" in told["markdown"]
    assert "Sheet 4" not in told["markdown"]
    assert "Sheet 3" in await whole(kit, told["artifact"])
    [note] = [note for note in told["notes"] if "limits.call_seconds" in note]
    assert "Pages done: 1-3; not done: 4-9." in note
    assert repr(told["next_cursor"]) in note
    assert note in told["said"]


async def test_the_cursor_goes_on_where_time_was_up_and_the_whole_is_as_if_it_had_come_at_once(
    client: Client, kit: Kit, tmp_path: Path, hang: Hang
) -> None:
    source = paper(tmp_path)
    at_once = await whole(kit, (await answer(client, source, page_breaks=True, frontmatter=True))["artifact"])
    hang(3)
    first = await answer(client, source, page_breaks=True, frontmatter=True)
    hang(7)
    second = await answer(client, source, cursor=first["next_cursor"])
    assert (second["not_done"], [p["page"] for p in second["pages"]]) == ("7-9", [3, 4, 5, 6])
    third = await answer(client, source, cursor=second["next_cursor"])
    assert (third["not_done"], third["next_cursor"]) == (None, None)
    assert [p["page"] for p in third["pages"]] == [7, 8, 9]
    assert await whole(kit, third["artifact"]) == at_once
    parts = [part["markdown"] for part in (first, second, third)]
    assert "".join("".join(parts).split()) == "".join(at_once.split())


async def test_a_long_part_is_read_on_before_the_rest_is_converted_and_a_note_has_the_short_way(
    client: Client, kit: Kit, tmp_path: Path, hang: Hang
) -> None:
    source = paper(tmp_path, lines=50)
    hang(6)
    first = await answer(client, source)
    assert f"There is more: call again with cursor {first['next_cursor']!r}" in first["said"]
    [note] = [note for note in first["notes"] if "limits.call_seconds" in note]
    short = note.split("'")[1]
    assert short != first["next_cursor"]
    parts, cursor = [first], first["next_cursor"]
    while cursor:
        parts.append(await answer(client, source, cursor=cursor))
        cursor = parts[-1]["next_cursor"]
    text = await whole(kit, parts[-1]["artifact"])
    assert f"Sheet {SHEETS} " in text
    assert "".join("".join(part["markdown"] for part in parts).split()) == "".join(text.split())
    again = await answer(client, source, cursor=short)
    assert again["artifact"] == parts[-1]["artifact"]
    assert again["markdown"].startswith("Sheet 6 ")


async def test_the_same_call_again_goes_on_too_also_after_one_that_was_cancelled(
    client: Client, kit: Kit, tmp_path: Path, hang: Hang, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = paper(tmp_path)
    hanging = hang(5)
    async with anyio.create_task_group() as group:
        group.start_soon(answer, client, source)
        await hanging.wait()
        group.cancel_scope.cancel()
    told: list[tuple[float, float | None]] = []

    async def hear(done: float, total: float | None, message: str | None) -> None:
        told.append((done, total))

    result = await client.call_tool("pdf_to_markdown", {"source": str(source)}, progress_callback=hear)
    assert told == [(n, SHEETS) for n in range(5, SHEETS + 1)]
    assert said(result).startswith("Sheet 1 ")
    other = await answer(client, source, pages="2-3")
    assert [page["page"] for page in other["pages"]] == [2, 3]


async def test_the_same_call_while_one_runs_waits_for_it_and_reads_no_page_twice(
    client: Client, tmp_path: Path, hang: Hang, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, read = paper(tmp_path), list[int]()
    real = OpenDocument._page  # pyright: ignore[reportPrivateUsage]

    async def counted(self: OpenDocument, index: int, look: bool) -> PageResult:
        read.append(index)
        return await real(self, index, look)

    monkeypatch.setattr(OpenDocument, "_page", counted)
    hanging, answers = hang(5), list[dict[str, Any]]()

    async def call() -> None:
        answers.append(await answer(client, source))

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await hanging.wait()
        group.start_soon(call)  # as a client does that has lost patience, and tells nobody
    assert [told["not_done"] for told in answers] == ["5-9", None]
    assert read == [0, 1, 2, 3, 4, *range(4, SHEETS)]


async def test_a_page_that_alone_takes_longer_than_a_call_says_how_to_leave_it_out(
    client: Client, tmp_path: Path, hang: Hang
) -> None:
    source = paper(tmp_path)
    hang(4)
    first = await answer(client, source)
    hang(4)
    result = await client.call_tool("pdf_to_markdown", {"source": str(source), "cursor": first["next_cursor"]})
    assert result.is_error
    assert "Page 4" in said(result)
    assert "pages='5-9'" in said(result)
    assert "limits.call_seconds" in said(result)


async def test_a_document_that_changed_meanwhile_is_not_put_together_with_what_it_was(
    client: Client, tmp_path: Path, hang: Hang
) -> None:
    source = paper(tmp_path)
    hang(4)
    first = await answer(client, source)
    paper(tmp_path, lines=7)
    result = await client.call_tool("pdf_to_markdown", {"source": str(source), "cursor": first["next_cursor"]})
    assert result.is_error
    assert "has changed" in said(result)
    hang(4)
    assert "line 6" in (await answer(client, source))["markdown"]


async def test_a_cursor_whose_pages_are_no_longer_kept_says_how_to_have_the_rest(
    client: Client, kit: Kit, tmp_path: Path, hang: Hang
) -> None:
    source = paper(tmp_path)
    hang(4)
    first = await answer(client, source)
    kit.documents.unfinished.clear()
    result = await client.call_tool("pdf_to_markdown", {"source": str(source), "cursor": first["next_cursor"]})
    assert result.is_error
    assert "not_done" in said(result)


async def test_a_document_s_password_is_asked_for_again_and_never_kept(
    client: Client, kit: Kit, tmp_path: Path, hang: Hang, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = tmp_path / "locked.pdf"
    locked.write_bytes(encrypted("Sealed", user="sesame"))
    real = OpenDocument.start

    async def twice(self: OpenDocument) -> None:
        await real(self)
        self.page_count = 2  # as if it had one more page, which hangs

    monkeypatch.setattr(OpenDocument, "start", twice)
    hang(2)
    first = await answer(client, locked, password="sesame")
    assert first["not_done"] == "2"
    result = await client.call_tool("pdf_to_markdown", {"source": str(locked), "cursor": first["next_cursor"]})
    assert "call again with its password" in said(result)
    assert "sesame" not in repr(vars(kit.documents.unfinished))


async def test_options_hold_for_the_pages_that_come_later(client: Client, tmp_path: Path, hang: Hang) -> None:
    source = paper(tmp_path)
    hang(3)
    first = await answer(client, source, page_breaks=True, pages="2-6")
    assert first["not_done"] == "3-6"
    second = await answer(client, source, cursor=first["next_cursor"])
    assert "<!-- page 6 -->" in second["markdown"]
    assert second["not_done"] is None


async def test_a_document_from_an_address_is_fetched_again_for_its_rest(
    client: Client, tmp_path: Path, hang: Hang
) -> None:
    with PageServer({"/paper.pdf": download(paper(tmp_path).read_bytes(), "paper.pdf")}) as server:
        hang(8)
        first = await answer(client, server.url("/paper.pdf"))
        rest = await answer(client, server.url("/paper.pdf"), cursor=first["next_cursor"])
    assert (first["not_done"], rest["not_done"]) == ("8-9", None)
    assert rest["markdown"].startswith("Sheet 8 ")


class _Slow(ScriptedEye):
    """An eye that never answers its third question, and then all of them."""

    async def ask(self, *arguments: Any, **more: Any) -> Any:
        if len(self.asked) == 2:
            self.asked.append(self.asked[-1])
            await anyio.sleep_forever()
        return await super().ask(*arguments, **more)


async def test_what_sight_has_read_is_kept_where_time_is_up_while_it_reads(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "tables.pdf").write_bytes(pdf_of(*(crowded() for _ in range(4))))
    eye = _Slow([latex(GOOD)])
    async with served(replace(kit, eye=eye)) as client:
        first = await answer(client, tmp_path / "tables.pdf")
        assert first["not_done"] == "3-4"
        assert WHOLE in first["markdown"]
        second = await answer(client, tmp_path / "tables.pdf", cursor=first["next_cursor"])
    assert second["not_done"] is None
    assert [page["page"] for page in second["pages"]] == [3, 4]
    assert all(page["regions"][0]["route"] == "eye" for page in first["pages"] + second["pages"])
    assert "Sight was asked about" in "".join(first["notes"])
