"""Cards and panels from places: names of values, each with its value to the right of it or under it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from handlens.geometry import Box
from handlens.usage.columns import Field, is_further_header
from handlens.usage.fragments import Band, Fragment, band_of, cleaned, folded, label, merged
from handlens.usage.reading import is_missing
from handlens.usage.table import EMPTY, Cell, Table, unique

NEXT_LINES = 0.15
"""Of a line's box, at its upper and lower edge: what may be of other lines where they are close."""
_SAME_EDGE = 0.45
"""Left edges that differ by less than so many line heights are one."""


@dataclass(slots=True)
class _Record:
    """One card while it is put together; ``values`` by the folded name."""

    left: float
    top: float
    heading: Fragment | None
    values: dict[str, Cell] = field(default_factory=dict[str, Cell])


def cards(lines: Sequence[Band], height: float) -> Table | None:
    """The table of all cards on the page, one row a card, in reading order; None where there are none."""
    lines = _names_cut_off(lines)
    edges = _edges(lines, height)
    ends = _ends(lines, edges)
    first = _first(lines, edges, height)
    records: list[_Record] = []
    stacks: dict[int, _Record] = {}
    shown: dict[str, Counter[str]] = {}
    often = Counter(folded(band.fragments[place].text) for band in lines for place in _names(band, edges, height))
    for number, band in enumerate(lines):
        places = _names(band, edges, height) if number >= first else []
        places = [place for place in places if not _is_heading(band.fragments[place], lines, number, often, height)]
        for place, end in zip(places, [*places[1:], len(band.fragments)], strict=False):
            name = band.fragments[place]
            text = folded(name.text)
            edge = min(range(len(edges)), key=lambda at: abs(edges[at] - name.box.x))
            if edge not in stacks or text in stacks[edge].values:
                stacks[edge] = _Record(name.box.x, name.box.y, _heading(lines, number, name, height))
                records.append(stacks[edge])
            pieces = [cleaned(piece) for piece in band.fragments[place + 1 : end]]
            stacks[edge].values[text] = _cell(merged(pieces)) if pieces else _nothing(name, ends[edge])
            shown.setdefault(text, Counter())[name.text.rstrip(":： ")] += 1
    kept = _one_panel([record for record in records if len(record.values) >= 2], height)
    return _table(kept, {text: seen.most_common(1)[0][0] for text, seen in shown.items()}, height) if kept else None


def _one_panel(records: list[_Record], height: float) -> list[_Record]:
    """Names and values in two columns side by side, no name twice, are of one thing."""
    names = [name for record in records for name in record.values]
    if len(records) < 2 or len(names) != len(set(names)) or any(record.heading for record in records[1:]):
        return records
    if max(record.top for record in records) - min(record.top for record in records) > height:
        return records
    first = records[0]
    values = {name: cell for record in records for name, cell in record.values.items()}
    return [replace(first, values=values)]


def _names_cut_off(lines: Sequence[Band]) -> list[Band]:
    """The lines, where a name runs into its value cut behind the name: one that stands alone on other cards."""
    known = {folded(band.fragments[place].text) for band in lines for place in band.names}
    return [band_of([piece for one in band.fragments for piece in _cut_behind(one, known)]) for band in lines]


def _cut_behind(fragment: Fragment, names: set[str]) -> list[Fragment]:
    parts = fragment.parts
    if folded(fragment.text) in names:
        return [fragment]
    for at in range(len(parts) - 1, 0, -1):
        name, value = (replace(merged(some), parts=tuple(some)) for some in (parts[:at], parts[at:]))
        if folded(name.text) in names and (is_missing(value.text) or value.text[:1].isdigit()):
            return [name, value]
    return [fragment]


def _edges(lines: Sequence[Band], height: float) -> list[float]:
    """Where names begin: the left edges at which known names stand, each counted once."""
    edges: list[float] = []
    for x in sorted(band.fragments[place].box.x for band in lines for place in band.names):
        if not edges or x - edges[-1] > _SAME_EDGE * height:
            edges.append(x)
    return edges


def _ends(lines: Sequence[Band], edges: Sequence[float]) -> list[float]:
    """How far to the right the values of each edge's names reach."""
    ends = list(edges)
    for band in (band for band in lines if band.names):
        for fragment in band.fragments:
            at = max((place for place, edge in enumerate(edges) if edge <= fragment.box.x + 4), default=0)
            ends[at] = max(ends[at], fragment.box.right)
    return ends


def _first(lines: Sequence[Band], edges: Sequence[float], height: float) -> int:
    """The first line of names and values: a known name's, or those right above it that look like it."""
    first = next((number for number, band in enumerate(lines) if band.names), 0)
    while first and lines[first].middle - lines[first - 1].middle < 1.5 * height:
        if not _names(lines[first - 1], edges, height):
            break
        first -= 1
    return first


def _names(band: Band, edges: Sequence[float], height: float) -> list[int]:
    """Which fragments are names: what stands at an edge, in a line that has values beside its names."""
    places = [
        place
        for place, fragment in enumerate(band.fragments)
        if any(abs(fragment.box.x - edge) <= _SAME_EDGE * height for edge in edges)
    ]
    if not band.names and len(places) == len(band.fragments):
        return []  # a line of headings: nothing is said beside them
    return places


