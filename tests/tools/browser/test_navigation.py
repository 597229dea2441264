"""Pages that never answer, never end, go in circles, are too large or are no pages: each with a failure that helps."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from conftest import close_all
from handlens.errors import LimitExceeded, NavigationFailed, TimedOut
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.limits import Limits
from handlens.open_page import OpenPageInput, OpenPageOutput, open_page
from handlens.testing.pages import (
    PageServer,
    Reply,
    Request,
    download,
    drips_for_ever,
    huge,
    never_answers,
    redirect,
)

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(scope="module")
async def shared_hasty(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kit]:
    """A kit that gives a page two seconds."""
    limits = Limits(navigation_seconds=2, page_silent_seconds=1, download_bytes=1_000)
    async with open_kit(limits=limits, artifacts=tmp_path_factory.mktemp("artifacts")) as kit:
        yield kit


@pytest.fixture
async def hasty(shared_hasty: Kit) -> AsyncIterator[Kit]:
    yield shared_hasty
    await close_all(shared_hasty)


async def opened(kit: Kit, url: str, **more: Any) -> OpenPageOutput:
    return await open_page(OpenPageInput(url=url, **more), kit)


async def test_a_page_that_never_answers_names_the_setting(hasty: Kit, site: PageServer) -> None:
    site.pages["/"] = never_answers
    with pytest.raises(TimedOut, match=r"did not answer within 2 seconds.*limits\.navigation_seconds"):
        await opened(hasty, site.url())
    assert hasty.browser.owned(hasty.caller) == []


async def test_a_page_that_never_ends_is_used_as_it_is(hasty: Kit, site: PageServer) -> None:
    site.pages["/"] = drips_for_ever
    page = await opened(hasty, site.url())
    assert (page.title, page.status) == ("Dripping", 200)
    assert any("still loading" in notice for notice in page.notices)


async def test_a_picture_that_never_comes_does_not_lose_the_page(hasty: Kit, site: PageServer) -> None:
    site.pages |= {"/": "<title>Here</title><h1>Here</h1><img src=/stuck>", "/stuck": never_answers}
    page = await opened(hasty, site.url())
    assert page.title == "Here"
    assert any("still loading" in notice for notice in page.notices)


@pytest.mark.slow
async def test_a_script_that_never_ends_fails_in_time_and_the_browser_lives(hasty: Kit, site: PageServer) -> None:
    site.pages |= {"/": "<title>Loop</title><script>for (;;);</script>", "/good": "<title>Good</title>"}
    started = time.monotonic()
    with pytest.raises(TimedOut, match=r"answers nothing for 3 seconds.*limits\.page_silent_seconds"):
        await opened(hasty, site.url())
    assert time.monotonic() - started < 25
    assert hasty.browser.owned(hasty.caller) == []
    assert (await opened(hasty, site.url("/good"))).title == "Good"


async def test_a_server_that_is_slow_to_answer_is_no_silent_page(hasty: Kit, site: PageServer) -> None:
    def slow(request: Request) -> str:
        request.closing.wait(1.5)
        return "<title>Late</title>"

    site.pages["/"] = slow
    assert (await opened(hasty, site.url())).title == "Late"


async def test_redirects_in_a_loop_are_told(hasty: Kit, site: PageServer) -> None:
    site.pages |= {"/": redirect("/again"), "/again": redirect("/")}
    with pytest.raises(NavigationFailed, match="redirects in a loop"):
        await opened(hasty, site.url())


async def test_redirects_that_end_are_followed(hasty: Kit, site: PageServer) -> None:
    site.pages |= {"/": redirect("/b"), "/b": redirect("/c", 308), "/c": "<title>End</title>"}
    page = await opened(hasty, site.url())
    assert (page.url, page.title) == (site.url("/c"), "End")


@pytest.mark.slow
@pytest.mark.parametrize("size", [50_100_000, 200_000_000])
async def test_a_page_that_is_too_large_is_stopped_before_it_is_all_here(size: int, kit: Kit, site: PageServer) -> None:
    site.pages["/"] = huge(size)
    with pytest.raises(LimitExceeded, match=r"larger than 50,000,000 bytes.*limits\.page_bytes"):
        await opened(kit, site.url())
    assert kit.browser.owned(kit.caller) == []


async def test_a_page_that_is_small_enough_is_opened(hasty: Kit, site: PageServer) -> None:
    site.pages["/"] = huge(1_000_000)
    assert (await opened(hasty, site.url())).title == "Huge"


async def test_a_download_is_no_page_but_is_kept_as_an_artifact(hasty: Kit, site: PageServer) -> None:
    site.pages["/"] = download(b"a,b\n1,2\n", "report.csv")
    with pytest.raises(NavigationFailed, match=r"a file to download.*kept as handlens://artifacts/\S+report\.csv"):
        await opened(hasty, site.url())
    (kept,) = hasty.artifacts.owned(hasty.caller.subject)
    assert (await hasty.artifacts.read(kept.uri, owner=hasty.caller.subject))[1] == b"a,b\n1,2\n"


async def test_a_download_that_is_too_large_is_dropped(hasty: Kit, site: PageServer) -> None:
    before = len(hasty.artifacts.owned(hasty.caller.subject))
    site.pages["/"] = download(b"x" * 1_001, "big.bin")
    with pytest.raises(NavigationFailed, match=r"dropped: its 1,001 bytes .*limits\.download_bytes"):
        await opened(hasty, site.url())
    assert len(hasty.artifacts.owned(hasty.caller.subject)) == before


@pytest.mark.slow
async def test_a_download_that_never_ends_does_not_hold_the_call(hasty: Kit, site: PageServer) -> None:
    def endless(request: Request) -> Reply:
        def parts() -> Any:
            while not request.closing.wait(0.02):
                yield b"x" * 1_000

        return Reply(parts(), content_type="application/octet-stream")

    site.pages["/"] = endless
    started = time.monotonic()
    with pytest.raises(NavigationFailed, match="a file to download"):
        await opened(hasty, site.url())
    assert time.monotonic() - started < 12


@pytest.mark.parametrize(
    ("url", "meaning"),
    [
        ("http://127.0.0.1:9/", "nothing listens there|browsers refuse this port"),
        ("http://127.0.0.1:1/", "browsers refuse this port"),
        ("http://no-such-host.invalid/", "the name does not resolve"),
    ],
)
async def test_what_can_not_be_reached_says_why(url: str, meaning: str, hasty: Kit) -> None:
    with pytest.raises(NavigationFailed, match=meaning):
        await opened(hasty, url)
    assert hasty.browser.owned(hasty.caller) == []


async def test_a_site_that_asks_for_a_password_says_how_to_give_one(hasty: Kit, site: PageServer) -> None:
    def closed(request: Request) -> Reply:
        if "authorization" in request.headers:
            return Reply("<title>In</title>")
        return Reply("<title>No</title>", status=401, headers={"www-authenticate": 'Basic realm="x"'})

    site.pages["/"] = closed
    with pytest.raises(NavigationFailed, match="give them as https://NAME:PASSWORD@"):
        await opened(hasty, site.url())
    page = await opened(hasty, site.url(host="ann:s3cret@127.0.0.1"))
    assert (page.title, page.url) == ("In", site.url())


@pytest.mark.parametrize("status", [404, 500, 204])
async def test_an_http_error_is_a_page_with_a_status(status: int, hasty: Kit, site: PageServer) -> None:
    site.pages["/"] = Reply("<title>Sorry</title>" if status != 204 else b"", status=status)
    if status == 204:
        with pytest.raises(NavigationFailed, match="nothing to show"):
            await opened(hasty, site.url())
    else:
        page = await opened(hasty, site.url())
        assert (page.status, page.title) == (status, "Sorry")


async def test_a_page_that_sends_itself_on_is_reported_where_it_arrives(hasty: Kit, site: PageServer) -> None:
    site.pages |= {"/": "<script>location.replace('/next')</script>", "/next": "<title>Next</title>"}
    page = await opened(hasty, site.url(), wait_until="networkidle")
    assert (page.url, page.title) == (site.url("/next"), "Next")


async def test_strange_characters_in_a_url_are_no_crash(hasty: Kit, site: PageServer) -> None:
    site.pages["/ü"] = "<title>no</title>"
    assert (await opened(hasty, site.url("/%C3%BC?q=\u202e&x=%00"))).status == 404
    with pytest.raises((NavigationFailed, ValueError)):
        await opened(hasty, "http://exa\ud800mple.invalid/")
