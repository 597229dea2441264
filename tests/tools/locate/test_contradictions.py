"""Descriptions that rule out what they name are declined, and negations that rule out something else are not."""

from __future__ import annotations

import pytest

from conftest import Serve
from handlens.click_described_element import ClickDescribedElementInput, click_described_element
from handlens.kit import Kit
from handlens.locate.query import parse
from handlens.open_page import OpenPageInput, open_page

PAGE = """<!doctype html><title>Settings</title><header><button>Search</button></header>
<label><input type=checkbox checked> News</label><label><input type=checkbox> Offers</label>
<button>Save</button><button>Save draft</button><button style="background:red">Stop</button>
<button disabled>Next</button><button aria-expanded=false>Details</button><a href="#x">Help</a>"""

CONTRADICTORY = (
    "Save but not Save",
    "the Save button that is not the Save button",
    "the red button that is not red",
    "保存但不是保存",
    "the Search button in the header, not in the header",
    "the unchecked checked checkbox News",
    "the checkbox News that is both checked and unchecked",
    "the News checkbox, checked but not checked",
    "未选中的已选中News复选框",
    "the checkbox News that is not checked",
    "the disabled News checkbox",
    "the enabled button Next",
    "the expanded button Details",
)
SOUND = {
    "Save, not Save draft": "Save",
    "the Help link, not the Help button": "Help",
    "the checkbox News that is checked": "News",
    "the checkbox Offers that is not checked": "Offers",
    "the unchecked checkbox Offers": "Offers",
    "the collapsed button Details": "Details",
    "已勾选的News复选框": "News",
}


@pytest.mark.anyio
@pytest.mark.slow
async def test_what_cannot_be_as_described_is_declined_and_what_can_be_is_found(kit: Kit, serve: Serve) -> None:
    session = (await open_page(OpenPageInput(url=serve(PAGE)), kit)).session_id

    async def located(description: str) -> str:
        request = ClickDescribedElementInput(session_id=session, description=description, dry_run=True)
        answer = await click_described_element(request, kit)
        return answer.target.name if answer.target is not None and answer.outcome == "dry_run" else ""

    assert {description: await located(description) for description in CONTRADICTORY} == dict.fromkeys(
        CONTRADICTORY, ""
    )
    assert {description: await located(description) for description in SOUND} == SOUND


@pytest.mark.parametrize(
    ("description", "states"),
    [
        ("the box that is not ticked", ("not checked",)),
        ("the field that is not enabled", ("disabled",)),
        ("the tab, not selected", ("not selected",)),
        ("the section which is currently expanded", ("expanded",)),
        ("the rows that are checked and disabled", ("checked", "disabled")),
    ],
)
def test_states_said_after_the_name_are_read(description: str, states: tuple[str, ...]) -> None:
    assert parse(description).states == states


@pytest.mark.parametrize(
    "description",
    ["Save, not Save as", "the icon, not the button", "the big star, not the small star", "Save, not that"],
)
def test_a_negation_of_something_else_rules_nothing_asked_for_out(description: str) -> None:
    assert not parse(description).names_nothing()
