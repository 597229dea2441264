"""From a `Tool` to its MCP declaration: derived, and as short as its meaning allows, for every host pays for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from handlens.tool import AnyTool

if TYPE_CHECKING:
    import mcp_types as types

_DROPPED = ("title", "default", "maxLength", "maxItems", "additionalProperties")
_BOUNDS = ("minLength", "minItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "required")
"""Told when broken, by the error; a model that reads all of them before each call pays for nothing."""
_GEOMETRY = ("Box", "Point", "Size")
"""The same in every result, and named as it is: x, y, width and height."""


def declared(tool: AnyTool) -> dict[str, Any]:
    """What a host is shown of ``tool``, as it goes over the wire."""
    return {
        "name": tool.name,
        "description": tool.description,
        "inputSchema": input_schema(tool),
        "outputSchema": output_schema(tool),
        "annotations": {
            "title": tool.title,
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
    """JSON schema of the arguments, references resolved: not every host follows them.

    Defaults are left out: the first value of an enum is its default, and descriptions name the others.
    """
    schema = tool.input.model_json_schema()
    short = _short(schema, schema.get("$defs", {}), inline=True)
    return short | {"required": schema["required"]} if "required" in schema else short


def output_schema(tool: AnyTool) -> dict[str, Any]:
    """JSON schema of the structured result: shapes alone, for programs; what they mean is said in the models."""
    schema = tool.output.model_json_schema(mode="serialization")
    short = _short(schema, {}, inline=False)
    if definitions := schema.get("$defs"):
        parts = {name: _short(part, {}, inline=False) for name, part in definitions.items()}
        direct = json.dumps(short["properties"])
        kept = {name: part for name, part in parts.items() if name not in _GEOMETRY or f'/{name}"' in direct}
        short["$defs"] = {name: _loose(part) for name, part in kept.items()}
    return short


def _loose(part: dict[str, Any]) -> dict[str, Any]:
    """A nested model without what is required of it, and with plain objects for boxes and points."""
    references = [f"#/$defs/{name}" for name in _GEOMETRY]
    properties = {
        name: {"type": "object"} if value.get("$ref") in references else value
        for name, value in part.get("properties", {}).items()
    }
    return {**{key: value for key, value in part.items() if key != "required"}, "properties": properties}


def _short(schema: dict[str, Any], definitions: dict[str, Any], *, inline: bool) -> dict[str, Any]:
    if inline and "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    short: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _DROPPED or key == "$defs" or key in (_BOUNDS if inline else ("description",)):
            continue
        if key == "properties":
            short[key] = {name: _short(part, definitions, inline=inline) for name, part in value.items()}
        elif key == "items" or (key == "additionalProperties" and isinstance(value, dict)):
            short[key] = _short(value, definitions, inline=inline)
        elif key == "anyOf":
            short |= _alternatives([_short(part, definitions, inline=inline) for part in value], optional_hidden=inline)
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
