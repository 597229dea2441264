"""The page server serves what it was given, and ends whatever it has begun."""

from __future__ import annotations

import http.client
from pathlib import Path

import pytest

from handlens.testing.pages import PageServer, Reply, Request, download, drips_for_ever, huge, never_answers, redirect


def get(site: PageServer, path: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=5)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_html_bytes_replies_and_functions_are_pages() -> None:
    def echo(request: Request) -> Reply:
        return Reply(f"{request.method} {request.query} {request.body.decode()}", status=201)

    with PageServer({"/a": "<p>é", "/b": b"\x00\xff", "/c": Reply("c", status=418), "/d": echo}) as site:
        assert get(site, "/a") == (200, "<p>é".encode())
        assert get(site, "/b") == (200, b"\x00\xff")
        assert get(site, "/c") == (418, b"c")
        assert get(site, "/d?x=1", "POST", b"hello") == (201, b"POST x=1 hello")
        assert get(site, "/e")[0] == 404
        assert site.asked == ["/a", "/b", "/c", "/d", "/e"]


def test_files_of_the_folder_are_served_and_none_beside_it(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("home")
    (tmp_path / "secret.txt").write_text("secret")
    with PageServer(folder=tmp_path / "site") as site:
        assert get(site, "/") == (200, b"home")
        assert get(site, "/../secret.txt")[0] == 404
        assert get(site, "/%2e%2e/secret.txt")[0] == 404


def test_a_redirect_a_download_and_a_huge_page_say_what_they_are() -> None:
    with PageServer({"/r": redirect("/x"), "/d": download(b"1,2", "a.csv"), "/h": huge(3_000_000)}) as site:
        assert get(site, "/r")[0] == 302
        assert get(site, "/d") == (200, b"1,2")
        assert len(get(site, "/h")[1]) == pytest.approx(3_000_000, abs=100)


def test_stopping_ends_pages_that_never_would() -> None:
    with PageServer({"/stuck": never_answers, "/drip": drips_for_ever}) as site:
        stuck = http.client.HTTPConnection("127.0.0.1", site.port, timeout=5)
        stuck.request("GET", "/stuck")
        drip = http.client.HTTPConnection("127.0.0.1", site.port, timeout=5)
        drip.request("GET", "/drip")
        dripping = drip.getresponse()
        assert b"It has begun" in dripping.read(60)
    assert stuck.getresponse().status == 503
    dripping.read()
    stuck.close()
    drip.close()
