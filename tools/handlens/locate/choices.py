"""The candidates that were last offered on a page, so that a number is enough to pick one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from handlens.locate.locate import Located, Target

if TYPE_CHECKING:
    from playwright.async_api import Page

_offered: WeakKeyDictionary[Page, tuple[str, Located, tuple[Target, ...]]] = WeakKeyDictionary()


def offer(page: Page, description: str, located: Located, targets: tuple[Target, ...]) -> None:
    _offered[page] = (description, located, targets)


def offered(page: Page, description: str) -> tuple[Located, tuple[Target, ...]] | None:
    """What was offered for this description, if nothing else was asked on the page since."""
    known = _offered.get(page)
    return (known[1], known[2]) if known and known[0] == description else None


def forget(page: Page) -> None:
    _offered.pop(page, None)
