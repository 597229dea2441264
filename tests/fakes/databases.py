"""The histories that tests run on: SQLite always, PostgreSQL and MariaDB where they run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlens.usage.history import History

SERVERS = {
    "postgresql": ("HANDLENS_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/test"),
    "mariadb": ("HANDLENS_TEST_MARIADB", "mysql+pymysql://root@127.0.0.1:3306/test"),
}


def emptied(name: str) -> str:
    """The URL of a database server with none of our tables; skips where it does not run."""
    pytest.importorskip("sqlalchemy", reason="needs the `usage` extra")
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    from handlens.usage.history_schema import metadata

    variable, usual = SERVERS[name]
    url = os.environ.get(variable, usual)
    try:
        engine = create_engine(url, connect_args={"connect_timeout": 2})
        with engine.begin() as connection:
            for table in metadata.tables:
                connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
        engine.dispose()
    except (SQLAlchemyError, ImportError) as error:
        pytest.skip(f"no {name} ({type(error).__name__}); give its URL in {variable}")
    return url


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.database),
        pytest.param("mariadb", marks=pytest.mark.database),
    ]
)
def history(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[History]:
    pytest.importorskip("sqlalchemy", reason="needs the `usage` extra")
    url = f"sqlite:///{tmp_path}/usage.db" if request.param == "sqlite" else emptied(request.param)
    opened = History(url)
    opened.open()
    yield opened
    opened.close()
