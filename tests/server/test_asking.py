"""Where the client can ask the person, an unsure or dangerous click is asked about, in both eras of the protocol."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import mcp_types as types
import pytest
from mcp import Client

from conftest import Serve
from handlens.kit import Kit
from handlens.locate.policy import ActPolicy
from handlens.registry import ALL_TOOLS
from handlens_server.app import App

pytestmark = pytest.mark.anyio

TWINS = """<body><button onclick="document.title='first'">Save</button><p>Other</p>
<button onclick="document.title='second'">Save</button>"""
DELETE = """<body><button onclick="document.title='gone'">Delete account</button>"""
Answer = Callable[[list[str]], str | None]


class Person:
    """Answers each question by ``answer``, which gets the options; None declines."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[str] = []

    async def __call__(self, _: Any, params: Any) -> types.ElicitResult:
        self.asked.append(params.message)
        chosen = self._answer(params.requested_schema["properties"]["answer"]["enum"])
        if chosen is None:
            return types.ElicitResult(action="decline")
        return types.ElicitResult(action="accept", content={"answer": chosen})


@contextlib.asynccontextmanager
async def connected(kit: Kit, era: str, person: Person | None, **acting: Any) -> AsyncIterator[Client]:
    served = replace(kit, acting=ActPolicy.model_validate(acting))

    async def the_kit() -> Kit:
        return served

    async with Client(App(ALL_TOOLS, the_kit).server(), mode=era, elicitation_callback=person) as client:
        yield client


async def click(client: Client, url: str, description: str) -> tuple[dict[str, Any], str]:
    page = (await client.call_tool("open_page", {"url": url})).structured_content
    assert page is not None
    arguments = {"session_id": page["session_id"], "description": description}
    result = await client.call_tool("click_described_element", arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    looked = await client.call_tool("describe_page", {"session_id": page["session_id"]})
    assert looked.structured_content is not None
    return result.structured_content, looked.structured_content["title"]


async def test_the_person_says_which_of_two_is_meant(kit: Kit, serve: Serve, era: str) -> None:
    person = Person(lambda options: options[1])
    async with connected(kit, era, person) as client:
        answer, title = await click(client, serve(TWINS), "Save")
    assert (answer["outcome"], title) == ("clicked", "second")
    assert "chosen" in answer["target"]["because"]
    assert len(person.asked) == 1
    assert "'Save'" in person.asked[0]


@pytest.mark.parametrize("said", [None, "none of these"])
async def test_a_person_who_means_none_of_them_gets_them_as_a_result(
    kit: Kit, serve: Serve, era: str, said: str | None
) -> None:
    async with connected(kit, era, Person(lambda _: said)) as client:
        answer, title = await click(client, serve(TWINS), "Save")
    assert (answer["outcome"], len(answer["candidates"])) == ("ambiguous", 2)
    assert title == ""


async def test_a_client_that_cannot_ask_gets_the_candidates(kit: Kit, serve: Serve, era: str) -> None:
    async with connected(kit, era, None, confirm="destructive") as client:
        answer, _ = await click(client, serve(TWINS), "Save")
        assert answer["outcome"] == "ambiguous"
        answer, title = await click(client, serve(DELETE), "Delete account")
    assert (answer["outcome"], title) == ("needs_confirmation", "")


@pytest.mark.parametrize(("said", "outcome"), [("yes, do it", "clicked"), ("no", "needs_confirmation")])
async def test_the_person_agrees_to_what_looks_destructive_or_not(
    kit: Kit, serve: Serve, era: str, said: str, outcome: str
) -> None:
    person = Person(lambda _: said)
    async with connected(kit, era, person, confirm="destructive") as client:
        answer, title = await click(client, serve(DELETE), "Delete account")
    assert answer["outcome"] == outcome
    assert title == ("gone" if outcome == "clicked" else "")
    assert person.asked == [person.asked[0]]
    assert "Delete account" in person.asked[0]


async def test_two_questions_in_one_call_are_both_answered(kit: Kit, serve: Serve, era: str) -> None:
    page = DELETE.replace("<body>", "<body><button onclick=\"document.title='other'\">Delete account</button>")
    person = Person(lambda options: "yes, do it" if "no" in options else options[0])
    async with connected(kit, era, person, confirm="destructive") as client:
        answer, title = await click(client, serve(page), "Delete account")
    assert (answer["outcome"], title) == ("clicked", "other")
    assert len(person.asked) == 2


async def test_nobody_is_asked_where_the_settings_say_so(kit: Kit, serve: Serve, era: str) -> None:
    person = Person(lambda options: options[0])
    async with connected(kit, era, person, ask=False) as client:
        answer, _ = await click(client, serve(TWINS), "Save")
    assert (answer["outcome"], person.asked) == ("ambiguous", [])


SEND = """<body><form onsubmit="document.title='gone';return false">
<input aria-label=Amount><button>Pay now</button></form>
<button id=b onclick="document.title='gone'">Delete account</button><button>Help</button><textarea>x</textarea>"""


@pytest.mark.parametrize(
    ("description", "key", "said"),
    [
        ("Delete account", "Enter", "yes, do it"),
        ("Delete account", "Enter", "no"),
        ("Delete account", "Space", "unasked"),
        ("Amount", "Enter", "yes, do it"),
        ("Amount", "Control+Enter", "unasked"),
    ],
)
async def test_a_key_that_presses_what_looks_destructive_is_asked_about_as_a_click_is(
    kit: Kit, serve: Serve, description: str, key: str, said: str
) -> None:
    person = None if said == "unasked" else Person(lambda _: said)
    async with connected(kit, "auto", person, confirm="destructive") as client:
        page = (await client.call_tool("open_page", {"url": serve(SEND)})).structured_content
        assert page is not None
        arguments = {"session_id": page["session_id"], "keys": [key], "description": description}
        answer = await client.call_tool("press_keys", arguments)
        looked = await client.call_tool("describe_page", {"session_id": page["session_id"]})
        assert looked.structured_content is not None
    assert answer.is_error == (said != "yes, do it")
    assert looked.structured_content["title"] == ("gone" if said == "yes, do it" else "")


@pytest.mark.parametrize(("description", "key"), [("Help", "Enter"), ("the text area", "Enter"), ("Amount", "Space")])
async def test_other_keys_are_pressed_unasked(kit: Kit, serve: Serve, description: str, key: str) -> None:
    async with connected(kit, "auto", None, confirm="destructive") as client:
        page = (await client.call_tool("open_page", {"url": serve(SEND)})).structured_content
        assert page is not None
        arguments = {"session_id": page["session_id"], "keys": [key], "description": description}
        answer = await client.call_tool("press_keys", arguments)
    assert not answer.is_error, answer.content
