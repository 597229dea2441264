"""The watcher, on real pages: what it keeps, what it tells, and what it does when it can't read."""

from __future__ import annotations

import importlib.util
import json
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anyio
import pytest

if importlib.util.find_spec("sqlalchemy") is None:
    pytest.skip("needs the `usage` extra", allow_module_level=True)

from handlens.browser.session import Session
from handlens.errors import InvalidInput, NotFound, StorageError
from handlens.kit import Kit
from handlens.ocr import available
from handlens.read_console_usage import ReadConsoleUsageInput, read_console_usage
from handlens.testing.pages import PageServer, Reply
from handlens.usage import alerts
from handlens.usage import board as board_module
from handlens.usage.alerts import Message, Notifier, apprise_senders
from handlens.usage.board import Alert, Board
from handlens.usage.console import Look
from handlens.usage.history import AlertChange, History, Observation
from handlens.usage.ledger import Ledger
from handlens.usage.looking import look_at_session
from handlens.usage.profiles import shipped
from handlens.usage.rules import DEFAULT_RULES, IDLE, Change, Metric, RuleBook, load_rules
from handlens.usage.watch import Watcher
from handlens.usage.watch_config import WatchConfig, WatchedConsole, load_watch

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
HEAD = "<tr><th>Task name<th>GPU<th>Status</tr>"
ALWAYS = RuleBook(rule=[IDLE.model_copy(update={"for_minutes": 0.000001, "min_samples": 2})])


def listing(*tasks: tuple[str, str]) -> Reply:
    rows = "".join(f"<tr><td>{name}<td>{gpu}<td>Running</tr>" for name, gpu in tasks)
    return Reply(f"<!doctype html><table>{HEAD}{rows}</table>")


def watcher(
    kit: Kit, site: PageServer, folder: Path, book: RuleBook = DEFAULT_RULES, notifier: Notifier | None = None
) -> tuple[Watcher, Notifier, History]:
    config = WatchConfig(
        spool=folder / "spool",
        heartbeat=folder / "beat.json",
        console=[WatchedConsole(name="ours", url=site.url("/tasks"), every_seconds=1, wait_seconds=1)],
    )
    history = History(f"sqlite:///{folder}/usage.db")
    notifier = notifier or Notifier([], dry_run=True)
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
    assert ["Now: 5 %." in notifier.told[0].body, "Now: 80 %." in notifier.told[1].body] == [True, True]
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


async def test_an_alert_is_tried_again_by_the_service_that_failed_and_given_up_without_stopping_the_watch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alerts, "FIRST_WAIT_SECONDS", 0.0)
    answers = [False, OSError("reset"), True]
    tried: list[str] = []
    well: list[str] = []

    async def flaky(message: Message) -> bool:
        tried.append(message.title)
        answer = answers.pop(0) if answers else False
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def sound(message: Message) -> bool:
        well.append(message.title)
        return True

    notifier = Notifier([flaky, sound])
    notifier.post(Message("a", "b"))
    notifier.post(Message("c", "d"))
    await notifier.close()
    assert tried == ["a"] * 3 + ["c"] * alerts.TRIES
    assert well == ["a", "c"]


async def test_a_service_that_hangs_holds_up_no_look_and_no_stop(
    kit: Kit, site: PageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "LAST_SECONDS", 0.2)
    site.pages["/tasks"] = listing(("train-bert", "5%"))
    asked: list[str] = []

    async def hanging(message: Message) -> bool:
        asked.append(message.title)
        await anyio.sleep_forever()
        return True

    watching, _, history = watcher(kit, site, tmp_path, ALWAYS, Notifier([hanging]))
    stop = anyio.Event()
    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            group.start_soon(watching.run, stop)
            while watching.conditions["ours"].looks < 4:
                await anyio.sleep(0.05)
            stop.set()
    assert asked == ["[opened] train-bert: idle"]
    assert history.count() >= 3
    history.close()


