"""However a serving process ends, and whatever it was doing: two seconds later nothing of it is left."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from fakes.served import CLEAN, HEADERS, INITIALIZE, START_SECONDS, Host, Served, marked, rpc, until
from handlens.browser.installed import installed_chromium
from handlens.testing.pages import PageServer, Reply, never_answers
from tools.pdf.making import Page, pdf_of

pytestmark = pytest.mark.slow

GONE_SECONDS = 2.0 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
"""Two seconds, on a machine that has its cores for us."""
END = pytest.mark.parametrize("end", ["term", "kill"])


class OverHttp:
    """The same, over HTTP or SSE, each call on a connection of its own."""

    def __init__(self, served: Served) -> None:
        self.process = served.process
        self._url = served.url
        self._sse = served.url.endswith("/sse")
        self._post = served.url
        self._headers = HEADERS
        self._answers: dict[int, dict[str, Any]] = {}
        self._heard = threading.Condition()
        self.number = 1
        if self._sse:
            threading.Thread(target=self._listen, daemon=True).start()
            with self._heard:
                assert self._heard.wait_for(lambda: self._post != self._url, 20)
            self._posted(INITIALIZE)
        else:
            opened = httpx2.post(self._url, json=INITIALIZE, headers=HEADERS)
            self._headers = {**HEADERS, "Mcp-Session-Id": opened.headers["mcp-session-id"]}
        self._posted(rpc("notifications/initialized", number=None))

    def begin(self, tool: str, arguments: dict[str, Any]) -> None:
        self.number += 1
        message = rpc("tools/call", {"name": tool, "arguments": arguments}, self.number)
        threading.Thread(target=self._posted, args=(message,), daemon=True).start()

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.begin(tool, arguments)
        number = self.number
        with self._heard:
            assert self._heard.wait_for(lambda: number in self._answers, 30)
        return self._answers[number]["result"]["structuredContent"]

    def _posted(self, message: dict[str, Any]) -> None:
        try:
            with httpx2.stream("POST", self._post, json=message, headers=self._headers, timeout=60) as answer:
                self._read(answer)
        except httpx2.TransportError:
            return  # it was killed, as the test means it to be

    def _listen(self) -> None:
        try:
            with httpx2.stream("GET", self._url, timeout=60) as stream:
                self._read(stream)
        except httpx2.TransportError:
            return  # as above

    def _read(self, answer: httpx2.Response) -> None:
        for line in answer.iter_lines():
            if not line.startswith("data: "):
                continue
            text = line.removeprefix("data: ")
            with self._heard:
                if text.startswith("/messages"):
                    self._post = self._url.removesuffix("/sse") + text
                elif text.startswith("{"):
                    message = json.loads(text)
                    self._answers[message.get("id", -1)] = message
                self._heard.notify_all()


Caller = Host | OverHttp
Busy = Callable[[Caller, PageServer], None]


def just_begun(caller: Caller, site: PageServer) -> None:
    """Right after the handshake, while the browser is perhaps being started beside it."""


def waiting_for_a_page(caller: Caller, site: PageServer) -> None:
    """In the middle of a navigation to a page that never answers."""
    site.pages["/stuck"] = never_answers
    caller.begin("screenshot_page", {"url": site.url("/stuck")})
    until(lambda: "/stuck" in site.asked, START_SECONDS)


def taking_a_long_picture(caller: Caller, site: PageServer) -> None:
    """In the middle of a full-page picture of a very tall page, which takes seconds."""
    site.pages["/tall"] = "<h1>Tall</h1>" + "<p style='height:1000px'>x</p>" * 300
    session = caller.call("open_page", {"url": site.url("/tall")})["session_id"]
    caller.begin("screenshot_page", {"session_id": session, "full_page": True})


def with_a_page_open(caller: Caller, site: PageServer) -> None:
    """Between calls, with a page open and an artifact kept."""
    site.pages["/"] = "<h1>Open</h1>"
    session = caller.call("open_page", {"url": site.url()})["session_id"]
    caller.call("screenshot_page", {"session_id": session})


def converting_a_document(caller: Caller, site: PageServer) -> None:
    """In the middle of a long document, with a worker process that reads it."""
    lines = [f"Line {number} of a page." for number in range(60)]
    document = pdf_of(*(Page().paragraph(60, 60, lines) for _ in range(1_500)))
    site.pages["/long.pdf"] = Reply(document, content_type="application/pdf")
    caller.begin("pdf_to_markdown", {"source": site.url("/long.pdf")})
    until(lambda: a_worker_runs(caller, "handlens.pdf"), START_SECONDS)


def reading_text_in_pictures(caller: Caller, site: PageServer) -> None:
    """In the middle of recognising text, with a worker process that does it."""
    rows = "".join(f"<tr><td>task-{n}<td>ecs.gn7i<td>{n}%<td>Running</tr>" for n in range(60))
    site.pages["/usage"] = f"<table><tr><th>Task<th>Instance type<th>GPU<th>Status</tr>{rows}</table>"
    caller.begin("read_console_usage", {"url": site.url("/usage"), "reader": "ocr"})
    until(lambda: a_worker_runs(caller, "handlens.ocr"), START_SECONDS)


def a_worker_runs(caller: Caller, factory: str) -> bool:
    """Whether the server has a worker process for ``factory``."""
    for child in psutil.Process(caller.process.pid).children():
        with contextlib.suppress(psutil.Error):
            if any(part.startswith(factory) for part in child.cmdline()):
                return True
    return False


DURING = pytest.mark.parametrize(
    "during",
    [
        just_begun,
        waiting_for_a_page,
        pytest.param(taking_a_long_picture, marks=pytest.mark.slow),
        pytest.param(with_a_page_open, marks=pytest.mark.slow),
        pytest.param(converting_a_document, marks=pytest.mark.slow),
        pytest.param(reading_text_in_pictures, marks=pytest.mark.slow),
    ],
)


def assert_all_goes(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Within two seconds from now: the process, everything that it started, every temporary file."""
    until(lambda: process.poll() is not None and not marked(folder) and not any(folder.iterdir()), GONE_SECONDS)


