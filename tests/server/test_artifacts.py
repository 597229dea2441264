"""What tools make: links to it, reading it as a resource, and fetching it by signed URL."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlencode, urlsplit

import anyio
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import BlobResourceContents, CallToolResult, Resource, ResourceLink, TextResourceContents
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from fakes.clients import Connect
from fakes.served import Served
from handlens.kit import Kit
from handlens.library import open_kit
from handlens_server.artifact_urls import ArtifactUrls

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
Serve = Callable[..., str]


def links(result: CallToolResult) -> list[ResourceLink]:
    return [block for block in result.content if isinstance(block, ResourceLink)]


async def listed(client: Client) -> list[Resource]:
    """The listed artifacts; the server's status is listed last."""
    *artifacts, status = (await client.list_resources()).resources
    assert status.name == "status"
    return artifacts


async def test_a_result_links_to_what_it_made_and_that_can_be_read(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("keep", {"word": "kept", "times": 3})
        (link,) = links(result)
        assert (link.name, link.mime_type, link.size) == ("kept.txt", "text/plain", 12)
        assert link.description is None, "there is no URL where there is no HTTP"
        (contents,) = (await client.read_resource(str(link.uri))).contents
    assert isinstance(contents, TextResourceContents)
    assert contents.text == "kept" * 3


async def test_resources_are_listed_newest_first(connect: Connect) -> None:
    async with connect() as client:
        made = [links(await client.call_tool("keep", {"word": word}))[0].uri for word in ("one", "two")]
        resources = await listed(client)
    assert [resource.uri for resource in resources] == made[::-1]
    assert [resource.name for resource in resources] == ["two.txt", "one.txt"]


async def test_a_template_says_what_uris_look_like(connect: Connect) -> None:
    async with connect() as client:
        (template,) = (await client.list_resource_templates()).resource_templates
    assert template.uri_template == "handlens://artifacts/{id}/{name}"


@pytest.mark.parametrize("word", ["../../etc/passwd", "报告 2026", 'a"b\r\nX: y', "..."])
async def test_no_name_is_too_odd_to_be_kept_linked_and_read(connect: Connect, tmp_path: Path, word: str) -> None:
    async with connect() as client:
        (link,) = links(await client.call_tool("keep", {"word": word}))
        (contents,) = (await client.read_resource(str(link.uri))).contents
    assert isinstance(contents, TextResourceContents)
    assert contents.text == word
    assert "/" not in link.name
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 1, "and it lies inside its folder"


async def test_artifacts_end_with_their_time_and_make_room_for_newer_ones(connect: Connect) -> None:
    async with connect(artifact_seconds=2.0, artifact_bytes=10) as client:
        (gone,) = links(await client.call_tool("keep", {"word": "short"}))
        await anyio.sleep(2.1)
        with pytest.raises(MCPError, match="has expired"):
            await client.read_resource(str(gone.uri))
        assert await listed(client) == []
        result = await client.call_tool("keep", {"word": "a" * 11})
    assert result.is_error
    assert "limits.artifact_bytes" in str(result.content)


async def test_a_disk_that_takes_nothing_is_told_and_leaves_nothing_half_written(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async with connect() as client:
        monkeypatch.setattr(Path, "write_bytes", full)
        result = await client.call_tool("keep", {"word": "word"})
    assert result.is_error
    assert "No space left on device" in str(result.content)
    assert list(tmp_path.glob("*/*")) == []


@pytest.fixture(params=["http", "sse"])
async def picture(request: pytest.FixtureRequest, shared: dict[str, Served], serve: Serve) -> tuple[Served, str, bytes]:
    """A server with tokens, the signed URL of a picture that alice took there, and the picture."""
    served = shared[f"{request.param} with tokens"]
    headers = {"Authorization": "Bearer alice-0123456789abcdef"}
    url = serve("<h1>Picture</h1>")
    if request.param == "sse":
        async with Client(sse_client(served.url, headers=headers), mode="legacy") as client:
            return served, *await taken(client, url)
    http = httpx2.AsyncClient(headers=headers, timeout=30)
    async with http, Client(streamable_http_client(served.url, http_client=http)) as client:
        return served, *await taken(client, url)


async def taken(client: Client, url: str) -> tuple[str, bytes]:
    (link,) = links(await client.call_tool("screenshot_page", {"url": url}))
    (contents,) = (await client.read_resource(str(link.uri))).contents
    assert isinstance(contents, BlobResourceContents)
    assert link.description is not None
    return link.description.removeprefix("Also at "), base64.b64decode(contents.blob)


async def test_a_signed_url_gives_the_file_to_whoever_has_it(picture: tuple[Served, str, bytes]) -> None:
    served, url, data = picture
    assert url.startswith(f"{served.base}/artifacts/")
    answer = httpx2.get(url)
    assert answer.status_code == 200
    assert answer.content == data
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox"


async def test_a_changed_url_gives_nothing(picture: tuple[Served, str, bytes]) -> None:
    served, url, _ = picture
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    tampered = [
        {**query, "owner": "bob"},
        {**query, "until": str(int(query["until"]) + 1)},
        {**query, "until": "soon"},
        {**query, "signature": "0" * 64},
        {**query, "signature": "ü"},
        {"owner": query["owner"], "until": query["until"]},
        {},
    ]
    for changed in tampered:
        assert httpx2.get(f"{served.base}{parts.path}?{urlencode(changed)}").status_code == 403, changed
    other = parts.path.replace("/artifacts/", "/artifacts/A")
    for path in (other, "/artifacts/../../etc/passwd", "/artifacts/AAAAAAAAAAAAAAAAAAAAAA/page.png"):
        assert httpx2.get(f"{served.base}{path}?{parts.query}").status_code in (403, 404), path


async def test_an_expired_url_says_so(folder: Path, serve: Serve) -> None:
    with Served(folder, http__artifact_url_seconds=0.001) as served:
        async with Client(served.url) as client:
            url, _ = await taken(client, serve("<h1>x</h1>"))
        await anyio.sleep(1.1)  # the time in a URL is in whole seconds
        answer = httpx2.get(url)
    assert answer.status_code == 410
    assert "expired" in answer.text


async def test_the_url_of_an_artifact_that_is_gone_is_not_found(folder: Path, serve: Serve) -> None:
    with Served(folder, artifacts_folder=str(folder / "kept")) as served:
        async with Client(served.url) as client:
            url, _ = await taken(client, serve("<h1>x</h1>"))
        for path in (folder / "kept").glob("*/*.png"):
            path.unlink()
        answer = httpx2.get(url)
        assert answer.status_code == 404
    assert json.dumps([line for line in served.logs() if line["level"] == "error"]) == "[]"
    for path in sorted((folder / "kept").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()


async def test_a_name_in_any_language_goes_through_a_signed_url(tmp_path: Path) -> None:
    async with open_kit(artifacts=tmp_path) as kit:
        artifact = await kit.artifacts.save(
            "数据".encode(), name="报告 1.md", media_type="text/markdown", owner="local"
        )

        async def the_kit() -> Kit:
            return kit

        urls = ArtifactUrls(the_kit, seconds=60)
        app = Starlette(routes=[Route("/artifacts/{id}/{name}", urls.download)])
        scope = {"type": "http", "scheme": "http", "server": ("here", 80), "path": "/mcp", "headers": []}
        url = urls.sign(SimpleNamespace(request=Request(scope)), artifact.uri)  # type: ignore[arg-type]
        assert url is not None
        assert url.isascii()
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as http:
            answer = await http.get(url)
    assert answer.text == "数据"
