"""What the fixture's tools are made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import mcp_types as types
from mcp.server.context import ServerRequestContext

Context = ServerRequestContext[Any, Any]
Call = types.CallToolRequestParams
Result = types.CallToolResult | types.InputRequiredResult


class Handler(Protocol):
    """A tool: a function by name."""

    __name__: str

    def __call__(self, context: Context, call: Call, /) -> Awaitable[Result]: ...


PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="

tools: dict[str, Handler] = {}
arguments: dict[str, dict[str, Any]] = {}


def tool(**properties: Any) -> Callable[[Handler], Handler]:
    """Serve the function ``name`` as the tool ``test_name``, taking ``properties``."""

    def declare(handler: Handler) -> Handler:
        name = f"test_{handler.__name__}"
        tools[name] = handler
        arguments[name] = {"type": "object", "properties": properties, "required": list(properties)}
        return handler

    return declare


def said(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=text)])


def embedded(uri: str, media_type: str, text: str) -> types.EmbeddedResource:
    return types.EmbeddedResource(resource=types.TextResourceContents(uri=uri, mime_type=media_type, text=text))


def form(message: str, **properties: str) -> types.ElicitRequest:
    schema = {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in properties.items()},
        "required": list(properties),
    }
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=schema))


def sampling(text: str) -> types.CreateMessageRequest:
    message = types.SamplingMessage(role="user", content=types.TextContent(text=text))
    return types.CreateMessageRequest(params=types.CreateMessageRequestParams(messages=[message], max_tokens=50))


def needs(state: str | None = None, **requests: Any) -> types.InputRequiredResult:
    return types.InputRequiredResult(input_requests=requests, request_state=state)


def filled(call: types.InputResponseRequestParams, name: str, field: str) -> str | None:
    """What the client filled into ``field`` of the form ``name``; None where it did not."""
    answer = (call.input_responses or {}).get(name)
    content = answer.content if isinstance(answer, types.ElicitResult) and answer.action == "accept" else None
    value = (content or {}).get(field)
    return None if value is None else str(value)
