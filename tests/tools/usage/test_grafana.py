"""The Grafana example: every query of every dashboard, run on the database that it is for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy", reason="needs the `usage` extra")

from sqlalchemy import Connection, text

from fakes.databases import emptied
from handlens.geometry import Box
from handlens.usage.board import Board
from handlens.usage.history import AlertChange, History, Observation
from handlens.usage.reviews import Reviews
from handlens.usage.seen import Doubtful

FOLDER = Path(__file__).parents[3] / "examples" / "grafana"
START = datetime(2026, 3, 1, tzinfo=UTC)
CONSOLE = "pai's"
KINDS = ("sqlite", "postgresql", "mariadb")


def dashboard(kind: str) -> dict[str, Any]:
    return json.loads((FOLDER / "dashboards" / f"usage-{kind}.json").read_text(encoding="utf-8"))


def queries(kind: str) -> Iterator[tuple[str, str]]:
    """(title, SQL) of every panel, variable and annotation."""
    board = dashboard(kind)
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target.get("rawSql") or target["queryText"]
    for variable in board["templating"]["list"]:
        asked = variable["query"]
        yield variable["name"], asked if isinstance(asked, str) else asked["queryText"]
    for annotation in board["annotations"]["list"]:
        yield annotation["name"], annotation["target"].get("rawSql") or annotation["target"]["queryText"]


def put_in(sql: str, begin: datetime, end: datetime) -> str:
    """The query as Grafana sends it."""
    values = {
        "$__from": f"{begin.timestamp() * 1000:.0f}",
        "$__to": f"{end.timestamp() * 1000:.0f}",
        "$__interval_ms": "300000",
        "${console:sqlstring}": "'" + CONSOLE.replace("'", "''") + "'",
    }
    for name, value in values.items():
        sql = sql.replace(name, value)
    assert "$" not in sql
    return sql


@pytest.fixture(
    params=["sqlite", *(pytest.param(kind, marks=pytest.mark.database) for kind in ("postgresql", "mariadb"))]
)
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Connection]]:
    """A database with two tasks of half an hour, an open alert, a doubt and a console."""
    kind: str = request.param
    history = History(f"sqlite:///{tmp_path}/usage.db" if kind == "sqlite" else emptied(kind))
    for minute in range(30):
        at = START + timedelta(minutes=minute)
        history.write(
            Observation(CONSOLE, task, at, gpu, 250.0, 2**34, 2**35, "running")
            for task, gpu in (("a", 10), ("训练", 70))
        )
    opened = START + timedelta(minutes=6)
    history.write([], [AlertChange(CONSOLE, "a", "idle", opened, START, None, 10.0, "Release it.")])
    Board(history.database).seen(CONSOLE, opened, timedelta(minutes=1), {"rows": []})
    cell = Doubtful("a", "GPU", "gpu_utilization_percent", "1O%", "?", Box(x=0, y=0, width=1, height=1), {})
    Reviews(history.database).ask(CONSOLE, opened, [cell], None)
    with history.database.begin("read") as connection:
        yield kind, connection
    history.close()


def test_every_query_gives_what_its_panel_is_about(filled: tuple[str, Connection]) -> None:
    kind, connection = filled
    found = {
        title: [
            tuple(row)
            for row in connection.execute(text(put_in(sql, START, START + timedelta(hours=1)).replace(":", "\\:")))
        ]
        for title, sql in queries(kind)
    }
    second = int(START.timestamp())
    assert found["Tasks seen"] == [(2,)]
    assert found["Mean GPU"] == [(40,)]
    assert found["Alerts open"] == [(1,)]
    assert found["Waiting for review"] == [(1,)]
    assert found["console"] == [(CONSOLE,)]
    buckets = [(second + 300 * number, task, gpu) for number in range(6) for task, gpu in (("a", 10), ("训练", 70))]
    assert sorted(found["GPU by task"]) == sorted(buckets)
    assert {float(value) for _, _, value in found["Memory by task"]} == {2.0**34}
    assert {value for _, _, value in found["CPU by task"]} == {250}
    assert found["Least used GPUs"] == [("a", 10), ("训练", 70)]
    assert found["Open alerts"][0][:2] == ("a", "idle")
    assert found["Consoles"] == [(CONSOLE, (second + 360) * 1000, 0, None)]
    assert found["Alerts"] == [(second + 360, "idle", "a")]


@pytest.mark.parametrize("kind", KINDS)
def test_the_dashboards_are_as_their_program_writes_them_and_ask_sources_that_are_provisioned(kind: str) -> None:
    import runpy

    program = runpy.run_path(str(FOLDER / "dashboards.py"))
    board = dashboard(kind)
    assert board == program["board"](kind)
    sources = (FOLDER / "datasources" / "usage.yaml").read_text(encoding="utf-8")
    known = dict(zip(re.findall(r"uid: (\S+)", sources), re.findall(r"\btype: (\S+)", sources), strict=True))
    used = {(panel["datasource"]["uid"], panel["datasource"]["type"]) for panel in board["panels"]}
    assert used == {(f"handlens-{kind}", known[f"handlens-{kind}"])}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    read_from = re.findall(r"-\s+\./([\w./]+):", (FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    assert all((FOLDER / name).exists() for name in read_from)
