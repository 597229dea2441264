"""What a caller said should happen, held against what did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlens.errors import TargetError
from handlens.locate.effect import Effect

if TYPE_CHECKING:
    from playwright.async_api import Page

_TEXT_SECONDS = 3.0


async def check_expectation(page: Page, expect: str, effect: Effect) -> Effect:
    """The effect, with ``expected`` true.

    Raises:
        TargetError: it did not happen; the message says what did.
    """
    kinds = {
        "navigation": effect.navigated_to is not None,
        "new_page": effect.new_pages > 0,
        "dialog": bool(effect.dialogs) or "dialog appeared" in effect.summary,
        "download": bool(effect.downloads),
        "change": effect.changed,
    }
    came = kinds[expect] if expect in kinds else await _appears(page, expect)
    if not came:
        raise TargetError(f"It was done, but {expect[:120]!r} did not happen. Effect: {effect.summary}.")
    return effect.model_copy(update={"expected": True})


async def _appears(page: Page, text: str) -> bool:
    from playwright.async_api import Error

    try:
        await page.get_by_text(text).locator("visible=true").first.wait_for(timeout=_TEXT_SECONDS * 1000)
    except Error:
        return False
    return True
