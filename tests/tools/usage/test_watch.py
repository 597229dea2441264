"""The watcher, on real pages: what it keeps, what it tells, and what it does when it can't read."""

from __future__ import annotations

import importlib.util
import json
import os
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anyio
import pytest

if importlib.util.find_spec("sqlalchemy") is None:
    pytest.skip("needs the `usage` extra", allow_module_level=True)

from handlens.errors import InvalidInput, StorageError
from handlens.kit import Kit
from handlens.ocr import available
from handlens.testing.pages import PageServer, Reply
from handlens.usage import alerts
from handlens.usage.alerts import Message, Notifier, apprise_sender
from handlens.usage.board import Alert, Board
from handlens.usage.history import AlertChange, History, Observation
from handlens.usage.profiles import shipped
from handlens.usage.rules import DEFAULT_RULES, IDLE, RuleBook, load_rules
from handlens.usage.watch import Watcher
from handlens.usage.watch_config import WatchConfig, WatchedConsole, load_watch

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
HEAD = "<tr><th>Task name<th>GPU<th>Status</tr>"
ALWAYS = RuleBook(rule=[IDLE.model_copy(update={"for_minutes": 0.000001, "min_samples": 2})])


def listing(*tasks: tuple[str, str]) -> Reply:
    rows = "".join(f"<tr><td>{name}<td>{gpu}<td>Running</tr>" for name, gpu in tasks)
    return Reply(f"<!doctype html><table>{HEAD}{rows}</table>")


def watcher(
    kit: Kit, site: PageServer, folder: Path, book: RuleBook = DEFAULT_RULES
) -> tuple[Watcher, Notifier, History]:
    config = WatchConfig(
        spool=folder / "spool",
        heartbeat=folder / "beat.json",
        console=[WatchedConsole(name="ours", url=site.url("/tasks"), every_seconds=1, wait_seconds=1)],
    )
    history = History(f"sqlite:///{folder}/usage.db")
    notifier = Notifier(None, dry_run=True)
    return Watcher(kit, config, book, history, notifier, folder / "evidence"), notifier, history


async def test_a_look_is_kept_judged_and_told_with_a_picture_of_the_row(
    kit: Kit, site: PageServer, tmp_path: Path
) -> None:
    site.pages["/tasks"] = listing(("train-bert", "5%"), ("busy", "95%"))
    watching, notifier, history = watcher(kit, site, tmp_path, ALWAYS)
    console = watching._config.console[0]
    await watching.look(console)
    await watching.look(console)
    site.pages["/tasks"] = listing(("train-bert", "80%"), ("busy", "95%"))
    await watching.look(console)
    assert [message.title for message in notifier.told] == ["[opened] train-bert: idle", "[closed] train-bert: idle"]
    evidence = notifier.told[0].evidence
    assert evidence is not None
    assert evidence.read_bytes().startswith(b"\x89PNG")
    assert history.count() == 6
    beat = json.loads((tmp_path / "beat.json").read_text())
    assert (beat["consoles"]["ours"]["rows"], beat["consoles"]["ours"]["open_alerts"]) == (2, [])
    assert datetime.fromisoformat(beat["at"]).tzinfo is not None
    history.close()


async def test_an_expired_login_is_reported_once_and_closes_no_alert(
    kit: Kit, site: PageServer, tmp_path: Path
) -> None:
    site.pages["/tasks"] = listing(("train-bert", "5%"))
    watching, notifier, history = watcher(kit, site, tmp_path, ALWAYS)
    console = watching._config.console[0]
    await watching.look(console)
    await watching.look(console)
    site.pages["/tasks"] = Reply("<!doctype html><title>Sign in</title><input><input type=password>")
    for _ in range(3):
        await watching.look(console)
    site.pages["/tasks"] = listing(("train-bert", "5%"))
    await watching.look(console)
    assert [message.title for message in notifier.told] == [
        "[opened] train-bert: idle",
        "[unreadable] ours",
        "[readable again] ours",
    ]
    assert "login" in notifier.told[1].body
    history.close()


async def test_it_stops_when_told_and_leaves_no_session(kit: Kit, site: PageServer, tmp_path: Path) -> None:
    site.pages["/tasks"] = listing(("a", "50%"))
    watching, _, history = watcher(kit, site, tmp_path)
    stop = anyio.Event()
    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            group.start_soon(watching.run, stop)
            while watching.conditions["ours"].last_seen is None:
                await anyio.sleep(0.05)
            stop.set()
    assert kit.browser.owned(kit.caller) == []
    history.close()


