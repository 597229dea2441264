"""How fast the history answers and takes up: N observations, one a minute, spread over tasks.

python tests/bench/bench_history.py --url sqlite:////tmp/bench.db --observations 10000000

Writes what a watch of one console of --tasks tasks would have written, asks for every metric of tasks by chance, then
has 200 consoles of 50 tasks write for as many minutes as --minutes says, each with what a watcher writes at a look.
--keep leaves the database as it is filled, for another run with --filled.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine

from handlens.usage.board import Board
from handlens.usage.history import METRICS, History, Observation
from handlens.usage.history_schema import metadata
from handlens.usage.ledger import Ledger

END = datetime(2026, 3, 31, tzinfo=UTC)
BATCH = 20_000
CONSOLES, TASKS = 200, 50


def batches(observations: int, tasks: int) -> Iterator[list[Observation]]:
    """What a watch writes, minute by minute."""
    dice = random.Random(1)
    minutes = observations // tasks
    for minute in range(minutes):
        at = END - timedelta(minutes=minutes - minute)
        yield [
            Observation("bench", f"task-{n}", at, dice.random() * 100, 50.0, 2**33 + minute, 2**35, "running")
            for n in range(tasks)
        ]


def fill(history: History, observations: int, tasks: int) -> None:
    begun = time.perf_counter()
    gathered: list[Observation] = []
    for batch in batches(observations, tasks):
        gathered += batch
        if len(gathered) >= BATCH:
            history.write(gathered)
            gathered = []
    history.write(gathered)
    seconds = time.perf_counter() - begun
    print(f"{history.count():,} observations written in {seconds:.0f} s ({observations / seconds:,.0f} a second)")


def milliseconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    assert call()
    return 1000 * (time.perf_counter() - begun)


def ask(history: History, tasks: int) -> None:
    """Windows and metrics of tasks by chance, so that no page of the database is asked for twice in a row."""
    dice = random.Random(2)
    for name, back, bucket, times in (
        ("last hour, by minute", timedelta(hours=1), timedelta(minutes=1), 41),
        ("30 days, by five minutes", timedelta(days=30), timedelta(minutes=5), 21),
    ):
        for metric in METRICS:
            taken: list[float] = []
            for task in dice.sample(range(tasks), min(times, tasks)):
                asked = "bench", f"task-{task}", metric, END - back, END, bucket
                taken.append(milliseconds(lambda asked=asked: history.series(*asked)))
            print(f"{name}, {metric}: p50 {statistics.median(taken):.1f} ms, most {max(taken):.1f} ms")
    hour = "bench", "gpu_utilization_percent", END - timedelta(hours=1), END, timedelta(minutes=1)
    taken = [milliseconds(lambda: history.trends(*hour)) for _ in range(5)]
    print(f"last hour of all {tasks} tasks: p50 {statistics.median(taken):.0f} ms")


def take_up(url: str, minutes: int, folder: Path) -> None:
    """As many looks as 200 consoles give in so many minutes, one after the other as the watcher writes them."""
    history = History(url)
    ledger = Ledger(history, folder / "spool")
    taken: list[float] = []
    for minute in range(minutes):
        begun = time.perf_counter()
        for console in range(CONSOLES):
            name, at = f"console-{console}", END + timedelta(minutes=minute, milliseconds=console)
            rows = [Observation(name, f"task-{n}", at, 40.0, None, 2**30, 2**34, "running") for n in range(TASKS)]
            shown = [{"task": row.task, "gpu": row.gpu_utilization_percent, "status": row.status} for row in rows]
            ledger.open_alerts(name)
            assert ledger.keep(rows, [])
            ledger.show(name, at, timedelta(minutes=1), {"rows": shown})
        taken.append(time.perf_counter() - begun)
    p50, most = statistics.median(taken), max(taken)
    print(f"{CONSOLES} consoles of {TASKS} tasks, a minute of looks: p50 {p50:.1f} s, most {most:.1f} s")
    assert len(Board(history.database).consoles()) >= CONSOLES
    history.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--url", required=True)
    arguments.add_argument("--observations", type=int, default=10_000_000)
    arguments.add_argument("--tasks", type=int, default=200)
    arguments.add_argument("--minutes", type=int, default=5)
    arguments.add_argument("--filled", action="store_true", help="the database is filled already")
    arguments.add_argument("--keep", action="store_true", help="leave the tables there")
    given = arguments.parse_args()
    history = History(given.url)
    if not given.filled:
        fill(history, given.observations, given.tasks)
    ask(history, given.tasks)
    history.close()
    with TemporaryDirectory() as folder:
        take_up(given.url, given.minutes, Path(folder))
    if not given.keep:
        engine = create_engine(given.url)
        metadata.drop_all(engine)
        engine.dispose()


if __name__ == "__main__":
    main()
