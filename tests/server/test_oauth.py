"""handlens as an OAuth resource server, with a fake authorization server on loopback."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest

from fakes.served import HEADERS, Served, initialize, rpc
from handlens.testing.pages import PageServer, Reply, Request
from handlens_server.auth import admission
from handlens_server.settings import HttpSettings, OAuthSettings, SettingsError

pytestmark = pytest.mark.slow

RESOURCE = "https://tools.example/mcp"
SECRET = "the-secret-of-handlens"
GOOD: dict[str, Any] = {
    "active": True,
    "client_id": "agent",
    "sub": "alice",
    "scope": "handlens other",
    "aud": RESOURCE,
}
TOKENS: dict[str, Any] = {
    "good": GOOD,
    "bob": {**GOOD, "sub": "bob"},
    "service": {key: value for key, value in GOOD.items() if key != "sub"},
    "several-audiences": {**GOOD, "aud": ["https://other.example", RESOURCE]},
    "lives": {**GOOD, "exp": time.time() + 3600.5},
    "wrong-scope": {**GOOD, "scope": "other"},
    "inactive": {**GOOD, "active": False},
    "not-quite-active": {**GOOD, "active": "false"},
    "expired": {**GOOD, "exp": int(time.time()) - 1},
    "elsewhere": {**GOOD, "aud": "https://other.example/mcp"},
    "for-anyone": {key: value for key, value in GOOD.items() if key != "aud"},
    "other-issuer": {**GOOD, "iss": "https://evil.example"},
    "odd-expiry": {**GOOD, "exp": "soon"},
    "odd-audience": {**GOOD, "aud": {"x": 1}},
    "no-object": [],
    "anonymous": {"active": True, "scope": "handlens", "aud": RESOURCE},
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[PageServer]:
    """An authorization server that knows `TOKENS`, asked as RFC 7662 says."""

    def introspect(request: Request) -> Reply:
        expected = "Basic " + base64.b64encode(f"handlens:{SECRET}".encode()).decode()
        if request.method != "POST" or request.headers.get("authorization") != expected:
            return Reply("{}", status=401)
        token = parse_qs(request.body.decode())["token"][0]
        if token == "broken":
            return Reply("<html>", content_type="application/json")
        return Reply(json.dumps(TOKENS.get(token, {"active": False})), content_type="application/json")

    with PageServer({"/introspect": introspect}) as server:
        yield server


@pytest.fixture(scope="module")
def served(issuer: PageServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    oauth = {
        "http.oauth.issuer": issuer.url(""),
        "http.oauth.introspection_url": issuer.url("/introspect"),
        "http.oauth.client_id": "handlens",
        "http.oauth.client_secret": SECRET,
        "http.oauth.resource": RESOURCE,
        "http.oauth.scopes": ["handlens"],
    }
    with Served(tmp_path_factory.mktemp("oauth"), **oauth) as server:
        yield server
    assert SECRET not in server.stderr


def test_the_metadata_of_the_resource_is_public(served: Served, issuer: PageServer) -> None:
    answer = httpx2.get(f"{served.base}/.well-known/oauth-protected-resource/mcp")
    assert answer.status_code == 200
    told = answer.json()
    assert told["resource"] == RESOURCE
    assert told["authorization_servers"] == [issuer.url("/")]
    assert told["scopes_supported"] == ["handlens"]


def test_without_a_token_the_answer_says_where_to_get_one(served: Served) -> None:
    answer = initialize(served.url)
    assert answer.status_code == 401
    metadata = "https://tools.example/.well-known/oauth-protected-resource/mcp"
    assert f'resource_metadata="{metadata}"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("token", ["good", "bob", "service", "several-audiences", "lives"])
def test_a_token_that_the_issuer_vouches_for_is_let_in(served: Served, token: str) -> None:
    assert initialize(served.url, Authorization=f"Bearer {token}").status_code == 200


@pytest.mark.parametrize(
    "token",
    [
        "unknown",
        "inactive",
        "not-quite-active",
        "expired",
        "elsewhere",
        "for-anyone",
        "other-issuer",
        "odd-expiry",
        "odd-audience",
        "no-object",
        "broken",
        "anonymous",
    ],
)
def test_any_other_token_is_refused(served: Served, token: str) -> None:
    assert initialize(served.url, Authorization=f"Bearer {token}").status_code == 401


def test_a_token_without_the_scope_is_forbidden_and_hears_which(issuer: PageServer, served: Served) -> None:
    TOKENS["scopeless"] = {**GOOD, "scope": "other"}
    answer = initialize(served.url, Authorization="Bearer scopeless")
    assert answer.status_code == 403
    assert "Required scope: handlens" in answer.text


def test_the_subject_of_the_token_is_who_owns_the_session(served: Served) -> None:
    opened = initialize(served.url, Authorization="Bearer good")
    headers = {**HEADERS, "Mcp-Session-Id": opened.headers["mcp-session-id"]}
    ping = rpc("ping", number=2)
    assert httpx2.post(served.url, json=ping, headers={**headers, "Authorization": "Bearer bob"}).status_code == 404
    assert httpx2.post(served.url, json=ping, headers={**headers, "Authorization": "Bearer lives"}).status_code == 200


def test_an_issuer_that_does_not_answer_lets_nobody_in(tmp_path: Path) -> None:
    oauth = {
        "http.oauth.issuer": "http://127.0.0.1:9",
        "http.oauth.introspection_url": "http://127.0.0.1:9/introspect",
        "http.oauth.resource": RESOURCE,
    }
    with Served(tmp_path, **oauth) as alone:
        assert initialize(alone.url, Authorization="Bearer good").status_code == 401
    assert "good" not in json.dumps([line for line in alone.logs() if "did not answer" in line["message"]])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (HttpSettings(oauth=OAuthSettings(issuer="https://a.example")), "introspection_url is not set"),
        (HttpSettings(oauth=OAuthSettings(resource=RESOURCE)), "introspection_url is not set"),
        (
            HttpSettings(
                tokens={"alice": "0123456789abcdef"},  # type: ignore[dict-item]
                oauth=OAuthSettings(issuer="https://a", introspection_url="https://a/i", resource=RESOURCE),
            ),
            "not both",
        ),
        (
            HttpSettings(oauth=OAuthSettings(issuer="no url", introspection_url="https://a/i", resource=RESOURCE)),
            "http.oauth.issuer",
        ),
    ],
)
def test_half_an_oauth_setup_does_not_start(settings: HttpSettings, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        admission(settings)


@pytest.mark.parametrize("token", ["good", "service", "unknown", "inactive", "expired", "elsewhere", "wrong-scope"])
def test_the_usage_page_lets_in_whom_the_tools_let_in(served: Served, token: str) -> None:
    let_in = token in ("good", "service")
    answer = httpx2.post(f"{served.base}/usage/api/login", json={"token": token})
    assert answer.status_code == (200 if let_in else 403)
    cookie = answer.headers.get("set-cookie", "").partition(";")[0]
    for headers in ({"Cookie": cookie}, {"Authorization": f"Bearer {token}"}):
        state = httpx2.get(f"{served.base}/usage/api/state", headers=headers)
        assert state.status_code == (404 if let_in else 401)  # let in, it says that no history is kept here


def test_a_cookie_lives_no_longer_than_its_token(served: Served) -> None:
    answer = httpx2.post(f"{served.base}/usage/api/login", json={"token": "lives"})
    seconds = int(answer.headers["set-cookie"].lower().partition("max-age=")[2].partition(";")[0])
    assert 0 < seconds <= 3_600
