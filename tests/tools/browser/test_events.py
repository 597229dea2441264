"""What a page does on its own: dialogs, downloads, tabs, frames. All of it is told, none of it is obeyed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Serve
from handlens.close_page import ClosePageInput, close_page
from handlens.errors import NoSuchSession
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.limits import Limits
from handlens.open_page import OpenPageInput, OpenPageOutput, open_page
from handlens.screenshot_page import ScreenshotPageInput, screenshot_page
from handlens.testing.pages import PageServer, Reply, Request, download

pytestmark = pytest.mark.anyio


async def opened(kit: Kit, url: str, **more: Any) -> OpenPageOutput:
    return await open_page(OpenPageInput(url=url, **more), kit)


async def does(kit: Kit, session_id: str, script: str) -> list[str]:
    """Run ``script`` in the page as a call would, let what it started come to an end; the notices."""
    async with kit.browser.page(kit.caller, session_id=session_id) as session:
        await session.page.evaluate(script)
        await session.page.evaluate("new Promise(done => setTimeout(done, 150))")
        await session.settle()
        return session.notices()


async def look(kit: Kit, session_id: str) -> list[str]:
    return (await screenshot_page(ScreenshotPageInput(session_id=session_id), kit)).notices


@pytest.mark.parametrize(("kind", "answer"), [("alert", None), ("confirm", False), ("prompt", None)])
async def test_dialogs_are_dismissed_and_told_in_the_next_result(
    kind: str, answer: object, kit: Kit, serve: Serve
) -> None:
    page = await opened(kit, serve("<body>"))
    notices = await does(kit, page.session_id, f"answer = {kind}('Really delete?') ?? null")
    assert notices == [f"Dismissed a {kind} dialog: 'Really delete?'"]
    async with kit.browser.page(kit.caller, session_id=page.session_id) as session:
        assert await session.page.evaluate("answer") == answer
    assert await look(kit, page.session_id) == []


async def test_dialogs_are_accepted_where_the_call_says_so(kit: Kit, serve: Serve) -> None:
    page = await opened(kit, serve("<body>"), dialogs="accept")
    assert await does(kit, page.session_id, "answer = confirm('Go on?')") == ["Accepted a confirm dialog: 'Go on?'"]


async def test_a_dialog_while_the_page_loads_does_not_hold_it_up(kit: Kit, serve: Serve) -> None:
    page = await opened(kit, serve("<script>alert('Welcome'); confirm('Cookies?')</script><title>In</title>"))
    assert page.title == "In"
    assert len(page.notices) == 2


@pytest.mark.slow
async def test_a_page_full_of_dialogs_tells_few(kit: Kit, serve: Serve) -> None:
    page = await opened(kit, serve("<script>for (let i = 0; i < 60; i++) alert('x'.repeat(5000))</script>"))
    assert len(page.notices) <= 20
    assert max(map(len, page.notices)) < 400


async def test_a_page_that_wants_to_be_kept_is_closed_all_the_same(kit: Kit, serve: Serve) -> None:
    page = await opened(kit, serve("<body><button>x</button><script>onbeforeunload = () => 'stay'</script>"))
    async with kit.browser.page(kit.caller, session_id=page.session_id) as session:
        await session.page.click("button")
    assert (await close_page(ClosePageInput(session_id=page.session_id), kit)).closed


async def test_a_download_becomes_an_artifact_of_the_owner(kit: Kit, site: PageServer) -> None:
    site.pages |= {"/": "<a href=/f>get</a>", "/f": download(b"1;2", "../../Umsätze 2025.csv", "text/csv")}
    page = await opened(kit, site.url())
    (notice,) = await does(kit, page.session_id, "document.querySelector('a').click()")
    assert "kept as handlens://artifacts/" in notice
    uri = notice.rpartition(" ")[2]
    assert (await kit.artifacts.read(uri, owner=kit.caller.subject))[1] == b"1;2"
    assert page.url == site.url()


@pytest.fixture
async def sparing(tmp_path: Path) -> AsyncIterator[Kit]:
    async with open_kit(limits=Limits(download_bytes=3_000_000), artifacts=tmp_path) as kit:
        yield kit


def flood(request: Request) -> Reply:
    """A file without an end."""
    parts = iter(lambda: b"" if request.closing.is_set() else bytes(1 << 18), b"")
    return Reply(parts, content_type="application/octet-stream")


@pytest.mark.parametrize("target", ["_self", "_blank"])
async def test_a_download_without_an_end_is_stopped_at_the_limit_and_others_go_on(
    target: str, sparing: Kit, site: PageServer
) -> None:
    site.pages |= {
        "/": f"<a id=a href=/flood target={target}>all</a><a id=b href=/small download>small</a>",
        "/flood": flood,
        "/small": download(b"1;2", "small.csv", "text/csv"),
    }
    page = await opened(sparing, site.url())
    notices = await does(sparing, page.session_id, "a.click()") + await does(sparing, page.session_id, "b.click()")
    assert [n for n in notices if "flood was dropped" in n and "limits.download_bytes" in n], notices
    assert [n for n in notices if "Downloaded small.csv" in n], notices


async def test_a_new_tab_is_a_session_that_ends_with_its_opener(kit: Kit, serve: Serve) -> None:
    other = serve("<title>Other</title><body>other")
    page = await opened(kit, serve("<body>"))
    notices = await does(kit, page.session_id, f"window.open('{other}')")
    (tab,) = (session for session in kit.browser.owned(kit.caller) if session.id != page.session_id)
    assert tab.id == f"{page.session_id}.2"
    assert any(tab.id in notice for notice in notices)
    shot = await screenshot_page(ScreenshotPageInput(session_id=tab.id), kit)
    assert shot.url == other
    await close_page(ClosePageInput(session_id=page.session_id), kit)
    with pytest.raises(NoSuchSession):
        await look(kit, tab.id)


async def test_a_tab_that_closes_itself_says_so(kit: Kit, serve: Serve) -> None:
    page = await opened(kit, serve("<body>"))
    await does(kit, page.session_id, "tab = window.open('about:blank')")
    await does(kit, page.session_id, "tab.close()")
    with pytest.raises(NoSuchSession, match="its page was closed"):
        await look(kit, f"{page.session_id}.2")


@pytest.fixture
async def crowded(tmp_path: Any) -> AsyncIterator[Kit]:
    async with open_kit(limits=Limits(sessions=4), artifacts=tmp_path) as kit:
        yield kit


@pytest.mark.slow
async def test_a_page_can_not_open_tabs_without_end_and_leaves_room_for_others(crowded: Kit, serve: Serve) -> None:
    page = await opened(crowded, serve("<body>"))
    many = "for (let i = 0; i < 12; i++) window.open('about:blank', '_blank')"
    notices = await does(crowded, page.session_id, many)
    assert len(crowded.browser.owned(crowded.caller)) == 3
    assert any("2 tabs open already" in notice for notice in notices)
    await opened(crowded, serve("<body>another"))
    async with crowded.browser.page(crowded.caller, session_id=page.session_id) as session:
        assert len(session.context.pages) == 3


@pytest.mark.parametrize(
    "address",
    ["data:text/html,<h1>phish</h1>", "data:text/html;base64,PGgxPnBoaXNoPC9oMT4="],
)
async def test_frames_of_a_refused_scheme_are_emptied(address: str, kit: Kit, serve: Serve) -> None:
    page = await opened(kit, serve(f"<h1>Host</h1><iframe src='{address}'></iframe>"))
    notices = [*page.notices, *await does(kit, page.session_id, "1")]
    assert any("refused scheme 'data'" in notice for notice in notices)
    async with kit.browser.page(kit.caller, session_id=page.session_id) as session:
        assert [frame.url for frame in session.page.frames[1:]] == ["about:blank"]


@pytest.mark.parametrize("address", ["file:///etc/passwd", "view-source:http://127.0.0.1/", "chrome://version"])
@pytest.mark.parametrize(
    "way", ["location = '{}'", "window.open('{}')", "document.body.innerHTML = '<iframe src={}></iframe>'"]
)
async def test_a_page_reaches_no_refused_scheme(way: str, address: str, kit: Kit, serve: Serve) -> None:
    url = serve("<body>mine")
    page = await opened(kit, url)
    await does(kit, page.session_id, way.format(address))
    for session in kit.browser.owned(kit.caller):
        urls = [frame.url for frame in session.page.frames]
        assert all(one.startswith(("http://127.0.0.1", "about:blank", "chrome-error:")) or not one for one in urls), (
            urls
        )


async def test_a_redirect_to_a_refused_scheme_leads_nowhere(kit: Kit, site: PageServer) -> None:
    from handlens.errors import NavigationFailed
    from handlens.testing.pages import redirect

    site.pages["/"] = redirect("file:///etc/passwd")
    with pytest.raises(NavigationFailed):
        await opened(kit, site.url())
