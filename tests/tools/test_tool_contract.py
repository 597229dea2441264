"""What holds for every tool, and what a declaration must have."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import Field, ValidationError

import handlens.errors
import handlens.testing.pages
from handlens.kit import Kit
from handlens.registry import ALL_TOOLS
from handlens.tool import AnyTool, Picture, ToolInput, ToolOutput, tool

HEAVY = ("playwright", "PIL", "numpy", "onnxruntime", "cv2", "pypdfium2", "rapidocr", "sqlalchemy", "mcp", "httpx2")

each_tool = pytest.mark.parametrize("each", ALL_TOOLS, ids=lambda each: each.name)


def fields(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in schema.get("properties", {}).items():
        yield name, field
        for part in (field, *field.get("anyOf", ()), field.get("items", {})):
            if "$ref" in part:
                yield from fields(definitions[part["$ref"].rpartition("/")[2]], definitions)


@each_tool
def test_every_argument_is_described(each: AnyTool) -> None:
    schema = each.input.model_json_schema()
    for name, field in schema.get("properties", {}).items():
        referenced = schema.get("$defs", {}).get(field.get("$ref", "").rpartition("/")[2], {})
        assert field.get("description") or referenced.get("description"), f"{each.name}.{name}"


@each_tool
def test_the_arguments_are_one_flat_object(each: AnyTool) -> None:
    schema = each.input.model_json_schema()
    assert schema["type"] == "object"
    assert not {"anyOf", "oneOf", "allOf"} & schema.keys()
    assert each.input.model_config.get("extra") == "forbid"
    assert each.input.model_config.get("frozen")


@each_tool
def test_strings_and_lists_that_a_caller_sends_have_a_bound(each: AnyTool) -> None:
    schema = each.input.model_json_schema()
    for name, field in fields(schema, schema.get("$defs", {})):
        for part in (field, *field.get("anyOf", ())):
            if part.get("type") == "string" and "enum" not in part:
                assert "maxLength" in part, f"{each.name}.{name}"
            if part.get("type") == "array":
                assert "maxItems" in part, f"{each.name}.{name}"


@each_tool
def test_names_titles_and_descriptions_are_short_and_say_something(each: AnyTool) -> None:
    assert each.name == each.name.lower() == each.function.__name__
    assert 3 <= len(each.title) <= 40
    assert 20 <= len(each.description) <= 250
    assert "\n" not in each.description


@each_tool
def test_what_only_reads_destroys_nothing(each: AnyTool) -> None:
    hints = each.hints
    assert all(isinstance(value, bool) for value in (hints.read_only, hints.destructive, hints.idempotent))
    assert not (hints.read_only and hints.destructive)
    assert each.untrusted or not hints.open_world


@each_tool
def test_results_say_text_and_are_frozen(each: AnyTool) -> None:
    assert each.output.text is not ToolOutput.text
    assert each.output.model_config.get("extra") == "forbid"
    assert inspect.iscoroutinefunction(each.function)


def test_no_two_tools_share_a_name() -> None:
    names = [each.name for each in ALL_TOOLS]
    assert len(names) == len(set(names))


def test_importing_the_registry_imports_nothing_heavy() -> None:
    code = f"import sys, handlens.registry; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []


class GreetInput(ToolInput):
    name: str = Field(description="Whom to greet.", max_length=50)


class GreetOutput(ToolOutput):
    greeting: str

    def text(self) -> str:
        return self.greeting


HINTS = {"read_only": True, "destructive": False, "idempotent": True, "open_world": False, "untrusted": False}


def test_a_declaration_takes_its_name_and_description_from_the_function() -> None:
    @tool(title="Greet", **HINTS)
    async def greet(request: GreetInput, kit: Kit) -> GreetOutput:
        """Greet somebody
        by name.

        This is for readers of the source.
        """
        return GreetOutput(greeting=f"Hello {request.name}")

    assert (greet.name, greet.description) == ("greet", "Greet somebody by name.")
    assert (greet.input, greet.output) == (GreetInput, GreetOutput)


def test_an_undocumented_or_untyped_function_is_no_tool() -> None:
    async def silent(request: GreetInput, kit: Kit) -> GreetOutput:
        return GreetOutput(greeting="")

    async def loose(request: dict[str, str], kit: Kit) -> GreetOutput:
        """Take anything."""
        return GreetOutput(greeting="")

    async def vague(request: GreetInput, kit: Kit) -> str:
        """Return anything."""
        return ""

    for function, why in ((silent, "docstring"), (loose, "ToolInput"), (vague, "ToolOutput")):
        with pytest.raises(TypeError, match=why):
            tool(title="Wrong", **HINTS)(function)  # type: ignore[arg-type]


def test_a_hint_that_is_not_stated_is_an_error() -> None:
    with pytest.raises(TypeError, match="open_world"):
        tool(title="Greet", read_only=True, destructive=False, idempotent=True, untrusted=False)  # type: ignore[call-arg]


def test_arguments_that_nobody_declared_are_refused() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        GreetInput.model_validate({"name": "Ann", "nmae": "Bob"})


def test_pictures_are_no_part_of_the_structured_result() -> None:
    output = GreetOutput(greeting="Hi").with_pictures(Picture(b"png"))
    assert output.pictures() == (Picture(b"png"),)
    assert output.model_dump() == {"greeting": "Hi"}


@pytest.mark.parametrize("module", [handlens.errors, handlens.testing.pages])
def test_what_a_module_offers_is_listed(module: Any) -> None:
    own = {name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
    public = {name for name in own if not name.startswith("_")}
    assert public | {"Page"} == set(module.__all__) | {"Page"}
    assert list(module.__all__) == sorted(module.__all__)


def test_every_failure_hangs_on_one_root() -> None:
    for name in handlens.errors.__all__:
        assert issubclass(getattr(handlens.errors, name), handlens.errors.HandlensError)
        assert name in (handlens.errors.__doc__ or "")
