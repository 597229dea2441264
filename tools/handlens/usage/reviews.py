"""Cells that a person should look at: asked once, decided with one click, and the decision kept beside what was read.

At most one review waits for a cell (a task's value under a header). The same text in the same cell is not asked
again: a decision holds until the text changes. A newer doubt takes an older one's place. All calls block.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from handlens.errors import InvalidInput, NotFound
from handlens.geometry import Box
from handlens.usage.board import Evidence, keep_picture, show_correction
from handlens.usage.columns import Field
from handlens.usage.database import Database, replacing, schema
from handlens.usage.history import moment, stamp
from handlens.usage.reading import plain
from handlens.usage.seen import LONGEST_TASK, Doubtful, Values, values_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

State = Literal["waiting", "accepted", "corrected", "superseded"]
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Review:
    """One doubtful cell. ``text`` is as read; ``corrected`` a person's; ``box`` lies in the picture, in its pixels."""

    id: int
    console: str
    task: str
    header: str
    field: str
    text: str
    reason: str
    first_at: datetime
    last_at: datetime
    picture_id: int | None
    box: Box | None
    state: State
    corrected: str | None
    before: Values


@dataclass(frozen=True, slots=True)
class Decided:
    """A cell that people decided on before: ``values`` are what it is to the history, none where it was right."""

    cell: Doubtful
    values: Values


class Reviews:
    """The reviews of a history. Raises `StorageError` where the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def settled(self, console: str, at: datetime, cells: Sequence[Doubtful]) -> tuple[list[Doubtful], list[Decided]]:
        """Of a look's doubtful cells those that are new, and those that people decided, which are doubtful no more."""
        fresh: list[Doubtful] = []
        decided: list[Decided] = []
        with self._database.begin("written") as connection:
            ids = self._database.task_ids(connection, {(console, cell.task) for cell in cells})
            latest = _latest(connection, set(ids.values()))
            for cell in cells:
                review = latest.get((ids[(console, cell.task)], cell.header[:191]))
                if review is None or review["text"] != cell.text:
                    fresh.append(cell)
                    continue
                _change(connection, review["id"], last_at=stamp(at))
                if review["state"] == "corrected":
                    values = values_of(review["field"], review["header"], review["corrected"])
                    decided.append(Decided(cell, values))
                elif review["state"] == "accepted":
                    decided.append(Decided(cell, {}))
        self._database.remember(ids)
        return fresh, decided

    def ask(self, console: str, at: datetime, cells: Sequence[Doubtful], picture: Evidence | None) -> None:
        """Put new doubts before people, with the picture that shows them."""
        if not cells:
            return
        reviews = schema().reviews
        with self._database.begin("written") as connection:
            ids = self._database.task_ids(connection, {(console, cell.task) for cell in cells})
            number = keep_picture(connection, console, at, picture) if picture else None
            for cell in cells:
                task_id = ids[(console, cell.task)]
                same = reviews.c.task_id == task_id, reviews.c.header == cell.header[:191]
                waiting = reviews.update().where(*same, reviews.c.state == "waiting")
                connection.execute(waiting.values(state="superseded"))
                connection.execute(reviews.insert().values(**_stored(cell, task_id, at, number)))
        self._database.remember(ids)

    def waiting(self, most: int = MOST_SHOWN) -> list[Review]:
        """What waits for a person, newest first."""
        reviews = schema().reviews
        query = _select().where(reviews.c.state == "waiting").order_by(reviews.c.last_at.desc(), reviews.c.id)
        with self._database.begin("read") as connection:
            return [_review(row) for row in connection.execute(query.limit(most)).mappings()]

    def count_waiting(self) -> int:
        """How many wait in all."""
        reviews = schema().reviews
        from sqlalchemy import func, select

        with self._database.begin("read") as connection:
            query = select(func.count()).select_from(reviews).where(reviews.c.state == "waiting")
            return connection.execute(query).scalar_one()

    def decided(self) -> list[Review]:
        """What people decided and there is a picture of, oldest first."""
        reviews = schema().reviews
        query = _select().where(reviews.c.state.in_(("accepted", "corrected")), reviews.c.picture_id.is_not(None))
        with self._database.begin("read") as connection:
            return [_review(row) for row in connection.execute(query.order_by(reviews.c.id)).mappings()]

    def undecided(self, picture: int) -> list[Review]:
        """What nobody decided of the cells that a picture shows."""
        reviews = schema().reviews
        query = _select().where(reviews.c.picture_id == picture, reviews.c.state.in_(("waiting", "superseded")))
        with self._database.begin("read") as connection:
            return [_review(row) for row in connection.execute(query).mappings()]

    def decide(self, number: int, by: str, corrected: str | None) -> Review:
        """Accept a cell as read, or correct it to what a person wrote: "45%", "12 GiB", "running", nothing.

        The history takes the corrected value for as long as the cell showed the text; a status word is learned.

        Raises:
            NotFound: there is no such review.
            InvalidInput: the text is no value for this column, or a newer reading has taken the review's place.
        """
        reviews = schema().reviews
        with self._database.begin("written") as connection:
            row = connection.execute(_select().where(reviews.c.id == number)).mappings().one_or_none()
            if row is None:
                raise NotFound(f"There is no review {number}.")
            review = _review(row)
            if review.state == "superseded":
                raise InvalidInput("A newer reading of this cell waits in its place.")
            state: State = "accepted" if corrected is None or plain(corrected) == plain(review.text) else "corrected"
            if state == "corrected":
                self._take_correction(connection, row["task_id"], review, plain(corrected or "")[:LONGEST_TASK])
            _change(
                connection,
                number,
                state=state,
                corrected=plain(corrected or "")[:500] if state == "corrected" else None,
                decided_at=stamp(datetime.now(UTC)),
                decided_by=by[:191],
            )
            return _review(connection.execute(_select().where(reviews.c.id == number)).mappings().one())

    def _take_correction(self, connection: Connection, task_id: int, review: Review, text: str) -> None:
        first, last = stamp(review.first_at), stamp(review.last_at)
        if review.field == Field.TASK_NAME:
            if not text:
                raise InvalidInput("A task needs a name.")
            self._rename(connection, review.console, task_id, text, first, last)
            return
        values = values_of(review.field, review.header, text)
        before = review.before
        if review.state == "corrected" and review.corrected is not None:
            before = {**before, **values_of(review.field, review.header, review.corrected)}
        _correct(connection, task_id, first, last, before, values)
        show_correction(connection, review.console, review.task, values)
        if review.field == Field.STATUS and plain(review.text):
            _learn_status(connection, review.console, plain(review.text).lower(), str(values["status"]))

    def _rename(self, connection: Connection, console: str, task_id: int, name: str, first: int, last: int) -> None:
        """Move what was observed under a misread name to the right one, unless that was observed itself."""
        from sqlalchemy import select

        observations = schema().observations
        right = self._database.task_ids(connection, {(console, name)})[(console, name)]
        there = select(observations.c.at).where(observations.c.task_id == right, observations.c.at.between(first, last))
        taken = {at for (at,) in connection.execute(there)}
        moved = observations.update().where(observations.c.task_id == task_id, observations.c.at.between(first, last))
        connection.execute(moved.where(observations.c.at.not_in(taken)).values(task_id=right))


