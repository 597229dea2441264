"""Playwright's driver: the Node process through which a browser is spoken to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Playwright


async def start_driver() -> Playwright:
    """Start the driver. It takes a third of a second of its own, in which we may do something else.

    Node keeps the driver's compiled code in the user's cache, which saves a quarter of that from the second time on.
    """
    from playwright.async_api import async_playwright

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    os.environ.setdefault("NODE_COMPILE_CACHE", str(cache / "handlens" / "node"))
    return await async_playwright().start()