async def test_an_alert_is_tried_again_and_given_up_without_stopping_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "FIRST_WAIT_SECONDS", 0.0)
    answers = [False, OSError("reset"), True]
    tried: list[Message] = []

    async def send(message: Message) -> bool:
        tried.append(message)
        answer = answers.pop(0) if answers else False
        if isinstance(answer, Exception):
            raise answer
        return answer

    notifier = Notifier(send)
    assert await notifier.notify(Message("a", "b"))
    assert len(tried) == 3
    assert not await notifier.notify(Message("c", "d"))
    assert len(tried) == 3 + alerts.TRIES


async def test_alerts_over_the_limit_are_held_back_and_counted() -> None:
    notifier = Notifier(None, most_an_hour=2, dry_run=True)
    assert [await notifier.notify(Message(str(n), "")) for n in range(4)] == [True, True, False, False]
    notifier._sent.clear()
    assert await notifier.notify(Message("later", "x"))
    assert "2 alerts were held back" in notifier.told[-1].body


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.skipif(importlib.util.find_spec("apprise") is None, reason="needs the `usage` extra")
async def test_an_alert_goes_out_through_apprise_with_its_evidence(tmp_path: Path) -> None:
    got: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    evidence = tmp_path / "row.png"
    evidence.write_bytes(b"\x89PNG")
    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        notifier = Notifier(apprise_sender([f"json://127.0.0.1:{server.server_port}/"]))
        assert await notifier.notify(Message("[opened] a: idle", "Release it.", evidence))
        server.shutdown()
    assert (got[0]["title"], got[0]["message"]) == ("[opened] a: idle", "Release it.")
    assert got[0]["attachments"][0]["filename"] == "row.png"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.skipif(importlib.util.find_spec("apprise") is None, reason="needs the `usage` extra")
async def test_an_address_that_apprise_does_not_know_is_refused_without_showing_it() -> None:
    with pytest.raises(InvalidInput) as refused:
        apprise_sender(["nonesuch://token-hunter2"])
    assert "hunter2" not in str(refused.value)


def test_a_configuration_is_read_with_its_paths_beside_it_and_its_mistakes_named(tmp_path: Path) -> None:
    path = tmp_path / "consoles.toml"
    path.write_text('rules = "r.toml"\n[[console]]\nname = "a"\nurl = "http://127.0.0.1/"\n')
    config = load_watch(path)
    assert (config.rules, config.history) == (tmp_path / "r.toml", f"sqlite:///{tmp_path}/usage.db")
    path.write_text('[[console]]\nname = "a"\nurl = "x"\nevery_seconds = 0\n')
    with pytest.raises(InvalidInput, match=r"line 4, at console\.0\.every_seconds"):
        load_watch(path)
    path.write_text('# ours\n\nhistory = 3\n[[console]]\nname = "a"\nurl = "x"\n')
    with pytest.raises(InvalidInput, match="line 3, at history"):
        load_watch(path)
    path.write_bytes(b'history = "\xff"')
    with pytest.raises(InvalidInput, match="no UTF-8 text, at byte 11"):
        load_watch(path)
    path.write_text('[[console]]\nname = "a"\nurl = "x"\n[[console]]\nname = "a"\nurl = "y"\n')
    with pytest.raises(InvalidInput, match="two consoles"):
        load_watch(path)


def test_the_example_is_a_configuration_with_rules() -> None:
    config = load_watch(Path(__file__).parents[3] / "examples" / "watch" / "consoles.toml")
    assert config.rules is not None
    assert [rule.name for rule in load_rules(config.rules).rule] == ["inefficient", "idle", "memory almost full"]
    assert config.console[0].profile in [profile.name for profile in shipped()]


async def test_a_disk_that_is_full_stops_no_watch(kit: Kit, site: PageServer, tmp_path: Path) -> None:
    site.pages["/tasks"] = listing(("train-bert", "5%"))
    watching, notifier, history = watcher(kit, site, tmp_path, ALWAYS)
    (tmp_path / "beat.part").mkdir()
    (tmp_path / "evidence").write_text("not a folder")
    for _ in range(2):
        await watching.look(watching._config.console[0])
    assert (history.count(), notifier.told[0].evidence) == (2, None)
    history.close()


