"""A page of the public internet reaches nothing private, by whatever way it tries.

The public internet is a page server on loopback that answers for a public address: names resolve, and connections go,
as these tests say. What is private is a second server, which must never be asked.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from conftest import close_all
from handlens.browser.proxy import GuardedProxy
from handlens.errors import Refused
from handlens.guard import Guard, PrivateNetwork
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.limits import Limits
from handlens.open_page import OpenPageInput, OpenPageOutput, open_page
from handlens.testing.pages import PageServer, Reply, redirect

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
PUBLIC = "93.184.216.34"


class Internet:
    """Names and public addresses, all of them played by ``site``. ``names`` may change between two questions."""

    def __init__(self, site: PageServer) -> None:
        self.site = site
        self.names: dict[str, list[str]] = {"public.test": [PUBLIC], "localhost": ["127.0.0.1"]}
        self.connected: list[str] = []
        self._connect = anyio.connect_tcp

    async def resolve(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        known = self.names.get(host, [host] if host[0].isdigit() or ":" in host else [])
        if not known:
            raise socket.gaierror(f"unknown name {host}")
        address = known.pop(0) if len(known) > 1 else known[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    async def connect(self, address: str, port: int) -> Any:
        self.connected.append(address)
        return await self._connect("127.0.0.1" if address == PUBLIC else address, port)

    def url(self, path: str = "/", host: str = "public.test") -> str:
        return self.site.url(path, host=host)


@pytest.fixture
def internet(site: PageServer, monkeypatch: pytest.MonkeyPatch) -> Internet:
    played = Internet(site)
    monkeypatch.setattr(anyio, "getaddrinfo", played.resolve)
    monkeypatch.setattr(anyio, "connect_tcp", played.connect)
    return played


@pytest.fixture
def private() -> Any:
    """What must not be reached."""
    pages = {"/": "<title>Secret</title><h1>secret</h1>", "/s.js": Reply("leaked = 1", content_type="text/javascript")}
    with PageServer(pages) as server:
        yield server


@pytest.fixture(scope="module")
async def shared_guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kit]:
    guard = Guard(private_network=PrivateNetwork.BLOCK)
    limits = Limits(navigation_seconds=10)
    async with open_kit(guard=guard, limits=limits, artifacts=tmp_path_factory.mktemp("artifacts")) as kit:
        yield kit


@pytest.fixture
async def guarded(shared_guarded: Kit) -> AsyncIterator[Kit]:
    yield shared_guarded
    await close_all(shared_guarded)


async def opened(kit: Kit, url: str) -> OpenPageOutput:
    return await open_page(OpenPageInput(url=url), kit)


async def does(kit: Kit, session_id: str, script: str) -> list[str]:
    async with kit.browser.page(kit.caller, session_id=session_id) as session:
        await session.page.evaluate(script)
        await session.settle()
        return session.notices()


async def test_public_pages_open_through_the_guard(guarded: Kit, internet: Internet) -> None:
    internet.site.pages |= {"/": "<title>Public</title><img src=/a.png>", "/a.png": b"x"}
    page = await opened(guarded, internet.url())
    assert (page.title, page.notices) == ("Public", [])
    assert set(internet.connected) == {PUBLIC}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "[::ffff:127.0.0.1]", "127.0.0.1.nip.test"]
)
async def test_private_pages_are_refused_by_address_and_by_name(
    host: str, guarded: Kit, internet: Internet, private: PageServer
) -> None:
    internet.names["127.0.0.1.nip.test"] = ["127.0.0.1"]
    with pytest.raises(Refused, match=r"guard\.private_network"):
        await opened(guarded, private.url(host=host))
    assert private.asked == []


async def test_no_datagram_goes_into_the_private_network(guarded: Kit, internet: Internet) -> None:
    internet.site.pages["/"] = "<title>Public</title>"
    page = await opened(guarded, internet.url())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.setblocking(False)
        servers = f"[{{urls: 'stun:127.0.0.1:{listener.getsockname()[1]}'}}]"
        script = f"""(async () => {{
          const peer = new RTCPeerConnection({{iceServers: {servers}}});
          peer.createDataChannel('x');
          await peer.setLocalDescription(await peer.createOffer());
          await new Promise(done => setTimeout(done, 1000)) }})()"""
        await does(guarded, page.session_id, script)
        with pytest.raises(BlockingIOError):
            listener.recv(2_000)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_into_the_private_network_is_refused(
    status: int, guarded: Kit, internet: Internet, private: PageServer
) -> None:
    internet.site.pages |= {"/": redirect("/on"), "/on": redirect(private.url(), status)}
    with pytest.raises(Refused, match="a loopback address"):
        await opened(guarded, internet.url())
    assert private.asked == []


WAYS = {
    "image": "new Image().src = '{}'",
    "script": "document.head.append(Object.assign(document.createElement('script'), {{src: '{}s.js'}}))",
    "style": "document.head.append(Object.assign(document.createElement('link'), {{rel: 'stylesheet', href: '{}'}}))",
    "prefetch": "document.head.append(Object.assign(document.createElement('link'), {{rel: 'prefetch', href: '{}'}}))",
    "frame": "document.body.append(Object.assign(document.createElement('iframe'), {{src: '{}'}}))",
    "object": "document.body.append(Object.assign(document.createElement('object'), {{data: '{}'}}))",
    "video": "document.body.append(Object.assign(document.createElement('video'), {{src: '{}', autoplay: true}}))",
    "fetch": "fetch('{}', {{mode: 'no-cors'}}).catch(() => 0)",
    "beacon": "navigator.sendBeacon('{}', 'stolen')",
    "event source": "new EventSource('{}')",
    "worker": "new Worker(URL.createObjectURL(new Blob([\"importScripts('{}s.js')\"])))",
    "worker fetch": "new Worker(URL.createObjectURL(new Blob([\"fetch('{}')\"])))",
    "web socket": "new WebSocket('{}'.replace('http', 'ws'))",
    "navigation": "location = '{}'",
    "form": "document.body.innerHTML = '<form action={} method=post></form>', document.forms[0].submit()",
    "new tab": "window.open('{}')",
    "meta refresh": "document.head.innerHTML += '<meta http-equiv=refresh content=\"0;url={}\">'",
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_public_page_reaches_nothing_private(
    way: str, guarded: Kit, internet: Internet, private: PageServer
) -> None:
    internet.site.pages["/"] = "<body>public"
    internet.names["inside.test"] = ["10.20.30.40"]
    page = await opened(guarded, internet.url())
    async with guarded.browser.page(guarded.caller, session_id=page.session_id) as session:
        await session.page.evaluate(WAYS[way].format(private.url()))
        with anyio.move_on_after(3):
            while not session.refusals:
                await anyio.sleep(0.02)
        assert any("127.0.0.1 is at 127.0.0.1, a loopback address" in told for told in session.refusals)
    assert private.asked == []
    assert set(internet.connected) == {PUBLIC}


async def test_a_refusal_is_told_in_the_next_result_once(guarded: Kit, internet: Internet, private: PageServer) -> None:
    internet.site.pages["/"] = f"<title>Has more</title><img src={private.url('/a')}><img src={private.url('/b')}>"
    page = await opened(guarded, internet.url())
    assert page.title == "Has more"
    assert len([notice for notice in page.notices if notice.startswith("Refused: 127.0.0.1 is at")]) == 1


async def test_a_name_that_moves_into_the_private_network_is_refused(
    guarded: Kit, internet: Internet, private: PageServer
) -> None:
    internet.names["rebinding.test"] = [PUBLIC, "127.0.0.1"]
    internet.site.pages["/"] = Reply("<body>public", headers={"connection": "close"})
    page = await opened(guarded, internet.url(host="rebinding.test"))
    await does(guarded, page.session_id, f"fetch('http://rebinding.test:{private.port}/').catch(() => 0)")
    assert private.asked == []
    assert "127.0.0.1" not in internet.connected


async def test_another_origin_than_the_allowed_is_not_reached(
    site: PageServer, private: PageServer, tmp_path: Path
) -> None:
    site.pages["/"] = f"<title>Mine</title><img src={private.url()}>"
    guard = Guard(private_network=PrivateNetwork.ALLOW, allowed_origins=(site.url("").rstrip("/"),))
    async with open_kit(guard=guard, artifacts=tmp_path) as kit:
        page = await opened(kit, site.url())
        assert any("not among the allowed origins" in notice for notice in page.notices)
        with pytest.raises(Refused, match=r"guard\.allowed_origins"):
            await opened(kit, private.url())
    assert private.asked == []


async def test_loopback_only_opens_loopback_and_nothing_else_that_is_private(site: PageServer, tmp_path: Path) -> None:
    site.pages["/"] = "<title>Local</title><img src=http://10.255.255.1/x.png>"
    async with open_kit(guard=Guard(private_network=PrivateNetwork.LOOPBACK_ONLY), artifacts=tmp_path) as kit:
        page = await opened(kit, site.url())
        assert page.title == "Local"
        assert any("10.255.255.1, a private address" in notice for notice in page.notices)
        assert (await opened(kit, site.url(host="localhost"))).title == "Local"


@contextlib.asynccontextmanager
async def proxy(guard: Guard) -> AsyncIterator[tuple[int, list[str]]]:
    refused: list[str] = []
    server = GuardedProxy(guard, refused.append)
    url = await server.start()
    try:
        yield int(url.rpartition(":")[2]), refused
    finally:
        await server.stop()


def request(host: str, port: int, command: int = 1) -> bytes:
    name = host.encode()
    return b"\x05\x01\x00" + bytes((5, command, 0, 3, len(name))) + name + struct.pack(">H", port)


async def answer_of(port: int, message: bytes) -> bytes:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(message)
        received = b""
        with contextlib.suppress(anyio.EndOfStream), anyio.fail_after(5):
            while len(received) < 12:
                received += await stream.receive()
        return received


async def test_the_proxy_refuses_and_tells_why() -> None:
    async with proxy(Guard()) as (port, refused):
        assert (await answer_of(port, request("127.0.0.1", 80)))[:4] == b"\x05\x00\x05\x02"
    assert refused == ["127.0.0.1 is at 127.0.0.1, a loopback address, and those are refused here "
                       "(setting guard.private_network is 'block')."]  # fmt: skip


@pytest.mark.parametrize(
    "message",
    [b"", b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00", b"GET / HTTP/1.1\r\n\r\n", b"\x05\xff", request("\xff\xfe", 80),
     request("127.0.0.1", 80, command=2), b"\x05\x01\x00\x05\x01\x00\x09" + bytes(20), request("", 80)],
)  # fmt: skip
async def test_the_proxy_survives_clients_that_talk_nonsense(message: bytes, site: PageServer) -> None:
    async with proxy(Guard(private_network=PrivateNetwork.ALLOW)) as (port, _):
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(message)
            await stream.send_eof()
            with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError), anyio.fail_after(5):
                while True:
                    await stream.receive()
        assert (await answer_of(port, request("127.0.0.1", site.port)))[:4] == b"\x05\x00\x05\x00"


async def test_stopping_the_proxy_cuts_what_is_open(site: PageServer) -> None:
    async with proxy(Guard(private_network=PrivateNetwork.ALLOW)) as (port, _):
        stream = await anyio.connect_tcp("127.0.0.1", port)
        await stream.send(request("127.0.0.1", site.port))
        await stream.receive()
    with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)), anyio.fail_after(2):
        while True:
            await stream.receive()
    await stream.aclose()
    with pytest.raises(OSError):
        await anyio.connect_tcp("127.0.0.1", port)
