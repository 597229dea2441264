"""What a caller hears when something is wrong: what to do next, and nothing of our inside."""

from __future__ import annotations

import json
import logging

import pytest
from mcp import MCPError
from mcp_types import INVALID_PARAMS

from fakes.clients import Connect, said
from fakes.tools import AWS_KEY

pytestmark = pytest.mark.anyio


async def test_an_unknown_tool_is_answered_with_the_ones_there_are(connect: Connect) -> None:
    async with connect() as client:
        with pytest.raises(MCPError, match=r"Unknown tool 'repaet'.*repeat, keep") as raised:
            await client.call_tool("repaet", {})
    assert raised.value.error.code == INVALID_PARAMS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "word: Field required"),
        ({"word": "a", "wrod": "b"}, "wrod: Extra inputs are not permitted"),
        ({"word": ["a"]}, "word: Input should be a valid string (given: a list)"),
        ({"word": "a", "times": "many"}, "times: Input should be a valid integer"),
        ({"word": "a", "times": -1}, "times: Input should be greater than or equal to 0"),
        ({"word": "a" * 201}, "word: String should have at most 200 characters"),
    ],
)
async def test_wrong_arguments_are_named_with_what_there_is_to_give(
    connect: Connect, arguments: dict[str, object], message: str
) -> None:
    async with connect() as client:
        result = await client.call_tool("repeat", arguments)
    assert result.is_error
    assert message in said(result)
    assert said(result).endswith("It takes: word (required), times.")
    assert len(said(result)) < 500


async def test_a_failure_of_the_tree_is_told_as_it_is(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("refuse", {"word": "s_12"})
    assert result.is_error
    assert said(result) == "No open session 's_12'. Call open_page first."
    assert result.structured_content is None


@pytest.mark.parametrize("tool", ["stumble", "misspell"])
async def test_a_fault_of_ours_says_nothing_about_our_inside(
    connect: Connect, tool: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        async with connect() as client:
            result = await client.call_tool(tool, {"word": "x"})
    assert result.is_error
    assert "not your arguments" in said(result)
    for inside in ("/srv", AWS_KEY, "Traceback", "WordOutput", "takes these arguments", "validation error"):
        assert inside not in said(result)
    assert any(record.exc_info for record in caplog.records), "whoever runs the server must find it in the log"


async def test_an_artifact_that_went_meanwhile_does_not_spoil_the_result(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("lose", {"word": "still here"})
    assert not result.is_error
    assert said(result) == "still here"
    assert len(result.content) == 1


async def test_secrets_on_a_page_are_in_neither_text_nor_structure(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("look", {"word": AWS_KEY})
    assert said(result) == "The page says [secret]"
    assert AWS_KEY not in json.dumps(result.structured_content)
    assert result.structured_content == {
        "url": "https://example.com/?key=[secret]",
        "notices": [],
        "word": "The page says [secret]",
    }


async def test_secrets_in_wrong_arguments_are_not_repeated(connect: Connect) -> None:
    secret = {"Authorization": "Bearer abcdefghijklmnopqrstuvwxyz"}
    async with connect() as client:
        mistyped = await client.call_tool("repeat", {"word": secret})
        refused = await client.call_tool("refuse", {"word": AWS_KEY})
        cut = await client.call_tool("repeat", {"word": "x", "times": "x" * 60 + " Bearer abcdefghijklmnopqrstuvwxyz"})
    assert "abcdefghijkl" not in said(mistyped)
    assert AWS_KEY not in said(refused)
    assert "abcdef" not in said(cut)


async def test_results_with_content_from_outside_are_marked_as_untrusted(connect: Connect) -> None:
    async with connect() as client:
        seen = await client.call_tool("look", {"word": "x"})
        own = await client.call_tool("repeat", {"word": "x"})
    assert (seen.meta or {}).get("handlens/untrusted-content") is True
    assert "handlens/untrusted-content" not in (own.meta or {})


@pytest.mark.parametrize("uri", ["handlens://artifacts/AAAAAAAAAAAAAAAAAAAAAA/x.txt", "file:///etc/passwd", "nonsense"])
async def test_reading_what_is_no_artifact_is_an_error(connect: Connect, uri: str) -> None:
    async with connect() as client:
        with pytest.raises(MCPError, match="No artifact"):
            await client.read_resource(uri)
