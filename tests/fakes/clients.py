"""How tests of the server reach it, and what they read from an answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from mcp import Client
from mcp_types import CallToolResult, TextContent

from handlens.kit import Kit
from handlens.registry import ALL_TOOLS
from handlens_server.app import App

Connect = Callable[..., AbstractAsyncContextManager[Client]]


def served(kit: Kit) -> Client:
    """A client in memory of the app with all tools, which work with ``kit``."""

    async def the_kit() -> Kit:
        return kit

    return Client(App(ALL_TOOLS, the_kit).server(), read_timeout_seconds=60)


def said(result: CallToolResult) -> str:
    """The text of an answer, which comes first."""
    assert isinstance(result.content[0], TextContent)
    return result.content[0].text
