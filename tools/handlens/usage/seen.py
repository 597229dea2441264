"""What one look gave, as it is kept for people: rows for a page, cells with their boxes for a picture of evidence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from handlens.errors import InvalidInput
from handlens.geometry import Box
from handlens.usage.columns import Field, assign, header_words
from handlens.usage.console import Look
from handlens.usage.reading import Reading, is_missing, plain
from handlens.usage.rows import HIGHEST_CPU_PERCENT, Doubt, Meaning, UsageRow
from handlens.usage.rules import RuleBook, marks
from handlens.usage.status import STATUSES, normalise_status
from handlens.usage.units import header_unit, memory, percent

MOST_ROWS = 2_000
LONGEST_TASK = 500
UNKNOWN_STATUS = "a status that is not known"
Values = dict[str, float | int | str | None]
"""Column of the history → what it holds."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A cell that a person should look at. ``field`` is what its column means, or ""; ``before`` what was read."""

    task: str
    header: str
    field: str
    text: str
    reason: str
    box: Box | None
    before: Values


def told_apart(look: Look) -> Look:
    """The look with rows of the same name told apart: by an id that the console shows, else by their order."""
    counts = Counter(row.task_name[:_TOLD_BY] for row in look.rows if row.task_name)
    if all(count == 1 for count in counts.values()):
        return look
    ids = [header for header in headers_of(look.rows) if _ID.fullmatch(header_words(header))]
    seen: Counter[str] = Counter()
    rows: list[UsageRow] = []
    for row in look.rows:
        name = (row.task_name or "")[:_TOLD_BY]
        if counts[name] > 1:
            seen[name] += 1
            shown = next(
                (f"{header} {row.cells[header].text}"[:_SUFFIX] for header in ids if header in row.cells), None
            )
            if shown or seen[name] > 1:
                row = row.model_copy(update={"task_name": f"{name} ({shown or f'#{seen[name]}'})"})
        rows.append(row)
    return replace(look, rows=rows)


_SUFFIX = 60
_TOLD_BY = LONGEST_TASK - _SUFFIX - 3
"""Longer names are cut where they are kept: those that begin alike are told apart as if they were the same."""
_ID = re.compile(r"(?:.*\b|.*[ _])?(?:pid|id|uid|uuid|index)|.*编号")


def summary_of(row: UsageRow) -> dict[str, Any]:
    """The row by the history's column names, and what else a page shows of it."""
    return {
        "task": (row.task_name or "")[:LONGEST_TASK],
        "instance_type": row.instance_type,
        "gpu": row.gpu_utilization_percent,
        "cpu": row.cpu_utilization_percent,
        "memory_used": row.memory_used_bytes,
        "memory_total": row.memory_total_bytes,
        "status": row.status,
        "status_text": row.status_text,
        "start_time": row.start_time,
    }


def corrected_row(row: UsageRow, values: Values) -> UsageRow:
    """The row with what people corrected."""
    return row.model_copy(update={_ROW_FIELDS[column]: value for column, value in values.items()})


_ROW_FIELDS = {
    "gpu": "gpu_utilization_percent",
    "cpu": "cpu_utilization_percent",
    "memory_used": "memory_used_bytes",
    "memory_total": "memory_total_bytes",
    "status": "status",
}


def board_reading(look: Look, meaning: Meaning, book: RuleBook, doubted: Collection[str]) -> dict[str, Any]:
    """A look for `Board.seen`: its rows with what rules mark on them, and what of it is not understood.

    Args:
        doubted: tasks of which a cell waits for review.
    """
    headers = headers_of(look.rows)
    fields = fields_of(headers, meaning)
    unknown = {row.status_text for row in look.rows if row.status == "unknown" and row.status_text}
    return {
        "rows": [
            {**summary_of(row), "marks": marks(book, row), "doubted": (row.task_name or "") in doubted}
            for row in look.rows[:MOST_ROWS]
        ],
        "total_rows": len(look.rows),
        "reader": look.reader,
        "remarks": list(look.remarks),
        "unknown_headers": [header for header in headers if header not in fields][:50],
        "unknown_statuses": sorted(unknown)[:50],
    }


def picture_reading(
    look: Look, meaning: Meaning, to_picture: Callable[[Box], Box], width: float, height: float
) -> dict[str, Any]:
    """What was read from a picture, and how its words were meant; rows outside the picture are left out."""
    rows: list[dict[str, Any]] = []
    for row in look.rows:
        boxes = [to_picture(cell.box) for cell in row.cells.values() if cell.box and cell.box.area]
        if boxes and all(_inside(box, width, height) for box in boxes):
            cells = {header: cell.text for header, cell in row.cells.items()}
            rows.append({**summary_of(row), "cells": cells})
    return {
        "rows": rows,
        "columns": dict(meaning.columns),
        "statuses": dict(meaning.statuses),
        "units": dict(meaning.units),
        "column_units": dict(meaning.column_units),
    }


