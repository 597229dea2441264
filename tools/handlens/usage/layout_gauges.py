"""Gauges from places: a value inside a ring or over a bar, and under it the name of what it measures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from handlens.usage.columns import Field
from handlens.usage.fragments import Band, Fragment, cleaned, label
from handlens.usage.table import EMPTY, Cell, Table, unique

_VALUE = re.compile(r"\d[\d.,]*\s*(?:%|[KMGT]i?B?)?(?:\s*/.*)?")
FURTHEST = 3.5
"""Line heights from a value to its name: half a ring."""
ASIDE = 2.2
"""Line heights that their middles may lie apart."""
HEADING = 7.0
"""Line heights from a card's heading down to its values."""


def gauges(lines: Sequence[Band], height: float) -> Table | None:
    """One row a heading, each with the gauges under it; None where names with values over them are not found.

    Where no gauge has a heading they are all of one thing, which has no name.
    """
    found = [
        (over, pair)
        for over, under in pairwise(lines)
        if under.names and (pair := values_over_names(over, under, height)) and not over.names
    ]
    records: dict[str, dict[str, Cell]] = {}
    for over, pairs in found:
        above = [band for band in lines if 0 < over.middle - band.middle < HEADING * height and band is not over]
        for value, name in pairs:
            heading = _heading(above, value)
            record = records.setdefault(heading.text if heading else "", {"": _cell(heading)} if heading else {})
            record[name.text] = _cell(value)
    if "" in records and len(records) > 1:
        return None
    names = list(dict.fromkeys(name for record in records.values() for name in record))
    if not {label(name) for name in names} & {Field.GPU, Field.CPU, Field.MEMORY, Field.GPU_MEMORY}:
        return None
    rows = tuple(tuple(record.get(name, EMPTY) for name in names) for record in records.values())
    return Table(unique([name or "Name" for name in names]), rows)


def values_over_names(over: Band, under: Band, height: float) -> list[tuple[Fragment, Fragment]]:
    """Each value of the upper line with its name in the lower one; none unless all of both belong together."""
    names = [one for one in under.fragments if not _VALUE.fullmatch(one.text)]
    values = [one for one in over.fragments if _VALUE.fullmatch(one.text)]
    if len(values) != len(over.fragments) or len(names) != len(under.fragments) or len(names) != len(values):
        return []
    near = under.middle - over.middle < FURTHEST * height
    pairs = list(zip(values, names, strict=True))
    level = all(abs(value.box.center.x - name.box.center.x) < ASIDE * height for value, name in pairs)
    return pairs if near and level else []


def _heading(above: Sequence[Band], value: Fragment) -> Fragment | None:
    """The nearest text above a value that begins left of it, and is no value itself."""
    for band in reversed(above):
        left = [one for one in band.fragments if one.box.x <= value.box.x + 4 and not _VALUE.fullmatch(one.text)]
        if left:
            return max(left, key=lambda one: one.box.x)
    return None


def _cell(fragment: Fragment) -> Cell:
    clean = cleaned(fragment)
    return Cell(clean.text, fragment.box, clean.confidence)
