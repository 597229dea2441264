"""Who may see the usage page, and for how long."""

from __future__ import annotations

import pytest
from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend
from starlette.requests import Request
from starlette.responses import Response

from handlens_server.auth import Admission, StaticTokens
from handlens_server.usage import visitors
from handlens_server.usage.visitors import COOKIE, Visitors

pytestmark = pytest.mark.anyio
ALICE = "alice-0123456789abcdef"


def asking(cookie: str = "") -> Request:
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else []
    return Request({"type": "http", "method": "GET", "path": "/usage", "scheme": "http", "headers": headers})


async def test_a_cookie_is_worth_no_more_than_the_token_that_it_was_traded_for(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = {"alice": ALICE}
    verifier = StaticTokens(tokens)
    known = Visitors(Admission(verifier, None, None), BearerAuthBackend(verifier))
    response = Response()
    assert not await known.enter(asking(), "wrong", Response())
    assert await known.enter(asking(), ALICE, response)
    cookie = response.headers["set-cookie"].partition("=")[2].partition(";")[0]
    assert await known.name(asking(cookie)) == "alice"
    assert await known.name(asking(cookie + "x")) is None
    assert await known.name(asking()) is None
    monkeypatch.setattr(visitors, "CHECKED_EVERY_SECONDS", 0.0)
    assert await known.name(asking(cookie)) == "alice"
    del tokens["alice"]
    assert await known.name(asking(cookie)) is None
    tokens["alice"] = ALICE
    assert await known.name(asking(cookie)) is None  # she signs in again


async def test_the_oldest_visit_makes_room_for_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "MOST_VISITS", 2)
    verifier = StaticTokens({"alice": ALICE})
    known = Visitors(Admission(verifier, None, None), BearerAuthBackend(verifier))
    cookies: list[str] = []
    for _ in range(3):
        response = Response()
        await known.enter(asking(), ALICE, response)
        cookies.append(response.headers["set-cookie"].partition("=")[2].partition(";")[0])
    assert [await known.name(asking(cookie)) for cookie in cookies] == [None, "alice", "alice"]
