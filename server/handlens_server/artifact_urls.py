"""Signed, expiring URLs by which an artifact can be fetched over plain HTTP, without a token and without MCP."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlencode

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from handlens.artifacts import SCHEME
from handlens.errors import NotFound
from handlens.kit import Kit
from handlens_server.app import Context, subject


class ArtifactUrls:
    """Signs and serves. The key lives as long as the process, and so do the URLs."""

    def __init__(self, kit: Callable[[], Awaitable[Kit]], *, seconds: float) -> None:
        self._kit = kit
        self._seconds = seconds
        self._key = secrets.token_bytes(32)

    def sign(self, context: Context, uri: str) -> str | None:
        """The URL of an artifact of the caller, on the host that the request came to."""
        request = context.request
        if not isinstance(request, Request):
            return None
        until = str(int(time.time() + self._seconds))
        query = {"owner": subject(), "until": until}
        query["signature"] = self._signature(uri, query["owner"], until)
        return f"{request.base_url}artifacts/{quote(uri.removeprefix(SCHEME))}?{urlencode(query)}"

    async def download(self, request: Request) -> Response:
        """GET /artifacts/ID/NAME: the file, as an attachment that no browser runs."""
        uri = f"{SCHEME}{request.path_params['id']}/{request.path_params['name']}"
        owner, until = request.query_params.get("owner", ""), request.query_params.get("until", "")
        given = request.query_params.get("signature", "")
        if not hmac.compare_digest(self._signature(uri, owner, until).encode(), given.encode()):
            return PlainTextResponse("This URL is not one of ours.", status_code=403)
        if time.time() > int(until):
            return PlainTextResponse("This URL has expired; ask the tool again.", status_code=410)
        kit = await self._kit()
        try:
            artifact, path = kit.artifacts.find(uri, owner=owner), kit.artifacts.path(uri, owner=owner)
        except NotFound as error:
            return PlainTextResponse(str(error), status_code=404)
        if not await anyio.Path(path).is_file():
            return PlainTextResponse(f"The file of {uri} is gone.", status_code=404)
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        return FileResponse(path, media_type=artifact.media_type, filename=artifact.name, headers=headers)

    def _signature(self, uri: str, owner: str, until: str) -> str:
        return hmac.new(self._key, "\n".join((uri, owner, until)).encode(), hashlib.sha256).hexdigest()
