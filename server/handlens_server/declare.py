"""From a `Tool` to its MCP declaration: derived, and as short as its meaning allows, for every host pays for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlens.tool import AnyTool

if TYPE_CHECKING:
    import mcp_types as types

_DROPPED = ("title", "maxLength", "maxItems", "additionalProperties")
_BOUNDS = ("minLength", "minItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
"""Told when broken, by the error; a model that reads all of them before each call pays for nothing."""


def declared(tool: AnyTool) -> dict[str, Any]:
    """What a host is shown of ``tool``, as it goes over the wire."""
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": input_schema(tool),
        "outputSchema": output_schema(tool),
        "annotations": {
            "readOnlyHint": tool.hints.read_only,
            "destructiveHint": tool.hints.destructive,
            "idempotentHint": tool.hints.idempotent,
            "openWorldHint": tool.hints.open_world,
        },
    }


def declaration(tool: AnyTool) -> types.Tool:
    """The same for the MCP SDK."""
    import mcp_types as types

    return types.Tool.model_validate(declared(tool))


def input_schema(tool: AnyTool) -> dict[str, Any]:
    """JSON schema of the arguments, references resolved: not every host follows them."""
    schema = tool.input.model_json_schema()
    return {**_short(schema, schema.get("$defs", {}), inline=True), "additionalProperties": False}


def output_schema(tool: AnyTool) -> dict[str, Any]:
    """JSON schema of the structured result."""
    schema = tool.output.model_json_schema(mode="serialization")
    short = _short(schema, {}, inline=False)
    if definitions := schema.get("$defs"):
        parts = {name: _short(part, {}, inline=False) for name, part in definitions.items()}
        told = ("description", "required")  # of what is nested, a program needs the shape
        short["$defs"] = {name: {k: v for k, v in part.items() if k not in told} for name, part in parts.items()}
    return short


def _short(schema: dict[str, Any], definitions: dict[str, Any], *, inline: bool) -> dict[str, Any]:
    if inline and "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    short: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _DROPPED or key == "$defs" or (inline and key in _BOUNDS):
            continue
        if key == "properties":
            short[key] = {name: _short(part, definitions, inline=inline) for name, part in value.items()}
        elif key == "items" or (key == "additionalProperties" and isinstance(value, dict)):
            short[key] = _short(value, definitions, inline=inline)
        elif key == "anyOf":
            short |= _alternatives([_short(part, definitions, inline=inline) for part in value], optional_hidden=inline)
        elif key == "default" and (value in (None, [], {}, False) or isinstance(value, dict) or not inline):
            continue
        else:
            short[key] = value
    return short


def _alternatives(parts: list[dict[str, Any]], *, optional_hidden: bool) -> dict[str, Any]:
    """An input that may be null is simply optional; an output that may be null must say so."""
    real = [part for part in parts if part != {"type": "null"}]
    if len(real) == len(parts) or (len(real) > 1 and not optional_hidden):
        return {"anyOf": parts}
    if optional_hidden:
        return real[0] if len(real) == 1 else {"anyOf": real}
    if isinstance(real[0].get("type"), str) and "enum" not in real[0]:
        return {**real[0], "type": [real[0]["type"], "null"]}
    return {"anyOf": parts}
