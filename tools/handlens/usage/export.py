"""Observations as files for other programs: CSV, and Parquet where pyarrow is installed (the `parquet` extra)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from handlens.errors import InvalidInput, StorageError
from handlens.usage.history import METRICS, Observation

Format = Literal["csv", "parquet"]
MEDIA_TYPES: dict[Format, str] = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
COLUMNS = [field.name for field in fields(Observation)]
_GROUP = 100_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(observations: Iterable[Observation], path: Path, form: Format) -> int:
    """Write the observations to ``path``; returns how many. Times are UTC: ISO 8601 in CSV, timestamps in Parquet.

    Raises:
        InvalidInput: Parquet is asked for without pyarrow.
        StorageError: the file can't be written.
    """
    try:
        return _csv(observations, path) if form == "csv" else _parquet(observations, path)
    except OSError as error:
        raise StorageError(f"The export {path.name} can't be written: {error.strerror}.") from error


def _csv(observations: Iterable[Observation], path: Path) -> int:
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for one in observations:
            numbers = [getattr(one, metric) for metric in METRICS]
            at = one.at.isoformat(timespec="milliseconds")
            writer.writerow([_harmless(one.console), _harmless(one.task), at, *numbers, one.status])
            written += 1
    return written


def _harmless(text: str) -> str:
    """A spreadsheet would run a name that begins like a formula; it gets the mark that makes it text."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _parquet(observations: Iterable[Observation], path: Path) -> int:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise InvalidInput(
            "Parquet needs the `parquet` extra: pip install 'handlens[parquet]'; CSV needs nothing."
        ) from error
    text, whole, number = pyarrow.string(), pyarrow.int64(), pyarrow.float64()
    types = [text, text, pyarrow.timestamp("ms", tz="UTC"), number, number, whole, whole, text]
    schema = pyarrow.schema(list(zip(COLUMNS, types, strict=True)))
    written = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in _groups(observations):
            columns: list[list[Any]] = [[getattr(one, name) for one in group] for name in COLUMNS]
            writer.write_table(pyarrow.table(columns, schema=schema))
            written += len(group)
    return written


def _groups(observations: Iterable[Observation]) -> Iterator[list[Observation]]:
    rest = iter(observations)
    while group := list(islice(rest, _GROUP)):
        yield group