@pytest.fixture
def host(folder: Path) -> Iterator[Host]:
    host = Host(folder)
    yield host
    host.process.kill()
    host.process.communicate()


@DURING
@pytest.mark.parametrize("end", ["term", "kill", "stdin"])
def test_over_stdio_nothing_is_left(host: Host, site: PageServer, folder: Path, during: Busy, end: str) -> None:
    during(host, site)
    assert marked(folder) or during is just_begun, "the browser should run by now, or this test shows nothing"
    if end == "stdin":
        assert host.process.stdin is not None
        host.process.stdin.close()
        host.process.stdin = None
    else:
        host.process.send_signal(signal.SIGTERM if end == "term" else signal.SIGKILL)
    assert_all_goes(host.process, folder)


@DURING
@END
@pytest.mark.parametrize("transport", ["http", "sse"])
def test_over_http_and_sse_nothing_is_left(
    site: PageServer, folder: Path, during: Busy, end: str, transport: str
) -> None:
    with Served(folder, transport) as served:
        during(OverHttp(served), site)
        assert marked(folder), "its watcher at the least should run, or this test shows nothing"
        served.process.send_signal(signal.SIGTERM if end == "term" else signal.SIGKILL)
        assert_all_goes(served.process, folder)


def test_a_browser_that_is_not_ours_survives(site: PageServer, folder: Path, tmp_path: Path) -> None:
    with foreign_browser(tmp_path) as (browser, port):
        for end in (signal.SIGTERM, signal.SIGKILL):
            host = Host(folder, "--browser-cdp", f"http://127.0.0.1:{port}")
            with_a_page_open(host, site)
            host.process.send_signal(end)
            assert_all_goes(host.process, folder)
            host.process.communicate()
            assert browser.poll() is None
            assert pages(port) == 0, "our pages are closed in it"


class foreign_browser:  # noqa: N801 - read as a function
    """A Chromium that somebody else started, with a CDP port."""

    def __init__(self, profile: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        executable = installed_chromium()
        if executable is None:
            pytest.skip("no Chromium is installed")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        command = [str(executable), *flags, f"--user-data-dir={profile}", f"--remote-debugging-port={self._port}"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self) -> tuple[subprocess.Popen[bytes], int]:
        until(self._answers, START_SECONDS)
        return self._process, self._port

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _answers(self) -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{self._port}/json/version").status_code == 200
        except httpx2.TransportError:
            return False


def pages(port: int) -> int:
    """Pages of ours in a foreign browser; its own first page is about:blank or a new tab."""
    targets = httpx2.get(f"http://127.0.0.1:{port}/json/list").json()
    return sum(target["type"] == "page" and target["url"].startswith("http") for target in targets)


def test_settings_that_are_wrong_leave_no_browser_that_was_begun_before_they_were_read(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "handlens_server", "serve"],
        input=json.dumps(INITIALIZE).encode() + b"\n",
        capture_output=True,
        timeout=30,
        check=False,
        env={**os.environ, **CLEAN, "TMPDIR": str(folder), "HANDLENS_LIMITS_SESSIONS": "many"},
    )
    assert done.returncode == 2
    assert b"limits.sessions" in done.stderr
    until(lambda: not any(folder.iterdir()) and not marked(folder))


def browsers(folder: Path) -> list[int]:
    """The Chromiums of processes under ``folder``, without those that they started themselves."""
    lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in marked(folder)}
    return [pid for pid, line in lines.items() if b"--remote-debugging-pipe" in line and b"--type=" not in line]


def test_the_browser_that_is_begun_before_the_settings_are_read_is_the_one_that_they_ask_for(
    folder: Path, site: PageServer
) -> None:
    host = Host(folder)
    try:
        until(lambda: len(browsers(folder)) == 1)
        begun = browsers(folder)
        host.ask("tools/call", {"name": "open_page", "arguments": {"url": site.url()}})
        assert browsers(folder) == begun
    finally:
        host.process.kill()
        host.process.communicate()
