"""Typed rows from a table's cells. The raw text of every cell is kept beside what was made of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, WithJsonSchema

from handlens.geometry import Box
from handlens.usage.columns import Field as Column
from handlens.usage.columns import assign, header_words
from handlens.usage.columns import meaning as words_for
from handlens.usage.reading import Reading, is_missing, plain
from handlens.usage.status import Status, normalise_status
from handlens.usage.table import Cell, Table
from handlens.usage.times import Clock, point_in_time
from handlens.usage.units import Memory, header_unit, memory, percent

SURE_ENOUGH = 0.85
"""A cell that was read with less confidence than this is for a person to look at."""

HIGHEST_CPU_PERCENT = 999.9
"""A process may use several cores, so its CPU goes over 100 %; four digits are a misreading."""

INEFFICIENT_GPU_PERCENT = 30.0


T = TypeVar("T")
_RATIO = re.compile(r"0?\.\d+|1(?:\.0+)?")


Text = Annotated[str | None, WithJsonSchema({"type": ["string", "null"]})]
Number = Annotated[float | None, WithJsonSchema({"type": ["number", "null"]})]
Bytes = Annotated[int | None, WithJsonSchema({"type": ["integer", "null"]})]
Flag = Annotated[bool | None, WithJsonSchema({"type": ["boolean", "null"]})]


def compact(schema: dict[str, Any]) -> None:
    """A schema without what repeats itself: hosts get it with every listing of the tools."""
    schema.pop("description", None)
    for described in schema["properties"].values():
        described.pop("title", None)
        if described.get("default", ...) in (None, []):
            del described["default"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, json_schema_extra=compact)


class CellReading(_Model):
    """One cell of the source, as shown."""

    text: str
    confidence: float
    box: Box | None = None


class UsageRow(_Model):
    """One task, or whatever the console lists. What it does not show is null."""

    task_name: Text = None
    instance_type: Text = None
    gpu_utilization_percent: Number = None
    cpu_utilization_percent: Number = None
    memory_used_bytes: Bytes = None
    memory_total_bytes: Bytes = None
    status: Status = "unknown"
    status_text: Text = None
    start_time: Text = None
    inefficient: Flag = None
    cells: Annotated[dict[str, CellReading], WithJsonSchema({"type": "object"})]


class Doubt(_Model):
    """A cell that a person should look at. ``row`` counts all rows read, from 0."""

    row: int
    column: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is known of a console beyond its headers: a profile's words, or nothing."""

    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    """Header (as `columns.header_words` has it) → field."""
    table_columns: Sequence[str] = ()
    """Only tables with all of these headers are the console's lists."""
    statuses: Mapping[str, str] = field(default_factory=dict[str, str])
    units: Mapping[str, str] = field(default_factory=dict[str, str])
    """Written unit → the unit that is meant (``{"gb": "gib"}``), lower case."""
    column_units: Mapping[str, str] = field(default_factory=dict[str, str])
    """Header → the unit of its bare numbers; "ratio" for 0 to 1."""


def typed_rows(
    table: Table, clock: Clock, meaning: Meaning | None = None, *, inefficient_below: float = INEFFICIENT_GPU_PERCENT
) -> tuple[list[UsageRow], list[Doubt]]:
    """Rows of the table and the cells that a person should look at. ``Doubt.row`` counts from 0 within the table."""
    known = meaning or Meaning()
    places = assign(table.headers, known.columns)
    shares = {place for place in places.values() if _are_percentages([row[place].text for row in table.rows])}
    rows: list[UsageRow] = []
    doubts: list[Doubt] = []
    for number, cells in enumerate(table.rows):
        reader = _RowReader(table.headers, cells, places, clock, known, shares)
        rows.append(reader.row(inefficient_below))
        doubts += [Doubt(row=number, column=header, text=text, reason=reason) for header, text, reason in reader.doubts]
    return rows, doubts


def _are_percentages(texts: Sequence[str]) -> bool:
    filled = [text for text in texts if not is_missing(text)]
    return 2 * sum(1 for text in filled if "%" in plain(text)) >= len(filled) > 1