def _is_heading(text: Fragment, lines: Sequence[Band], number: int, often: Counter[str], height: float) -> bool:
    """Whether a text at an edge, with a tag beside it, heads its card: no other card has it, as they have names."""
    if often[folded(text.text)] > 1 or label(text.text) or is_further_header(text.text):
        return False
    under = lines[number + 1].fragments if number + 1 < len(lines) else ()
    aligned = [one for one in under if abs(one.box.x - text.box.x) <= _SAME_EDGE * height]
    return any(often[folded(one.text)] > 1 for one in aligned)


def _heading(lines: Sequence[Band], number: int, name: Fragment, height: float) -> Fragment | None:
    """The text over a card's first name, with nothing between."""
    for band in reversed(lines[max(0, number - 2) : number]):
        if band.names or name.middle - band.middle > 3.0 * height:
            return None
        for fragment in band.fragments:
            if abs(fragment.box.x - name.box.x) < 1.5 * height and not label(fragment.text):
                return fragment
    return None


def _table(records: Sequence[_Record], shown: dict[str, str], height: float) -> Table:
    names = list(dict.fromkeys(name for record in records for name in record.values))
    headers = [shown[name] for name in names]
    if not any(label(header) is Field.TASK_NAME for header in headers) and any(one.heading for one in records):
        names.insert(0, "")
        headers.insert(0, "Name")
        for record in records:
            record.values[""] = _cell(record.heading) if record.heading else EMPTY
    rows = [tuple(record.values.get(name, EMPTY) for name in names) for record in _in_order(records, height)]
    return Table(unique(headers), tuple(rows))


def _in_order(records: Sequence[_Record], height: float) -> list[_Record]:
    """Row by row, each from left to right; cards of one row begin within two line heights."""
    ordered: list[_Record] = []
    row: list[_Record] = []
    for record in sorted(records, key=lambda one: one.top):
        if row and record.top - row[0].top > 2 * height:
            ordered += sorted(row, key=lambda one: one.left)
            row = []
        row.append(record)
    return ordered + sorted(row, key=lambda one: one.left)


def _nothing(name: Fragment, right: float) -> Cell:
    """An empty cell, with the box where a value beside the name would be, and nothing of the lines next to it."""
    edge = NEXT_LINES * name.box.height
    top, bottom = name.box.y + edge, name.box.bottom - edge
    return Cell("", Box.from_corners(name.box.right, top, max(name.box.right, right), bottom))


def _under(name: Fragment, step: float) -> Cell:
    """An empty cell, with the box where a value under the name would be."""
    return Cell("", name.box.moved(0, step))


def _cell(fragment: Fragment) -> Cell:
    clean = cleaned(fragment)
    return Cell(clean.text, fragment.box, clean.confidence)


def panel(lines: Sequence[Band], height: float) -> Table | None:
    """A panel of names with their values right under them, two pairs of lines or more: one row."""
    pairs = [(over, under) for over, under in pairwise(lines) if _is_pair(over, under, height)]
    known = [(over, under) for over, under in pairs if over.names]
    if len(known) < 2 or any(len(set(over.names.values())) < len(over.names) for over, _ in known):
        return None
    step = min(under.middle - over.middle for over, under in known)
    headers: list[str] = []
    cells: list[Cell] = []
    values: set[int] = set()
    for over, under in pairs:
        if (
            id(over) in values
            or abs(under.middle - over.middle - step) > 0.35 * height
            or over.middle < known[0][0].middle
        ):
            continue
        values.add(id(under))
        for place, name in enumerate(over.fragments):
            below = [value for value in under.fragments if _owner(value, over, height) == place]
            headers.append(name.text.rstrip(":： "))
            cells.append(_cell(merged(below)) if below else _under(name, step))
    fields = {label(header) for header in headers}
    return Table(unique(headers), (tuple(cells),)) if len(fields - {None}) >= 3 else None


def _is_pair(over: Band, under: Band, height: float) -> bool:
    """Whether the lower line gives one value to some names of the upper one, close by, and names nothing itself.

    A value may begin further right than its name (after a bar, inside a pill), but not all of them do, and the end of
    a bar may have been read beside it.
    """
    if under.names or under.middle - over.middle > 1.6 * height:
        return False
    owners = [_owner(value, over, height) for value in under.fragments]
    aligned = sum(
        1
        for value, owner in zip(under.fragments, owners, strict=True)
        if owner is not None and value.box.x - over.fragments[owner].box.x <= _SAME_EDGE * height
    )
    near = [
        owner != following or right.box.x - left.box.right < height
        for (left, right), (owner, following) in zip(pairwise(under.fragments), pairwise(owners), strict=True)
    ]
    return None not in owners and all(near) and aligned > 0


def _owner(value: Fragment, over: Band, height: float) -> int | None:
    """The name that a value stands under: the last one that begins no further right than it."""
    places = [at for at, name in enumerate(over.fragments) if name.box.x <= value.box.x + _SAME_EDGE * height]
    return places[-1] if places else None