async def test_an_alert_that_a_watch_left_open_is_closed_by_the_next_and_not_opened_again(
    kit: Kit, site: PageServer, tmp_path: Path
) -> None:
    site.pages["/tasks"] = listing(("train-bert", "5%"))
    first, told, history = watcher(kit, site, tmp_path, ALWAYS)
    for _ in range(2):
        await first.look(first._config.console[0])
    second, told_later, later = watcher(kit, site, tmp_path, ALWAYS)
    await second.look(second._config.console[0])
    (alert,) = Board(later.database).alerts()
    assert (alert.task, alert.rule, alert.picture_id is None) == ("train-bert", "idle", False)
    site.pages["/tasks"] = listing(("train-bert", "80%"))
    await second.look(second._config.console[0])
    assert [message.title for message in told.told] == ["[opened] train-bert: idle"]
    assert [message.title for message in told_later.told] == ["[closed] train-bert: idle"]
    assert Board(later.database).alerts() == []
    history.close()
    later.close()


async def test_what_people_taught_of_a_console_is_read_by_the_next_look(
    kit: Kit, site: PageServer, tmp_path: Path
) -> None:
    head = "<tr><th>Task name<th>Status<th>Burn</tr>"
    site.pages["/tasks"] = Reply(f"<!doctype html><table>{head}<tr><td>a<td>Napping<td>35%</tr></table>")
    watching, _, history = watcher(kit, site, tmp_path)
    board = Board(history.database)
    await watching.look(watching._config.console[0])
    (before,) = board.consoles()
    assert (before.reading["unknown_headers"], before.reading["unknown_statuses"]) == (["Burn"], ["Napping"])
    board.teach("ours", "column", "Burn", "gpu_utilization_percent")
    board.teach("ours", "status", "Napping", "pending")
    await watching.look(watching._config.console[0])
    (row,) = board.consoles()[0].reading["rows"]
    assert (row["gpu"], row["status"]) == (35, "pending")
    history.close()


async def test_a_console_can_be_read_from_its_picture_alone(kit: Kit, site: PageServer, tmp_path: Path) -> None:
    if not available():
        pytest.skip("needs the `ocr` extra")
    style = "<style>body{font:16px sans-serif}td,th{padding:8px 24px;text-align:left}</style>"
    site.pages["/tasks"] = Reply(
        listing(("train-bert", "45%"), ("serve", "80%")).body.replace("<table>", f"{style}<table>")
    )
    watching, _, history = watcher(kit, site, tmp_path)
    await watching.look(watching._config.console[0].model_copy(update={"reader": "ocr"}))
    (console,) = Board(history.database).consoles()
    assert console.reading["reader"] == "ocr"
    assert [(row["task"], row["gpu"]) for row in console.reading["rows"]] == [("train-bert", 45), ("serve", 80)]
    history.close()


async def test_words_and_sizes_that_no_database_takes_stop_no_watch(kit: Kit, site: PageServer, tmp_path: Path) -> None:
    script = "document.querySelector('td').textContent = 'a\\ud800b\\u0000c'"
    row = "<tr><td>x<td>5%<td>99999999999 TiB<td>Running</tr>"
    head = "<tr><th>Task name<th>GPU<th>Memory<th>Status</tr>"
    site.pages["/tasks"] = Reply(f"<!doctype html><table>{head}{row}</table><script>{script}</script>")
    watching, _, history = watcher(kit, site, tmp_path)
    await watching.look(watching._config.console[0])
    assert watching.conditions["ours"].last_failure is None
    assert history.count() == 1
    history.close()


async def test_what_is_older_than_the_retention_goes_with_its_pictures(
    kit: Kit, site: PageServer, tmp_path: Path
) -> None:
    site.pages["/tasks"] = listing(("train-bert", "50%"))
    watching, _, history = watcher(kit, site, tmp_path)
    now = datetime.now(UTC)
    history.write([Observation("ours", "train-bert", now - timedelta(days=days), 1.0) for days in (200, 10)])
    (tmp_path / "evidence").mkdir()
    for name, days in (("old", 200), ("new", 10)):
        picture = tmp_path / "evidence" / f"{name}.png"
        picture.write_bytes(b"")
        then = (now - timedelta(days=days)).timestamp()
        os.utime(picture, (then, then))
    await watching.look(watching._config.console[0])
    assert history.count() == 2
    assert [path.name for path in (tmp_path / "evidence").iterdir()] == ["new.png"]
    history.close()


async def test_evidence_that_can_not_be_removed_stops_no_watch_and_no_retention(
    kit: Kit, site: PageServer, tmp_path: Path
) -> None:
    site.pages["/tasks"] = listing(("train-bert", "50%"))
    watching, _, history = watcher(kit, site, tmp_path)
    history.write([Observation("ours", "train-bert", datetime.now(UTC) - timedelta(days=200), 1.0)])
    (tmp_path / "evidence" / "folder.png").mkdir(parents=True)
    os.utime(tmp_path / "evidence" / "folder.png", (0, 0))
    await watching.look(watching._config.console[0])
    assert history.count() == 1
    history.close()


