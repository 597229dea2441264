"""The guard refuses what it must, however it is spelled, and uses only addresses that it has checked."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import anyio
import pytest

from handlens.errors import InvalidInput, Refused
from handlens.guard import Guard, PrivateNetwork
from handlens.testing.pages import PageServer

pytestmark = pytest.mark.anyio
BLOCK = Guard(private_network=PrivateNetwork.BLOCK)
LOOPBACK_ONLY = Guard(private_network=PrivateNetwork.LOOPBACK_ONLY)
ALLOW = Guard(private_network=PrivateNetwork.ALLOW)

LOOPBACK = [
    "127.0.0.1",
    "127.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[2002:7f00:1::]",
    "[64:ff9b::127.0.0.1]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
]
PRIVATE = [
    "10.0.0.1",
    "0xa000001",
    "012.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "192.168.257",
    "169.254.169.254",
    "2852039166",
    "100.64.0.1",
    "0.0.0.0",
    "0",
    "224.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
    "[::]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fd00::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[::ffff:10.0.0.1]",
    "[2002:a00:1::]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::8.8.8.8]",
    "[2001:0:4136:e378:8000:63bf:f5ff:fffe]",
]
PUBLIC = ["93.184.216.34", "1.1.1.1", "134744072", "[2606:4700::1111]", "[::ffff:8.8.8.8]", "[64:ff9b::808:808]"]


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_is_known_in_every_notation(host: str) -> None:
    with pytest.raises(Refused, match=r"a loopback address.*guard\.private_network"):
        BLOCK.check_url(f"http://{host}:8080/x")
    assert LOOPBACK_ONLY.check_url(f"http://{host}:8080/x")
    assert ALLOW.check_url(f"http://{host}:8080/x")


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_known_in_every_notation(host: str) -> None:
    for guard in (BLOCK, LOOPBACK_ONLY):
        with pytest.raises(Refused, match="a private address"):
            guard.check_url(f"http://{host}/")
    assert ALLOW.check_url(f"http://{host}/")


@pytest.mark.parametrize("host", PUBLIC)
def test_public_addresses_may_be_opened(host: str) -> None:
    assert BLOCK.check_url(f"https://{host}/") == f"https://{host}/"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "data:text/html,hello",
        "javascript:alert(1)",
        " java\nscript:alert(1)",
        "view-source:http://example.com/",
        "chrome://version",
        "about:blank",
        "ftp://example.com/",
        "blob:http://example.com/1",
        "ws://example.com/",
    ],
)
def test_only_http_and_https_are_opened(url: str) -> None:
    with pytest.raises(Refused, match="only http and https may be opened"):
        ALLOW.check_url(url)


@pytest.mark.parametrize(
    "url",
    ["", " ", "example.com", "//example.com/", "/etc/passwd", "http://", "http:///path", "http:example.com", "https:",
     "http://[::1", "http://a:99999/", "http://a:b/"],
)  # fmt: skip
def test_what_is_no_absolute_url_is_invalid_input(url: str) -> None:
    with pytest.raises(InvalidInput):
        ALLOW.check_url(url)


def test_a_url_of_any_length_is_refused_in_a_short_sentence() -> None:
    with pytest.raises(Refused) as caught:
        ALLOW.check_url("nonsense:" + "x" * 100_000)
    assert len(str(caught.value)) < 500
    with pytest.raises(Refused) as caught:
        BLOCK.check_url("http://" + "0" * 5_000 + "177.0.0.1/")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("pattern", "url", "matches"),
    [
        ("https://example.com", "https://example.com/a", True),
        ("https://example.com", "https://EXAMPLE.com./a", True),
        ("https://example.com", "https://www.example.com/", False),
        ("https://example.com", "https://example.com:8443/", False),
        ("https://example.com", "http://example.com/", False),
        ("https://example.com:*", "https://example.com:8443/", True),
        ("https://*.example.com", "https://a.b.example.com/", True),
        ("https://*.example.com", "https://example.com/", False),
        ("https://*.example.com", "https://badexample.com/", False),
        ("https://example.com", "https://example.com.evil.test/", False),
        ("https://example.com", "https://example.com@evil.test/", False),
        ("http://[::1]:8080", "http://[::1]:8080/", True),
        ("http://[::1]", "http://[::1]:8080/", False),
        ("http://[::1]", "http://[0:0:0:0:0:0:0:1]/", True),
        ("http://10.0.0.1", "http://167772161/", True),
        ("http://10.0.0.1", "http://[::ffff:10.0.0.1]/", True),
        ("https://bücher.example", "https://xn--bcher-kva.example/", True),
        ("https://xn--bcher-kva.example", "https://BÜCHER.example/", True),
        ("https://*.faß.example", "https://a.xn--fa-hia.example/", True),
    ],
)
def test_origins_match_by_host_and_port(pattern: str, url: str, matches: bool) -> None:
    allowed = Guard(allowed_origins=(pattern,), private_network=PrivateNetwork.ALLOW)
    blocked = Guard(blocked_origins=(pattern,), private_network=PrivateNetwork.ALLOW)
    if matches:
        assert allowed.check_url(url)
        with pytest.raises(Refused, match=r"guard\.blocked_origins"):
            blocked.check_url(url)
    else:
        assert blocked.check_url(url)
        with pytest.raises(Refused, match=r"guard\.allowed_origins"):
            allowed.check_url(url)


def test_a_blocked_origin_is_blocked_even_where_it_is_allowed() -> None:
    guard = Guard(allowed_origins=("https://*.example.com",), blocked_origins=("https://a.example.com",))
    assert guard.check_url("https://b.example.com/")
    with pytest.raises(Refused, match="blocked origins"):
        guard.check_url("https://a.example.com/")


class Resolver:
    """Answers names with each of ``answers`` in turn, the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answer]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"])