def _select() -> Select[Any, Any, Any]:
    tables = schema()
    from sqlalchemy import select

    return select(tables.tasks.c.console, tables.tasks.c.task, tables.reviews).join(
        tables.tasks, tables.tasks.c.id == tables.reviews.c.task_id
    )


def _latest(connection: Connection, task_ids: set[int]) -> dict[tuple[int, str], dict[str, Any]]:
    """The newest review of every cell of these tasks that has one."""
    reviews = schema().reviews
    from sqlalchemy import func, select

    newest = select(func.max(reviews.c.id)).where(reviews.c.task_id.in_(task_ids))
    rows = connection.execute(
        select(reviews).where(reviews.c.id.in_(newest.group_by(reviews.c.task_id, reviews.c.header)))
    )
    return {(row["task_id"], row["header"]): dict(row) for row in rows.mappings()}


def _change(connection: Connection, number: int, **values: Any) -> None:
    reviews = schema().reviews
    connection.execute(reviews.update().where(reviews.c.id == number).values(**values))


def _correct(connection: Connection, task_id: int, first: int, last: int, before: Values, values: Values) -> None:
    """Write values over what the cell gave the history, where it still stands."""
    observations = schema().observations
    for column, value in values.items():
        place = observations.c[column]
        held = before.get(column)
        stands = place.is_(None) if held is None else place == held
        where = observations.c.task_id == task_id, observations.c.at.between(first, last), stands
        connection.execute(observations.update().where(*where).values({column: value}))


def _learn_status(connection: Connection, console: str, word: str, status: str) -> None:
    key = {"console": console, "kind": "status", "word": word[:191]}
    replacing(connection, schema().learned, key, {"meaning": status})


def _stored(cell: Doubtful, task_id: int, at: datetime, picture: int | None) -> dict[str, Any]:
    box = cell.box
    return {
        "task_id": task_id,
        "header": cell.header[:191],
        "field": cell.field,
        "text": cell.text,
        "reason": cell.reason,
        "first_at": stamp(at),
        "last_at": stamp(at),
        "picture_id": picture,
        "box": json.dumps([round(n, 1) for n in (box.x, box.y, box.width, box.height)]) if box else None,
        "state": "waiting",
        "before": json.dumps(cell.before),
    }


def _review(row: Any) -> Review:
    box = json.loads(row["box"]) if row["box"] else None
    return Review(
        row["id"],
        row["console"],
        row["task"],
        row["header"],
        row["field"],
        row["text"],
        row["reason"],
        moment(row["first_at"]),
        moment(row["last_at"]),
        row["picture_id"],
        Box(x=box[0], y=box[1], width=box[2], height=box[3]) if box else None,
        row["state"],
        row["corrected"],
        json.loads(row["before"] or "{}"),
    )
