"""Reads a list to its end: through what scrolls, further pages, and "load more"; no row twice, none left out.

Only controls that say that they turn the page, or load more, are clicked. Each is clicked only after the last click
has changed the list, and following stops at a stated number of rows.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import anyio

from handlens.usage.table import Cell, Table

if TYPE_CHECKING:
    from playwright.async_api import ElementHandle, Page

Row = tuple[Cell, ...]
Read = Callable[[], Awaitable[Table | None]]

CHANGE_SECONDS = 8.0
"""A further page has so long to show."""
SCROLL_SECONDS = 0.12
"""Between a scroll and the look after it; a list that loads what it scrolls to is waited for longer."""
LOAD_SECONDS = 1.0
_STEP = 0.7


@dataclass(frozen=True, slots=True)
class Followed:
    """The whole list, and a remark where it was not read to its end."""

    table: Table
    remark: str | None = None


async def follow(page: Page, table: Table, read: Read, *, most_rows: int) -> Followed:
    """The table with the rows that lie beyond what it shows.

    Args:
        read: looks at the same table again, or gives None while it is gone.
    """
    whole = await _scrolled(page, table, read, most_rows)
    while len(whole.rows) < most_rows:
        beyond = await _beyond(page)
        if beyond is None or beyond.next is None:
            return Followed(whole)
        last = await read() or whole
        if not await _press(beyond.next):
            return Followed(whole, "A control for further rows could not be pressed; the list may go on.")
        shown = await _changed(read, last)
        if shown is None:
            return Followed(whole, "Pressing the control for further rows changed nothing; the list may go on.")
        if beyond.loads:
            whole = await _scrolled(page, shown, read, most_rows)
        else:
            further = await _scrolled(page, shown, read, most_rows)
            whole = replace(whole, rows=(*map(_unplaced, whole.rows), *further.rows))
    beyond = await _beyond(page)
    if beyond is not None and beyond.next is not None:
        return Followed(
            whole, f"The list goes on after {len(whole.rows)} rows; give a larger max_rows to read further."
        )
    return Followed(whole)


def _unplaced(row: Row) -> Row:
    """The row without boxes: it is not on the page any more."""
    return tuple(replace(cell, box=None) for cell in row)


# --- scrolling ------------------------------------------------------------------------------------------------------


async def _scrolled(page: Page, table: Table, read: Read, most_rows: int) -> Table:
    """The table, with the rows that appear while its scroller is moved from its top to its end."""
    beyond = await _beyond(page)
    if beyond is None or beyond.scroller is None:
        return table
    scroller = beyond.scroller
    start = await _scroll_to(scroller, None)
    if not await _hides_rows(table, read, scroller):
        await _scroll_to(scroller, start.top)
        return table
    place = await _scroll_to(scroller, 0)
    gathered = _Gathered(_row_height(table))
    while True:
        await gathered.look(read, scroller)
        if len(gathered.rows) >= most_rows:
            break
        place = await _scroll_to(scroller, None)
        moved = await _scroll_to(scroller, place.top + max(40.0, _STEP * place.height))
        if moved.top <= place.top + 1 and not await _grew(scroller, place):
            break
    await _scroll_to(scroller, start.top)
    return replace(table, rows=gathered.in_order())


async def _hides_rows(table: Table, read: Read, scroller: ElementHandle) -> bool:
    """Whether rows come to other places, or the list becomes longer, when it is scrolled to its end or its start."""
    place = await _scroll_to(scroller, None)
    shown = _Gathered(_row_height(table))
    shown.add(table.rows, place)
    count = len(shown.rows)
    for top in (place.whole, 0.0):
        before = await _scroll_to(scroller, top)
        if abs(before.top - place.top) <= 1:
            continue
        await shown.look(read, scroller)
        if len(shown.rows) > count:
            return True
        if top and table.total_rows is None and await _grew(scroller, before):
            return True
    return False


async def _grew(scroller: ElementHandle, before: _Place) -> bool:
    """Whether the list becomes longer soon: one that loads more at its end does."""
    deadline = time.monotonic() + LOAD_SECONDS
    while time.monotonic() < deadline:
        await anyio.sleep(SCROLL_SECONDS)
        if (await _scroll_to(scroller, None)).whole > before.whole + 4:
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Place:
    """A scroller: how far it is scrolled, how high its window is, how long all of it is, where it lies on the page."""

    top: float
    height: float
    whole: float
    y: float


async def _scroll_to(scroller: ElementHandle, top: float | None) -> _Place:
    answer: list[float] = await scroller.evaluate(
        """(e, top) => { if (top !== null) e.scrollTo({top, behavior: "instant"});
        const page = e === document.scrollingElement;
        return [e.scrollTop, e.clientHeight, e.scrollHeight, page ? 0 : e.getBoundingClientRect().y]; }""",
        top,
    )
    return _Place(*answer)


class _Gathered:
    """Rows by their place in the whole list: a row that is seen again at its place is the same row."""

    def __init__(self, row_height: float) -> None:
        self.rows: dict[float, Row] = {}
        self._known: list[float] = []
        self._reach = 0.45 * row_height
        self._drift = 0.0

    async def look(self, read: Read, scroller: ElementHandle) -> None:
        """Add what is shown now, once two looks agree on it."""
        last: tuple[tuple[str, ...], ...] | None = None
        for _ in range(10):
            await anyio.sleep(SCROLL_SECONDS / 2)
            table = await read()
            texts = _texts(table) if table is not None else None
            if table is not None and texts == last:
                self.add(table.rows, await _scroll_to(scroller, None))
                return
            last = texts

    def in_order(self) -> tuple[Row, ...]:
        return tuple(self.rows[at] for at in self._known)

    def add(self, rows: Sequence[Row], place: _Place) -> None:
        shown = [
            (box.y - place.y + place.top, row)
            for row in rows
            if (box := next((cell.box for cell in row if cell.box), None))
        ]
        self._drift = self._drift_of(shown, place.height)
        for at, row in ((at + self._drift, row) for at, row in shown):
            near = self._near(at)
            if near is None:
                self._known.insert(bisect_left(self._known, at), at)
                self.rows[at] = _unplaced(row)
            elif _said(row) > _said(self.rows[near]):  # an edge of the window cut it
                self.rows[near] = _unplaced(row)

    def _near(self, at: float) -> float | None:
        """The place of a known row that is as good as there."""
        spot = bisect_left(self._known, at)
        return next((near for near in self._known[max(0, spot - 1) : spot + 1] if abs(at - near) < self._reach), None)

    def _drift_of(self, shown: Sequence[tuple[float, Row]], far: float) -> float:
        """How far the rows stand from where they were, in a list that only guesses how high its other rows are."""
        last = self._drift
        if self._agreeing(shown, last) == sum(1 for at, _ in shown if self._near(at + last) is not None) > 0:
            return last
        ways = {
            near - at
            for at, row in shown
            for near in self._known[
                bisect_left(self._known, at + last - far) : bisect_left(self._known, at + last + far)
            ]
            if _name(self.rows[near]) == _name(row)
        }
        best = max(ways, key=lambda way: (self._agreeing(shown, way), -abs(way - last)), default=last)
        return best if self._agreeing(shown, best) > max(1, self._agreeing(shown, last)) else last

    def _agreeing(self, shown: Sequence[tuple[float, Row]], drift: float) -> int:
        """How many of the rows have the name of the known one that is there."""
        there = ((self._near(at + drift), row) for at, row in shown)
        return sum(1 for near, row in there if near is not None and _name(self.rows[near]) == _name(row))


def _said(row: Row) -> int:
    return sum(bool(cell.text) for cell in row)


def _name(row: Row) -> str:
    return next((cell.text for cell in row if cell.text), "")


def _row_height(table: Table) -> float:
    tops = [box.y for row in table.rows if (box := next((cell.box for cell in row if cell.box), None))]
    steps = sorted(after - before for before, after in pairwise(tops) if after > before + 4)
    return steps[0] if steps else 20.0


# --- pages ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Beyond:
    scroller: ElementHandle | None
    next: ElementHandle | None
    loads: bool


@cache
def _script() -> str:
    return files("handlens.usage").joinpath("follow.js").read_text(encoding="utf-8")


async def _beyond(page: Page) -> _Beyond | None:
    """What leads beyond the rows shown, in the first frame that has any of it."""
    found: _Beyond | None = None
    for frame in page.frames:
        handle = await frame.evaluate_handle(_script())
        parts: dict[str, Any] = await handle.get_properties()
        beyond = _Beyond(
            parts["scroller"].as_element(), parts["next"].as_element(), bool(await parts["loads"].json_value())
        )
        if beyond.next is not None:
            return beyond
        if found is None and beyond.scroller is not None:
            found = beyond
    return found


async def _press(control: ElementHandle) -> bool:
    from playwright.async_api import Error

    try:
        await control.click(timeout=3_000)
    except Error:
        return False  # covered, moving or gone: what was read so far is still right
    return True


async def _changed(read: Read, before: Table) -> Table | None:
    """The table once it shows other rows, and the same twice; None where it never does."""
    deadline = time.monotonic() + CHANGE_SECONDS
    old, last = _texts(before), None
    while time.monotonic() < deadline:
        table = await read()
        texts = _texts(table) if table is not None else None
        if table is not None and table.rows and texts != old and texts == last:
            return table
        last = texts
        await anyio.sleep(SCROLL_SECONDS)
    return None


def _texts(table: Table) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(cell.text for cell in row) for row in table.rows)
