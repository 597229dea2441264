"""Sessions: isolated, owned, counted, swept, and never silently lost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from playwright.async_api import Browser, BrowserContext

from conftest import Serve
from handlens.browser.launch import BrowserOptions
from handlens.close_page import ClosePageInput, close_page
from handlens.errors import BrowserDied, BrowserUnavailable, InvalidInput, LimitExceeded, NoSuchSession, NotFound
from handlens.kit import Caller, Kit
from handlens.library import open_kit
from handlens.limits import Limits
from handlens.open_page import OpenPageInput, OpenPageOutput, open_page
from handlens.screenshot_page import ScreenshotPageInput, screenshot_page
from handlens.testing.pages import PageServer, Request, never_answers

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
ANN, BOB = Caller("ann"), Caller("bob")


async def opened(kit: Kit, url: str, **more: Any) -> OpenPageOutput:
    return await open_page(OpenPageInput(url=url, **more), kit)


async def text(kit: Kit, session_id: str, expression: str = "document.body.innerText") -> Any:
    async with kit.browser.page(kit.caller, session_id=session_id) as session:
        return await session.page.evaluate(expression)


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for what other tasks are about to do."""
    with anyio.fail_after(seconds):
        while not condition():
            await anyio.sleep(0.01)


def contexts(browser: Browser) -> list[BrowserContext]:
    """Those that were made: the first is the browser's own."""
    return browser.contexts[1:]


@asynccontextmanager
async def limited(tmp_path: Path, **limits: Any) -> AsyncIterator[Kit]:
    async with open_kit(artifacts=tmp_path / "artifacts", limits=Limits(**limits)) as kit:
        yield kit


async def test_a_page_stays_open_between_calls(kit: Kit, serve: Serve) -> None:
    page = await opened(kit, serve("<title>Counter</title><body><script>n = 1</script>"))
    assert (page.title, page.status) == ("Counter", 200)
    assert await text(kit, page.session_id, "++n") == 2
    assert await text(kit, page.session_id, "++n") == 3


async def test_sessions_share_no_cookies_and_no_storage(kit: Kit, serve: Serve) -> None:
    url = serve("<body>hello")
    first, second = await opened(kit, url), await opened(kit, url)
    await text(kit, first.session_id, "document.cookie = 'a=1', localStorage.b = 2")
    assert await text(kit, second.session_id, "document.cookie + (localStorage.b ?? '')") == ""


async def test_a_session_belongs_to_who_opened_it(kit: Kit, serve: Serve) -> None:
    page = await opened(kit.serving(ANN), serve("<body>"))
    for stranger in (kit, kit.serving(BOB)):
        with pytest.raises(NoSuchSession) as caught:
            await close_page(ClosePageInput(session_id=page.session_id), stranger)
        assert "Open sessions: none" in str(caught.value)
    assert (await close_page(ClosePageInput(session_id=page.session_id), kit.serving(ANN))).closed


async def test_a_closed_session_says_that_it_was_closed_and_what_is_open(kit: Kit, serve: Serve) -> None:
    page, other = await opened(kit, serve("<body>")), await opened(kit, serve("<body>"))
    await close_page(ClosePageInput(session_id=page.session_id), kit)
    with pytest.raises(NoSuchSession, match=rf"It ended: it was closed\. .*{other.session_id}"):
        await close_page(ClosePageInput(session_id=page.session_id), kit)


@pytest.mark.parametrize("arguments", [{}, {"session_id": "s_1", "url": "http://127.0.0.1/"}])
async def test_a_page_is_named_by_session_or_url_and_not_both(kit: Kit, arguments: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match=r"either session_id .* or url"):
        await screenshot_page(ScreenshotPageInput.model_validate(arguments), kit)


async def test_a_page_opened_for_one_call_is_closed_after_it(kit: Kit, serve: Serve) -> None:
    await screenshot_page(ScreenshotPageInput(url=serve("<body>once")), kit)
    assert kit.browser.owned(kit.caller) == []


async def test_calls_on_one_session_take_turns(kit: Kit, serve: Serve) -> None:
    page = await opened(kit, serve("<body>"))
    inside = most = 0

    async def one() -> None:
        nonlocal inside, most
        async with kit.browser.page(kit.caller, session_id=page.session_id) as session:
            inside += 1
            most = max(most, inside)
            await session.page.evaluate("new Promise(done => setTimeout(done, 5))")
            inside -= 1

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(one)
    assert most == 1


