"""A console's menu stands beside its list, at heights of its own: left out before lines are made of the texts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from handlens.usage.columns import Field
from handlens.usage.fragments import Band, Fragment, bands, line_height

LEAST_ITEMS = 4
WIDEST = 0.3
"""Of the page's width. A menu is narrower."""
LONGEST_ITEM = 26
_NO_MENU_ITEM = re.compile(r"[\d_%:：]|-\w")


def without_menu(fragments: Sequence[Fragment]) -> list[Fragment]:
    """The texts but for those of a menu along the left side of the page, if there is one."""
    if not fragments:
        return []
    height = line_height(fragments)
    width = max(fragment.box.right for fragment in fragments)
    ends = sorted({fragment.box.right for fragment in fragments if fragment.box.right < WIDEST * width})
    menu = max((_menu(fragments, end, height) for end in ends), key=len, default=[])
    gone = set(map(id, menu))
    return [fragment for fragment in fragments if id(fragment) not in gone]


def _menu(fragments: Sequence[Fragment], end: float, height: float) -> list[Fragment]:
    """What stands left of ``end``, below the last text that crosses it, if it reads like a menu."""
    crossing = [one.middle for one in fragments if one.box.x <= end + 0.5 * height and one.box.right > end]
    below = max(crossing, default=float("-inf"))
    left = [one for one in fragments if one.box.right <= end and one.middle > below]
    items = bands(left)
    if len(items) < LEAST_ITEMS or any(len(item.fragments) > 1 for item in items):
        return []
    if len({known for item in items for known in item.labels.values()} - {Field.TASK_NAME}) > 1:
        return []  # names of values
    words = [one for one in left if len(one.text) <= LONGEST_ITEM and not _NO_MENU_ITEM.search(one.text)]
    if len(words) < 0.8 * len(left) or any(one.box.x - left[0].box.x > 3 * height for one in left):
        return []
    return left if _has_heights_of_its_own(items, fragments, end, below, height) else []


def _has_heights_of_its_own(
    items: Sequence[Band], fragments: Sequence[Fragment], end: float, below: float, height: float
) -> bool:
    """Whether a good part of the items stand beside nothing, and they head no column and name no values."""
    beside = bands([one for one in fragments if one.box.x > end and one.middle > below])
    level = [[band for band in beside if abs(band.middle - item.middle) <= 0.2 * height] for item in items]
    for place, item in enumerate(items):
        heads = any(len(set(band.names.values())) > 1 for band in level[place])
        if Field.TASK_NAME in item.labels.values() and heads and 2 * sum(map(bool, level[place:])) > len(level[place:]):
            return False
    alone = sum(1 for bands_beside in level if not bands_beside)
    named = sum(
        1
        for item, bands_beside in zip(items, level, strict=True)
        if item.names and any(band.names for band in bands_beside)
    )
    return 2 * alone >= len(items) or (4 * alone >= len(items) and named < 2)
