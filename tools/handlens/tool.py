"""What a tool is: an async function of a described input and a `Kit`, declared once.

    class GreetInput(ToolInput):
        name: str = Field(description="Whom to greet.")

    class GreetOutput(ToolOutput):
        greeting: str = Field(description="The greeting.")

        def text(self) -> str:
            return self.greeting

    @tool(title="Greet", read_only=True, destructive=False, idempotent=True, open_world=False, untrusted=False)
    async def greet(request: GreetInput, kit: Kit) -> GreetOutput:
        '''Greet somebody by name.'''
        return GreetOutput(greeting=f"Hello {request.name}")

The name comes from the function, the description from the first paragraph of its docstring. Whoever serves tools
(an MCP server, a script) derives its own declaration from the `Tool`; nothing is declared twice.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, PrivateAttr

if TYPE_CHECKING:
    from handlens.kit import Kit


class ToolInput(BaseModel):
    """What a caller sends. Every field has a description; units are in its name or there."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded image for a host to show. ``media_type`` is image/png, image/jpeg or image/webp."""

    data: bytes
    media_type: str = "image/png"


class ToolOutput(BaseModel):
    """What a caller gets: fields for programs, `text` for a model to read, `pictures` for a host to show."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    _pictures: tuple[Picture, ...] = PrivateAttr(default=())

    def text(self) -> str:
        """A short account for a model."""
        raise TypeError(f"{type(self).__name__} must say text()")

    def characters(self) -> int:
        """How many characters a host gets inline: text and structure, the latter as JSON with a space after , and :"""
        return len(self.text()) + len(json.dumps(self.model_dump(mode="json"), ensure_ascii=False))

    def pictures(self) -> tuple[Picture, ...]:
        return self._pictures

    def with_pictures(self, *pictures: Picture) -> Self:
        """Attach what `pictures` returns; they are no part of the structured output."""
        self._pictures = pictures
        return self

    def artifacts(self) -> tuple[str, ...]:
        """URIs of the artifacts that this result speaks of, to be offered as links."""
        return ()


InputT = TypeVar("InputT", bound=ToolInput)
OutputT = TypeVar("OutputT", bound=ToolOutput)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a host may rely on before it asks the person; see MCP's tool annotations."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool


@dataclass(frozen=True, slots=True)
class Tool(Generic[InputT, OutputT]):
    """A declared tool. Call it with its input and a kit: ``await open_page(OpenPageInput(url=…), kit)``."""

    name: str
    title: str
    description: str
    input: type[InputT]
    output: type[OutputT]
    hints: Hints
    untrusted: bool
    """Whether results carry content of a page, a console or a document, which is data and never instructions."""
    function: Callable[[InputT, Kit], Awaitable[OutputT]]

    async def __call__(self, request: InputT, kit: Kit) -> OutputT:
        return await self.function(request, kit)


AnyTool = Tool[Any, Any]


def tool(
    *, title: str, read_only: bool, destructive: bool, idempotent: bool, open_world: bool, untrusted: bool
) -> Callable[[Callable[[InputT, Kit], Awaitable[OutputT]]], Tool[InputT, OutputT]]:
    """Declare a tool. Every hint is stated, none is defaulted.

    Raises:
        TypeError: the function is not documented, or its first argument and result are not a `ToolInput` and a
            `ToolOutput`.
    """
    hints = Hints(read_only=read_only, destructive=destructive, idempotent=idempotent, open_world=open_world)

    def declare(function: Callable[[InputT, Kit], Awaitable[OutputT]]) -> Tool[InputT, OutputT]:
        name = getattr(function, "__name__", "?")
        documentation = inspect.getdoc(function)
        if not documentation:
            raise TypeError(f"tool {name} needs a docstring: its first paragraph is what a model reads")
        names = {"Kit": object, **getattr(function, "__globals__", {})}
        types = get_type_hints(function, globalns=names)
        request, result = types.get("request"), types.get("return")
        if not (isinstance(request, type) and issubclass(request, ToolInput)):
            raise TypeError(f"tool {name} takes `request: <a ToolInput>` first")
        if not (isinstance(result, type) and issubclass(result, ToolOutput)):
            raise TypeError(f"tool {name} returns a ToolOutput")
        return Tool(
            name=name,
            title=title,
            description=" ".join(documentation.split("\n\n")[0].split()),
            input=cast("Any", request),
            output=cast("Any", result),
            hints=hints,
            untrusted=untrusted,
            function=cast("Callable[[Any, Kit], Awaitable[Any]]", function),
        )

    return declare