async def test_a_login_that_is_not_there_is_a_failure_like_any_other(
    kit: Kit, site: PageServer, tmp_path: Path
) -> None:
    site.pages["/tasks"] = listing(("train-bert", "50%"))
    watching, _, history = watcher(kit, site, tmp_path)
    console = watching._config.console[0].model_copy(update={"storage_state": tmp_path / "none.json"})
    await watching.look(console)
    assert watching.conditions["ours"].failures == 1
    (tmp_path / "none.json").write_text("no JSON")
    await watching.look(console)
    assert watching.conditions["ours"].failures == 2
    history.close()


async def test_rows_of_the_same_name_are_told_apart_by_their_id_or_their_order(
    kit: Kit, site: PageServer, tmp_path: Path
) -> None:
    site.pages["/tasks"] = listing(("python", "5%"), ("python", "90%"), ("other", "50%"))
    watching, _, history = watcher(kit, site, tmp_path)
    await watching.look(watching._config.console[0])
    assert history.consoles() == {"ours": ["other", "python", "python (#2)"]}
    long = "chromium " + "--flag " * 90
    rows = "".join(f"<tr><td>python<td>{pid}<td>{gpu}%</tr>" for pid, gpu in ((71, 5), (72, 90)))
    rows += "".join(f"<tr><td>{long}{pid}<td>{pid}<td>1%</tr>" for pid in (73, 74))
    site.pages["/tasks"] = Reply(f"<!doctype html><table><tr><th>Process name<th>PID<th>GPU</tr>{rows}</table>")
    await watching.look(watching._config.console[0])
    names = history.consoles()["ours"]
    assert names[-2:] == ["python (PID 71)", "python (PID 72)"]
    assert [name[-8:] for name in names if name.startswith("chromium")] == ["(PID 73)", "(PID 74)"]
    assert history.count() == 7
    history.close()


async def test_alerts_that_open_at_the_same_look_have_a_picture_each(
    kit: Kit, site: PageServer, tmp_path: Path
) -> None:
    site.pages["/tasks"] = listing(("train-bert", "5%"), ("serve-qwen-72b", "6%"))
    watching, notifier, history = watcher(kit, site, tmp_path, ALWAYS)
    for _ in range(2):
        await watching.look(watching._config.console[0])
    pictures = [message.evidence.read_bytes() for message in notifier.told if message.evidence]
    assert len(pictures) == len(set(pictures)) == 2
    history.close()


async def test_alerts_left_open_are_taken_up_though_the_database_was_away_at_first(
    kit: Kit, site: PageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages["/tasks"] = listing(("train-bert", "5%"))
    watching, notifier, history = watcher(kit, site, tmp_path, ALWAYS)
    begun = datetime.now(UTC) - timedelta(hours=1)
    left = [AlertChange("ours", task, rule, begun, begun) for task, rule in (("train-bert", "idle"), ("x", "renamed"))]
    history.write([], left)

    def away(_: Board, **__: object) -> list[Alert]:
        raise StorageError("away")

    with monkeypatch.context() as patch:
        patch.setattr(Board, "alerts", away)
        await watching.look(watching._config.console[0])
    await watching.look(watching._config.console[0])
    (alert,) = Board(history.database).alerts()
    assert (alert.task, alert.rule) == ("train-bert", "idle")
    assert notifier.told == []
    site.pages["/tasks"] = listing(("train-bert", "80%"))
    await watching.look(watching._config.console[0])
    assert [message.title for message in notifier.told] == ["[closed] train-bert: idle"]
    assert Board(history.database).alerts() == []
    history.close()


async def test_an_alert_is_told_though_nothing_can_be_kept(
    kit: Kit, site: PageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages["/tasks"] = listing(("train-bert", "5%"))
    watching, notifier, history = watcher(kit, site, tmp_path, ALWAYS)
    await watching.look(watching._config.console[0])

    def full(*_: object) -> bool:
        raise StorageError("neither the database nor the spool")

    monkeypatch.setattr(watching._ledger, "keep", full)
    await watching.look(watching._config.console[0])
    assert [message.title for message in notifier.told] == ["[opened] train-bert: idle"]
    assert watching.conditions["ours"].failures == 1
    history.close()
