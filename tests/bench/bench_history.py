"""How fast the history answers and takes up: N observations, one a minute, spread over tasks.

python tests/bench/bench_history.py --url sqlite:////tmp/bench.db --observations 10000000
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from handlens.usage.history import History, Observation

END = datetime(2026, 3, 31, tzinfo=UTC)


def batches(observations: int, tasks: int) -> Iterator[list[Observation]]:
    """What a watch writes, minute by minute."""
    dice = random.Random(1)
    minutes = observations // tasks
    for minute in range(minutes):
        at = END - timedelta(minutes=minutes - minute)
        yield [
            Observation("bench", f"task-{task}", at, dice.random() * 100, None, 2**33, 2**35, "running")
            for task in range(tasks)
        ]


def timed(history: History, task: str, back: timedelta, bucket: timedelta) -> float:
    begun = time.perf_counter()
    assert history.series("bench", task, "gpu_utilization_percent", END - back, END, bucket)
    return 1000 * (time.perf_counter() - begun)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--url", required=True)
    arguments.add_argument("--observations", type=int, default=10_000_000)
    arguments.add_argument("--tasks", type=int, default=200)
    given = arguments.parse_args()
    history = History(given.url)
    begun = time.perf_counter()
    gathered: list[Observation] = []
    for batch in batches(given.observations, given.tasks):
        gathered += batch
        if len(gathered) >= 20_000:
            history.write(gathered)
            gathered = []
    history.write(gathered)
    seconds = time.perf_counter() - begun
    print(f"{history.count():,} observations written in {seconds:.0f} s ({given.observations / seconds:,.0f} a second)")
    for name, back, bucket in (
        ("last hour, by minute", timedelta(hours=1), timedelta(minutes=1)),
        ("30 days, by five minutes", timedelta(days=30), timedelta(minutes=5)),
    ):
        taken = [timed(history, f"task-{task % given.tasks}", back, bucket) for task in range(21)]
        print(f"{name}: p50 {statistics.median(taken):.1f} ms, most {max(taken):.1f} ms")
    one = [Observation("bench", f"task-{t}", END, 1.0, None, 1, 2, "running") for t in range(50)]
    begun = time.perf_counter()
    for console in range(200):
        history.write([Observation(f"c{console}", row.task, row.at, 1.0) for row in one])
    print(f"200 consoles of 50 tasks written in {time.perf_counter() - begun:.1f} s")


if __name__ == "__main__":
    main()
