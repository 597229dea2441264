"""`--engine host`: the client's own model is asked where the client offers it, and checked before it is believed."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import mcp_types as types
import pytest
from mcp import Client
from pydantic import Field

from fakes.looking import find_square
from fakes.real_engine import frame
from handlens.eye.protocol import EyeLimits
from handlens.kit import Kit
from handlens.tool import AnyTool, ToolInput, ToolOutput, tool
from handlens_server.app import App
from handlens_server.sampling import HostEyes

pytestmark = pytest.mark.anyio


class LookInput(ToolInput):
    question: str = Field(description="What to ask.")


class LookOutput(ToolOutput):
    words: str = Field(description="What the model said.")
    model: str = Field(description="Which model.")

    def text(self) -> str:
        return self.words


@tool(title="Look", read_only=True, destructive=False, idempotent=True, open_world=False, untrusted=False)
async def look(request: LookInput, kit: Kit) -> LookOutput:
    """Ask the eye."""
    assert kit.eye is not None
    answer = await kit.eye.ask([frame(64, 64)], request.question, str, caller=kit.caller)
    return LookOutput(words=answer.value, model=answer.model)


def host(asked: list[str], *, in_pixels: bool = False) -> Callable[..., Any]:
    """A host's model that finds squares and answers anything else with the question."""

    async def sampling(_: Any, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
        content = params.messages[0].content
        assert isinstance(content, list)
        picture, text = content
        assert isinstance(picture, types.ImageContent)
        assert isinstance(text, types.TextContent)
        asked.append(text.text)
        checks = "square" in text.text
        words = find_square(base64.b64decode(picture.data), text.text, in_pixels=in_pixels) if checks else text.text
        return types.CreateMessageResult(role="assistant", content=types.TextContent(text=words), model="host-model")

    return sampling


@pytest.fixture
def server(kit: Kit) -> Callable[[], Any]:
    async def open_kit() -> Kit:
        return kit

    tools: tuple[AnyTool, ...] = (look,)  # type: ignore[assignment]
    return App(tools, open_kit, eye_of=HostEyes(EyeLimits()).eye).server


async def test_the_hosts_model_is_asked_with_the_picture_and_checked_once(server: Callable[[], Any]) -> None:
    asked: list[str] = []
    async with Client(server(), sampling_callback=host(asked), mode="legacy") as client:
        for question in ("What?", "Where?"):
            result = await client.call_tool("look", {"question": question})
            assert result.structured_content == {"words": question, "model": "host-model"}
    assert len(asked) == 3 + 2  # three drawn squares, then the two questions


async def test_a_model_that_answers_in_pixels_is_not_believed(server: Callable[[], Any]) -> None:
    async with Client(server(), sampling_callback=host([], in_pixels=True), mode="legacy") as client:
        result = await client.call_tool("look", {"question": "What?"})
    assert result.is_error
    assert "pixels of the picture" in result.content[0].text


async def test_a_client_without_sampling_is_told_what_to_use(server: Callable[[], Any]) -> None:
    async with Client(server(), mode="legacy") as client:
        result = await client.call_tool("look", {"question": "What?"})
    assert result.is_error
    assert "--engine vllm" in result.content[0].text


async def test_a_protocol_that_lost_sampling_is_told_what_to_use(server: Callable[[], Any]) -> None:
    async with Client(server(), sampling_callback=host([]), mode="2026-07-28") as client:
        result = await client.call_tool("look", {"question": "What?"})
    assert result.is_error
    assert "--engine" in result.content[0].text


async def test_a_person_who_says_no_is_heard(server: Callable[[], Any]) -> None:
    async def refuses(_: Any, params: types.CreateMessageRequestParams) -> types.ErrorData:
        return types.ErrorData(code=-1, message="the user declined")

    async with Client(server(), sampling_callback=refuses, mode="legacy") as client:
        result = await client.call_tool("look", {"question": "What?"})
    assert result.is_error
    assert "the user declined" in result.content[0].text
