"""A watch whose database is killed again and again: which observations are lost, and which are there twice.

python tests/bench/bench_outage.py --seconds 300 --url postgresql+psycopg://postgres@127.0.0.1:5432/test

A real watcher looks at a page that shows another number at every look. The database is behind a proxy that refuses,
hangs, and cuts connections in the middle. With `--kill postgresql` (or mariadb) a server of our own is killed with
SIGKILL too, and started again.
"""

from __future__ import annotations

import argparse
import itertools
import random
import tempfile
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread
from sqlalchemy import create_engine, make_url

from fakes.proxy import Proxy
from fakes.servers import OwnServer
from handlens.library import open_kit
from handlens.testing.pages import PageServer, Reply, Request
from handlens.usage.alerts import Notifier
from handlens.usage.history import History
from handlens.usage.history_schema import metadata
from handlens.usage.rules import DEFAULT_RULES
from handlens.usage.watch import Watcher
from handlens.usage.watch_config import WatchConfig, WatchedConsole

TASKS = 5
ANSWER_SECONDS = 2.0


@dataclass
class Outcome:
    """What came of a watch. ``lost`` and ``doubled`` are to be 0."""

    looks: int
    outages: Counter[str]
    kept: int
    lost: int
    doubled: int


async def watch_through_outages(
    url: str, folder: Path, seconds: float, *, consoles: int = 2, seed: int = 1, server: OwnServer | None = None
) -> Outcome:
    """Watch for so long; all tables in ``url``'s database are dropped first. A ``server`` is also killed."""
    _drop_tables(url)
    numbers = itertools.count(1)
    served: dict[str, set[int]] = {f"c{number}": set() for number in range(consoles)}

    def page(request: Request) -> Reply:
        number = next(numbers)
        served[request.path.strip("/")].add(number)
        rows = "".join(f"<tr><td>task-{n}<td>{number % 100}%<td>{number} MiB<td>Running</tr>" for n in range(TASKS))
        return Reply(f"<!doctype html><table><tr><th>Task name<th>GPU<th>Memory<th>Status</tr>{rows}</table>")

    parsed = make_url(url)
    outages: Counter[str] = Counter()
    with (
        PageServer({f"/{name}": page for name in served}) as site,
        Proxy((parsed.host or "127.0.0.1", parsed.port or 5432)) as proxy,
    ):
        through = parsed.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
        history = History(through, seconds=ANSWER_SECONDS)
        config = WatchConfig(
            spool=folder / "spool",
            heartbeat=folder / "beat.json",
            console=[WatchedConsole(name=n, url=site.url(f"/{n}"), every_seconds=1, wait_seconds=2) for n in served],
        )
        async with open_kit() as kit, anyio.create_task_group() as group:
            watcher = Watcher(kit, config, DEFAULT_RULES, history, Notifier([], dry_run=True), folder)
            stop = anyio.Event()
            group.start_soon(watcher.run, stop)
            await _misbehave(proxy, server, outages, seconds, random.Random(seed))
            stop.set()
        history.close()
    return _outcome(url, served, watcher, outages)


async def _misbehave(
    proxy: Proxy, server: OwnServer | None, outages: Counter[str], seconds: float, dice: random.Random
) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        await anyio.sleep(dice.uniform(0.5, max(3, seconds / 25)))
        what = dice.choice(("refusing", "hanging", "cut", *(["killed"] * 3 if server else [])))
        outages[what] += 1
        if what == "killed" and server:
            await to_thread.run_sync(server.kill)
            await anyio.sleep(min(dice.uniform(0, seconds / 20 + 2), max(0, until - time.monotonic())))
            await to_thread.run_sync(server.start)
            continue
        if what == "cut":
            proxy.cut()
            continue
        proxy.become("refusing" if what == "refusing" else "hanging")
        await anyio.sleep(min(dice.uniform(1, seconds / 20 + 2), max(0, until - time.monotonic())))
        proxy.become("good")
    proxy.become("good")
    await anyio.sleep(1)


def _drop_tables(url: str) -> None:
    engine = create_engine(url)
    metadata.drop_all(engine)
    engine.dispose()


def _outcome(url: str, served: dict[str, set[int]], watcher: Watcher, outages: Counter[str]) -> Outcome:
    """Every look that was read against what the database has, number by number."""
    history = History(url)
    far = datetime.now(UTC) + timedelta(days=1)
    found = Counter(
        (one.console, one.task, one.memory_used_bytes // 2**20)
        for one in history.observed(datetime(2020, 1, 1, tzinfo=UTC), far)
        if one.memory_used_bytes
    )
    history.close()
    looks = sum(one.looks for one in watcher.conditions.values())
    shown = {
        (name, f"task-{n}", number) for name, all_shown in served.items() for number in all_shown for n in range(TASKS)
    }
    doubled = sum(times - 1 for times in found.values())
    return Outcome(looks, outages, sum(found.values()), len(shown - found.keys()), doubled)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--url", default="postgresql+psycopg://postgres@127.0.0.1:5432/test")
    arguments.add_argument("--seconds", type=float, default=300)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--kill", choices=("postgresql", "mariadb"), help="a server of our own, killed")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder, OwnServer(given.kill) if given.kill else nullcontext() as server:
        url = server.url if server else given.url
        watch = partial(watch_through_outages, url, Path(folder), given.seconds, seed=given.seed, server=server)
        outcome = anyio.run(watch)
    print(
        f"{given.seconds:g} s, {outcome.looks} looks, outages {dict(outcome.outages)}: "
        f"{outcome.kept} observations kept, {outcome.lost} lost, {outcome.doubled} doubled"
    )


if __name__ == "__main__":
    main()
