"""HTTP and SSE as strangers meet them: which headers, addresses, tokens and sizes are let in."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from fakes.clients import said
from fakes.served import HEADERS, INITIALIZE, Served, initialize, rpc

pytestmark = pytest.mark.slow

ALICE, BOB = "alice-0123456789abcdef", "bob-0123456789abcdef"
TOKENS = json.dumps({"alice": ALICE, "bob": BOB})
PATHS = ("/mcp", "/artifacts/AAAAAAAAAAAAAAAAAAAAAA/x.png", "/health", "/nothing")
TRANSPORTS = pytest.mark.parametrize("transport", ["http", "sse"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@contextlib.asynccontextmanager
async def client(served: Served, token: str | None = None, mode: str = "auto") -> AsyncIterator[Client]:
    """A client of the transport that ``served`` speaks, known by ``token``."""
    headers = bearer(token) if token else {}
    if served.url.endswith("/sse"):
        async with Client(sse_client(served.url, headers=headers), mode=mode) as connected:
            yield connected
        return
    http = httpx2.AsyncClient(headers=headers, timeout=30)
    async with http, Client(streamable_http_client(served.url, http_client=http), mode=mode) as connected:
        yield connected


@TRANSPORTS
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example:80"}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1.evil.example"}, 403),
        ({"Origin": "http://localhost@evil.example"}, 403),
    ],
)
def test_every_path_refuses_foreign_hosts_and_origins(
    shared: dict[str, Served], transport: str, headers: dict[str, str], status: int
) -> None:
    served = shared[transport]
    for path in (*PATHS, "/sse", "/messages/?session_id=0"):
        for method in ("GET", "POST", "DELETE", "OPTIONS"):
            answer = httpx2.request(method, served.base + path, headers=headers)
            assert answer.status_code == status, f"{method} {path}"


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "https://app.example"])
def test_our_own_and_allowed_origins_are_let_in(shared: dict[str, Served], origin: str) -> None:
    assert initialize(shared["http"].url, Origin=origin).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.2", "0.0.0.0"])
@TRANSPORTS
def test_headers_are_checked_on_every_address(tmp_path: Path, host: str, transport: str) -> None:
    with Served(tmp_path, transport, host=host, http__tokens={"alice": ALICE}) as served:
        port = served.base.rpartition(":")[2]
        address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
        for headers, status in (
            ({}, 200),
            ({"Host": f"localhost:{port}"}, 200),
            ({"Host": "evil.example"}, 421),
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": address}, 200),
        ):
            assert httpx2.get(f"{address}/health", headers=headers).status_code == status, headers


def test_another_name_can_be_allowed(tmp_path: Path) -> None:
    with Served(tmp_path, http__allowed_hosts=["tools.example"]) as served:
        for host, status in (("tools.example", 200), ("tools.example:443", 200), ("tools.example.evil", 421)):
            assert httpx2.get(f"{served.base}/health", headers={"Host": host}).status_code == status


@TRANSPORTS
def test_on_an_open_address_a_token_is_generated_shown_once_and_needed(tmp_path: Path, transport: str) -> None:
    with Served(tmp_path, transport, host="0.0.0.0") as served:
        token = served.expect(r"Callers need this token, shown only now: (\S+)")[1]
        local = f"http://127.0.0.1:{served.base.rpartition(':')[2]}"
        path = "/mcp" if transport == "http" else "/sse"
        assert len(token) >= 32
        assert httpx2.post(local + path, json=INITIALIZE, headers=HEADERS).status_code == 401
        wrong = httpx2.post(local + path, json=INITIALIZE, headers={**HEADERS, **bearer(token[:-1])})
        assert wrong.status_code == 401
        assert wrong.headers["www-authenticate"].startswith("Bearer ")
        if transport == "http":
            assert initialize(local + path, **bearer(token)).status_code == 200
        else:
            with httpx2.stream("GET", local + path, headers=bearer(token)) as stream:
                assert stream.status_code == 200
                assert next(stream.iter_lines()) == "event: endpoint"
    assert served.stderr.count(token) == 1
    assert all(token not in json.dumps(line) for line in served.logs())


def test_on_loopback_nobody_needs_a_token(shared: dict[str, Served]) -> None:
    assert initialize(shared["http"].url).status_code == 200


@pytest.mark.anyio
@TRANSPORTS
async def test_a_session_and_an_artifact_belong_to_whoever_made_them(
    shared: dict[str, Served], transport: str, serve: Any
) -> None:
    served = shared[f"{transport} with tokens"]
    url = serve("<title>Mine</title>")
    async with client(served, ALICE) as alice, client(served, BOB) as bob:
        opened = (await alice.call_tool("open_page", {"url": url})).structured_content or {}
        session = opened["session_id"]
        shot = await alice.call_tool("screenshot_page", {"session_id": session})
        artifact = (shot.structured_content or {})["artifact"]

        refused = await bob.call_tool("screenshot_page", {"session_id": session})
        assert refused.is_error
        assert said(refused).startswith(f"No open session '{session}'. Call open_page first. Open sessions: none.")
        assert (await bob.call_tool("close_page", {"session_id": session})).is_error
        assert artifact not in [resource.uri for resource in (await bob.list_resources()).resources]
        with pytest.raises(Exception, match="belongs to another caller"):
            await bob.read_resource(artifact)

        assert artifact in [resource.uri for resource in (await alice.list_resources()).resources]
        assert (await alice.read_resource(artifact)).contents[0].mime_type == "image/png"
        assert (await alice.call_tool("close_page", {"session_id": session})).structured_content == {"closed": True}
        ended = await alice.call_tool("screenshot_page", {"session_id": session})
        assert ended.is_error
        assert "It ended: it was closed." in said(ended)


def test_an_mcp_session_can_be_used_by_its_own_caller_only(shared: dict[str, Served]) -> None:
    url = shared["http with tokens"].url
    opened = initialize(url, **bearer(ALICE))
    headers = {**HEADERS, "Mcp-Session-Id": opened.headers["mcp-session-id"]}
    ping = rpc("ping", number=2)
    assert httpx2.post(url, json=ping, headers={**headers, **bearer(BOB)}).status_code == 404
    assert httpx2.delete(url, headers={**headers, **bearer(BOB)}).status_code == 404
    assert httpx2.post(url, json=ping, headers={**headers, **bearer(ALICE)}).status_code == 200
    assert httpx2.delete(url, headers={**headers, **bearer(ALICE)}).status_code == 200
    assert httpx2.post(url, json=ping, headers={**headers, **bearer(ALICE)}).status_code == 404


def test_a_body_that_is_too_large_is_refused_before_it_is_read(shared: dict[str, Served]) -> None:
    url = shared["http"].url
    assert httpx2.post(url, content=b"x" * (4 * 1024 * 1024 + 1), headers=HEADERS).status_code == 413

    def endless() -> Any:
        for _ in range(80):
            yield b"x" * 65_536

    with contextlib.suppress(httpx2.TransportError):  # it may hang up before all is sent
        assert httpx2.post(url, content=endless(), headers=HEADERS).status_code == 413
    assert initialize(url).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"jsonrpc": "2.0", "method": 5, "id": 1}'])
def test_nonsense_is_answered_with_an_error_and_nothing_of_our_inside(shared: dict[str, Served], body: bytes) -> None:
    answer = httpx2.post(shared["http"].url, content=body, headers=HEADERS)
    assert 400 <= answer.status_code < 500
    assert "Traceback" not in answer.text
    assert "/" + "site-packages" not in answer.text


def test_a_port_that_is_taken_is_one_sentence_and_leaves_nothing(tmp_path: Path, shared: dict[str, Served]) -> None:
    port = int(shared["http"].base.rpartition(":")[2])
    served = Served(tmp_path, http__port=port)
    with pytest.raises(AssertionError):
        served.expect("serves")
    assert served.process.returncode == 2
    assert served.stderr.startswith(f"handlens: 127.0.0.1:{port} can't be listened on: Address already in use.")
    assert len(served.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_stdout_stays_empty_and_stderr_is_json_lines(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        initialize(served.url)
        initialize(served.url, Host="evil.example")
    assert served.process.stdout is not None
    lines = served.logs()
    assert any("evil.example" in line["message"] for line in lines)
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
