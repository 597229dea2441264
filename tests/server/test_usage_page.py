"""The usage page in a real browser, and as strangers meet it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

pytest.importorskip("sqlalchemy", reason="needs the `usage` extra")

from playwright.async_api import Page, expect

from fakes.served import Served
from handlens.geometry import Box
from handlens.kit import Kit
from handlens.usage.board import Board, Evidence
from handlens.usage.history import AlertChange, History, Observation
from handlens.usage.reviews import Reviews
from handlens.usage.seen import Doubtful

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

EVIL = '<img src=x onerror="window.broken=1">"\'><script>window.broken=1</script>'
ALICE = "alice-0123456789abcdef"


def row(task: str, **more: Any) -> dict[str, Any]:
    values = {"gpu": 12.5, "cpu": None, "memory_used": 2**34, "memory_total": 2**35, "status": "running"}
    shown = {"instance_type": EVIL, "status_text": EVIL, "start_time": "2026-03-01T10:00:00+08:00"}
    return {"task": task, **values, **shown, "marks": [EVIL], "doubted": True, **more}


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """A console with a hostile task, an open alert and a doubtful cell."""
    history = History(f"sqlite:///{tmp_path}/usage.db")
    now = datetime.now(UTC)
    history.write(
        [Observation("pai", EVIL, now - timedelta(minutes=m), 12.5, None, 2**34, 2**35, "running") for m in range(90)],
        [AlertChange("pai", EVIL, "idle", now, now - timedelta(minutes=5), None, 3.0, EVIL)],
    )
    board = Board(history.database)
    reading = {
        "rows": [row(EVIL), row("calm", gpu=80, marks=[], doubted=False, status_text="Running")],
        "total_rows": 2,
        "reader": "structure",
        "remarks": [EVIL],
        "unknown_headers": [EVIL, "Load"],
        "unknown_statuses": ["Napping"],
    }
    board.seen("pai", now, timedelta(minutes=1), reading)
    file = io.BytesIO()
    Image.new("RGB", (900, 300), "white").save(file, "PNG")
    cell = Doubtful(
        EVIL, "GPU", "gpu_utilization_percent", "12.5%", EVIL, Box(x=500, y=150, width=60, height=20), {"gpu": 12.5}
    )
    Reviews(history.database).ask("pai", now, [cell], Evidence(file.getvalue()))
    yield history
    history.close()


@pytest.fixture
def served(tmp_path: Path, history: History) -> Iterator[Served]:
    (tmp_path / "run").mkdir()
    with Served(tmp_path / "run", history=f"sqlite:///{tmp_path}/usage.db") as server:
        yield server


async def opened(kit: Kit, url: str) -> Page:
    session, _ = await kit.browser.open(kit.caller, url)
    return session.page


async def test_tasks_alerts_and_doubts_are_shown_and_what_consoles_say_is_never_markup(
    kit: Kit, served: Served
) -> None:
    page = await opened(kit, f"{served.base}/usage")
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    await expect(page.locator("tr.task")).to_have_count(2)
    await expect(page.locator("svg.spark")).to_have_count(1)
    await expect(page.locator("#alerts li")).to_have_count(1)
    await expect(page.locator("tr.task .name").first).to_contain_text(EVIL)
    await page.locator("tr.task .name button").first.click()
    await expect(page.locator("svg.chart")).to_be_visible()
    await page.locator("svg.chart").hover()
    await expect(page.locator("#tip")).to_contain_text("mean 12.5 %")
    await page.locator(".reviews .strip").click()
    await expect(page.locator("#viewer-frame")).to_be_visible()
    await page.locator("#viewer button").click()
    await page.reload()
    await expect(page.locator("tr.task")).to_have_count(2)
    assert await page.evaluate("window.broken") is None
    assert await page.locator("main img").count() == 1
    assert wrong == []


async def test_a_doubt_is_corrected_with_one_click_and_the_history_has_it(
    kit: Kit, served: Served, history: History
) -> None:
    page = await opened(kit, f"{served.base}/usage")
    field, card = page.locator(".reviews input"), page.locator(".reviews li")
    await field.fill("nonsense")
    await card.locator(".correct").click()
    await expect(card.locator(".wrong")).to_contain_text("45%")
    await field.fill("72.5 %")
    await card.locator(".correct").click()
    await expect(page.locator("#reviews-none")).to_be_visible()
    await expect(page.locator("tr.task td.number").first).to_have_text("72.5 %")
    (review,) = Reviews(history.database).decided()
    assert (review.state, review.corrected, review.text) == ("corrected", "72.5 %", "12.5%")


async def test_a_column_and_a_status_are_taught(kit: Kit, served: Served, history: History) -> None:
    page = await opened(kit, f"{served.base}/usage")
    await page.get_by_text("words are not understood").click()
    async with page.expect_response("**/usage/api/teach"):
        await page.get_by_label("Meaning of Napping").select_option("pending")
    async with page.expect_response("**/usage/api/teach"):
        await page.get_by_label("Meaning of Load").select_option("gpu_utilization_percent")
    assert Board(history.database).taught("pai") == ({"Load": "gpu_utilization_percent"}, {"Napping": "pending"})


@pytest.mark.parametrize("width", [360, 1280])
async def test_the_page_fits_narrow_and_wide(kit: Kit, served: Served, width: int) -> None:
    page = await opened(kit, f"{served.base}/usage")
    await page.set_viewport_size({"width": width, "height": 800})
    await expect(page.locator("tr.task")).to_have_count(2)
    await page.locator("tr.task .name button").first.click()
    await expect(page.locator("svg.chart")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    name = await page.locator("tr.task .name").first.bounding_box()
    assert name is not None
    assert name["width"] >= 180


async def test_a_page_that_met_no_history_at_first_comes_by_itself(kit: Kit, served: Served) -> None:
    page = await opened(kit, f"{served.base}/health")
    await page.clock.install()
    away = json.dumps({"error": "The usage history could not be read."})
    await page.route("**/usage/api/state", lambda route: route.fulfill(status=503, body=away), times=1)
    await page.goto(f"{served.base}/usage")
    await expect(page.locator("#message-text")).to_contain_text("could not be read")
    await page.clock.fast_forward(11_000)
    await expect(page.locator("tr.task")).to_have_count(2)
    await expect(page.locator("#message")).to_be_hidden()


async def test_with_tokens_the_page_asks_for_one_and_remembers_it(tmp_path: Path, kit: Kit, history: History) -> None:
    (tmp_path / "run").mkdir()
    url = f"sqlite:///{tmp_path}/usage.db"
    with Served(tmp_path / "run", history=url, http__tokens=json.dumps({"alice": ALICE})) as served:
        for path in ("api/state", "api/trends?console=pai", "pictures/1"):
            assert httpx2.get(f"{served.base}/usage/{path}").status_code == 401
        for path in ("api/reviews/1", "api/teach"):
            assert httpx2.post(f"{served.base}/usage/{path}", json={}).status_code == 401
        bearer = {"Authorization": f"Bearer {ALICE}"}
        assert httpx2.get(f"{served.base}/usage/api/state", headers=bearer).status_code == 200
        page = await opened(kit, f"{served.base}/usage")
        await page.get_by_label("Access token").fill("wrong-0123456789abcdef")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.locator("#login-wrong")).to_contain_text("no access token")
        await page.get_by_label("Access token").fill(ALICE)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.locator("tr.task")).to_have_count(2)
        await page.reload()
        await expect(page.locator("tr.task")).to_have_count(2)
        (cookie,) = await page.context.cookies()
        assert (cookie.get("httpOnly"), cookie.get("sameSite"), cookie.get("path")) == (True, "Strict", "/usage")
        assert ALICE not in cookie.get("value", "")
        forged = httpx2.get(f"{served.base}/usage/api/state", headers={"Cookie": f"handlens_usage=YWxpY2U=.{2**40}.00"})
        assert forged.status_code == 401
        endless = httpx2.get(
            f"{served.base}/usage/api/state", headers={"Cookie": f"handlens_usage=YWxpY2U=.{'9' * 5_000}.00"}
        )
        assert endless.status_code == 401


def test_pages_of_others_can_not_decide_and_nothing_is_framed_or_sniffed(served: Served) -> None:
    url = f"{served.base}/usage/api/reviews/1"
    accept = {"decision": "accept"}
    assert httpx2.post(url, json=accept, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert httpx2.post(url, json=accept, headers={"Origin": "https://evil.example"}).status_code == 403
    assert httpx2.post(url, content=json.dumps(accept), headers={"Content-Type": "text/plain"}).status_code == 400
    assert httpx2.post(url, json={"decision": "correct", "text": "x" * 30_000}).status_code == 413
    assert httpx2.post(url, json={"decision": "perhaps"}).status_code == 400
    assert httpx2.get(f"{served.base}/usage/api/trends?console=pai&hours=nan").status_code == 400
    for number in (77, 2**63, 10**30):
        assert httpx2.get(f"{served.base}/usage/pictures/{number}").status_code == 404
        assert httpx2.post(f"{served.base}/usage/api/reviews/{number}", json=accept).status_code == 404
    page = httpx2.get(f"{served.base}/usage")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert httpx2.post(url, json=accept).json() == {"state": "accepted"}


def test_without_a_history_the_page_says_what_to_set(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        answer = httpx2.get(f"{served.base}/usage/api/state")
        assert (answer.status_code, "history" in answer.json()["error"]) == (404, True)


async def test_of_hundreds_of_consoles_only_those_on_the_screen_are_filled_and_asked_about(
    kit: Kit, served: Served, history: History
) -> None:
    board, now = Board(history.database), datetime.now(UTC)
    for number in range(120):
        reading = {"rows": [row(f"task-{n}", marks=[]) for n in range(20)], "total_rows": 20, "remarks": []}
        board.seen(f"z{number:03}", now, timedelta(minutes=1), reading)
    page = await opened(kit, f"{served.base}/health")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{served.base}/usage")
    await expect(page.locator(".console")).to_have_count(121)
    await expect(page.locator("svg.spark")).to_have_count(1)
    assert await page.locator("tr.task").count() < 500
    assert sum("/api/trends" in url for url in asked) < 30
    last = page.locator(".console").last
    await last.scroll_into_view_if_needed()
    await expect(last.locator("tr.task")).to_have_count(20)
