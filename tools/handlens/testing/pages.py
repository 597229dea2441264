"""A server of pages on loopback: good ones, slow ones and hostile ones.

    with PageServer({"/": "<h1>Hello</h1>", "/old": redirect("/"), "/stuck": never_answers}) as site:
        await page.goto(site.url("/old"))
        assert site.asked == ["/old", "/"]

A page is a string of HTML, bytes, a `Reply`, or a function of the `Request` that returns one of these. Each request
runs in a thread of its own, so it may block; whoever blocks waits on ``request.closing``, which is set when the server
stops.
"""

from __future__ import annotations

import mimetypes
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

__all__ = [
    "Page",
    "PageServer",
    "Reply",
    "Request",
    "download",
    "drips_for_ever",
    "huge",
    "never_answers",
    "redirect",
]

HTML = "text/html; charset=utf-8"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """What a browser asked for. ``path`` has no query; header names are lower-case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    closing: threading.Event
    """Set when the server stops."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. A ``body`` of many parts is sent as they come, without a length."""

    body: str | bytes | Iterable[bytes] = b""
    status: int = 200
    content_type: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Page = str | bytes | Reply | Callable[[Request], "str | bytes | Reply"]


class PageServer:
    """Serves ``pages`` by path, and the files of ``folder``, on a free loopback port while it is entered.

    ``asked`` lists the paths in the order that they came, also those that are not there.
    """

    def __init__(self, pages: Mapping[str, Page] | None = None, *, folder: Path | None = None) -> None:
        self.pages: dict[str, Page] = dict(pages or {})
        self.asked: list[str] = []
        self._folder = folder.resolve() if folder is not None else None
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        """The absolute URL of ``path``; ``host`` is another name of this machine, such as localhost."""
        return f"http://{host}:{self.port}{path}"

    def answer(self, request: Request) -> Reply:
        """What ``request`` gets."""
        page = self.pages.get(request.path)
        if page is None:
            return self._file(request.path)
        answer = page(request) if callable(page) else page
        return answer if isinstance(answer, Reply) else Reply(answer)

    def _file(self, path: str) -> Reply:
        if self._folder is not None:
            file = (self._folder / unquote(path).lstrip("/")).resolve()
            file = file / "index.html" if file.is_dir() else file
            if file.is_relative_to(self._folder) and file.is_file():
                kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
                return Reply(file.read_bytes(), content_type=HTML if kind == "text/html" else kind)
        return Reply("<h1>Not found</h1>", status=404)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                site.asked.append(parts.path)
                length = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(length)
                request = Request(self.command, parts.path, parts.query, headers, body, site._closing)
                self._send(site.answer(request))

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = handle_any  # noqa: N815 - stdlib's names

            def _send(self, reply: Reply) -> None:
                body = reply.body.encode() if isinstance(reply.body, str) else reply.body
                self.send_response(reply.status)
                self.send_header("content-type", reply.content_type)
                self.send_header("cache-control", "no-store")
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if isinstance(body, bytes):
                    self.send_header("content-length", str(len(body)))
                self.end_headers()
                for part in (body,) if isinstance(body, bytes) else body:
                    self.wfile.write(part)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - stdlib's name
                """Quiet: ``asked`` says what came."""

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up in the middle is everyday here; the test sees what it sees."""


def redirect(to: str, status: int = 302) -> Reply:
    """Sends the browser on to ``to``."""
    return Reply(status=status, headers={"location": to})


def download(data: bytes, name: str, content_type: str = "application/octet-stream") -> Reply:
    """A file that browsers save instead of showing."""
    return Reply(data, content_type=content_type, headers={"content-disposition": f'attachment; filename="{name}"'})


def huge(size: int) -> Reply:
    """A page of ``size`` bytes, sent a megabyte at a time; most are not shown, so that a browser gets through them."""
    return Reply(_Filler(size))


def never_answers(request: Request) -> Reply:
    """Takes the request, and says nothing until the server stops."""
    request.closing.wait()
    return Reply(status=503)


def drips_for_ever(request: Request) -> Reply:
    """A page that begins at once and never ends: a few bytes every 50 milliseconds."""

    def parts() -> Iterator[bytes]:
        yield b"<!doctype html><title>Dripping</title><h1>It has begun</h1>"
        while not request.closing.wait(0.05):
            yield b"<p>more</p>"

    return Reply(parts())


@dataclass(frozen=True, slots=True)
class _Filler:
    size: int

    def __iter__(self) -> Iterator[bytes]:
        yield b"<!doctype html><title>Huge</title><script type=text/plain>"
        line = (b"0123456789abcdef" * 4 + b"\n") * (_CHUNK // 65)
        for start in range(0, self.size, len(line)):
            yield line[: self.size - start]