async def test_too_many_sessions_name_the_setting_and_the_callers_own(tmp_path: Path, serve: Serve) -> None:
    url = serve("<body>")
    async with limited(tmp_path, sessions=2) as kit:
        mine = await opened(kit.serving(ANN), url)
        await opened(kit.serving(BOB), url)
        with pytest.raises(LimitExceeded, match=rf"Yours: {mine.session_id}\..*limits\.sessions"):
            await opened(kit.serving(ANN), url)
        await close_page(ClosePageInput(session_id=mine.session_id), kit.serving(ANN))
        assert await opened(kit.serving(ANN), url)


async def test_the_limit_holds_for_many_opened_at_once(tmp_path: Path, serve: Serve) -> None:
    url, refused = serve("<body>"), 0

    async with limited(tmp_path, sessions=3) as kit:

        async def one() -> None:
            nonlocal refused
            try:
                await opened(kit, url)
            except LimitExceeded:
                refused += 1

        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(one)
        assert (len(kit.browser.owned(kit.caller)), refused) == (3, 5)


async def test_an_idle_session_ends_and_says_why(tmp_path: Path, serve: Serve) -> None:
    async with limited(tmp_path, session_idle_seconds=0.2) as kit:
        page = await opened(kit, serve("<body>"))
        await until(lambda: not kit.browser.owned(kit.caller))
        with pytest.raises(NoSuchSession, match=r"not used for 0\.2 seconds .*limits\.session_idle_seconds"):
            await text(kit, page.session_id)


async def test_a_session_that_is_in_use_is_not_idle(tmp_path: Path, serve: Serve) -> None:
    async with limited(tmp_path, session_idle_seconds=0.1) as kit:
        page = await opened(kit, serve("<body>still"))
        slow = "new Promise(done => setTimeout(() => done('done'), 600))"
        assert await text(kit, page.session_id, slow) == "done"


