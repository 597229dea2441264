"""What is found on a page for descriptions, told by the ids of its elements."""

from __future__ import annotations

from conftest import Serve
from handlens.click_described_element import ClickDescribedElementInput, click_described_element
from handlens.kit import Kit
from handlens.open_page import OpenPageInput, open_page


async def located(kit: Kit, serve: Serve, page: str, *descriptions: str) -> list[str]:
    """Ids of what is found on ``page`` (HTML) with enough confidence to click, "" for nothing."""
    session = (await open_page(OpenPageInput(url=serve(page)), kit)).session_id
    points: list[list[float]] = []
    for description in descriptions:
        request = ClickDescribedElementInput(session_id=session, description=description, dry_run=True)
        target = (await click_described_element(request, kit)).target
        points.append([target.point.x, target.point.y] if target else [-1, -1])
    script = "points => points.map(([x, y]) => document.elementFromPoint(x, y)?.closest('[id]')?.id || '')"
    async with kit.browser.page(kit.caller, session_id=session) as opened:
        return list(await opened.page.evaluate(script, points))
