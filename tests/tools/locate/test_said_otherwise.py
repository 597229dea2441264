"""What is said in other words than the page's, or of what the page only shows by where it stands."""

from __future__ import annotations

import pytest

from conftest import Serve
from fakes.locating import located
from handlens.kit import Kit

pytestmark = pytest.mark.anyio


def items(*rows: str) -> str:
    return "".join(f"<div class=entry><div>{row}</div></div>" for row in rows)


async def test_names_with_capitals_inside_are_one_word(kit: Kit, serve: Serve) -> None:
    page = items(
        "<span>Desk · Firefox</span><button id=d>Revoke</button>",
        "<span>iPhone 15 · Safari</span><button id=i>Revoke</button>",
    )
    page += "<a href=#g id=g>GitHub mirror</a> <a href=#h id=h>Hub status</a> <button id=u>userName rules</button>"
    assert await located(
        kit, serve, page, "revoke the one on the iPhone", "the github link", "the user name rules"
    ) == ["i", "g", "u"]


async def test_whoever_starts_a_new_one_presses_what_says_new(kit: Kit, serve: Serve) -> None:
    page = "<a href=#c id=c>Chat 3</a> <button id=n>New chat</button> <textarea aria-label=Message></textarea>"
    assert await located(kit, serve, page, "start a new chat") == ["n"]


async def test_to_view_something_is_to_press_what_is_called_so(kit: Kit, serve: Serve) -> None:
    page = "<a href=#h id=h>History</a> <a href=#s>Site</a> <button>View site map</button>"
    assert await located(kit, serve, page, "view the history", "查看历史记录") == ["h", "h"]


async def test_a_switch_of_the_theme_is_meant_before_a_page_about_it(kit: Kit, serve: Serve) -> None:
    page = "<label><input type=radio name=t id=d> Dark</label><label><input type=radio name=t> Light</label>"
    page += "<a href=#a id=a>Appearance</a>"
    assert await located(kit, serve, page, "dark theme") == ["d"]


async def test_a_field_is_named_by_the_heading_that_explains_it(kit: Kit, serve: Serve) -> None:
    page = """<nav><a href=#1>Plans</a></nav><h3>Email</h3><p>Invoices will be sent to it.</p>
    <div><input id=e value="rosa@example.org"> <button>Change</button></div><h3>Password</h3><button>Set</button>"""
    assert await located(kit, serve, page, "the e-mail address") == ["e"]


async def test_what_authors_call_red_need_not_be_red(kit: Kit, serve: Serve) -> None:
    page = """<style>button{background:#ddd;color:#000} #r{background:#c00}</style>
    <button class="red-ui-button" id=a>Alpha</button><button class="red-ui-button" id=b>Beta</button>
    <button class="ui-button" id=r>Gamma</button>"""
    assert await located(kit, serve, page, "the red button") == ["r"]


async def test_the_pages_of_a_table_stand_beside_it(kit: Kit, serve: Serve) -> None:
    cells = "".join(f"<tr><td>Order {n}<td>{n} kg</tr>" for n in range(9))
    page = f"""<main><div class=card><div class=outer><table><tr><th>Order<th>Weight</tr>{cells}</table></div>
    <div class=foot><div class=l>9 rows</div><div class=r><nav aria-label=pagination><button id=p>Previous</button>
    <button id=n>Next</button></nav></div></div></div></main><nav><a href=#t>Next steps</a></nav>"""
    assert await located(kit, serve, page, "next page of the table") == ["n"]


async def test_the_first_card_is_counted_and_not_what_edits_it(kit: Kit, serve: Serve) -> None:
    cards = "".join(
        f"<div class=card><b>Task {n}</b><p>Text of it</p><button id=e{n}>Edit</button><button>Copy</button></div>"
        for n in range(1, 5)
    )
    assert await located(kit, serve, f"<section>{cards}</section>", "edit the first card", "编辑第二张卡片") == [
        "e1",
        "e2",
    ]


async def test_a_heading_owns_its_card_though_its_word_is_a_common_one(kit: Kit, serve: Serve) -> None:
    def card(title: str, key: str) -> str:
        tools = f"<div class=tools><button id={key} aria-label=Collapse>-</button></div>"
        return f"<div class=card><div class=head><h3>{title}</h3>{tools}</div><ul><li>One of {title}<li>Two</ul></div>"

    page = f"<div>{card('Folders', 'f')}{card('Labels', 'l')}</div>"
    assert await located(kit, serve, page, "the collapse button of the Labels card") == ["l"]


async def test_what_stands_before_a_heading_on_a_full_page_is_not_its(kit: Kit, serve: Serve) -> None:
    def part(title: str, *deeds: str) -> str:
        return f"<h3>{title}</h3>" + "".join(f"<p>{deed} it</p><button>{deed} /{title}</button>" for deed in deeds)

    body = part("pets", "List", "Add", "Find", "Delete") + part("orders", "List", "Change", "Count", "Sum", "Pack")
    page = f"<article>{body}</article><article><p>Schemas</p><a href=#s>All schemas</a></article>"
    assert await located(kit, serve, page, "delete the order", "删除订单") == ["", ""]


async def test_nearness_is_within_a_card_before_it_is_across_cards(kit: Kit, serve: Serve) -> None:
    page = """<style>.page{display:flex} .menu{width:220px} .form{padding-left:10px} input{width:180px}
    a{display:block;height:30px}</style><div class=page><div class=menu><div class=card><a href=#1>Plans</a>
    <a href=#2 id=w>Give feedback</a></div></div><div class=form><div class=card><h3>Email</h3>
    <p>Shown to all.</p><input value=a@b.c> <button id=c>Change</button></div><p>More</p></div></div>"""
    assert await located(kit, serve, page, "the button next to the e-mail address") == ["c"]


async def test_a_box_for_choosing_filters_by_what_it_is_called(kit: Kit, serve: Serve) -> None:
    page = """<header><input list=t aria-label=Time id=i><input list=t aria-label=Account><datalist id=t><option>1
    </datalist></header><p>Time is short.</p>"""
    assert await located(kit, serve, page, "filter by time") == ["i"]


async def test_an_icon_beside_a_field_is_not_the_field(kit: Kit, serve: Serve) -> None:
    page = """<label for=d>Date joined</label> <input id=d class=calendarField size=10>
    <a href=#1 id=c title="Choose a day"><i class="fa fa-calendar">&nbsp;</i></a> <a href=#2>Today</a>"""
    assert await located(kit, serve, page, "the calendar icon next to date joined") == ["c"]


async def test_a_deed_is_done_by_what_can_be_pressed(kit: Kit, serve: Serve) -> None:
    page = """<h2>Start new load test</h2><label>Users <input type=number></label><button id=s>Start</button>
    <a href=#a id=a>Want to scale your tests and start more of them from many regions at the same time? See how</a>"""
    assert await located(kit, serve, page, "start the test") == ["s"]


async def test_a_phrase_may_be_said_word_by_word(kit: Kit, serve: Serve) -> None:
    page = items(
        "<b>Current subscription</b><button id=c>Cancel</button>", "<b>Trial of March</b><button>Remove</button>"
    )
    assert await located(kit, serve, page, "取消订阅") == ["c"]