async def test_alerts_over_the_limit_are_held_back_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    notifier = Notifier([], most_an_hour=2, dry_run=True)
    for number in range(4):
        notifier.post(Message(str(number), ""))
    assert [message.title for message in notifier.told] == ["0", "1"]
    notifier._sent.clear()
    notifier.post(Message("later", "x"))
    assert "2 alerts were held back" in notifier.told[-1].body
    got: list[Message] = []

    async def send(message: Message) -> bool:
        got.append(message)
        return True

    monkeypatch.setattr(alerts, "MOST_WAITING", 3)
    notifier = Notifier([send])
    for number in range(5):
        notifier.post(Message(str(number), ""))
    await notifier.close()
    assert [message.title for message in got] == ["0", "1", "2"]
    assert "2 alerts were held back" in got[0].body


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
        notifier = Notifier(apprise_senders([f"json://127.0.0.1:{server.server_port}/"]))
        notifier.post(Message("[opened] a: idle", "Release it.", evidence))
        await notifier.close()
        server.shutdown()
    assert (got[0]["title"], got[0]["message"]) == ("[opened] a: idle", "Release it.")
    assert got[0]["attachments"][0]["filename"] == "row.png"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.skipif(importlib.util.find_spec("apprise") is None, reason="needs the `usage` extra")
async def test_an_address_that_apprise_does_not_know_is_refused_without_showing_it() -> None:
    with pytest.raises(InvalidInput) as refused:
        apprise_senders(["nonesuch://token-hunter2"])
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
    with pytest.raises(InvalidInput, match=r"line 5, at console\.1\.name.*two are named 'a'"):
        load_watch(path)
    for line in ("every_seconds = inf", "every_seconds = 1e300", "wait_seconds = nan"):
        path.write_text(f'[[console]]\nname = "a"\nurl = "x"\n{line}\n')
        with pytest.raises(InvalidInput, match=r"line 4, at console\.0"):
            load_watch(path)


def test_what_a_configuration_names_lies_beside_it_and_the_history_may_be_a_setting(tmp_path: Path) -> None:
    path = tmp_path / "consoles.toml"
    path.write_text('[[console]]\nname = "a"\nurl = "x"\nstorage_state = "state.json"\n')
    config = load_watch(path, "postgresql://user@host/usage")
    assert config.console[0].storage_state == tmp_path / "state.json"
    assert config.history == "postgresql://user@host/usage"
    path.write_text('history = "sqlite:///own.db"\n[[console]]\nname = "a"\nurl = "x"\n')
    assert load_watch(path, "postgresql://user@host/usage").history == f"sqlite:///{tmp_path}/own.db"


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
    asked = ReadConsoleUsageInput(url=f"{watching._config.console[0].url}?page=2")
    answer = await read_console_usage(asked, replace(kit, history=history))
    assert (answer.rows[0].gpu_utilization_percent, answer.rows[0].status) == (35, "pending")
    history.close()


async def test_a_console_is_taught_so_much_and_no_more_and_only_if_it_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_module, "MOST_WORDS", 2)
    history = History(f"sqlite:///{tmp_path}/usage.db")
    board = Board(history.database)
    with pytest.raises(NotFound, match="No console"):
        board.teach("ours", "status", "Napping", "pending")
    board.seen("ours", datetime.now(UTC), timedelta(minutes=1), {})
    board.teach("ours", "status", "Napping", "pending")
    board.teach("ours", "status", "Dreaming", "pending")
    with pytest.raises(InvalidInput, match="2 words already"):
        board.teach("ours", "status", "Snoring", "pending")
    board.teach("ours", "status", "Napping", "")
    board.teach("ours", "status", "Snoring", "pending")
    assert set(board.taught("ours")[1]) == {"Dreaming", "Snoring"}
    history.close()


def test_alerts_of_consoles_that_nobody_watches_any_more_are_closed(tmp_path: Path) -> None:
    history = History(f"sqlite:///{tmp_path}/usage.db")
    now = datetime.now(UTC)
    begun = now - timedelta(days=2)
    history.write([], [AlertChange(name, "a", "idle", begun, begun) for name in ("ours", "gone", "others")])
    board = Board(history.database)
    for name, ago in (("ours", timedelta(days=1)), ("gone", timedelta(hours=2)), ("others", timedelta(minutes=9))):
        board.seen(name, now - ago, timedelta(minutes=1), {})
    Ledger(history, tmp_path / "spool").close_unwatched({"ours"}, now)
    assert sorted(alert.console for alert in board.alerts()) == ["others", "ours"]
    history.close()


