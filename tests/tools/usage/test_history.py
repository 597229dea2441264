"""The history, on SQLite always, on PostgreSQL and MariaDB where they run."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

if importlib.util.find_spec("sqlalchemy") is None:
    pytest.skip("needs the `usage` extra", allow_module_level=True)

from handlens.errors import InvalidInput, StorageError
from handlens.usage.history import AlertChange, History, Observation
from handlens.usage.spool import SpooledHistory

START = datetime(2026, 3, 1, tzinfo=UTC)


def seen(number: float, gpu: float | None = 10.0, task: str = "train-bert") -> Observation:
    return Observation("pai", task, START + timedelta(minutes=number), gpu, None, 2**34, 2**35, "running")


def test_observations_come_back_in_buckets(history: History) -> None:
    history.write([seen(number, float(number)) for number in range(10)])
    history.write([seen(3, 99.0, "训练-甲"), seen(4, None)])
    buckets = history.series(
        "pai", "train-bert", "gpu_utilization_percent", START, START + timedelta(hours=1), timedelta(minutes=5)
    )
    assert [(b.begin, b.samples, b.least, b.mean, b.most) for b in buckets] == [
        (START, 5, 0, 2, 4),
        (START + timedelta(minutes=5), 5, 5, 7, 9),
    ]
    (memory,) = history.series(
        "pai", "训练-甲", "memory_used_bytes", START, START + timedelta(hours=1), timedelta(hours=1)
    )
    assert memory.most == 2**34
    assert history.consoles() == {"pai": ["train-bert", "训练-甲"]}


def test_writing_the_same_again_changes_nothing(history: History) -> None:
    history.write([seen(1, 5.0), seen(2, 6.0)])
    history.write([seen(1, 50.0), seen(2, 60.0), seen(3, 7.0)])
    assert history.count() == 3
    (bucket,) = history.series(
        "pai", "train-bert", "gpu_utilization_percent", START, START + timedelta(hours=1), timedelta(hours=1)
    )
    assert (bucket.least, bucket.most) == (5, 7)


def test_names_that_differ_only_in_case_are_two_tasks(history: History) -> None:
    history.write([seen(1, 1.0, "Task"), seen(1, 2.0, "task")])
    assert history.count() == 2


def test_what_is_too_old_is_forgotten(history: History) -> None:
    history.write([seen(number) for number in range(10)])
    assert history.forget_before(START + timedelta(minutes=4)) == 4
    assert history.count() == 6


def test_an_open_database_is_taken_up_again(history: History) -> None:
    history.write([seen(1)])
    history.close()
    history.write([seen(2)])
    assert history.count() == 2


def test_while_the_database_is_away_observations_wait_in_order_and_none_is_lost_or_doubled(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spooled = SpooledHistory(history, tmp_path / "spool.jsonl", retry_seconds=0)
    really = history.write
    calls: list[int] = []

    def unsteady(batch: list[Observation], changes: list[AlertChange]) -> None:
        calls.append(1)
        if len(calls) % 7 in (2, 3, 4, 5):
            if len(calls) % 7 == 5:
                really(batch, changes)  # taken, but the answer never came
            raise StorageError("away")
        really(batch, changes)

    monkeypatch.setattr(history, "write", unsteady)
    for number in range(60):
        spooled.write([seen(number), seen(number, 20.0, "b")])
    monkeypatch.setattr(history, "write", really)
    assert spooled.replay()
    assert spooled.waiting == 0
    assert history.count() == 120


def test_a_spool_that_was_cut_in_the_middle_of_a_write_keeps_the_rest(history: History, tmp_path: Path) -> None:
    spool = tmp_path / "spool.jsonl"
    away = SpooledHistory(History("postgresql+psycopg://x@127.0.0.1:1/none"), spool)
    assert not away.write([seen(1)])
    with spool.open("ab") as file:
        file.write(b'[{"console": "pai", "ta')
    assert not away.write([seen(2)])
    assert SpooledHistory(history, spool).replay()
    assert history.count() == 2


def test_a_url_that_is_none_and_a_metric_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="sqlite:///"):
        History("nonsense").open()
    with pytest.raises(InvalidInput, match="gpu_utilization_percent"):
        History(f"sqlite:///{tmp_path}/a.db").series("a", "b", "gpu", START, START, timedelta(1))


def test_a_failure_does_not_show_the_password() -> None:
    with pytest.raises(StorageError) as failure:
        History("postgresql+psycopg://u:hunter2@127.0.0.1:1/none").open()
    assert "hunter2" not in str(failure.value)
