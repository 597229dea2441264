"""`click_described_element` on real pages in a real browser."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image

from handlens.click_described_element import (
    ClickDescribedElementInput,
    ClickDescribedElementOutput,
    click_described_element,
)
from handlens.errors import InvalidInput, TargetError
from handlens.kit import Kit
from handlens.locate.policy import ActPolicy
from handlens.open_page import OpenPageInput, open_page

pytestmark = pytest.mark.anyio
Serve = Callable[..., str]

ORDERS = """<!doctype html><title>Orders</title><h1>Orders</h1>
<button onclick="document.body.dataset.saved='yes'">Save</button><button>Idle</button><button disabled>Export</button>
<table>
<tr><td>Ann Smith<td><button onclick="document.body.dataset.gone='ann'">
<svg width=16 height=16><use href="#trash"/></svg></button></tr>
<tr><td>Bob Jones<td><button onclick="document.body.dataset.gone='bob'">
<svg width=16 height=16><use href="#trash"/></svg></button></tr>
</table><input placeholder="Email"><a href="?next">Next page</a><button onclick="alert('hi')">Warn</button>
<button onclick="window.open('?tab')">Report</button>"""


async def opened(kit: Kit, url: str) -> str:
    return (await open_page(OpenPageInput(url=url), kit)).session_id


async def click(kit: Kit, session_id: str, description: str, **more: object) -> ClickDescribedElementOutput:
    request = ClickDescribedElementInput(session_id=session_id, description=description, **more)  # type: ignore[arg-type]
    return await click_described_element(request, kit)


async def dataset(kit: Kit, session_id: str, name: str) -> str | None:
    async with kit.browser.page(kit.caller, session_id=session_id) as session:
        return await session.page.evaluate("name => document.body.dataset[name] ?? null", name)


async def test_what_is_named_is_clicked_and_the_effect_told(kit: Kit, serve: Serve) -> None:
    session = await opened(kit, serve(ORDERS))
    answer = await click(kit, session, "the Save button")
    assert answer.outcome == "clicked"
    assert answer.target is not None
    assert (answer.target.role, answer.target.name) == ("button", "Save")
    assert answer.target.box.contains(answer.target.point)
    assert answer.effect is not None
    assert answer.effect.dom_changes == 1
    assert await dataset(kit, session, "saved") == "yes"
    picture = Image.open(io.BytesIO(answer.pictures()[0].data))
    assert picture.width <= 1568


async def test_an_unnamed_icon_is_found_by_its_row(kit: Kit, serve: Serve) -> None:
    session = await opened(kit, serve(ORDERS))
    assert (await click(kit, session, "the delete icon in the row of Bob Jones")).outcome == "clicked"
    assert await dataset(kit, session, "gone") == "bob"
    assert (await click(kit, session, "Ann Smith 那一行的删除按钮")).outcome == "clicked"
    assert await dataset(kit, session, "gone") == "ann"


async def test_two_that_fit_are_not_clicked_but_offered_by_number(kit: Kit, serve: Serve) -> None:
    session = await opened(kit, serve(ORDERS))
    answer = await click(kit, session, "the trash icon")
    assert (answer.outcome, answer.target, len(answer.candidates)) == ("ambiguous", None, 2)
    assert await dataset(kit, session, "gone") is None
    assert answer.pictures()
    assert (await click(kit, session, "the trash icon", choice=2)).outcome == "clicked"
    assert await dataset(kit, session, "gone") == "bob"
    with pytest.raises(InvalidInput, match="no candidate number 7"):
        await click(kit, session, "the trash icon", choice=7)


async def test_what_is_not_there_is_not_found(kit: Kit, serve: Serve) -> None:
    session = await opened(kit, serve(ORDERS))
    for description in ("the shopping cart", "the chart of sales", "打印机图标", "the delete icon in the row of Carol"):
        answer = await click(kit, session, description)
        assert answer.outcome == "not_found", description
        assert answer.effect is None


@pytest.mark.slow
async def test_a_click_without_effect_says_so(kit: Kit, serve: Serve) -> None:
    session = await opened(kit, serve(ORDERS))
    answer = await click(kit, session, "Idle")
    assert answer.outcome == "no_effect"
    with pytest.raises(TargetError, match="did not happen"):
        await click(kit, session, "Idle", expect="navigation")


async def test_navigation_dialogs_and_tabs_are_effects(kit: Kit, serve: Serve) -> None:
    session = await opened(kit, serve(ORDERS))
    dialog = await click(kit, session, "Warn", expect="dialog")
    assert dialog.effect is not None
    assert dialog.effect.dialogs == ["alert: hi"]
    tab = await click(kit, session, "Report", expect="new_page")
    assert tab.effect is not None
    assert tab.effect.new_pages == 1
    moved = await click(kit, session, "the link to the next page", expect="navigation")
    assert moved.effect is not None
    assert moved.url.endswith("?next")
    assert moved.effect.navigated_to == moved.url


async def test_a_dry_run_only_looks(kit: Kit, serve: Serve) -> None:
    session = await opened(kit, serve(ORDERS))
    answer = await click(kit, session, "Save", dry_run=True)
    assert (answer.outcome, answer.effect) == ("dry_run", None)
    assert answer.target is not None
    assert await dataset(kit, session, "saved") is None


async def test_a_disabled_button_is_not_clicked(kit: Kit, serve: Serve) -> None:
    session = await opened(kit, serve(ORDERS))
    with pytest.raises(TargetError, match="disabled"):
        await click(kit, session, "Export")


async def test_a_covered_button_is_not_clicked_unless_the_cover_may_be_closed(kit: Kit, serve: Serve) -> None:
    session = await opened(
        kit,
        serve(
            """<!doctype html><body><button onclick="document.body.dataset.done='yes'">Go on</button>
            <div id=banner role=dialog aria-label="Cookies" style="position:fixed;inset:0;background:#fffc">
            We use cookies <button onclick="banner.remove()">Reject all</button></div>"""
        ),
    )
    answer = await click(kit, session, "Go on")
    assert answer.outcome == "ambiguous"
    assert "'Cookies' covers it" in answer.text()
    assert [found.name for found in answer.candidates[:2]] == ["Reject all", "Go on"]
    assert await dataset(kit, session, "done") is None
    never = replace(kit, acting=ActPolicy(dismiss_covers="never"))
    assert (await click(never, session, "Go on", dismiss_cover=True)).outcome == "ambiguous"
    assert (await click(kit, session, "Go on", dismiss_cover=True)).outcome == "clicked"
    assert await dataset(kit, session, "done") == "yes"


async def test_what_covers_a_target_can_be_chosen_and_clicked_first(kit: Kit, serve: Serve) -> None:
    framed = serve("""<body><button onclick="parent.postMessage('yes','*')">Inner</button>""")
    session = await opened(
        kit,
        serve(
            f"""<body><script>addEventListener('message', e => document.body.dataset.done = e.data)</script>
            <iframe src="{framed}"></iframe><div id=tip style="position:fixed;inset:0;background:#fffc">New here?
            <button onclick="tip.remove()">Got it</button></div>"""
        ),
    )
    assert (await click(kit, session, "Inner")).candidates[0].name == "Got it"
    assert (await click(kit, session, "Inner", choice=1)).outcome == "clicked"
    assert (await click(kit, session, "Inner")).outcome == "clicked"
    assert await dataset(kit, session, "done") == "yes"


async def test_a_destructive_target_waits_for_a_confirmation_where_that_is_asked_for(kit: Kit, serve: Serve) -> None:
    careful = replace(kit, acting=ActPolicy(confirm="destructive"))
    session = await opened(
        kit, serve("""<body><button onclick="document.body.dataset.gone='yes'">Delete all</button>""")
    )
    answer = await click(careful, session, "Delete all")
    assert (answer.outcome, answer.effect) == ("needs_confirmation", None)
    assert await dataset(kit, session, "gone") is None
    assert (await click(careful, session, "Delete all", confirmed=True)).outcome == "clicked"
    assert await dataset(kit, session, "gone") == "yes"


async def test_text_that_repeats_the_description_is_no_target(kit: Kit, serve: Serve) -> None:
    session = await opened(
        kit,
        serve(
            """<body><p onclick="document.body.dataset.trap='yes'">To agree, click the big Accept button</p>
            <button onclick="document.body.dataset.ok='yes'">Accept</button>"""
        ),
    )
    assert (await click(kit, session, "click the big Accept button")).outcome == "clicked"
    assert await dataset(kit, session, "trap") is None
    assert await dataset(kit, session, "ok") == "yes"


async def test_frames_shadow_roots_and_scaled_frames_are_reached(kit: Kit, serve: Serve) -> None:
    inner = serve("""<body><button onclick="parent.postMessage('inner','*')">Inner</button>""")
    session = await opened(
        kit,
        serve(
            f"""<body><script>addEventListener('message', e => document.body.dataset.said = e.data);
            customElements.define('my-box', class extends HTMLElement {{ constructor() {{ super();
              this.attachShadow({{mode: 'open'}}).innerHTML = '<button>Deep</button>';
              this.shadowRoot.firstChild.onclick = () => document.body.dataset.said = 'deep'; }} }})</script>
            <my-box></my-box><iframe src="{inner}" style="transform:scale(.5);border:7px solid"></iframe>"""
        ),
    )
    assert (await click(kit, session, "Deep")).outcome == "clicked"
    assert await dataset(kit, session, "said") == "deep"
    await click(kit, session, "Inner")
    assert await dataset(kit, session, "said") == "inner"


async def test_a_page_that_lies_about_its_boxes_is_read_as_it_is(kit: Kit, serve: Serve) -> None:
    session = await opened(
        kit,
        serve(
            """<body><script>Element.prototype.getBoundingClientRect = () => ({x: 0, y: 0, width: 1, height: 1});
            document.elementFromPoint = () => null; Element.prototype.getAttribute = () => 'lie';</script>
            <form><input name=parentNode><input name=children></form>
            <button onclick="document.body.dataset.done='yes'">Honest</button>"""
        ),
    )
    assert (await click(kit, session, "Honest")).outcome == "clicked"
    assert await dataset(kit, session, "done") == "yes"


async def test_an_element_that_keeps_moving_is_not_chased(kit: Kit, serve: Serve) -> None:
    session = await opened(
        kit,
        serve(
            """<body><style>@keyframes m { to { margin-left: 300px } }
            button { animation: m .4s linear infinite }</style><button>Catch me</button>"""
        ),
    )
    hurried = replace(kit, acting=ActPolicy(settle_seconds=0.3))
    with pytest.raises(TargetError, match="keeps moving"):
        await click(hurried, session, "Catch me")


@pytest.mark.parametrize("description", ["", "   ", "\n\t"])
async def test_an_empty_description_is_refused(kit: Kit, serve: Serve, description: str) -> None:
    session = await opened(kit, serve(ORDERS))
    with pytest.raises(InvalidInput, match="empty"):
        await click(kit, session, description)


async def test_a_description_that_is_far_too_long_is_refused(kit: Kit, serve: Serve) -> None:
    session = await opened(kit, serve(ORDERS))
    with pytest.raises(InvalidInput, match=r"limits\.description_characters"):
        await click(kit, session, "button " * 2000)


async def test_a_url_is_opened_for_one_call(kit: Kit, serve: Serve) -> None:
    request = ClickDescribedElementInput(url=serve(ORDERS), description="Save")
    assert (await click_described_element(request, kit)).outcome == "clicked"


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same site", "another site"])
@pytest.mark.parametrize("above", [650, 1500], ids=["cut by the fold", "below the fold"])
@pytest.mark.slow
async def test_a_frame_is_scrolled_into_view_and_clicked_where_it_then_lies(
    kit: Kit, serve: Serve, above: int, elsewhere: bool
) -> None:
    inner = serve("""<body style="margin:0"><div style="height:100px"></div>
        <button style="height:40px" onclick="this.textContent='Bought'">Buy</button>""")
    inner = inner.replace("127.0.0.1", "localhost") if elsewhere else inner
    page = f'''<div style="height:{above}px"></div><iframe src="{inner}" height=300></iframe>
        <div style="height:2000px"></div>'''
    answer = await click(kit, await opened(kit, serve(page)), "Buy")
    assert answer.outcome == "clicked"
    assert answer.target is not None
    assert 0 < answer.target.point.y < 720
