"""Charts of one metric from places: the things that are named under its title, and of each the value that is written.

Of a line that is the last value, in the legend; of a bar the one at its end, of a ring the one in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

from handlens.usage.columns import Field, header_words
from handlens.usage.fragments import Band, Fragment, band_of, cleaned, label
from handlens.usage.layout_gauges import values_over_names
from handlens.usage.layout_table import table_under
from handlens.usage.table import Cell, Table

NO_VALUE = "the chart writes no value here, and none is made up from its line"
HIGHEST = 45.0
"""Line heights from a chart's title down to its legend."""
FEWEST_THINGS = 2
FEWEST_TICKS = 2
"""Lines of an axis, at the least, between a title and the names of lines: else it is no chart."""
_METRICS = (Field.GPU, Field.CPU, Field.MEMORY, Field.GPU_MEMORY)
_NAME = re.compile(r"name|series|legend|metric|host|instance|node|名称|名|系列|图例|指标|实例|节点")
_LAST = re.compile(r"last(?: not null)?|latest|current|now|value|最新值?|当前值?|最后一个值|最近值?|值")
_LAST_WORD = r"(?:(?:last|latest|current|now|最新值?|当前值?|最近值?)\s*\*?\s*[:：]?\s*)?"
_VALUE = r"\d[\d.,]*\s*(?:%|[KMGT]i?B?)"
_ITEM = re.compile(rf"(.*?[^\s:：])[\s:：]+{_LAST_WORD}({_VALUE})", re.IGNORECASE)
_ONLY_VALUE = re.compile(rf"{_LAST_WORD}({_VALUE})", re.IGNORECASE)
_TICK = re.compile(r"-?[\d.,]+\s*(?:%|[KMGT]i?B?|m?s)?|\d{1,2}:\d{2}(?::\d{2})?|\d{1,2}[/-]\d{1,2}(?: \d{1,2}:\d{2})?")


def legends(lines: Sequence[Band], height: float) -> list[Table]:
    """A table a legend, named by the chart's title: `rows.usage_tables` takes its last values for that metric's."""
    found: list[Table] = []
    for part in _side_by_side(lines, height):
        for number, band in enumerate(part):
            if _is_head(band) and (title := _title(part, number, height)):
                found.append(_with_head(part, number, title))
    return found


def listed_legends(lines: Sequence[Band], height: float) -> list[Table]:
    """The same of what is no table: bars, rings, and names under an axis, with their last values or without."""
    return [table for part in _side_by_side(lines, height) if (table := _listed(part, height))]


def _side_by_side(lines: Sequence[Band], height: float) -> list[list[Band]]:
    """The lines, parted where charts stand beside each other, each under a title of its own."""
    titles = [
        [one.box.x for place, one in enumerate(band.fragments) if band.labels.get(place) in _METRICS] for band in lines
    ]
    edges = max(titles, key=len, default=[])
    if len(edges) < 2:
        return [list(lines)]
    borders = [float("-inf"), *(edge - height for edge in edges[1:]), float("inf")]
    parts: list[list[Band]] = []
    for left, right in pairwise(borders):
        own = [[one for one in band.fragments if left <= one.box.x < right] for band in lines]
        parts.append([band_of(some) for some in own if some])
    return parts


def _is_name(fragment: Fragment) -> bool:
    return _NAME.fullmatch(header_words(fragment.text)) is not None


def _is_last(fragment: Fragment) -> bool:
    return _LAST.fullmatch(header_words(fragment.text)) is not None


def _is_head(band: Band) -> bool:
    return len(band.fragments) > 1 and _is_name(band.fragments[0]) and any(map(_is_last, band.fragments))


def _title(lines: Sequence[Band], number: int, height: float, *, alone: bool = False) -> str | None:
    """The nearest text above that names a metric; ``alone``: and has its line for itself."""
    for band in reversed(lines[:number]):
        if lines[number].middle - band.middle > HIGHEST * height or _is_head(band):
            return None
        named = [one for place, one in enumerate(band.fragments) if band.labels.get(place) in _METRICS]
        if named:
            return None if alone and len(band.fragments) > 1 else named[0].text
    return None


def _with_head(lines: Sequence[Band], number: int, title: str) -> Table:
    """The lines under a legend's header that have a value, as far as they go without a gap."""
    head, body = lines[number], list[Band]()
    for band in lines[number + 1 :]:
        if len(band.fragments) < 2 or not any(_TICK.fullmatch(one.text) for one in band.fragments[1:]):
            break
        body.append(band)
    first = replace(head.fragments[0], text="Name", parts=())
    return table_under(band_of([first, *head.fragments[1:]]), body, title)


def _listed(lines: Sequence[Band], height: float) -> Table | None:
    if listed := _under_a_metric(lines, height):
        return listed
    ticks = [all(_TICK.fullmatch(text.text) for text in band.fragments) for band in lines]
    for number in range(1, len(lines)):
        title = _title(lines, number, height, alone=True)
        if title is None or ticks[number] or not ticks[number - 1] or sum(ticks[:number]) < FEWEST_TICKS:
            continue
        if items := [item for one in _goes_on(lines[number:], height) for item in _items(one)]:
            return Table(("Name", "Last"), tuple(items), title)
    return None


def _under_a_metric(lines: Sequence[Band], height: float) -> Table | None:
    """Names of things, each with its value beside it (at the end of a bar) or over it (in a ring)."""
    for number, band in enumerate(lines):
        title = _title(lines, number, height, alone=True)
        if title is None:
            continue
        if pairs := values_over_names(band, lines[number + 1], height) if number + 1 < len(lines) else []:
            items = [(_shown(name), _shown(value)) for value, name in pairs]
        else:
            beside = takewhile(_is_name_and_value, lines[number:])
            items = [(_shown(one.fragments[0]), _shown(one.fragments[1])) for one in beside]
        if len(items) >= FEWEST_THINGS and not any(label(name.text) for name, _ in items):
            return Table(("Name", "Last"), tuple(items), title)
    return None


def _is_name_and_value(band: Band) -> bool:
    return len(band.fragments) == 2 and [bool(_ONLY_VALUE.fullmatch(one.text)) for one in band.fragments] == [
        False,
        True,
    ]


def _shown(fragment: Fragment) -> Cell:
    clean = cleaned(fragment)
    return Cell(clean.text, fragment.box, clean.confidence)


def _goes_on(lines: Sequence[Band], height: float) -> list[Band]:
    """The first line, and those right under it."""
    own = list(lines[:1])
    for band in lines[1:]:
        if band.middle - own[-1].middle > 1.6 * height:
            break
        own.append(band)
    return own


def _items(band: Band) -> list[tuple[Cell, ...]]:
    """Name and last value of each item of a line; a value apart from its name belongs to the one left of it."""
    items: list[tuple[Cell, ...]] = []
    for fragment in map(cleaned, band.fragments):
        whole, value = _ITEM.fullmatch(fragment.text), _ONLY_VALUE.fullmatch(fragment.text)
        if whole:
            items.append(tuple(Cell(text, fragment.box, fragment.confidence) for text in whole.groups()))
        elif value and items and items[-1][1].note:
            items[-1] = (items[-1][0], Cell(value[1], fragment.box, fragment.confidence))
        elif not value and label(fragment.text) is None:
            items.append((Cell(fragment.text, fragment.box, fragment.confidence), Cell("", None, 1.0, NO_VALUE)))
    return items
