"""One look at a console's page: wait until it shows its list, read it, make rows of it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import anyio
from anyio import to_thread

from handlens.errors import ReadingError
from handlens.geometry import Frame
from handlens.ocr import available
from handlens.usage.follow import follow
from handlens.usage.masking import masked
from handlens.usage.page_kind import says_empty, why_not_a_console
from handlens.usage.picture import read_picture, without_secrets
from handlens.usage.rows import Doubt, Meaning, UsageRow, telling, typed_rows, usage_tables
from handlens.usage.stitch import stitched
from handlens.usage.structure import PageFacts, read_laid_out, read_structure
from handlens.usage.table import Table, scrolled_together
from handlens.usage.times import Clock, month_first
from handlens.usage.tooltips import with_tooltips

if TYPE_CHECKING:
    from PIL.Image import Image
    from playwright.async_api import Page

    from handlens.ocr import Ocr
    from handlens.usage.sight import Sight

Reader = Literal["structure", "ocr", "eye"]
POLL_SECONDS = 0.15
SETTLE_SECONDS = 1.5
"""A page that shows neither a list nor that it still loads is believed after so long."""


class NoListError(ReadingError):
    """The page is none of those that can never be a console, but nothing on it is marked up or laid out as a list."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a console gave. ``observed_at`` is when, ISO 8601 in UTC."""

    rows: Sequence[UsageRow]
    doubts: Sequence[Doubt]
    observed_at: str
    reader: Reader
    tables: Sequence[str]
    remarks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PageReading:
    """The usage tables of a page as its structure has them; ``remark`` where the list was not read to its end."""

    tables: list[Table]
    clock: Clock
    remark: str | None = None


async def look_at_page(page: Page, meaning: Meaning, *, seconds: float, most_rows: int = 0) -> Look:
    """Rows of `read_page`."""
    return await look_of(await read_page(page, meaning, seconds=seconds, most_rows=most_rows), meaning)


async def look_of(reading: PageReading, meaning: Meaning) -> Look:
    look = await to_thread.run_sync(look_from_tables, reading.tables, meaning, reading.clock, "structure")
    return replace(look, remarks=[*look.remarks, reading.remark]) if reading.remark else look


async def read_page(page: Page, meaning: Meaning, *, seconds: float, most_rows: int = 0) -> PageReading:
    """Read the page's own tables, once it shows them; the longest of them to its end, or to ``most_rows``.

    Raises:
        ReadingError: it is no console (a login, a captcha, an error page, something else), or still loading after
            ``seconds``. An empty list is no error.
    """
    facts = await settled(page, meaning, seconds=seconds)
    tables = usage_tables(facts.tables, meaning)
    if not any(table.rows for table in tables) and not why_not_a_console(facts):
        tables = telling(await read_laid_out(page), meaning) or tables
    if not any(table.rows for table in tables):
        refuse_what_is_no_console(facts, tables, seconds)
    tables = [await with_tooltips(page, table) for table in tables]
    remark = None
    longest = max(range(len(tables)), key=lambda at: len(tables[at].rows), default=0)
    if tables and tables[longest].rows and len(tables[longest].rows) < most_rows:
        followed = await follow(page, tables[longest], _again(page, meaning, tables[longest]), most_rows=most_rows)
        tables[longest], remark = followed.table, followed.remark
    return PageReading(tables, clock_of(facts), remark)


def _again(page: Page, meaning: Meaning, table: Table) -> Callable[[], Awaitable[Table | None]]:
    """How to look at the same table once more: the longest that has the same headers."""

    async def read() -> Table | None:
        found = usage_tables((await read_structure(page)).tables, meaning)
        if not any(one.headers == table.headers for one in found):
            found = usage_tables(await read_laid_out(page), meaning)
        same = [one for one in found if one.headers == table.headers]
        return max(same, key=lambda one: len(one.rows), default=None)

    return read


def look_from_tables(tables: Sequence[Table], meaning: Meaning, clock: Clock, reader: Reader) -> Look:
    """Rows and doubts of all tables, numbered through."""
    rows: list[UsageRow] = []
    doubts: list[Doubt] = []
    tables = [masked(table) for table in tables]
    for table in tables:
        found, doubtful = typed_rows(table, clock, meaning)
        doubts += [doubt.model_copy(update={"row": doubt.row + len(rows)}) for doubt in doubtful]
        rows += found
    remarks = [] if rows else ["The list is empty."]
    observed = clock.now.astimezone(UTC).isoformat(timespec="seconds")
    return Look(rows, doubts, observed, reader, [table.name for table in tables], remarks)