async def test_a_name_that_resolves_to_a_private_address_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anyio, "getaddrinfo", Resolver([address]))
    with pytest.raises(Refused, match=r"innocent\.test is at"):
        await BLOCK.connect("innocent.test", 80)


async def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anyio, "getaddrinfo", Resolver(["93.184.216.34", "10.0.0.1"]))
    with pytest.raises(Refused, match=r"10\.0\.0\.1"):
        await BLOCK.connect("mixed.test", 80)


async def test_a_name_that_answers_differently_the_second_time_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[str] = []

    async def connect_tcp(address: str, port: int) -> str:
        connected.append(address)
        return "a stream"

    resolver = Resolver(["93.184.216.34"], ["127.0.0.1"])
    monkeypatch.setattr(anyio, "getaddrinfo", resolver)
    monkeypatch.setattr(anyio, "connect_tcp", connect_tcp)
    await BLOCK.connect("rebinding.test", 80)
    assert (resolver.asked, connected) == (1, ["93.184.216.34"])
    with pytest.raises(Refused):
        await BLOCK.connect("rebinding.test", 80)
    assert connected == ["93.184.216.34"]


async def test_the_next_address_is_tried_where_one_does_not_answer(
    site: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anyio, "getaddrinfo", Resolver(["127.0.0.2", "127.0.0.1"]))
    async with await LOOPBACK_ONLY.connect("two.test", site.port) as stream:
        await stream.send(b"GET / HTTP/1.0\r\n\r\n")
        assert b"404" in await stream.receive()


async def test_files_are_read_only_from_allowed_folders(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a.pdf").write_text("x")
    (inside / "link.pdf").symlink_to(outside / "a.pdf")
    (inside / "folder").symlink_to(outside)
    guard = Guard(folders=(inside,))
    assert guard.check_path(inside / "a.pdf") == (inside / "a.pdf").resolve()
    assert guard.check_path(inside / "not-there.pdf")
    for path in ("../out/a.pdf", "link.pdf", "folder/a.pdf", "../in-other/a.pdf", "/etc/passwd", "~/x"):
        with pytest.raises(Refused, match=r"guard\.folders"):
            guard.check_path(inside / path if not path.startswith("~") else path)


@pytest.mark.parametrize("path", ["~nobody-of-that-name/x.pdf", "a\x00b.pdf", "x" * 10_000, "\ud800.pdf"])
async def test_what_is_no_path_is_told_as_one_of_our_failures(path: str, tmp_path: Path) -> None:
    with pytest.raises((Refused, InvalidInput)):
        Guard(folders=(tmp_path,)).check_path(path)


async def test_without_folders_no_file_is_read() -> None:
    with pytest.raises(Refused, match=r"setting guard\.folders is empty"):
        Guard().check_path("a.pdf")
