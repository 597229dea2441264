"""What was last offered on a page, so that a number, or the person's answer, is enough to go on with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

from handlens.locate.locate import Located, Target

if TYPE_CHECKING:
    from playwright.async_api import Page

Decision = Literal["chosen", "ambiguous", "not_found"]


@dataclass(frozen=True, slots=True)
class Offer:
    """``decision``: whether the first of the targets was sure, and only waits for a confirmation."""

    description: str
    located: Located
    targets: tuple[Target, ...]
    decision: Decision


_offered: WeakKeyDictionary[Page, Offer] = WeakKeyDictionary()


def offer(page: Page, description: str, located: Located, targets: tuple[Target, ...], decision: Decision) -> None:
    _offered[page] = Offer(description, located, targets, decision)


def offered(page: Page, description: str) -> Offer | None:
    """What was offered for this description, if nothing else was asked on the page since."""
    known = _offered.get(page)
    return known if known is not None and known.description == description else None


def forget(page: Page) -> None:
    _offered.pop(page, None)
