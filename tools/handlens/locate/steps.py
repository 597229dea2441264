"""Descriptions of several clicks in a row ("Open the menu, and then click Print"): which of them is next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from handlens.locate.locate import Located, Target
from handlens.locate.patterns import QUOTES, VERBS_EN, VERBS_ZH

if TYPE_CHECKING:
    from playwright.async_api import Page

MAX_STEPS = 6
_THEN = re.compile(r"\s*[,;.]?\s+(?:and\s+)?then,?\s+|\s*[，,；;。]\s*(?:然后|接着|随后)(?:再)?\s*", re.IGNORECASE)
_Click = tuple[str, tuple[int, int]]
"""As it was described, and which element it was: its world's context, its number in there."""
_clicks: WeakKeyDictionary[Page, list[_Click]] = WeakKeyDictionary()


def steps(description: str) -> list[str]:
    """The clicks that a description asks for one after another; itself alone where it asks for one."""
    quoted = [match.span() for match in QUOTES.finditer(description)]
    found: list[str] = []
    start = 0
    for joint in _THEN.finditer(description):
        after = description[joint.end() :].casefold()
        if any(low < joint.start() < high for low, high in quoted):
            continue
        if VERBS_EN.match(after) or VERBS_ZH.match(after):
            found.append(description[start : joint.start()])
            start = joint.end()
    found.append(description[start:])
    return found if len(found) <= MAX_STEPS else [description]


def clicked(page: Page, located: Located, target: Target) -> None:
    """Keep that this was clicked: the next step of a row of clicks starts behind it."""
    kept = _clicks.setdefault(page, [])
    kept.append((located.query.text, _key(located, target)))
    del kept[:-MAX_STEPS]


def done(page: Page, described: Sequence[str], located: Sequence[Located]) -> int:
    """How many steps the last clicks on a page were, in their order: each by its words, or by what it means now."""
    kept = _clicks.get(page, [])
    keys = [_key(one, one.best) if one.best is not None else None for one in located]
    for count in range(min(len(located), len(kept)), 0, -1):
        last = kept[-count:]
        if all(text == said or key == now for (text, key), said, now in zip(last, described, keys, strict=False)):
            return count
    return 0


def _key(located: Located, target: Target) -> tuple[int, int]:
    candidate = target.candidate
    return located.snapshot.worlds[candidate.frame].own.context, candidate.id
