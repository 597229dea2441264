"""What is asked of TimescaleDB, by stand-ins with its functions' own names, arguments and types.

The extension itself is not here. The stand-ins live in a schema that is searched first; PostgreSQL checks every call
against their signatures. Only ``ALTER TABLE … SET (timescaledb.…)``, which PostgreSQL refuses without the extension, is
caught on its way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytest.importorskip("sqlalchemy", reason="needs the `usage` extra")

from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.engine import Engine

from fakes.databases import emptied
from handlens.usage.history import History, Observation

pytestmark = pytest.mark.database
NOW = datetime(2026, 3, 1, tzinfo=UTC)
STAND_INS = """
CREATE TABLE stand_in.pg_extension (extname name);
INSERT INTO stand_in.pg_extension VALUES ('timescaledb');
CREATE TABLE stand_in.calls (number serial, what text);
CREATE TABLE timescaledb_information.hypertables (hypertable_schema name, hypertable_name name);
CREATE FUNCTION stand_in.create_hypertable(relation regclass, time_column_name name, partitioning_column name = NULL,
  number_partitions integer = NULL, associated_schema_name name = NULL, associated_table_prefix name = NULL,
  chunk_time_interval anyelement = NULL::bigint, create_default_indexes boolean = true, if_not_exists boolean = false,
  partitioning_func regproc = NULL, migrate_data boolean = false) RETURNS void LANGUAGE sql AS
  $$ INSERT INTO stand_in.calls (what)
  VALUES (format('hypertable %s %s %s', relation, time_column_name, chunk_time_interval));
  INSERT INTO timescaledb_information.hypertables VALUES ('stand_in', relation::text) $$;
CREATE FUNCTION stand_in.set_integer_now_func(hypertable regclass, integer_now_func regproc,
  replace_if_exists boolean = false) RETURNS void LANGUAGE sql AS
  $$ INSERT INTO stand_in.calls (what) VALUES (format('now %s %s', hypertable, integer_now_func)) $$;
CREATE FUNCTION stand_in.add_compression_policy(hypertable regclass, compress_after bigint,
  if_not_exists boolean = false) RETURNS integer LANGUAGE sql AS
  $$ INSERT INTO stand_in.calls (what) VALUES (format('compress %s %s', hypertable, compress_after)) RETURNING 1 $$;
CREATE FUNCTION stand_in.drop_chunks(relation regclass, older_than bigint = NULL, newer_than bigint = NULL)
  RETURNS SETOF text LANGUAGE sql AS
  $$ INSERT INTO stand_in.calls (what) VALUES (format('drop %s %s', relation, older_than)) RETURNING what $$;
"""


@pytest.fixture
def calls() -> Iterator[tuple[str, list[str]]]:
    """A URL of a database that looks as if TimescaleDB were there, and what was set on tables."""
    url = emptied("postgresql")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP FUNCTION IF EXISTS handlens_now"))
        for schema in ("stand_in", "timescaledb_information"):
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        connection.exec_driver_sql(STAND_INS.replace("%", "%%"))
    altered: list[str] = []

    def caught(_: Any, __: Any, statement: str, parameters: Any, ___: Any, ____: Any) -> tuple[str, Any]:
        if "timescaledb." in statement and statement.startswith("ALTER"):
            altered.append(statement)
            return "SELECT 1", parameters
        return statement, parameters

    event.listen(Engine, "before_cursor_execute", caught, retval=True)
    yield (
        make_url(url)
        .update_query_dict({"options": "-csearch_path=stand_in,pg_catalog,public"})
        .render_as_string(hide_password=False),
        altered,
    )
    event.remove(Engine, "before_cursor_execute", caught)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA stand_in, timescaledb_information CASCADE"))
    engine.dispose()


def test_observations_become_a_hypertable_that_is_compressed_and_shortened(calls: tuple[str, list[str]]) -> None:
    url, altered = calls
    history = History(url)
    history.write([Observation("pai", "a", NOW, 1.0)])
    history.forget_before(NOW - timedelta(days=90))
    with history.database.begin("read") as connection:
        made = list(connection.execute(text("SELECT what FROM stand_in.calls ORDER BY number")).scalars())
        now = connection.execute(text("SELECT handlens_now()")).scalar_one()
    day = 86_400_000
    assert made == [
        f"hypertable usage_observations at {day}",
        "now usage_observations handlens_now",
        f"compress usage_observations {7 * day}",
        f"drop usage_observations {round((NOW - timedelta(days=90)).timestamp() * 1000)}",
    ]
    assert abs(now / 1000 - datetime.now(UTC).timestamp()) < 60
    (setting,) = altered
    assert re.search(r"timescaledb\.compress_segmentby = 'task_id'", setting)
    assert history.count() == 1
    history.close()


def test_an_extension_that_comes_later_takes_no_table_and_stops_no_retention(calls: tuple[str, list[str]]) -> None:
    plain = emptied("postgresql")
    url, _ = calls
    history = History(plain)
    history.write([Observation("pai", "a", NOW - timedelta(days=day), 1.0) for day in (0, 100)])
    history.close()
    history = History(url)
    assert history.forget_before(NOW - timedelta(days=90)) == 1
    with history.database.begin("read") as connection:
        assert connection.execute(text("SELECT count(*) FROM stand_in.calls")).scalar_one() == 0
    history.close()
