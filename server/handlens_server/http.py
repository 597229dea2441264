"""Serving over streamable HTTP, or over SSE for older hosts: the same app, admission and artifact URLs for both."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import uvicorn
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend, RequireAuthMiddleware
from mcp.server.auth.routes import build_resource_metadata_url, create_protected_resource_routes
from mcp.server.lowlevel import Server
from mcp.server.sse import SseServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from handlens.registry import ALL_TOOLS
from handlens_server.app import App
from handlens_server.artifact_urls import ArtifactUrls
from handlens_server.auth import Admission, admission, transport_security
from handlens_server.compose import Composition
from handlens_server.hang_up import NoticesHangUps
from handlens_server.run_folder import RunFolder
from handlens_server.settings import HttpSettings, Settings, SettingsError
from handlens_server.status import Metrics
from handlens_server.usage.routes import UsagePage
from handlens_server.usage.visitors import Visitors

log = logging.getLogger(__name__)

MCP_PATH, SSE_PATH, MESSAGES_PATH, METRICS_PATH = "/mcp", "/sse", "/messages/", "/metrics"


async def serve(settings: Settings) -> None:
    """Serve until a signal comes, and leave nothing behind."""
    admitted = admission(settings.http)
    listener = _listen(settings.http.host, settings.http.port)
    folder = RunFolder()
    composition = Composition(settings, folder.path)
    config = uvicorn.Config(build(settings, composition, admitted), log_config=None)
    server = _Server(config, settings, admitted)
    composition.start()
    try:
        await server.serve([listener])
    finally:
        await composition.close()
        folder.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        why = (error.strerror or "").partition(" (")[0]
        raise SettingsError(
            f"{host}:{port} can't be listened on: {why}. Choose another address or --port, or stop what listens there."
        ) from error


def build(settings: Settings, composition: Composition, admitted: Admission) -> Starlette:
    """The ASGI app: /mcp or /sse by the transport, artifacts by signed URL, /usage, /metrics and /health."""
    urls = ArtifactUrls(composition.kit, seconds=settings.http.artifact_url_seconds)
    server = App(ALL_TOOLS, composition.kit, artifact_url=urls.sign, eye_of=composition.eye_of()).server()
    usage = UsagePage(composition.kit, Visitors(admitted, bearer_backend(admitted)))
    return mcp_app(
        server,
        settings,
        admitted,
        [Route("/artifacts/{id}/{name}", urls.download), Route("/health", _health), *usage.routes()],
        {METRICS_PATH: Metrics(composition.kit)},
    )


def mcp_app(
    server: Server[Any],
    settings: Settings,
    admitted: Admission,
    routes: list[BaseRoute],
    more: Mapping[str, ASGIApp] | None = None,
) -> Starlette:
    """``server``, and ``more`` endpoints by path, for callers that are let in; beside ``routes`` for everybody.

    The checks of headers are every request's.
    """
    security = transport_security(settings.http)
    lifespan: AbstractAsyncContextManager[Any] = nullcontext()
    if settings.transport == "sse":
        endpoints = _sse_endpoints(server, security)
    else:
        manager = StreamableHTTPSessionManager(app=server, security_settings=security)
        endpoints = {MCP_PATH: NoticesHangUps(StreamableHTTPASGIApp(manager))}
        lifespan = manager.run()
    endpoints = {**endpoints, **(more or {})}
    middleware = [Middleware(_CheckedHeaders, security=security)]
    backend = bearer_backend(admitted)
    if backend is not None:
        oauth = admitted.oauth
        resource = oauth.resource_server_url if oauth else None
        metadata = build_resource_metadata_url(resource) if resource else None
        scopes = (oauth.required_scopes if oauth else None) or []
        endpoints = {path: RequireAuthMiddleware(app, scopes, metadata) for path, app in endpoints.items()}
        middleware += [Middleware(AuthenticationMiddleware, backend=backend), Middleware(AuthContextMiddleware)]
        if oauth and resource:
            routes = [*routes, *create_protected_resource_routes(resource, [oauth.issuer_url], oauth.required_scopes)]
    mounted: list[BaseRoute] = [
        Mount(path, app=app) if path.endswith("/") else Route(path, endpoint=app) for path, app in endpoints.items()
    ]
    return Starlette(routes=[*mounted, *routes], middleware=middleware, lifespan=lambda _: lifespan)


def bearer_backend(admitted: Admission) -> BearerAuthBackend | None:
    """What knows callers by their bearer token; None where nobody needs one."""
    if admitted.verifier is None:
        return None
    resource = admitted.oauth.resource_server_url if admitted.oauth else None
    return BearerAuthBackend(admitted.verifier, resource_server_url=resource)


def _sse_endpoints(server: Server[Any], security: TransportSecuritySettings) -> dict[str, ASGIApp]:
    transport = SseServerTransport(MESSAGES_PATH, security_settings=security)

    class Events:
        """One connection: a stream of events down, messages by POST up."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async with transport.connect_sse(scope, receive, send) as (incoming, outgoing):
                await server.run(incoming, outgoing, server.create_initialization_options())

    return {SSE_PATH: Events(), MESSAGES_PATH: transport.handle_post_message}


class _CheckedHeaders:
    """Refuses requests whose Host or Origin is not ours, on every path and address (DNS rebinding)."""

    def __init__(self, app: ASGIApp, security: TransportSecuritySettings) -> None:
        self._app = app
        self._check = TransportSecurityMiddleware(security)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refusal = await self._check.validate_request(Request(scope, receive))
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


class _Server(uvicorn.Server):
    """Uvicorn that says where it listens, and does not wait for open streams when told to go."""

    def __init__(self, config: uvicorn.Config, settings: Settings, admitted: Admission) -> None:
        super().__init__(config)
        self._settings = settings
        self._admitted = admitted

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        if self.servers:
            port = self.servers[0].sockets[0].getsockname()[1]
            _announce(self._settings, port, self._admitted)

    def handle_exit(self, sig: int, frame: Any) -> None:
        super().handle_exit(sig, frame)
        self.force_exit = True


def _announce(settings: Settings, port: int, admitted: Admission) -> None:
    path = SSE_PATH if settings.transport == "sse" else MCP_PATH
    print(f"handlens serves {_url(settings.http, port)}{path}", file=sys.stderr, flush=True)  # noqa: T201
    if admitted.generated:
        print(  # noqa: T201
            f"Callers need this token, shown only now: {admitted.generated}", file=sys.stderr, flush=True
        )


def _url(http: HttpSettings, port: int) -> str:
    host = f"[{http.host}]" if ":" in http.host else http.host
    return f"http://{host}:{port}"


async def _health(_: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")
