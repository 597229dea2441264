"""What hosts are shown of the tools. Descriptions and schemas are API: a change must be seen in review.

After a change that is meant:  python -m pytest tests/server/test_declarations.py --update-snapshots
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import mcp_types as types
import pytest

from handlens.registry import ALL_TOOLS
from handlens.tool import AnyTool
from handlens_server.declare import declaration
from handlens_server.greeting import DECLARATIONS, declarations
from handlens_server.on_demand import ToolsOnDemand

every_tool = pytest.mark.parametrize("tool", ALL_TOOLS, ids=lambda tool: tool.name)


def wire(tool: AnyTool) -> dict[str, Any]:
    return declaration(tool).model_dump(mode="json", by_alias=True, exclude_none=True)


@every_tool
def test_a_declaration_is_what_its_snapshot_says(tool: AnyTool, request: pytest.FixtureRequest) -> None:
    snapshot = DECLARATIONS / f"{tool.name}.json"
    text = json.dumps(wire(tool), indent=2, ensure_ascii=False) + "\n"
    if request.config.getoption("--update-snapshots"):
        snapshot.write_text(text, encoding="utf-8")
    told = f"If the change is meant: python -m pytest {Path(__file__).name} --update-snapshots, and review the diff."
    assert snapshot.is_file(), f"There is no snapshot of {tool.name}. {told}"
    assert text == snapshot.read_text(encoding="utf-8"), told


def test_no_snapshot_is_left_of_a_tool_that_went() -> None:
    assert {path.stem for path in DECLARATIONS.glob("*.json")} == {"all", *(tool.name for tool in ALL_TOOLS)}


def test_the_snapshots_are_listed_as_the_registry_has_the_tools(request: pytest.FixtureRequest) -> None:
    names = [tool.name for tool in ALL_TOOLS]
    if request.config.getoption("--update-snapshots"):
        (DECLARATIONS / "all.json").write_text(json.dumps(names, indent=2) + "\n", encoding="utf-8")
    assert [declared["name"] for declared in declarations()] == names


def test_what_a_model_reads_of_all_tools_is_short() -> None:
    keys = ("name", "title", "description", "inputSchema")
    shown = [json.dumps({key: value for key, value in wire(tool).items() if key in keys}) for tool in ALL_TOOLS]
    assert sum(map(len, shown)) <= 8_000
    assert sum(len(json.dumps(wire(tool))) for tool in ALL_TOOLS) <= 20_000


@every_tool
def test_a_tool_that_is_imported_when_it_is_called_is_the_one_of_the_registry(tool: AnyTool) -> None:
    assert ToolsOnDemand([tool.name])[tool.name] is tool


def test_a_name_that_is_no_tool_is_not_looked_for_among_the_modules() -> None:
    assert ToolsOnDemand(["open_page"]).get("geometry") is None


@every_tool
def test_every_hint_is_stated_and_none_contradicts(tool: AnyTool) -> None:
    hints = wire(tool)["annotations"]
    assert hints.pop("title") == tool.title
    assert set(hints) == {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}
    assert not (hints["readOnlyHint"] and hints["destructiveHint"])


@every_tool
def test_schemas_are_plain_enough_for_every_host(tool: AnyTool) -> None:
    declared = wire(tool)
    given, returned = declared["inputSchema"], declared["outputSchema"]
    assert given["type"] == returned["type"] == "object"
    assert "$ref" not in json.dumps(given), "not every host follows references in an input schema"
    assert not {"anyOf", "oneOf", "allOf"} & {*given, *returned}
    for schema in (given, returned):
        jsonschema.Draft202012Validator.check_schema(schema)


@every_tool
def test_every_field_of_the_input_is_described(tool: AnyTool) -> None:
    undescribed = [name for name, field in tool.input.model_fields.items() if not field.description]
    assert not undescribed


@every_tool
def test_the_declared_input_takes_exactly_what_the_tool_takes(tool: AnyTool) -> None:
    declared = wire(tool)["inputSchema"]
    assert set(declared["properties"]) == set(tool.input.model_fields)
    required = {name for name, field in tool.input.model_fields.items() if field.is_required()}
    assert set(declared.get("required", [])) == required


@every_tool
def test_every_field_of_the_output_is_declared(tool: AnyTool) -> None:
    assert set(wire(tool)["outputSchema"]["properties"]) == set(tool.output.model_fields)


@every_tool
def test_the_first_value_of_an_enum_is_its_default(tool: AnyTool) -> None:
    for name, schema in wire(tool)["inputSchema"]["properties"].items():
        default = tool.input.model_fields[name].default
        if "enum" in schema and isinstance(default, str):
            assert schema["enum"][0] == default


def test_names_fit_every_host() -> None:
    for tool in ALL_TOOLS:
        assert tool.name.isidentifier()
        assert len(f"mcp__handlens__{tool.name}") <= 64
        assert isinstance(declaration(tool), types.Tool)
