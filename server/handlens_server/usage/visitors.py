"""Who may see the usage page: whoever may call the server, by bearer token or by a cookie that one was traded for."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser, BearerAuthBackend
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from handlens.kit import LOCAL
from handlens_server.auth import Admission

COOKIE = "handlens_usage"
SECONDS = 12 * 3_600
CHECKED_EVERY_SECONDS = 60.0
"""So long may a cookie outlive a token that was taken back."""
MOST_VISITS = 1_000
_OWN = ("same-origin", "none")


@dataclass(slots=True)
class _Visit:
    token: str
    name: str
    until: float
    checked: float


class Visitors:
    """Knows visitors again by a cookie, for as long as the token that they traded for it is good.

    Tokens stay in this process, and so the cookies live no longer than it.
    """

    def __init__(self, admitted: Admission, backend: BearerAuthBackend | None) -> None:
        self._backend = backend
        self._scopes: Sequence[str] = (admitted.oauth.required_scopes if admitted.oauth else None) or []
        self._visits: OrderedDict[str, _Visit] = OrderedDict()

    async def name(self, request: Request) -> str | None:
        """Who it is; None for a stranger. Where nobody needs a token, everybody is local."""
        if self._backend is None:
            return LOCAL
        user = request.scope.get("user")
        if isinstance(user, AuthenticatedUser):
            return self._known(user, request.scope["auth"].scopes)
        return await self._from_cookie(request, request.cookies.get(COOKIE, ""))

    async def enter(self, request: Request, token: str, response: Response) -> bool:
        """Trade a token for a cookie, if it is one of ours."""
        if self._backend is None:
            return True
        visit = await self._visit(request, token)
        if visit is None:
            return False
        cookie = secrets.token_urlsafe(32)
        self._visits[cookie] = visit
        while len(self._visits) > MOST_VISITS:
            self._visits.popitem(last=False)
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=max(0, int(visit.until - time.time())),
            path="/usage",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return True

    async def _visit(self, request: Request, token: str) -> _Visit | None:
        assert self._backend is not None
        header = (b"authorization", f"Bearer {token}".encode("utf-8", "replace"))
        found = await self._backend.authenticate(HTTPConnection({**request.scope, "headers": [header]}))
        if found is None:
            return None
        credentials, user = found
        name = self._known(user, credentials.scopes)
        if name is None:
            return None
        now = time.time()
        expires = user.access_token.expires_at
        return _Visit(token, name, now + SECONDS if expires is None else min(now + SECONDS, expires), now)

    def _known(self, user: AuthenticatedUser, scopes: Sequence[str]) -> str | None:
        return user.display_name if set(self._scopes) <= set(scopes) else None

    async def _from_cookie(self, request: Request, cookie: str) -> str | None:
        visit = self._visits.get(cookie)
        if visit is None:
            return None
        if time.time() - visit.checked >= CHECKED_EVERY_SECONDS:
            again = await self._visit(request, visit.token)
            if again is None or again.name != visit.name:
                self._visits.pop(cookie, None)
                return None
            visit.checked, visit.until = again.checked, min(visit.until, again.until)
        if visit.until < time.time():
            self._visits.pop(cookie, None)
            return None
        return visit.name


def from_another_site(request: Request) -> bool:
    """Whether a page of somebody else sent a request that changes something. Browsers say so; others need not."""
    return request.headers.get("sec-fetch-site", "none") not in _OWN
