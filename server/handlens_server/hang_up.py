"""A client that hangs up ends its calls: over plain HTTP nobody could fetch their answers later.

Of the transports only streamable HTTP before 2026 needs this. Over stdio and SSE the connection is the session and ends
with everything in it, and since 2026 hanging up is how a client cancels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KEY = "handlens.hang_up"


class HangUp:
    """The calls that one HTTP request carries."""

    def __init__(self) -> None:
        self._calls: list[anyio.CancelScope] = []
        self._gone = False

    def call(self) -> anyio.CancelScope:
        """The scope to run a call in."""
        scope = anyio.CancelScope()
        self._calls.append(scope)
        if self._gone:
            scope.cancel()
        return scope

    def gone(self) -> None:
        """The client is gone."""
        self._gone = True
        for scope in self._calls:
            scope.cancel()


class NoticesHangUps:
    """Lets the calls of each request know when its client is gone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hang_up = HangUp()

        async def heard() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                hang_up.gone()
            return message

        await self._app({**scope, _KEY: hang_up}, heard, send)


def call_scope(request: Any) -> anyio.CancelScope:
    """The scope for a call that came with ``request``, which is None where there is no HTTP."""
    hang_up: HangUp | None = getattr(request, "scope", {}).get(_KEY)
    return hang_up.call() if hang_up is not None else anyio.CancelScope()
