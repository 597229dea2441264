"""A description of several clicks in a row is carried out one click a call, in its order."""

from __future__ import annotations

import pytest

from conftest import Serve
from handlens.click_described_element import ClickDescribedElementInput, click_described_element
from handlens.kit import Kit
from handlens.locate.steps import steps
from handlens.open_page import OpenPageInput, open_page

MENU = """<!doctype html><p id=task>%s</p>
<button onclick="list.hidden=!list.hidden">Menu</button>
<ul id=list role=menu hidden><li role=menuitem onclick="document.title='saved'"><i class="ui-icon ui-icon-disk"></i>Keep
<li role=menuitem onclick="document.title='zoomed'"><i class="ui-icon ui-icon-zoomin"></i>Closer</ul>"""


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ('Click the "Menu" button, and then click Print', ['Click the "Menu" button', "click Print"]),
        ("打开菜单，然后点击打印", ["打开菜单", "点击打印"]),
        ('the link "Wait, then click again"', ['the link "Wait, then click again"']),
        ("the If then else block", ["the If then else block"]),
    ],
)
def test_a_row_of_clicks_is_taken_apart_where_another_act_begins(description: str, expected: list[str]) -> None:
    assert steps(description) == expected


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("description", "shown", "title"),
    [
        ("Click the Menu button, and then click Closer", "", "zoomed"),
        (
            "Click the Menu button, and then find and click on the item with the icon.",
            "Click the Menu button, and then find and click on the item with the <i class='ui-icon ui-icon-disk'></i> "
            "icon.",
            "saved",
        ),
    ],
)
async def test_each_call_does_the_next_step(kit: Kit, serve: Serve, description: str, shown: str, title: str) -> None:
    session = (await open_page(OpenPageInput(url=serve(MENU % shown)), kit)).session_id
    request = ClickDescribedElementInput(session_id=session, description=description)
    first = await click_described_element(request, kit)
    second = await click_described_element(request, kit)
    async with kit.browser.page(kit.caller, session_id=session) as opened:
        told = await opened.page.title()
    assert (first.target and first.target.name, second.outcome, told) == ("Menu", "clicked", title)
