"""A deed is asked of the control itself, what it is done to of its row; and what no word says is found by meaning."""

from __future__ import annotations

import pytest

from conftest import Serve
from fakes.locating import located
from handlens.kit import Kit
from handlens.locate import meaning

pytestmark = pytest.mark.anyio

PAGE = """<!doctype html><style>.toggle{display:block;width:36px;height:20px;background:red}</style>
<ul><li><a href="#r" id=k1>report.pdf</a> <button id=k2><i class="fas fa-download"></i></button></li>
<li><a href="#p" id=k3>plan.pdf</a> <button id=k4><i class="fas fa-download"></i></button></li></ul>
<div class=line><p>Email digest</p><div class="toggle on" id=k5 onclick="1"></div></div>
<div class=line><p>Weekly report</p><div class=toggle id=k6 onclick="1"></div></div>
<button id=k7 class=q-btn><i class=material-icons aria-hidden=true>delete_sweep</i></button>
<p>Humidity</p><button id=k8>Hand over</button><button id=k9>Settings</button>"""


async def test_what_is_done_to_a_thing_of_a_list_is_the_control_beside_it(kit: Kit, serve: Serve) -> None:
    assert await located(kit, serve, PAGE, "download plan.pdf", "下载 report.pdf") == ["k4", "k2"]


async def test_a_switch_that_is_only_drawn_is_named_by_the_text_beside_it(kit: Kit, serve: Serve) -> None:
    assert await located(kit, serve, PAGE, "the weekly report toggle", "turn off the email digest") == ["k6", "k5"]


async def test_an_icon_fonts_hidden_word_names_its_button(kit: Kit, serve: Serve) -> None:
    assert await located(kit, serve, PAGE, "the delete button") == ["k7"]


@pytest.mark.slow
@pytest.mark.skipif(not meaning.able(), reason="the extra `meaning` is not installed")
async def test_another_language_is_understood_by_meaning(kit: Kit, serve: Serve) -> None:
    assert await located(kit, serve, PAGE, "Einstellungen", "ajustes") == ["k9", "k9"]
