"""The consoles and alerts as they stand, kept in the usage history's database for whoever shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from handlens.errors import InvalidInput, NotFound
from handlens.usage.database import Database, replacing, schema
from handlens.usage.history import moment, stamp
from handlens.usage.status import Status

if TYPE_CHECKING:
    from sqlalchemy import Connection

Teaching = Literal["column", "status"]
MOST_WORDS = 500
"""That one console is taught."""


@dataclass(frozen=True, slots=True)
class ConsoleState:
    """A console as it was seen last. ``reading`` has ``rows`` and ``headers``; see `seen.reading_of`."""

    console: str
    looked_at: datetime
    seen_at: datetime | None
    every: timedelta
    failures: int
    failure: str | None
    reading: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert; open while ``closed_at`` is None."""

    console: str
    task: str
    rule: str
    opened_at: datetime
    since: datetime
    closed_at: datetime | None
    value: float | None
    reason: str
    picture_id: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A picture, encoded. ``reading`` is JSON of what was read from it."""

    data: bytes
    media_type: str = "image/png"
    reading: str | None = None


class Board:
    """Reads and writes the state beside a history. All calls block and raise `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, console: str, at: datetime, every: timedelta, reading: Mapping[str, Any]) -> None:
        """A look that read something, if only that the list is empty."""
        found = {"seen_at": stamp(at), "reading": json.dumps(reading, ensure_ascii=False)}
        self._looked(console, at, every, {**found, "failures": 0, "failure": None})

    def failed(self, console: str, at: datetime, every: timedelta, failures: int, failure: str) -> None:
        """A look that could not be read; what was seen before stays."""
        self._looked(console, at, every, {"failures": failures, "failure": failure[:500]})

    def _looked(self, console: str, at: datetime, every: timedelta, more: dict[str, Any]) -> None:
        values = {"looked_at": stamp(at), "every_ms": round(every.total_seconds() * 1000), **more}
        with self._database.begin("written") as connection:
            replacing(connection, schema().consoles, {"console": console}, values)

    def consoles(self, name: str | None = None) -> list[ConsoleState]:
        """All, by name; or the one of that name, if there is one."""
        table = schema().consoles
        query = table.select().order_by(table.c.console)
        if name is not None:
            query = query.where(table.c.console == name)
        with self._database.begin("read") as connection:
            rows = connection.execute(query).mappings().all()
        return [
            ConsoleState(
                row["console"],
                moment(row["looked_at"]),
                _moment(row["seen_at"]),
                timedelta(milliseconds=row["every_ms"]),
                row["failures"],
                row["failure"],
                json.loads(row["reading"] or "{}"),
            )
            for row in rows
        ]

    def alerts(self, *, closed_since: datetime | None = None, console: str | None = None) -> list[Alert]:
        """The open alerts, newest first; with ``closed_since`` also those that closed since then."""
        tasks, alerts = schema().tasks, schema().alerts
        from sqlalchemy import select

        which = alerts.c.closed_at.is_(None)
        if closed_since is not None:
            which = which | (alerts.c.closed_at >= stamp(closed_since))
        query = select(tasks.c.console, tasks.c.task, alerts).join(tasks, tasks.c.id == alerts.c.task_id).where(which)
        if console is not None:
            query = query.where(tasks.c.console == console)
        with self._database.begin("read") as connection:
            rows = connection.execute(query.order_by(alerts.c.opened_at.desc())).mappings().all()
        return [
            Alert(
                row["console"],
                row["task"],
                row["rule"],
                moment(row["opened_at"]),
                moment(row["since"]),
                _moment(row["closed_at"]),
                row["value"],
                row["reason"],
                row["picture_id"],
            )
            for row in rows
        ]

    def show_evidence(self, console: str, task: str, rule: str, opened_at: datetime, picture: Evidence) -> None:
        """Keep the picture of an alert that opened."""
        alerts = schema().alerts
        with self._database.begin("written") as connection:
            number = keep_picture(connection, console, opened_at, picture)
            ids = self._database.task_ids(connection, {(console, task)})
            same = (
                alerts.c.task_id == ids[(console, task)],
                alerts.c.rule == rule,
                alerts.c.opened_at == stamp(opened_at),
            )
            connection.execute(alerts.update().where(*same).values(picture_id=number))

    def picture(self, number: int) -> Evidence:
        """Raises `NotFound` too."""
        table = schema().pictures
        with self._database.begin("read") as connection:
            row = connection.execute(table.select().where(table.c.id == number)).mappings().one_or_none()
        if row is None:
            raise NotFound(f"There is no picture {number}.")
        return Evidence(bytes(row["data"]), row["media_type"], row["reading"])

    def teach(self, console: str, kind: Teaching, word: str, meaning: str) -> None:
        """Remember what a header or a status word of a console means; ``meaning`` "" forgets it.

        Raises:
            NotFound: there is no such console.
            InvalidInput: it was taught `MOST_WORDS` already.
        """
        table = schema().learned
        key = {"console": console, "kind": kind, "word": word[:191]}
        with self._database.begin("written") as connection:
            if meaning:
                _room_for(connection, console)
                replacing(connection, table, key, {"meaning": meaning})
            else:
                connection.execute(table.delete().where(*(table.c[name] == value for name, value in key.items())))

    def taught(self, console: str) -> tuple[dict[str, str], dict[str, Status]]:
        """The headers and the status words that people taught, each with its meaning."""
        table = schema().learned
        with self._database.begin("read") as connection:
            rows = connection.execute(table.select().where(table.c.console == console)).mappings().all()
        columns = {row["word"]: row["meaning"] for row in rows if row["kind"] == "column"}
        return columns, {row["word"]: row["meaning"] for row in rows if row["kind"] == "status"}

    def taught_at(self, url: str) -> tuple[dict[str, str], dict[str, Status]]:
        """What people taught of the watched console that has this address."""
        consoles, learned = schema().consoles, schema().learned
        from sqlalchemy import select

        query = select(consoles.c.console, consoles.c.reading).where(
            consoles.c.console.in_(select(learned.c.console).distinct())
        )
        with self._database.begin("read") as connection:
            rows = connection.execute(query).all()
        wanted = address(url)
        name = next((name for name, reading in rows if json.loads(reading or "{}").get("address") == wanted), None)
        return ({}, {}) if name is None else self.taught(name)


def address(url: str) -> str:
    """Where a console is: its URL without what may be secret or differ from look to look."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or ''}{parts.path}#{parts.fragment.partition('?')[0]}"


def _room_for(connection: Connection, console: str) -> None:
    from sqlalchemy import func, select

    consoles, tasks, learned = schema().consoles, schema().tasks, schema().learned
    known = [select(table.c.console).where(table.c.console == console).limit(1) for table in (consoles, tasks)]
    if all(connection.execute(query).first() is None for query in known):
        raise NotFound(f"No console {console[:60]!r} was looked at.")
    count = select(func.count()).select_from(learned).where(learned.c.console == console)
    if connection.execute(count).scalar_one() >= MOST_WORDS:
        raise InvalidInput(f"{console[:60]} was taught {MOST_WORDS} words already; have it forget some first.")


def show_correction(connection: Connection, console: str, task: str, values: Mapping[str, Any]) -> None:
    """Put what a person corrected on the board, until the next look."""
    table = schema().consoles
    row = connection.execute(table.select().where(table.c.console == console)).mappings().one_or_none()
    if row is None or not row["reading"]:
        return
    reading = json.loads(row["reading"])
    for shown in reading["rows"]:
        if shown["task"] == task:
            shown |= values
    same = table.c.console == console
    connection.execute(table.update().where(same).values(reading=json.dumps(reading, ensure_ascii=False)))


def keep_picture(connection: Connection, console: str, at: datetime, picture: Evidence) -> int:
    """The number of the picture, kept."""
    values = {"media_type": picture.media_type, "data": picture.data, "reading": picture.reading}
    insert = schema().pictures.insert().values(console=console, at=stamp(at), **values)
    key = connection.execute(insert).inserted_primary_key
    assert key is not None
    return key[0]


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else moment(milliseconds)
