"""A connection to the usage history's database: SQLite, PostgreSQL or MariaDB/MySQL, by SQLAlchemy's URL.

A database that stops answering in the middle of a call is hung up on after ``seconds``: a watch must not stand still.
All calls block: async callers run them in a thread.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any

from handlens.errors import InvalidInput, StorageError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

ANSWER_SECONDS = 30.0
_CONNECT_SECONDS = 5


class Database:
    """One database, opened by the first transaction and brought up to date then."""

    def __init__(self, url: str, *, seconds: float = ANSWER_SECONDS) -> None:
        self._url = url
        self._seconds = seconds
        self._engine: Engine | None = None
        self._task_ids: dict[tuple[str, str], int] = {}
        self._opening = threading.Lock()

    def open(self) -> None:
        """Connect, and bring the tables up to date."""
        with self._opening:
            if self._engine is None:
                tables = schema()
                engine = _engine(self._url, self._seconds)
                try:
                    with _failing("opened"), engine.begin() as connection, _answering(connection, self._seconds):
                        tables.migrate(connection)
                except StorageError:
                    engine.dispose()
                    raise
                self._engine = engine

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
            self._task_ids.clear()

    @contextmanager
    def begin(self, what: str, *, seconds: float | None = None) -> Generator[Connection]:
        """One transaction: all of it, or nothing.

        Args:
            seconds: how long it may take, where that is longer than for others.

        Raises:
            StorageError: it failed; ``what`` says what could not be done, as "written".
        """
        self.open()
        assert self._engine is not None
        with (
            _failing(what),
            self._alive(self._engine) as connection,
            _answering(connection, seconds or self._seconds),
            connection.begin(),
        ):
            yield connection

    def task_ids(self, connection: Connection, names: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """The numbers of (console, task) pairs, given to those that are new. Give them to `remember` once committed."""
        tasks = schema().tasks
        from sqlalchemy import select

        known = {name: self._task_ids[name] for name in names if name in self._task_ids}
        missing = sorted(names - known.keys())
        if missing:
            insert = insert_ignoring(tasks, connection.dialect.name)
            connection.execute(insert, [{"console": console, "task": task} for console, task in missing])
            for console in {console for console, _ in missing}:
                wanted = {task for one, task in missing if one == console}
                rows = connection.execute(select(tasks.c.id, tasks.c.task).where(tasks.c.console == console))
                known |= {(console, task): number for number, task in rows if task in wanted}
        return known

    def remember(self, ids: dict[tuple[str, str], int]) -> None:
        self._task_ids |= ids

    @contextmanager
    def _alive(self, engine: Engine) -> Generator[Connection]:
        """A connection that answers: one from before the database was restarted is thrown away."""
        from sqlalchemy.exc import DBAPIError

        connection = engine.connect()
        if engine.dialect.name != "sqlite":
            try:
                with _answering(connection, self._seconds):
                    connection.exec_driver_sql("SELECT 1")
                connection.rollback()
            except DBAPIError:
                connection.invalidate()
                connection.close()
                connection = engine.connect()
        try:
            yield connection
        finally:
            connection.close()


def schema() -> ModuleType:
    """The tables, imported only now: SQLAlchemy is heavy, and an extra."""
    try:
        from handlens.usage import history_schema
    except ImportError as error:
        raise InvalidInput("A usage history needs the `usage` extra: pip install 'handlens[usage]'.") from error
    return history_schema


def insert_ignoring(table: Any, dialect: str) -> Any:
    """An insert that leaves rows which are there already as they are."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert

        return insert(table).on_conflict_do_nothing()
    return table.insert().prefix_with("IGNORE" if dialect in ("mysql", "mariadb") else "OR IGNORE")


def replacing(connection: Connection, table: Any, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Write one row over the one with the same key, if there is one."""
    same = [table.c[name] == value for name, value in key.items()]
    connection.execute(insert_ignoring(table, connection.dialect.name), [{**key, **values}])
    connection.execute(table.update().where(*same).values(**values))


def _engine(url: str, seconds: float) -> Engine:
    from sqlalchemy import create_engine, event
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        arguments: dict[str, float] = {"connect_timeout": _CONNECT_SECONDS}
        if backend == "sqlite":
            arguments = {"timeout": seconds}
        elif parsed.get_driver_name() == "pymysql":
            arguments |= {"read_timeout": seconds, "write_timeout": seconds}
        engine = create_engine(parsed, connect_args=arguments)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise InvalidInput(
            "The history's database URL can't be used. Give one such as sqlite:///usage.db, "
            "postgresql+psycopg://user@host/name or mysql+pymysql://user@host/name, and install its driver "
            "with pip install 'handlens[usage]'."
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune_sqlite)
    return engine


def _tune_sqlite(connection: Any, _: object) -> None:
    """Readers beside one writer, and a commit that survives the process (not a power cut within the last second)."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


@contextmanager
def _answering(connection: Connection, seconds: float) -> Generator[None]:
    """Hangs up on PostgreSQL when it says nothing for too long; the other drivers do so themselves."""
    driver = connection.connection.driver_connection
    if connection.dialect.name != "postgresql" or not hasattr(driver, "fileno"):
        yield
        return
    assert driver is not None
    alarm = threading.Timer(seconds, _hang_up, [driver.fileno()])
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()


def _hang_up(descriptor: int) -> None:
    """End the connection of a socket that somebody waits on; they see it closed."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as line:
        line.shutdown(socket.SHUT_RDWR)


@contextmanager
def _failing(what: str) -> Generator[None]:
    """Turns the database's failures into ours, without its URL or what was written."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SQLAlchemyError as error:
        raise StorageError(
            f"The usage history could not be {what}: {type(error).__name__}. "
            "Check that its database runs and may be written."
        ) from error
