"""What is meant is told from what only mentions it, holds it, or is called nearly so."""

from __future__ import annotations

import pytest

from conftest import Serve
from fakes.locating import located
from handlens.kit import Kit

pytestmark = pytest.mark.anyio


async def test_what_only_listens_for_its_contents_is_not_what_is_in_it(kit: Kit, serve: Serve) -> None:
    days = "".join(f"<div class=day><span>{day}</span><p>Shift of {day}</p></div>" for day in ("Monday", "Friday"))
    tools = "<button id=r>Renew rota</button><button>Print</button><button>Mail</button><a href=#>Staff</a>"
    page = f"<div id=all>{tools}{days}</div><script>all.addEventListener('click', () => 1)</script>"
    assert await located(kit, serve, page, "renew the rota for Friday shifts") != ["all"]


async def test_a_row_of_stars_is_counted_without_a_link_that_is_called_so(kit: Kit, serve: Serve) -> None:
    stars = "".join(f"<li><button id=s{n} aria-label=Star>☆</button> Mail {n}</li>" for n in range(1, 6))
    page = f"<nav><a href=#starred id=l>Starred 4</a></nav><ul>{stars}</ul>"
    assert await located(kit, serve, page, "the first star", "第二颗星") == ["s1", "s2"]


async def test_a_message_about_something_is_what_speaks_of_it(kit: Kit, serve: Serve) -> None:
    mails = "".join(
        f"<li role=option id=m{n} tabindex=0 onclick='1'><b>{who}</b> <span>{what}</span></li>"
        for n, (who, what) in enumerate([("Ann", "Quarterly budget"), ("Raj", "Roof repair"), ("Li", "Train tickets")])
    )
    page = f"<input id=q aria-label='Search messages'><ul role=listbox aria-label=Messages>{mails}</ul>"
    assert await located(kit, serve, page, "the message about the roof") == ["m1"]


async def test_a_menu_is_told_by_the_side_it_is_on(kit: Kit, serve: Serve) -> None:
    page = (
        "<style>a{display:block;width:24px;height:24px} nav{position:absolute;top:40px;width:150px}</style>"
        + "".join(
            f"<nav style='{side}:0'><a href=#{n} id={n}><i class='fa fa-bug'></i></a><a href=#x{n}>Notes</a></nav>"
            for side, n in (("left", "l"), ("right", "r"))
        )
    )
    assert await located(kit, serve, page, "the bug icon in the right menu", "左侧菜单里的虫子图标") == ["r", "l"]


async def test_a_card_is_its_headings_however_much_is_on_it(kit: Kit, serve: Serve) -> None:
    def card(n: int, title: str) -> str:
        parts = "".join(f"<label><input type=checkbox> part {k}</label>" for k in range(9))
        tool = f"<button id=h{n}><i class='fa fa-heart'></i></button>"
        foot = f"<div class=row><div class=tool>{tool}<span>{n}</span></div></div>"
        return f"<div class=card><h3>{title}</h3>{parts}{foot}</div>"

    page = f"<div>{card(1, 'Repaint the hall')}{card(2, 'Order new chairs')}</div>"
    assert await located(kit, serve, page, "“Order new chairs”卡片上的心形图标") == ["h2"]


async def test_an_english_sentence_may_name_something_in_chinese(kit: Kit, serve: Serve) -> None:
    page = "<button id=a>保存</button><button id=b>预览</button><button id=c>取消</button>"
    assert await located(kit, serve, page, "the button left of 取消") == ["b"]


async def test_a_date_is_known_without_being_called_so(kit: Kit, serve: Serve) -> None:
    cards = "".join(f"<li><h3>{name}</h3><a href=#{n} id=d{n}>{date}</a> <a href=#x{n}>Owner</a></li>"
                    for n, (name, date) in enumerate([("Audit", "14 Mar"), ("Launch", "2 Jun")]))  # fmt: skip
    assert await located(kit, serve, f"<ul>{cards}</ul>", 'the date in the "Launch" card') == ["d1"]


async def test_who_mentions_a_deed_in_passing_does_not_do_it(kit: Kit, serve: Serve) -> None:
    page = """<a href=# id=ad>Our partners help you scale: see how to start larger tests today</a>
    <form><input aria-label=Host><button id=go>Start</button></form>"""
    assert await located(kit, serve, page, "start the test") != ["ad"]


async def test_what_a_closed_menu_holds_is_known(kit: Kit, serve: Serve) -> None:
    page = """<style>.dropdown-menu{display:none} li:hover > .dropdown-menu{display:block}</style>
    <ul class=nav><li id=f><a href=#file>File</a><ul class="dropdown-menu" id=m>
    <li id=open><a href=#open class="fa fa-folder">Open recent</a></li><li><a href=#quit>Quit</a></li></ul></li></ul>"""
    assert await located(kit, serve, page, "Open recent") == ["open"]


async def test_a_question_of_how_many_names_no_one_thing(kit: Kit, serve: Serve) -> None:
    page = "<p>1 red</p><button style='color:red' id=a>4</button><button id=b>2</button>"
    assert await located(kit, serve, page, "How many red digits are there?", "有几个红色的数字？") == ["", ""]


async def test_an_item_with_an_icon_bears_it(kit: Kit, serve: Serve) -> None:
    page = """<ul role=menu><li role=menuitem id=a tabindex=0>Playback</li>
    <li role=menuitem id=b tabindex=0><i class='fa fa-play'>&nbsp;</i> Go on</li></ul>"""
    assert await located(kit, serve, page, "the item with the play icon") == ["b"]
