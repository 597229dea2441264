"""How tests of the server reach it, and what they read from an answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from mcp import Client
from mcp_types import CallToolResult, TextContent

Connect = Callable[..., AbstractAsyncContextManager[Client]]


def said(result: CallToolResult) -> str:
    """The text of an answer, which comes first."""
    assert isinstance(result.content[0], TextContent)
    return result.content[0].text
