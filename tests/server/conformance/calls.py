"""Tools for every kind of content, and for what may happen during a call."""

from __future__ import annotations

import json
from typing import Any

import mcp_types as types
from mcp.server.subscriptions import InMemorySubscriptionBus, PromptsListChanged, ToolsListChanged
from mcp.shared.exceptions import MCPError
from toolbox import PNG, WAV, Call, Context, Result, embedded, said, tool

bus = InMemorySubscriptionBus()


@tool()
async def simple_text(_: Context, __: Call) -> Result:
    return said("This is a simple text response for testing.")


@tool()
async def image_content(_: Context, __: Call) -> Result:
    return types.CallToolResult(content=[types.ImageContent(data=PNG, mime_type="image/png")])


@tool()
async def audio_content(_: Context, __: Call) -> Result:
    return types.CallToolResult(content=[types.AudioContent(data=WAV, mime_type="audio/wav")])


@tool()
async def embedded_resource(_: Context, __: Call) -> Result:
    text = "This is an embedded resource content."
    return types.CallToolResult(content=[embedded("test://embedded-resource", "text/plain", text)])


@tool()
async def multiple_content_types(_: Context, __: Call) -> Result:
    return types.CallToolResult(
        content=[
            types.TextContent(text="Multiple content types test:"),
            types.ImageContent(data=PNG, mime_type="image/png"),
            embedded("test://mixed-content-resource", "application/json", '{"test": "data", "value": 123}'),
        ]
    )


@tool()
async def error_handling(_: Context, __: Call) -> Result:
    text = types.TextContent(text="This tool intentionally returns an error for testing")
    return types.CallToolResult(content=[text], is_error=True)


@tool()
async def tool_with_logging(context: Context, _: Call) -> Result:
    for text in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await context.session.send_log_message("info", text, related_request_id=context.request_id)
    return said("Tool with logging executed successfully")


@tool()
async def logging_tool(context: Context, _: Call) -> Result:
    await context.session.send_log_message("info", "Logging", related_request_id=context.request_id)
    return said("Logged, if it was asked for")


@tool()
async def tool_with_progress(context: Context, _: Call) -> Result:
    for done in (0, 50, 100):
        await context.session.report_progress(done, 100, f"Completed step {done} of 100")
    return said("Progress reported")


@tool()
async def streaming_elicitation(context: Context, _: Call) -> Result:
    await context.session.report_progress(50, 100, "Half way")
    return said("Streaming complete")


@tool(prompt={"type": "string"})
async def sampling(context: Context, call: Call) -> Result:
    prompt = types.TextContent(text=(call.arguments or {})["prompt"])
    answer = await context.session.create_message(
        [types.SamplingMessage(role="user", content=prompt)], max_tokens=100, related_request_id=context.request_id
    )
    return said(f"LLM response: {getattr(answer.content, 'text', '')}")


async def elicited(context: Context, message: str, schema: dict[str, Any]) -> Result:
    answer = await context.session.elicit_form(message, schema, context.request_id)
    return said(f"Elicitation completed: action={answer.action}, content={json.dumps(answer.content or {})}")


@tool(message={"type": "string"})
async def elicitation(context: Context, call: Call) -> Result:
    response = {"type": "string", "description": "User's response"}
    schema = {"type": "object", "properties": {"response": response}, "required": ["response"]}
    return await elicited(context, (call.arguments or {})["message"], schema)


@tool()
async def elicitation_sep1034_defaults(context: Context, _: Call) -> Result:
    properties = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    return await elicited(context, "Review these defaults", {"type": "object", "properties": properties})


@tool()
async def elicitation_sep1330_enums(context: Context, _: Call) -> Result:
    values = ["option1", "option2", "option3"]
    titled = [{"const": value, "title": value.title()} for value in values]
    properties = {
        "untitledSingle": {"type": "string", "enum": values},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {"type": "string", "enum": values, "enumNames": ["One", "Two", "Three"]},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": values}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    }
    return await elicited(context, "Choose", {"type": "object", "properties": properties})


@tool()
async def missing_capability(context: Context, _: Call) -> Result:
    declared = context.session.client_capabilities
    if declared is None or declared.sampling is None:
        missing = {"requiredCapabilities": {"sampling": {}}}
        raise MCPError(types.MISSING_REQUIRED_CLIENT_CAPABILITY, "This tool needs sampling", missing)
    return said("The client can sample")


@tool()
async def trigger_tool_change(_: Context, __: Call) -> Result:
    await bus.publish(ToolsListChanged())
    return said("The list of tools is said to have changed")


@tool()
async def trigger_prompt_change(_: Context, __: Call) -> Result:
    await bus.publish(PromptsListChanged())
    return said("The list of prompts is said to have changed")
