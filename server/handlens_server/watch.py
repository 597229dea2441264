"""`handlens watch`: the usage watcher as a process of its own, stopped by a signal."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import anyio

from handlens.usage.alerts import Notifier, apprise_senders
from handlens.usage.history import History
from handlens.usage.rules import DEFAULT_RULES, load_rules
from handlens.usage.watch import Watcher
from handlens.usage.watch_config import load_watch
from handlens_server.compose import Composition
from handlens_server.run_folder import RunFolder
from handlens_server.settings import Settings


async def watch(settings: Settings, file: Path, *, once: bool, dry_run: bool) -> int:
    """Watch the consoles of ``file`` until SIGTERM or Ctrl-C; with ``once``, look at each a single time.

    Returns:
        The exit code: 0, or with ``once`` 1 where a console could not be read.
    """
    config = load_watch(file, settings.history.get_secret_value() if settings.history else None)
    book = load_rules(config.rules) if config.rules else DEFAULT_RULES
    services = apprise_senders(config.notify) if config.notify else []
    notifier = Notifier(services, most_an_hour=config.alerts_an_hour, dry_run=dry_run or config.dry_run)
    history = History(config.history)
    folder = RunFolder()
    composition = Composition(settings, folder.path)
    composition.start()
    try:
        evidence = config.heartbeat.parent / "usage-evidence"
        watcher = Watcher(await composition.kit(), config, book, history, notifier, evidence)
        if once:
            for console in config.console:
                await watcher.look(console)
            await notifier.close()
            return int(any(condition.failures for condition in watcher.conditions.values()))
        await watcher.run(_stop_signal())
        return 0
    finally:
        await composition.close()
        history.close()
        folder.close()


def _stop_signal() -> anyio.Event:
    """Set by SIGTERM or Ctrl-C: looks under way finish, no further one begins."""
    stop = anyio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
