"""Console pages that are served on loopback, and a kit with a real browser to read them."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from handlens.kit import Kit
from handlens.library import open_kit


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def _pages() -> Generator[tuple[str, dict[str, tuple[int, str]]]]:
    pages: dict[str, tuple[int, str]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, html = pages.get(self.path, (404, "<title>404 Not Found</title><h1>Not found</h1>"))
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", pages
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def serve(_pages: tuple[str, dict[str, tuple[int, str]]]) -> Callable[..., str]:
    """Serve some HTML and say its URL."""
    base, pages = _pages

    def served(html: str, status: int = 200) -> str:
        path = f"/{len(pages)}"
        pages[path] = (status, html)
        return base + path

    return served


@pytest.fixture(scope="session")
async def kit() -> AsyncGenerator[Kit]:
    async with open_kit() as opened:
        yield opened