def _inside(box: Box, width: float, height: float) -> bool:
    return box.x >= 0 and box.y >= 0 and box.right <= width and box.bottom <= height


def doubtful_cells(look: Look, meaning: Meaning) -> list[Doubtful]:
    """The look's doubts, one a cell, and status words that nobody knows; no boxes yet."""
    fields = fields_of(headers_of(look.rows), meaning)
    status_header = next((header for header, field in fields.items() if field is Field.STATUS), None)
    doubts = list(look.doubts)
    if status_header is not None:
        doubts += [
            Doubt(row=number, column=status_header, text=row.status_text, reason=UNKNOWN_STATUS)
            for number, row in enumerate(look.rows)
            if row.status == "unknown" and row.status_text
        ]
    found: dict[tuple[int, str], Doubtful] = {}
    for doubt in doubts:
        row = look.rows[doubt.row]
        field = fields.get(doubt.column)
        summary = summary_of(row)
        before = {column: summary[column] for column in _COLUMNS.get(field, ())} if field else {}
        task = (row.task_name or "")[:LONGEST_TASK]
        found.setdefault(
            (doubt.row, doubt.column),
            Doubtful(task, doubt.column, field or "", doubt.text[:500], doubt.reason[:500], None, before),
        )
    return list(found.values())


def headers_of(rows: Sequence[UsageRow]) -> list[str]:
    """Every header that some row has a cell under, in order."""
    return list(dict.fromkeys(header for row in rows for header in row.cells))


def fields_of(headers: Sequence[str], meaning: Meaning) -> dict[str, Field]:
    """What the headers mean, of those that mean something."""
    return {headers[position]: field for field, position in assign(headers, meaning.columns).items()}


_COLUMNS: Mapping[Field | None, tuple[str, ...]] = {
    Field.GPU: ("gpu",),
    Field.CPU: ("cpu",),
    Field.MEMORY: ("memory_used", "memory_total"),
    Field.MEMORY_TOTAL: ("memory_total",),
    Field.GPU_MEMORY: ("memory_used", "memory_total"),
    Field.GPU_MEMORY_TOTAL: ("memory_total",),
    Field.STATUS: ("status",),
}
"""Which columns of the history a field fills; one that is not here fills none."""


def values_of(field: str, header: str, text: str) -> Values:
    """What a person's text for a cell means to the history: "45%", "12.5 GiB", "running", nothing for no value.

    Raises:
        InvalidInput: it is no value of that kind; the message says what is.
    """
    text = plain(text)
    kind = Field(field) if field else None
    columns = _COLUMNS.get(kind, ())
    if kind is None or not columns:
        return {}
    if is_missing(text):
        return {"status": "unknown"} if kind is Field.STATUS else dict.fromkeys(columns)
    if kind is Field.STATUS:
        status = normalise_status(text)
        if status == "unknown":
            raise InvalidInput(f"{text[:60]!r} is no status. Give one of {', '.join(STATUSES)}.")
        return {"status": status}
    if kind in (Field.GPU, Field.CPU):
        read = percent(text, highest=100.0 if kind is Field.GPU else HIGHEST_CPU_PERCENT)
        return {columns[0]: _told(read, text)}
    size = _told(memory(text, unit=header_unit(header)), text)
    if len(columns) == 1:
        return {"memory_total": size.total if size.total is not None else size.used}
    whole: Values = {"memory_used": size.used}
    return whole if size.total is None else {**whole, "memory_total": size.total}


def _told(reading: Reading[Any], text: str) -> Any:
    if reading.doubt or reading.value is None:
        raise InvalidInput(
            f"{text[:60]!r} can't be taken: {reading.doubt or 'no value in it'}. Write it as 45% or 12.5 GiB."
        )
    return reading.value


def taught_meaning(meaning: Meaning, columns: Mapping[str, str], statuses: Mapping[str, str]) -> Meaning:
    """A profile's words with those that people taught, which win."""
    words = {header_words(header): field for header, field in columns.items()}
    return replace(
        meaning,
        columns={**words, **meaning.columns, **words},  # the first that claims a field gets it
        statuses={**meaning.statuses, **{plain(word).lower(): status for word, status in statuses.items()}},
    )
