"""Reads a page's own tables: what the document says, not what a picture of it shows.

One injected script (``structure.js``) reads a frame in one go, so that a table which re-sorts itself is still read
in one state. Here its answer becomes `RawTable`s, over all frames.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from handlens.browser.secrets import MASKED_FIELDS
from handlens.geometry import Box
from handlens.usage.columns import Field, meaning
from handlens.usage.laid_out import laid_out_tables
from handlens.usage.table import Cell, RawTable, Table, as_pairs, joined, unfold

if TYPE_CHECKING:
    from playwright.async_api import Frame, Page

MOST_ROWS = 20_000
"""Rows that one table is read to at once."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page shows, and what helps to tell a console from a login page."""

    tables: tuple[Table, ...]
    status: int | None
    """HTTP status of the page's own document, where the browser tells."""
    language: str
    timezone: str
    title: str
    text: str
    passwords: int
    challenges: int
    busy: bool


async def read_structure(page: Page) -> PageFacts:
    """Everything tabular on the page, through open shadow roots and all frames, with boxes in viewport pixels."""
    limits = {"rows": MOST_ROWS, "secret": MASKED_FIELDS}
    return await to_thread.run_sync(_facts, await _from_frames(page, "structure.js", limits))


async def read_laid_out(page: Page) -> list[Table]:
    """Lists that the page only lays out as such, from where its texts stand."""
    frames = await _from_frames(page, "texts.js", None)
    return await to_thread.run_sync(_laid_out, frames)


def _laid_out(frames: Sequence[tuple[str, float, float]]) -> list[Table]:
    return [table for texts, left, top in frames for table in laid_out_tables(json.loads(texts), left, top)]


async def _from_frames(page: Page, script: str, argument: Any) -> list[tuple[str, float, float]]:
    """What a script says of each frame, with the frame's place in the viewport; the page's own frame comes first."""
    answers: list[tuple[str, float, float]] = []
    for frame in page.frames:
        answer = await _read_frame(frame, script, argument, is_main=frame is page.main_frame)
        if answer is not None:
            answers.append((answer, *await _offset(frame, page)))
    return answers


def _facts(frames: Sequence[tuple[str, float, float]]) -> PageFacts:
    """What the script said of each frame, with the frame's place; the page's own frame comes first."""
    answers = [(json.loads(answer), left, top) for answer, left, top in frames]
    raws = [_raw(table, left, top) for answer, left, top in answers for table in answer["tables"]]
    found = [(raw.kind, table) for raw in stitched(raws) if (table := unfold(raw))]
    main = answers[0][0]
    return PageFacts(
        tables=tuple(_joined_lists(found)),
        status=main["status"],
        language=main["language"],
        timezone=main["timezone"],
        title=main["title"],
        text="\n".join(answer["text"] for answer, *_ in answers)[:8_000],
        passwords=sum(answer["passwords"] for answer, *_ in answers),
        challenges=sum(answer["challenges"] for answer, *_ in answers),
        busy=any(answer["busy"] for answer, *_ in answers),
    )


def _joined_lists(found: Sequence[tuple[str, Table]]) -> list[Table]:
    """Tables stand for themselves; definition lists that follow each other are cards of one page."""
    tables: list[Table] = []
    for is_list, some in groupby(found, key=lambda one: one[0] == "list"):
        together = [table for _, table in some]
        tables += joined(together) if is_list else together
    return tables


@cache
def _script(name: str) -> str:
    return files("handlens.usage").joinpath(name).read_text(encoding="utf-8")


async def _read_frame(frame: Frame, script: str, argument: Any, *, is_main: bool) -> str | None:
    from playwright.async_api import Error

    try:
        return await frame.evaluate(_script(script), argument)
    except Error:
        if is_main or not frame.is_detached():
            raise
        return None  # an advertisement's frame may go while the page is read


async def _offset(frame: Frame, page: Page) -> tuple[float, float]:
    if frame is page.main_frame:
        return 0.0, 0.0
    box = await (await frame.frame_element()).bounding_box()
    return (box["x"], box["y"]) if box else (0.0, 0.0)


def _raw(answer: dict[str, Any], left: float, top: float) -> RawTable:
    def line(cells: Sequence[Sequence[Any]]) -> tuple[Cell, ...]:
        return tuple(_cell(cell, left, top) for cell in cells)

    raw = RawTable(
        kind=answer["kind"],
        head=tuple(line(cells) for cells in answer["head"]),
        rows=tuple(line(cells) for cells in answer["rows"]),
        name=answer["name"],
        total_rows=answer["total"],
    )
    raw = as_pairs(raw)
    named = any(Field.TASK_NAME in meaning(cells[0].text) for cells in raw.rows if cells)
    if raw.kind == "list" and raw.name and not named:
        raw = replace(raw, rows=((Cell("Name", header=True), Cell(raw.name)), *raw.rows))
    return raw


def _cell(answer: Sequence[Any], left: float, top: float) -> Cell:
    text, x, y, width, height, columns, rows, header, note = answer
    box = Box(x=x + left, y=y + top, width=width, height=height)
    confidence = 0.7 if note else 1.0
    return Cell(text, box, confidence, note, columns=int(columns), rows=int(rows), header=bool(header))


def stitched(raws: Sequence[RawTable]) -> list[RawTable]:
    """A header that scrolls apart from its body comes as two tables, one after the other: made one again.

    Copies that lie over a table to keep a column in place (same rows, same boxes, fewer columns) go.
    """
    whole: list[RawTable] = []
    for raw in raws:
        before = whole[-1] if whole else None
        if before and before.kind == raw.kind == "table" and _is_head_of(before, raw):
            head = before.head or before.rows
            whole[-1] = replace(raw, head=head, name=before.name or raw.name)
        elif not any(_covers(other, raw) for other in whole):
            whole.append(raw)
    return whole


def _is_head_of(head: RawTable, body: RawTable) -> bool:
    if body.head and any(cell.text for line in body.head for cell in line):
        return False
    lines = head.head if not head.rows else () if head.head else head.rows
    if not lines or not body.rows or not all(cell.header for line in lines for cell in line):
        return False
    widest = max(sum(cell.columns for cell in line) for line in body.rows)
    return abs(max(sum(cell.columns for cell in line) for line in lines) - widest) <= 1


def _covers(table: RawTable, copy: RawTable) -> bool:
    """Whether ``copy`` shows rows of ``table`` again, over the same place."""
    if table.kind != copy.kind or not copy.rows or len(table.rows) != len(copy.rows):
        return False
    for mine, theirs in zip(table.rows[:5], copy.rows[:5], strict=True):
        texts = {(cell.text, cell.box and round(cell.box.y)) for cell in mine}
        if any(cell.text and (cell.text, cell.box and round(cell.box.y)) not in texts for cell in theirs):
            return False
    return True
