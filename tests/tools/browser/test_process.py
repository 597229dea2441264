"""The Chromium that we start ourselves: its pipe is shared with Playwright, and nothing of it stays."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from playwright.async_api import Error

from handlens.browser.installed import installed_chromium
from handlens.browser.launch import Begun, BrowserOptions, Running, start
from handlens.browser.process import Process
from handlens.browser.spawn import Spawned, arguments, is_root, switches
from handlens.errors import BrowserUnavailable
from handlens.guard import Guard, PrivateNetwork

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def started(**options: object) -> Running:
    return await start(BrowserOptions.model_validate(options), Guard(), seconds=60)


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    browser = await started()
    yield browser
    await browser.stop()


def process_of(running: Running) -> Process:
    assert running.process is not None
    return running.process


def socket_of(running: Running) -> Path:
    return Path(process_of(running).url.removeprefix("ws+unix:").removesuffix(":/"))


async def test_commands_of_ours_reach_the_page_that_playwright_opened_and_playwright_stays_unaware(
    running: Running,
) -> None:
    context = await running.browser.new_context()
    pages: list[object] = []
    context.on("page", lambda page: pages.append(page))
    page = await context.new_page()
    ours, too = await running.cdp(page), await running.cdp(page)
    await page.set_content("<title>From Playwright</title>")
    answers = await asyncio.gather(
        *(cdp.send("Runtime.evaluate", {"expression": "document.title"}) for cdp in (ours, too))
    )
    assert [answer["result"]["value"] for answer in answers] == ["From Playwright"] * 2
    assert pages == [page]


async def test_events_are_heard_until_the_listener_is_removed(running: Running) -> None:
    page = await running.browser.new_page()
    cdp = await running.cdp(page)
    heard: list[str] = []

    def listener(event: dict[str, object]) -> None:
        heard.append(str(event["name"]))

    cdp.on("Runtime.bindingCalled", listener)
    await cdp.send("Runtime.enable")
    await cdp.send("Runtime.addBinding", {"name": "tell"})
    await cdp.send("Runtime.evaluate", {"expression": "tell('one')"})
    cdp.remove_listener("Runtime.bindingCalled", listener)
    await cdp.send("Runtime.evaluate", {"expression": "tell('two')"})
    assert heard == ["tell"]


async def test_what_chromium_refuses_is_a_failure_in_playwrights_words(running: Running) -> None:
    cdp = await running.cdp(await running.browser.new_page())
    with pytest.raises(Error, match=r"Protocol error \(Page.nonsense\): .*wasn't found"):
        await cdp.send("Page.nonsense")


async def test_a_command_to_a_page_that_closes_is_not_waited_for(running: Running) -> None:
    page = await running.browser.new_page()
    cdp = await running.cdp(page)
    waiting = asyncio.ensure_future(
        cdp.send("Runtime.evaluate", {"expression": "new Promise(() => {})", "awaitPromise": True})
    )
    await cdp.send("Runtime.evaluate", {"expression": "1"})
    await page.close()
    with anyio.fail_after(10), pytest.raises(Error, match=r"Target closed|Inspected target navigated or closed"):
        await waiting


async def test_a_browser_that_dies_fails_what_was_asked_of_it_and_leaves_no_files(running: Running) -> None:
    folder = socket_of(running).parent
    assert folder.exists()
    page = await running.browser.new_page()
    cdp = await running.cdp(page)
    gone = asyncio.Event()
    running.browser.on("disconnected", lambda _: gone.set())
    waiting = asyncio.ensure_future(cdp.send("Browser.crash"))
    with anyio.fail_after(20):
        with pytest.raises(Error, match=r"Connection closed|Target closed"):
            await waiting
        await gone.wait()
        await process_of(running).stop()
    assert not folder.exists()
    with pytest.raises(Error, match="Connection closed"):
        await cdp.send("Page.enable")


async def test_nobody_can_connect_besides_playwright(running: Running) -> None:
    with pytest.raises(OSError, match=r"refused|No such file"):
        await asyncio.open_unix_connection(socket_of(running))


async def test_no_window_has_pages_of_chromiums_own(running: Running) -> None:
    page = await running.browser.new_page()
    await page.set_content("<p>Only this")
    targets = await process_of(running).pipe.send("Target.getTargets", {"filter": [{}]})
    assert {target["type"] for target in targets["targetInfos"]} <= {"page", "tab", "browser"}


async def test_a_place_for_temporary_files_that_no_url_can_name_is_left_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    awkward = tmp_path / "a place, 50% full"
    awkward.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(awkward))
    running = await started()
    assert await (await running.browser.new_page()).title() == ""
    await running.stop()


@pytest.mark.parametrize("content", ["#!/bin/sh\necho 'no usable sandbox' >&2\nexit 1\n", "not a program"])
async def test_a_program_that_is_no_browser_is_said_not_to_start(tmp_path: Path, content: str) -> None:
    program = tmp_path / "chromium"
    program.write_text(content)
    program.chmod(0o755)
    with anyio.fail_after(30), pytest.raises(BrowserUnavailable, match="did not start"):
        await started(executable=program)


def test_features_that_a_user_names_are_joined_with_ours() -> None:
    line = switches(["--disable-features=Mine", "--enable-features=Yours", "--lang=de"], headless=True, sandbox=True)
    disabled = [arg for arg in line if arg.startswith("--disable-features=")]
    enabled = [arg for arg in line if arg.startswith("--enable-features=")]
    assert len(disabled) == len(enabled) == 1
    assert disabled[0].endswith(",Mine")
    assert enabled[0].endswith(",Yours")
    assert "--lang=de" in line
    assert "--no-sandbox" not in line


def begun(*more: str) -> Spawned:
    """A browser as the settings' defaults start it, and ``more``."""
    given = switches([*arguments(watched=False), *more], headless=True, sandbox=not is_root())
    return Spawned.start([str(installed_chromium()), *given])


async def begun_with(browser: Spawned, **options: object) -> Running:
    chosen = BrowserOptions.model_validate(options)
    guard = Guard(private_network=PrivateNetwork.ALLOW)
    return await start(chosen, guard, seconds=60, begun=Begun(browser=browser))


async def test_a_browser_that_was_begun_as_the_settings_turn_out_is_the_one_that_is_used() -> None:
    browser = begun()
    running = await begun_with(browser)
    try:
        assert socket_of(running).parent == browser.folder
        assert await (await running.browser.new_page()).evaluate("1 + 1") == 2
    finally:
        await running.stop()
    assert not browser.folder.exists()


async def test_a_browser_that_was_begun_otherwise_than_the_settings_turn_out_is_ended() -> None:
    browser = begun()
    running = await begun_with(browser, args=["--lang=de"])
    try:
        assert socket_of(running).parent != browser.folder
        assert not browser.folder.exists()
        with pytest.raises(ProcessLookupError):
            os.kill(browser.pid, 0)
    finally:
        await running.stop()


async def test_a_browser_that_was_begun_is_ended_where_none_can_be_started() -> None:
    browser = begun()
    with pytest.raises(BrowserUnavailable):
        await begun_with(browser, executable="/nowhere/chromium")
    assert not browser.folder.exists()
