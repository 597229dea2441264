"""What was found and proved right is known the next time, and forgotten as soon as the page is another."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import Serve, close_all
from handlens.click_described_element import (
    ClickDescribedElementInput,
    ClickDescribedElementOutput,
    click_described_element,
)
from handlens.errors import EyeUnavailable, TargetError
from handlens.geometry import Box
from handlens.kit import Kit
from handlens.locate.memory import Memory
from handlens.locate.tally import Tally
from handlens.open_page import OpenPageInput, open_page
from handlens.testing.pages import PageServer
from handlens.testing.pointing_eye import pointing
from handlens.testing.scripted_eye import ScriptedEye

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

TWINS = """<!doctype html><body>%s</body>"""
CARD = """<div class=card onclick="document.body.dataset.clicked='{name}'" style="cursor:pointer;width:120px;
height:80px;margin:20px;background:{colour}"></div>"""
CARDS = {"cat": "#a33", "dog": "#3a3", "fish": "#33a"}


def page(*names: str, extra: str = "") -> str:
    return TWINS % ("".join(CARD.format(name=name, colour=CARDS[name]) for name in names) + extra)


def seeing(kit: Kit, memory: Memory, place: Callable[[str], Box | None]) -> tuple[Kit, ScriptedEye]:
    eye = ScriptedEye([pointing(place)])
    return replace(kit, eye=eye, memory=memory, tally=Tally()), eye


async def click(kit: Kit, url: str, description: str, **more: Any) -> tuple[ClickDescribedElementOutput, str | None]:
    session = (await open_page(OpenPageInput(url=url), kit)).session_id
    request = ClickDescribedElementInput(session_id=session, description=description, **more)
    answer = await click_described_element(request, kit)
    async with kit.browser.page(kit.caller, session_id=session) as open_session:
        return answer, await open_session.page.evaluate("document.body.dataset.clicked || null")


def dog(_: str) -> Box:
    return Box(x=8, y=120, width=120, height=80)


async def test_the_second_run_asks_nobody(kit: Kit, serve: Serve, tmp_path: Path) -> None:
    url = serve(page("cat", "dog", "fish"))
    able, eye = seeing(kit, Memory(tmp_path), dog)
    assert (await click(able, url, "the picture of a dog"))[1] == "dog"
    asked = len(eye.asked)
    assert asked
    answer, clicked = await click(able, url, "the picture of a dog")
    assert (clicked, len(eye.asked), able.tally.recalled) == ("dog", asked, 1)
    assert answer.target is not None
    assert "remembered" in answer.target.because
    another, blind = seeing(kit, Memory(tmp_path), dog)
    blind.script = [EyeUnavailable("gone")]
    assert (await click(another, url, "the picture of a dog"))[1] == "dog"
    assert not blind.asked


async def test_a_folder_of_places_tells_nothing_of_the_page(kit: Kit, serve: Serve, tmp_path: Path) -> None:
    url = serve("""<body><button onclick="document.body.dataset.clicked='yes'">Confidential matter</button>""")
    able, _ = seeing(kit, Memory(tmp_path), dog)
    await click(able, url, "Confidential matter")
    (kept,) = tmp_path.glob("*/*.json")
    assert "onfidential" not in kept.read_text()
    assert "127.0.0.1" not in kept.read_text()
    assert json.loads(kept.read_text())["count"] == 1


@pytest.mark.parametrize(
    "changed",
    [page("dog", "cat", "fish"), page("cat", "fish"), page("cat", "dog", "fish", "dog"), page("cat", "fish", "fish")],
    ids=["moved", "gone", "another", "replaced"],
)
async def test_a_page_that_changed_is_looked_at_again(kit: Kit, site: PageServer, changed: str) -> None:
    site.pages["/p"] = page("cat", "dog", "fish")
    able, eye = seeing(kit, Memory(), dog)
    await click(able, site.url("/p"), "the picture of a dog")
    site.pages["/p"] = changed
    eye.script = ["[]"]
    before = len(eye.asked)
    answer, clicked = await click(able, site.url("/p"), "the picture of a dog")
    assert (clicked, answer.outcome in ("not_found", "ambiguous"), able.tally.recalled) == (None, True, 0)
    assert len(eye.asked) > before


async def test_a_choice_that_worked_needs_not_be_made_again(kit: Kit, serve: Serve) -> None:
    rows = "".join(
        f"""<li>{name} <button onclick="document.body.dataset.clicked='{name}'">Open</button></li>"""
        for name in ("Ann", "Bob")
    )
    url = serve(f"<body><ul>{rows}</ul>")
    able, eye = seeing(kit, Memory(), dog)
    eye.script = ["[]"]
    session = (await open_page(OpenPageInput(url=url), able)).session_id
    request = ClickDescribedElementInput(session_id=session, description="the open button")
    assert (await click_described_element(request, able)).outcome == "ambiguous"
    assert (await click_described_element(request.model_copy(update={"choice": 2}), able)).outcome == "clicked"
    asked = len(eye.asked)
    assert (await click(able, url, "the open button"))[1] == "Bob"
    assert len(eye.asked) == asked


async def test_what_did_not_do_what_it_should_is_forgotten(kit: Kit, serve: Serve) -> None:
    url = serve(page("cat", "dog", "fish"))
    able, eye = seeing(kit, Memory(), dog)
    await click(able, url, "the picture of a dog")
    with pytest.raises(TargetError, match="did not happen"):
        await click(able, url, "the picture of a dog", expect="navigation")
    before = len(eye.asked)
    await click(able, url, "the picture of a dog")
    assert len(eye.asked) > before


async def test_one_callers_places_are_not_anothers(kit: Kit, serve: Serve) -> None:
    url = serve(page("cat", "dog", "fish"))
    able, eye = seeing(kit, Memory(), dog)
    await click(able, url, "the picture of a dog")
    other = replace(able, caller=replace(able.caller, subject="bob"))
    asked = len(eye.asked)
    assert (await click(other, url, "the picture of a dog"))[1] == "dog"
    assert len(eye.asked) > asked
    await close_all(other)


async def test_a_broken_file_is_no_memory(kit: Kit, serve: Serve, tmp_path: Path) -> None:
    url = serve(page("cat", "dog", "fish"))
    able, _ = seeing(kit, Memory(tmp_path), dog)
    await click(able, url, "the picture of a dog")
    (kept,) = tmp_path.glob("*/*.json")
    kept.write_text('{"sort": 5')
    fresh, eye = seeing(kit, Memory(tmp_path), dog)
    assert (await click(fresh, url, "the picture of a dog"))[1] == "dog"
    assert eye.asked
