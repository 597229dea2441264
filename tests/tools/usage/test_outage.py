"""The database dies, hangs and is cut off while a real watcher looks at real pages."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the `usage` extra")

from sqlalchemy import make_url

from bench.bench_outage import watch_through_outages
from fakes.databases import emptied
from fakes.proxy import Proxy
from fakes.servers import Kind, OwnServer, missing
from handlens.errors import StorageError
from handlens.usage.history import History, Observation

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.anyio
@pytest.mark.database
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
async def test_a_watch_through_outages_loses_nothing_and_doubles_nothing(kind: str, tmp_path: Path) -> None:
    outcome = await watch_through_outages(emptied(kind), tmp_path, 12, seed=3)
    assert outcome.looks >= 2  # a busy machine looks seldom
    assert sum(outcome.outages.values()) >= 3
    assert (outcome.lost, outcome.doubled) == (0, 0)
    assert outcome.kept == outcome.looks * 5
    assert not (tmp_path / "spool").exists()


@pytest.mark.anyio
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
async def test_a_server_that_is_killed_and_started_again_loses_nothing_and_doubles_nothing(
    kind: Kind, tmp_path: Path
) -> None:
    if tool := missing(kind):
        pytest.skip(f"needs {tool}")
    with OwnServer(kind) as server:
        outcome = await watch_through_outages(server.url, tmp_path, 15, seed=5, server=server)
    assert outcome.outages["killed"] >= 1
    assert (outcome.lost, outcome.doubled) == (0, 0)
    assert outcome.kept == outcome.looks * 5


@pytest.mark.database
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_database_that_hangs_is_given_up_and_taken_up_again(kind: str) -> None:
    url = make_url(emptied(kind))
    with Proxy((url.host or "", url.port or 0)) as proxy:
        through = url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
        history = History(through, seconds=1)
        history.write([Observation("pai", "a", NOW, 1.0)])
        proxy.become("hanging")
        begun = time.monotonic()
        with pytest.raises(StorageError):
            history.write([Observation("pai", "a", NOW + timedelta(1), 2.0)])
        assert time.monotonic() - begun < 10
        proxy.become("good")
        proxy.cut()  # what the pool still holds is dead
        history.write([Observation("pai", "a", NOW + timedelta(1), 2.0)])
        assert history.count() == 2
        history.close()


@pytest.mark.parametrize(
    "kind", ["sqlite", *(pytest.param(kind, marks=pytest.mark.database) for kind in ("postgresql", "mariadb"))]
)
def test_many_that_open_a_new_database_at_once_all_succeed(kind: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/usage.db" if kind == "sqlite" else emptied(kind)
    histories = [History(url) for _ in range(6)]
    failures: list[BaseException] = []

    def open_it(history: History) -> None:
        try:
            history.open()
        except StorageError as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it, args=[history]) for history in histories]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for history in histories:
        history.write([Observation("pai", "a", NOW, 1.0)])
        history.close()
