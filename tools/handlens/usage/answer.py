"""As many rows as fit an answer. What does not fit lies in an artifact, and a cursor goes on where this one stops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from handlens.usage.rows import CellReading, Doubt, UsageRow

MOST_DOUBTS = 60
MOST_INLINE = 400
LONGEST_INLINE_TEXT = 200
LONGEST_IN_LINE = 80

Built = TypeVar("Built")


def lightened(row: UsageRow) -> UsageRow:
    """The row without the boxes of its cells, and with long texts cut."""
    cells = {
        header: cell
        if cell.box is None and len(cell.text) <= LONGEST_INLINE_TEXT
        else CellReading(text=cell.text[:LONGEST_INLINE_TEXT], confidence=cell.confidence)
        for header, cell in row.cells.items()
    }
    cut = {
        name: value[:LONGEST_INLINE_TEXT]
        for name in ("task_name", "instance_type", "status_text")
        if (value := getattr(row, name)) and len(value) > LONGEST_INLINE_TEXT
    }
    return row.model_copy(update={"cells": cells, **cut})


def bare(row: UsageRow) -> UsageRow:
    """The row with none of its cells: for a list so wide that not even one row fits otherwise."""
    return row.model_copy(update={"cells": {}})


def fitted(
    rows: Sequence[UsageRow], build: Callable[[Sequence[UsageRow]], Built], fits: Callable[[Built], bool]
) -> Built:
    """The answer of the most first rows that fits: with everything if all fit so, then without boxes, then fewer."""
    if fits(whole := build(rows)):
        return whole
    for lighter in (lightened, bare):
        candidates = [lighter(row) for row in rows[:MOST_INLINE]]
        count = _most(candidates, lambda some: fits(build(some)))
        if count:
            return build(candidates[:count])
    return build([])


def _most(rows: Sequence[UsageRow], fits: Callable[[Sequence[UsageRow]], bool]) -> int:
    """How many first rows fit, by halving."""
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(rows[:middle]):
            low = middle
        else:
            high = middle - 1
    return low


def row_line(number: int, row: UsageRow) -> str:
    """One row for a model to read."""
    used, total = row.memory_used_bytes, row.memory_total_bytes
    parts = [
        row.task_name and row.task_name[:LONGEST_IN_LINE],
        row.instance_type and row.instance_type[:LONGEST_IN_LINE],
        None if row.gpu_utilization_percent is None else f"GPU {row.gpu_utilization_percent:g}%",
        None if row.cpu_utilization_percent is None else f"CPU {row.cpu_utilization_percent:g}%",
        None if used is None and total is None else f"memory {_gib(used)}/{_gib(total)} GiB",
        row.status if row.status != "unknown" else row.status_text,
        row.start_time and f"since {row.start_time}",
        "inefficient" if row.inefficient else None,
    ]
    return f"{number}: " + " | ".join(part for part in parts if part)


def _gib(size: int | None) -> str:
    return "?" if size is None else f"{size / 2**30:.1f}"


def doubt_line(doubt: Doubt) -> str:
    return f"review row {doubt.row}, {doubt.column}: {doubt.text[:80]!r} ({doubt.reason})"
