"""The server that the official conformance suite asks for: tools, resources and prompts of fixed names.

Run as ``python fixture.py``, it stands behind the same app factory as handlens itself, on a free loopback port that it
prints.
"""

from __future__ import annotations

import asyncio
import json
import socket
import warnings
from typing import Any

import input_required  # noqa: F401 - its tools come into the toolbox
import mcp_types as types
import uvicorn
from calls import bus
from mcp.server.caching import CacheHint
from mcp.server.lowlevel import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.subscriptions import ListenHandler
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError
from toolbox import PNG, Call, Context, Result, arguments, embedded, filled, form, needs, tools

from handlens_server.auth import admission
from handlens_server.http import mcp_app
from handlens_server.settings import Settings

NAME = "conformance"
RESOURCES: dict[str, types.TextResourceContents | types.BlobResourceContents] = {
    "test://static-text": types.TextResourceContents(
        uri="test://static-text",
        mime_type="text/plain",
        text="This is the content of the static text resource.",
    ),
    "test://static-binary": types.BlobResourceContents(uri="test://static-binary", mime_type="image/png", blob=PNG),
    "test://watched-resource": types.TextResourceContents(
        uri="test://watched-resource", mime_type="text/plain", text="Watched resource content"
    ),
}
PROMPTS = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
    "test_input_required_result_prompt": (),
}


async def list_tools(_: Context, __: Any) -> types.ListToolsResult:
    declared = [types.Tool(name=name, description=name, input_schema=arguments[name]) for name in tools]
    return types.ListToolsResult(tools=declared)


async def call_tool(context: Context, call: Call) -> Result:
    if call.name not in tools:
        raise MCPError(types.INVALID_PARAMS, f"Unknown tool {call.name!r}")
    return await tools[call.name](context, call)


async def list_resources(_: Context, __: Any) -> types.ListResourcesResult:
    found = [types.Resource(uri=uri, name=uri, mime_type=part.mime_type) for uri, part in RESOURCES.items()]
    return types.ListResourcesResult(resources=found)


async def list_templates(_: Context, __: Any) -> types.ListResourceTemplatesResult:
    template = types.ResourceTemplate(
        uri_template="test://template/{id}/data", name="template", mime_type="application/json"
    )
    return types.ListResourceTemplatesResult(resource_templates=[template])


async def read_resource(_: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
    uri = str(params.uri)
    if uri in RESOURCES:
        return types.ReadResourceResult(contents=[RESOURCES[uri]])
    place, _, tail = uri.removeprefix("test://template/").partition("/")
    if uri.startswith("test://template/") and tail == "data":
        text = json.dumps({"id": place, "templateTest": True, "data": f"Data for ID: {place}"})
        contents = types.TextResourceContents(uri=uri, mime_type="application/json", text=text)
        return types.ReadResourceResult(contents=[contents])
    raise MCPError(types.INVALID_PARAMS, f"No resource {uri}", {"uri": uri})


async def subscribe(_: Context, __: Any) -> types.EmptyResult:
    return types.EmptyResult()


async def list_prompts(_: Context, __: Any) -> types.ListPromptsResult:
    prompts = [
        types.Prompt(
            name=name,
            description=name,
            arguments=[types.PromptArgument(name=field, required=True) for field in fields],
        )
        for name, fields in PROMPTS.items()
    ]
    return types.ListPromptsResult(prompts=prompts)


async def get_prompt(
    _: Context, params: types.GetPromptRequestParams
) -> types.GetPromptResult | types.InputRequiredResult:
    given = params.arguments or {}
    parts: list[types.ContentBlock]
    match params.name:
        case "test_simple_prompt":
            parts = [types.TextContent(text="This is a simple prompt for testing.")]
        case "test_prompt_with_arguments":
            text = f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'"
            parts = [types.TextContent(text=text)]
        case "test_prompt_with_embedded_resource":
            resource = embedded(given["resourceUri"], "text/plain", "Embedded resource content for testing.")
            parts = [resource, types.TextContent(text="Please process the embedded resource above.")]
        case "test_prompt_with_image":
            picture = types.ImageContent(data=PNG, mime_type="image/png")
            parts = [picture, types.TextContent(text="Please analyze the image above.")]
        case "test_input_required_result_prompt":
            context = filled(params, "user_context", "context")
            if context is None:
                return needs(user_context=form("What context should the prompt use?", context="string"))
            parts = [types.TextContent(text=f"Prompt with context: {context}")]
        case _:
            raise MCPError(types.INVALID_PARAMS, f"Unknown prompt {params.name!r}")
    return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=part) for part in parts])


async def complete(_: Context, __: types.CompleteRequestParams) -> types.CompleteResult:
    return types.CompleteResult(completion=types.Completion(values=[], total=0, has_more=False))


def fixture_server() -> Server[Any]:
    """Everything above, as a server."""
    hint = CacheHint(ttl_ms=300_000, scope="public")
    methods = ("tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read")
    server: Server[Any] = Server(
        NAME,
        version="1",
        cache_hints=dict.fromkeys(methods, hint),  # type: ignore[arg-type]
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
        on_subscribe_resource=subscribe,
        on_unsubscribe_resource=subscribe,
        on_subscriptions_listen=ListenHandler(bus),
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
        on_completion=complete,
        on_set_logging_level=subscribe,
    )
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=NAME))
    return server


async def main() -> None:
    settings = Settings.model_validate({"transport": "http"})
    app = mcp_app(fixture_server(), settings, admission(settings.http), [])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp", flush=True)
        await uvicorn.Server(uvicorn.Config(app, log_level="warning")).serve([listener])


if __name__ == "__main__":
    warnings.simplefilter("ignore", MCPDeprecationWarning)  # the suite tests what is deprecated, too
    asyncio.run(main())
