"""Who may see the usage page: whoever may call the server, by bearer token or by a cookie that one was traded for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser, BearerAuthBackend
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from handlens.kit import LOCAL
from handlens_server.auth import Admission

COOKIE = "handlens_usage"
SECONDS = 12 * 3_600
_OWN = ("same-origin", "none")


class Visitors:
    """Knows visitors again by a signed cookie. The key lives as long as the process, and so do the cookies."""

    def __init__(self, admitted: Admission, backend: BearerAuthBackend | None) -> None:
        self._backend = backend
        self._scopes: Sequence[str] = (admitted.oauth.required_scopes if admitted.oauth else None) or []
        self._key = secrets.token_bytes(32)

    def name(self, request: Request) -> str | None:
        """Who it is; None for a stranger. Where nobody needs a token, everybody is local."""
        if self._backend is None:
            return LOCAL
        user = request.scope.get("user")
        if isinstance(user, AuthenticatedUser):
            return self._known(user, request.scope["auth"].scopes)
        return self._from_cookie(request.cookies.get(COOKIE, ""))

    async def enter(self, request: Request, token: str, response: Response) -> bool:
        """Trade a token for a cookie, if it is one of ours."""
        if self._backend is None:
            return True
        header = (b"authorization", f"Bearer {token}".encode("utf-8", "replace"))
        found = await self._backend.authenticate(HTTPConnection({**request.scope, "headers": [header]}))
        if found is None:
            return False
        credentials, user = found
        name = self._known(user, credentials.scopes)
        if name is None:
            return False
        until = int(time.time()) + SECONDS
        if user.access_token.expires_at is not None:
            until = min(until, user.access_token.expires_at)
        response.set_cookie(
            COOKIE,
            self._signed(name, until),
            max_age=max(0, until - int(time.time())),
            path="/usage",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return True

    def _known(self, user: AuthenticatedUser, scopes: Sequence[str]) -> str | None:
        return user.display_name if set(self._scopes) <= set(scopes) else None

    def _signed(self, name: str, until: int) -> str:
        body = f"{base64.urlsafe_b64encode(name.encode()).decode()}.{until}"
        return f"{body}.{hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()}"

    def _from_cookie(self, cookie: str) -> str | None:
        name, _, rest = cookie.partition(".")
        try:
            who, until = base64.urlsafe_b64decode(name.encode()).decode(), int(rest.partition(".")[0])
        except ValueError:
            return None
        ours = hmac.compare_digest(self._signed(who, until).encode(), cookie.encode())
        return who if ours and until >= time.time() else None


def from_another_site(request: Request) -> bool:
    """Whether a page of somebody else sent a request that changes something. Browsers say so; others need not."""
    return request.headers.get("sec-fetch-site", "none") not in _OWN