async def test_people_are_told_when_nothing_more_can_be_kept_and_what_was_lost(
    kit: Kit, site: PageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages["/tasks"] = listing(("train-bert", "50%"))
    watching, notifier, history = watcher(kit, site, tmp_path)
    spooled = watching._ledger._spooled
    spooled._most_bytes, spooled._retry_seconds = 300, 0.0
    really = history.write

    def away(*_: object) -> None:
        raise StorageError("away")

    monkeypatch.setattr(history, "write", away)
    for _ in range(5):
        await watching.look(watching._config.console[0])
    beat = json.loads((tmp_path / "beat.json").read_text())
    assert beat["not_kept"] + beat["waiting_writes"] == 5
    assert beat["not_kept"] > 0
    monkeypatch.setattr(history, "write", really)
    await watching.look(watching._config.console[0])
    half, full, well = [message.body for message in notifier.told if message.title == "[usage history]"]
    assert ("half full" in half, "is not kept" in full) == (True, True)
    assert f"{beat['not_kept'] + 1} observations" in well or f"{beat['not_kept']} observations" in well
    assert history.count() >= beat["waiting_writes"]
    assert json.loads((tmp_path / "beat.json").read_text())["not_kept"] == 0
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


async def test_a_page_that_dies_once_it_is_read_takes_neither_rows_nor_alerts_along(
    kit: Kit, site: PageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages["/tasks"] = listing(("train-bert", "5%"))
    watching, notifier, history = watcher(kit, site, tmp_path, ALWAYS)
    await watching.look(watching._config.console[0])

    async def read_and_die(session: Session, *arguments: Any) -> Look:
        look = await look_at_session(session, *arguments)
        session.crash()
        return look

    monkeypatch.setattr("handlens.usage.watch.look_at_session", read_and_die)
    await watching.look(watching._config.console[0])
    assert history.count() == 2
    assert [message.title for message in notifier.told] == ["[opened] train-bert: idle"]
    assert [alert.task for alert in Board(history.database).alerts()] == ["train-bert"]
    history.close()


async def test_a_console_over_which_our_reader_stumbles_ends_no_watch(
    kit: Kit, site: PageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages["/tasks"] = listing(("train-bert", "5%"))
    watching, notifier, history = watcher(kit, site, tmp_path)

    async def stumble(*_: object) -> Look:
        raise ValueError("a fault of ours with hunter2 in it")

    monkeypatch.setattr("handlens.usage.watch.look_at_session", stumble)
    for _ in range(2):
        await watching.look(watching._config.console[0])
    (message,) = notifier.told
    assert message.title == "[unreadable] ours"
    assert "ValueError" in message.body
    assert "hunter2" not in message.body
    history.close()


async def test_profiles_of_one_s_own_are_used_by_the_watch_and_the_tool(
    kit: Kit, site: PageServer, tmp_path: Path
) -> None:
    page = "<!doctype html><table><tr><th>Workload<th>Burn</tr><tr><td>a<td>0.35</tr></table>"
    site.pages["/tasks"] = Reply(page)
    words = '[columns]\ntask_name = ["Workload"]\ngpu_utilization_percent = ["Burn"]\n[column_units]\nBurn = "ratio"\n'
    (tmp_path / "platform.toml").write_text(f'title = "Ours"\nurls = ["*/tasks"]\n{words}')
    own = replace(kit, profiles=tmp_path)
    watching, _, history = watcher(own, site, tmp_path)
    await watching.look(watching._config.console[0])
    ((shown,),) = (one.reading["rows"] for one in Board(history.database).consoles())
    assert (shown["task"], shown["gpu"]) == ("a", 35)
    answer = await read_console_usage(ReadConsoleUsageInput(url=site.url("/tasks")), own)
    assert (answer.rows[0].gpu_utilization_percent, answer.source.profile) == (35, "platform")
    missing = watching._config.console[0].model_copy(update={"profile": "nonesuch"})
    config = watching._config.model_copy(update={"console": [missing]})
    with pytest.raises(NotFound, match="platform"):
        Watcher(own, config, DEFAULT_RULES, history, Notifier([]), tmp_path)
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
    assert not notifier.told
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


@pytest.mark.parametrize(
    ("metric", "value", "minutes", "said"),
    [
        ("memory_used_bytes", 12.5 * 2**30, 0.5, "after 30 seconds. Now: 12.5 GiB."),
        ("gpu_utilization_percent", 7.25, 5, "after 5 minutes. Now: 7.25 %."),
        ("memory_used_percent", 99.96, 600, "after 10.0 hours. Now: 100 %."),
    ],
)
def test_a_message_says_how_much_and_how_long_in_people_s_units(
    metric: Metric, value: float, minutes: float, said: str
) -> None:
    now = datetime.now(UTC)
    change = Change("opened", "r", "a", now, now - timedelta(minutes=minutes), value, "", now, metric)
    assert said in alerts.message_of("pai", change, None).body