class _RowReader:
    """Reads one row; what it can't take it writes down in ``doubts`` as (header, text, reason)."""

    def __init__(
        self,
        headers: Sequence[str],
        cells: Sequence[Cell],
        places: Mapping[Column, int],
        clock: Clock,
        known: Meaning,
        shares: Collection[int],
    ) -> None:
        self._headers = headers
        self._cells = cells
        self._places = places
        self._clock = clock
        self._known = known
        self._shares = shares
        self._column_units = {header_words(header): unit for header, unit in known.column_units.items()}
        self.doubts: list[tuple[str, str, str]] = []

    def row(self, inefficient_below: float) -> UsageRow:
        for header, cell in zip(self._headers, self._cells, strict=True):
            if cell.note:
                self.doubts.append((header, cell.text, cell.note))
            elif cell.confidence < SURE_ENOUGH:
                self.doubts.append((header, cell.text, f"read with a confidence of {cell.confidence:.2f}"))
        gpu = self._percent(Column.GPU, 100.0)
        used = self._memory()
        status = self._text(Column.STATUS)
        return UsageRow(
            task_name=self._text(Column.TASK_NAME),
            instance_type=self._text(Column.INSTANCE_TYPE),
            gpu_utilization_percent=gpu,
            cpu_utilization_percent=self._percent(Column.CPU, HIGHEST_CPU_PERCENT),
            memory_used_bytes=used.used,
            memory_total_bytes=used.total,
            status=self._status(status),
            status_text=status,
            start_time=self._time(),
            inefficient=None if gpu is None else gpu < inefficient_below,
            cells={
                header: CellReading(text=cell.text, confidence=round(cell.confidence, 2), box=_rounded(cell.box))
                for header, cell in zip(self._headers, self._cells, strict=True)
                if cell.text or cell.box
            },
        )

    def _text(self, column: Column) -> str | None:
        shown = self._shown(column)
        return None if shown is None or is_missing(shown[1]) else shown[1].split("\n")[0].strip()

    def _shown(self, column: Column) -> tuple[str, str] | None:
        place = self._places.get(column)
        return None if place is None else (self._headers[place], self._cells[place].text)

    def _percent(self, column: Column, highest: float) -> float | None:
        shown = self._shown(column)
        if shown is None:
            return None
        header, text = shown
        if self._column_units.get(header_words(header)) == "ratio":
            ratio = percent(text, highest=highest / 100)
            return self._kept(header, text, Reading(ratio.value and round(ratio.value * 100, 6), ratio.doubt))
        if self._places[column] in self._shares and _RATIO.fullmatch(plain(text)):
            unclear: Reading[float] = Reading(None, "a ratio or a percentage: others have their sign")
            return self._kept(header, text, unclear)
        return self._kept(header, text, percent(text, highest=highest))

    def _memory(self) -> Memory:
        """Main memory where the console shows it, else the GPUs'; never one's use with the other's total."""
        for use, whole in ((Column.MEMORY, Column.MEMORY_TOTAL), (Column.GPU_MEMORY, Column.GPU_MEMORY_TOTAL)):
            shown, total_shown = self._shown(use), self._shown(whole)
            if shown is None and total_shown is None:
                continue
            found = self._sizes(shown) if shown else Memory()
            whole_found = self._sizes(total_shown) if total_shown else Memory()
            total = found.total if found.total is not None else whole_found.total or whole_found.used
            if found.used is not None and total is not None and found.used > total:
                header, text = shown or ("", "")
                self.doubts.append((header, text, "more used than there is in total"))
                return Memory()
            return Memory(found.used, total)
        return Memory()

    def _sizes(self, shown: tuple[str, str]) -> Memory:
        header, text = shown
        unit = self._column_units.get(header_words(header)) or header_unit(header)
        return self._kept(header, text, memory(text, unit=unit, units=self._known.units)) or Memory()

    def _status(self, text: str | None) -> Status:
        return "unknown" if text is None else normalise_status(text, self._known.statuses)

    def _time(self) -> str | None:
        shown = self._shown(Column.START_TIME)
        return None if shown is None else self._kept(*shown, point_in_time(shown[1], self._clock))

    def _kept(self, header: str, text: str, reading: Reading[T]) -> T | None:
        if reading.doubt:
            self.doubts.append((header, text, reading.doubt))
        return reading.value


def _rounded(box: Box | None) -> Box | None:
    """Whole pixels: a box is for finding the cell again, and every digit is sent for every cell."""
    if box is None:
        return None
    return Box.model_construct(x=int(box.x), y=int(box.y), width=int(box.width + 0.5), height=int(box.height + 0.5))


def _by_its_title(table: Table) -> Table:
    """The legend of a chart of one metric: its last values are those of the metric that the title names."""
    metric = next((one for one in words_for(table.name) if one in _METRICS), None)
    if metric is None or any(one in assign(table.headers) for one in _METRICS):
        return table
    last = next((header for header in table.headers if _LAST.fullmatch(header_words(header))), None)
    headers = tuple(f"{table.name} ({header})" if header == last else header for header in table.headers)
    return replace(table, headers=headers)


_LAST = re.compile(r"last|latest|current|now|value|最新值?|当前值?|最后一个值|值")
_METRICS = (Column.GPU, Column.CPU, Column.MEMORY, Column.GPU_MEMORY)


def telling(tables: Sequence[Table], meaning: Meaning | None = None) -> list[Table]:
    """The usage tables whose rows say something: what is only laid out like a list may be none at all.

    Most rows of a list have a name and something else that is known, or two things that are measured.
    """
    return [table for table in usage_tables(tables, meaning) if _tells(table, meaning)]


def _tells(table: Table, meaning: Meaning | None) -> bool:
    rows, _ = typed_rows(table, Clock(datetime.now(UTC)), meaning)
    said = [row.model_dump(exclude={"cells", "inefficient", "status"}, exclude_defaults=True) for row in rows]
    noted = [any(cell.note for cell in row) for row in table.rows]
    return 2 * sum(1 for one, note in zip(said, noted, strict=True) if len(one) >= 2 or note) >= len(rows)


def usage_tables(tables: Sequence[Table], meaning: Meaning | None = None) -> list[Table]:
    """The tables that speak of usage: things with a name and a metric; else with a name and a status.

    A table without metrics beside one with them counts only where most of its columns are the same
    (a list of finished tasks beside the running ones).
    """
    stated = (meaning or Meaning()).columns
    measured: list[Table] = []
    named: list[Table] = []
    wanted = set((meaning or Meaning()).table_columns)
    tables = [_by_its_title(table) for table in tables]
    for table in tables:
        if not wanted.issubset(map(header_words, table.headers)):
            continue
        places = assign(table.headers, stated)
        if any(column in places for column in _METRICS) and len(places) > 1:
            measured.append(table)
        elif Column.TASK_NAME in places and Column.STATUS in places:
            named.append(table)
    if not measured:
        return named
    if any(Column.TASK_NAME in assign(table.headers, stated) for table in measured):
        measured = [table for table in measured if Column.TASK_NAME in assign(table.headers, stated)]
    known = {plain(header) for table in measured for header in table.headers}
    alike = [t for t in named if sum(1 for h in t.headers if plain(h) in known) * 5 >= 3 * len(t.headers)]
    return [table for table in tables if table in measured or table in alike]