def chromiums() -> list[psutil.Process]:
    """The browser processes (not their helpers) that this process has started."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if "--remote-debugging-pipe" in (line := child.cmdline()) and not any("--type=" in part for part in line)
    ]


async def test_a_killed_browser_is_told_and_the_next_page_starts_another(tmp_path: Path, serve: Serve) -> None:
    url = serve("<body>alive")
    others = {process.pid for process in chromiums()}
    async with limited(tmp_path) as kit:
        page = await opened(kit, url)
        (browser,) = (process for process in chromiums() if process.pid not in others)
        with pytest.raises(BrowserDied, match="Call open_page to start again"):
            async with kit.browser.page(kit.caller, session_id=page.session_id) as session:
                browser.kill()
                await session.page.evaluate("new Promise(() => {})")
        with pytest.raises(BrowserDied, match="the browser ended"):
            await text(kit, page.session_id)
        again = await opened(kit, url)
        assert await text(kit, again.session_id) == "alive"


async def test_a_crashed_page_is_told_and_the_others_live_on(kit: Kit, serve: Serve, site: PageServer) -> None:
    page, other = await opened(kit, serve("<body>")), await opened(kit, serve("<body>other"))
    with pytest.raises(BrowserDied, match=r"closed or crashed.*open_page"):
        async with kit.browser.page(kit.caller, session_id=page.session_id) as session:
            cdp = await session.cdp()
            async with session.page.expect_event("crash"):
                session.spawn(cdp.send("Page.crash"))
            await session.page.evaluate("1")
    with pytest.raises(BrowserDied):
        await text(kit, page.session_id)
    assert await text(kit, other.session_id) == "other"


async def test_page_options_reach_the_page(kit: Kit, site: PageServer) -> None:
    def echo(request: Request) -> str:
        return f"<body>{request.headers.get('x-team')} {request.headers.get('accept-language')}"

    site.pages["/"] = echo
    page = await opened(
        kit,
        site.url(),
        viewport={"width": 800, "height": 600},
        device_scale_factor=2,
        locale="zh-CN",
        timezone="Asia/Shanghai",
        color_scheme="dark",
        extra_headers={"X-Team": "blue"},
    )
    assert "blue zh-CN" in await text(kit, page.session_id)
    assert await text(kit, page.session_id, "[innerWidth, innerHeight, devicePixelRatio]") == [800, 600, 2]
    assert await text(kit, page.session_id, "matchMedia('(prefers-color-scheme: dark)').matches")
    assert await text(kit, page.session_id, "new Date(2026, 0, 1).getTimezoneOffset()") == -480


@pytest.mark.parametrize("options", [{"locale": "not a locale!"}, {"timezone": "Mars/Olympus"}])
async def test_options_that_the_browser_refuses_are_invalid_input(
    kit: Kit, serve: Serve, options: dict[str, str]
) -> None:
    with pytest.raises(InvalidInput, match="The browser refused these page options"):
        await opened(kit, serve("<body>"), **options)
    assert kit.browser.owned(kit.caller) == []


@pytest.mark.parametrize("headers", [{"x y": "1"}, {"x": "a\r\nb: c"}, {"": "1"}, {"x": "\x00"}])
def test_headers_that_would_break_a_request_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="not a plain header"):
        OpenPageInput(url="http://127.0.0.1/", extra_headers=headers)


async def test_a_saved_login_is_used_by_its_name(tmp_path: Path, site: PageServer) -> None:
    site.pages["/"] = lambda request: f"<body>{request.headers.get('cookie')}"
    logins = tmp_path / "logins"
    logins.mkdir()
    cookie = {"name": "sid", "value": "42", "domain": "127.0.0.1", "path": "/", "expires": -1, "httpOnly": True,
              "secure": False, "sameSite": "Lax"}  # fmt: skip
    (logins / "shop.json").write_text(json.dumps({"cookies": [cookie], "origins": []}))
    (tmp_path / "secret.json").write_text("{}")
    async with open_kit(browser=BrowserOptions(logins=logins), artifacts=tmp_path / "a") as kit:
        page = await opened(kit, site.url(), login="shop")
        assert await text(kit, page.session_id) == "sid=42"
        for name in ("bank", "../secret", "/etc/passwd"):
            with pytest.raises(NotFound, match="Saved logins: shop"):
                await opened(kit, site.url(), login=name)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cookies": 1}'])
async def test_a_storage_state_that_is_none_is_invalid_input(
    content: str, tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "state.json").write_text(content)
    async with open_kit(artifacts=tmp_path / "a") as kit:
        with pytest.raises(InvalidInput):
            await opened(kit, serve("<body>"), storage_state="state.json")
        assert kit.browser.owned(kit.caller) == []


async def test_without_a_browser_the_failure_says_what_to_do(tmp_path: Path, serve: Serve) -> None:
    for options in (BrowserOptions(executable=tmp_path / "none"), BrowserOptions(cdp="http://127.0.0.1:9")):
        async with open_kit(browser=options, artifacts=tmp_path / "a") as kit:
            with pytest.raises(BrowserUnavailable, match=r"browser\.(executable|cdp)"):
                await opened(kit, serve("<body>"))


async def test_closing_the_kit_leaves_no_process(tmp_path: Path, serve: Serve) -> None:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    async with limited(tmp_path) as kit:
        await opened(kit, serve("<body>"))
        ours = [p for p in psutil.Process().children(recursive=True) if p.pid not in before]
        assert ours
    assert psutil.wait_procs(ours, timeout=2)[1] == []


async def test_cancelling_an_opening_leaves_no_session_and_no_context(tmp_path: Path, site: PageServer) -> None:
    site.pages["/"] = never_answers
    async with limited(tmp_path) as kit:
        await kit.browser.start()
        async with anyio.create_task_group() as group:
            group.start_soon(opened, kit, site.url())
            await until(lambda: site.asked == ["/"])
            group.cancel_scope.cancel()
        assert kit.browser.owned(kit.caller) == []
        assert contexts((await kit.browser._chromium.started()).browser) == []


async def test_a_browser_started_early_has_a_page_ready_for_the_first_plain_opening(
    tmp_path: Path, serve: Serve
) -> None:
    async with limited(tmp_path) as kit:
        await kit.browser.start()
        browser = (await kit.browser._chromium.started()).browser
        await until(lambda: len(contexts(browser)) == 1 and len(contexts(browser)[0].pages) == 1)
        ready = contexts(browser)[0].pages[0]
        special = await opened(kit, serve("<body>"), locale="zh-CN")
        plain = await opened(kit, serve("<body>"))
        again = await opened(kit, serve("<body>"))
        pages = [kit.browser.session(each.session_id, kit.caller).page for each in (special, plain, again)]
        assert [page is ready for page in pages] == [False, True, False]


async def test_a_ready_page_that_died_is_not_handed_out(tmp_path: Path, serve: Serve) -> None:
    async with limited(tmp_path) as kit:
        await kit.browser.start()
        browser = (await kit.browser._chromium.started()).browser
        await until(lambda: len(contexts(browser)) == 1 and len(contexts(browser)[0].pages) == 1)
        await contexts(browser)[0].pages[0].close()
        assert (await opened(kit, serve("<title>alive</title>"))).title == "alive"
        await until(lambda: len(contexts(browser)) == 1)