async def look_at_picture(
    ocr: Ocr, images: Sequence[Image], meaning: Meaning, frames: Sequence[Frame] = (), sight: Sight | None = None
) -> Look:
    """Read the tables of one picture, or of several of one list that was scrolled between them.

    Args:
        frames: how each picture lies over its page, where there is one: boxes are then in CSS pixels of the viewport.
        sight: the eye, to be asked where OCR is unsure or finds nothing.

    Raises:
        ReadingError: no list of tasks with usage can be read in any of them.
    """
    given = len(images)
    if given > 1 and not frames:
        images = await to_thread.run_sync(stitched, images)
    tables: list[Table] = []
    for number, image in enumerate(images):
        found = await _tables_of(ocr, image, meaning, sight)
        tables += [on_page(table, frames[number]) for table in found] if frames else found
    if not any(table.rows for table in tables):
        raise ReadingError(
            "No list of tasks with usage can be read in the picture: no line of headers such as task name, GPU and "
            "status, no cards, no panel. Give a picture of the console's list, at its full size."
            + "".join(f" {remark}" for remark in (sight.remarks if sight else ()))
        )
    whole = scrolled_together(tables) if len(images) > 1 else tables
    look = await to_thread.run_sync(look_from_tables, whole, meaning, Clock(datetime.now(UTC)), "ocr")
    if len(images) == given:
        return look
    return replace(
        look, remarks=[*look.remarks, f"{given} pictures go on in each other: boxes are in {_whole(images)}."]
    )


def _whole(images: Sequence[Image]) -> str:
    sizes = " and ".join(f"{image.width}×{image.height} pixels" for image in images)
    return f"the whole that they make, {sizes}" if len(images) == 1 else f"the wholes that they make, {sizes}"


async def _tables_of(ocr: Ocr, image: Image, meaning: Meaning, sight: Sight | None) -> list[Table]:
    if sight is None:
        return (await read_picture(ocr, image, meaning)).tables
    if not available():
        return await sight.alone(image, None)
    reading = await read_picture(ocr, image, meaning)
    shown = await to_thread.run_sync(without_secrets, image, reading.texts)
    if any(table.rows for table in reading.tables):
        return await sight.over(shown, reading.tables, "OCR")
    return await sight.alone(shown, [piece.text for piece in reading.texts])


def on_page(table: Table, frame: Frame) -> Table:
    """The table with its boxes in CSS pixels of the viewport instead of the picture's."""
    rows = tuple(
        tuple(replace(cell, box=frame.box_to_css(cell.box)) if cell.box else cell for cell in row) for row in table.rows
    )
    return replace(table, rows=rows)


async def settled(page: Page, meaning: Meaning, *, seconds: float) -> PageFacts:
    """The page's facts once it shows rows, says that there are none, or is plainly something else."""
    begun = time.monotonic()
    seen: tuple[int, ...] = ()
    same_since = begun
    while True:
        facts = await read_structure(page)
        now = time.monotonic()
        tables = usage_tables(facts.tables, meaning)
        counts = tuple(len(table.rows) for table in tables)
        if counts != seen:
            seen, same_since = counts, now
        calm = now - same_since >= SETTLE_SECONDS
        if (any(counts) and (not facts.busy or calm)) or (calm and not facts.busy) or now - begun >= seconds:
            return facts
        await anyio.sleep(POLL_SECONDS)


def refuse_what_is_no_console(facts: PageFacts, tables: Sequence[Table], seconds: float) -> None:
    """Raise `ReadingError` unless the page shows a console's list with nothing in it."""
    other = why_not_a_console(facts)
    if other:
        raise ReadingError(other)
    if facts.busy:
        raise ReadingError(
            f"The page was still loading after {seconds:g} s. Call again later, or give the session more time "
            "with a profile's wait_seconds."
        )
    if not tables and not (facts.tables and says_empty(facts)):
        found = "; ".join(", ".join(table.headers[:8]) for table in facts.tables[:3]) or "no table at all"
        raise NoListError(
            f"The page shows no list of tasks with usage. Found: {found[:300]}. Open the console's task list, or give "
            "reader 'ocr' if it is drawn rather than written."
        )


def clock_of(facts: PageFacts) -> Clock:
    """Now, in the timezone and the habits of the page."""
    return Clock(datetime.now(UTC), _zone(facts.timezone), month_first(facts.language))


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
