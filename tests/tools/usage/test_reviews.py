"""What people decide on doubtful cells: asked once, kept beside what was read, and the corrected value wins."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the `usage` extra")

from handlens.errors import InvalidInput, NotFound
from handlens.geometry import Box
from handlens.kit import Kit
from handlens.ocr import available
from handlens.testing.pages import PageServer, Reply
from handlens.usage.alerts import Notifier
from handlens.usage.board import Board, Evidence
from handlens.usage.cases import compare, judge_case, keep_cases
from handlens.usage.history import AlertChange, History, Observation
from handlens.usage.reviews import Reviews
from handlens.usage.rules import DEFAULT_RULES
from handlens.usage.seen import Doubtful, values_of
from handlens.usage.watch import Watcher
from handlens.usage.watch_config import WatchConfig, WatchedConsole

START = datetime(2026, 3, 1, tzinfo=UTC)
PICTURE = Evidence(b"\x89PNG" + bytes(range(256)) * 400)
CELL = Doubtful(
    "a", "GPU", "gpu_utilization_percent", "8O%", "look-alikes", Box(x=1, y=2, width=3, height=4), {"gpu": 8.0}
)


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


def looked(history: History, number: int, gpu: float | None = 8.0, task: str = "a") -> None:
    history.write([Observation("pai", task, minute(number), gpu, None, 1, 2, "running")])


def held(history: History, task: str = "a") -> list[float | None]:
    return [one.gpu_utilization_percent for one in history.observed(START, minute(99), task=task)]


def test_a_doubt_is_asked_once_and_its_correction_wins_for_as_long_as_the_text_stands(history: History) -> None:
    reviews, board = Reviews(history.database), Board(history.database)
    looked(history, 0, 90.0)
    for number in (1, 2, 3):
        looked(history, number)
        fresh, decided = reviews.settled("pai", minute(number), [CELL])
        assert (fresh, decided) == ([CELL] if number == 1 else [], [])
        reviews.ask("pai", minute(number), fresh, PICTURE)
    (review,) = reviews.waiting()
    assert (review.task, review.text, review.box, review.first_at, review.last_at) == (
        "a",
        "8O%",
        CELL.box,
        minute(1),
        minute(3),
    )
    assert board.picture(review.picture_id or 0).data == PICTURE.data
    assert reviews.decide(review.id, "ann", "80 %").state == "corrected"
    assert held(history) == [90, 80, 80, 80]
    fresh, (settled,) = reviews.settled("pai", minute(4), [CELL])
    assert (fresh, settled.values) == ([], {"gpu": 80})
    assert reviews.settled("pai", minute(5), [replace(CELL, text="B1%")])[0]
    (kept,) = reviews.decided()
    assert (kept.text, kept.corrected, kept.before) == ("8O%", "80 %", {"gpu": 8.0})
    assert reviews.decide(review.id, "bob", "81%").corrected == "81%"
    assert held(history) == [90, 81, 81, 81]


def test_what_is_accepted_stays_and_a_newer_doubt_takes_the_older_one_s_place(history: History) -> None:
    reviews = Reviews(history.database)
    reviews.ask("pai", minute(0), [CELL], None)
    reviews.ask("pai", minute(1), [replace(CELL, text="9O%")], None)
    (review,) = reviews.waiting()
    assert (review.text, reviews.count_waiting(), review.picture_id) == ("9O%", 1, None)
    assert reviews.decide(review.id, "ann", None).state == "accepted"
    assert reviews.waiting() == []
    with pytest.raises(InvalidInput, match="newer"):
        reviews.decide(review.id - 1, "ann", None)
    with pytest.raises(NotFound):
        reviews.decide(10_000, "ann", None)


def test_a_correction_that_is_no_value_is_refused_and_changes_nothing(history: History) -> None:
    reviews = Reviews(history.database)
    looked(history, 0)
    reviews.ask("pai", minute(0), [CELL], None)
    (review,) = reviews.waiting()
    for wrong in ("lots", "140%", "-3%", "10% 20%"):
        with pytest.raises(InvalidInput):
            reviews.decide(review.id, "ann", wrong)
    assert held(history) == [8.0]
    assert reviews.count_waiting() == 1
    reviews.decide(review.id, "ann", "--")
    assert held(history) == [None]


def test_a_status_word_is_learned_and_a_task_s_name_is_put_right(history: History) -> None:
    reviews, board = Reviews(history.database), Board(history.database)
    looked(history, 0, 5.0, "tra1n")
    cells = [
        Doubtful("tra1n", "状态", "status", "抢占恢复", "not known", None, {"status": "running"}),
        Doubtful("tra1n", "任务", "task_name", "tra1n", "look-alikes", None, {}),
    ]
    reviews.ask("pai", minute(0), cells, None)
    status, name = reviews.waiting()
    reviews.decide(status.id, "ann", "pending")
    reviews.decide(name.id, "ann", "train")
    assert board.taught("pai") == ({}, {"抢占恢复": "pending"})
    (moved,) = history.observed(START, minute(9))
    assert (moved.task, moved.status) == ("train", "pending")
    board.seen("pai", minute(0), timedelta(minutes=1), {})
    board.teach("pai", "column", "Load", "gpu_utilization_percent")
    board.teach("pai", "status", "抢占恢复", "")
    assert board.taught("pai") == ({"Load": "gpu_utilization_percent"}, {})


def test_an_alert_and_a_console_stand_on_the_board_as_they_were_told_last(history: History) -> None:
    board = Board(history.database)
    opened = AlertChange("pai", "a", "idle", minute(5), minute(0), None, 3.5, "Release it.")
    for _ in range(2):
        history.write([], [opened])
    board.show_evidence("pai", "a", "idle", minute(5), PICTURE)
    (alert,) = board.alerts()
    assert (alert.opened_at, alert.since, alert.value, alert.reason) == (minute(5), minute(0), 3.5, "Release it.")
    assert board.picture(alert.picture_id or 0).media_type == "image/png"
    history.write([], [replace(opened, closed_at=minute(9))])
    history.write([], [opened])  # replayed late
    assert board.alerts() == []
    assert board.alerts(closed_since=minute(8))[0].closed_at == minute(9)
    board.seen("pai", minute(1), timedelta(minutes=1), {"rows": [], "word": "训练"})
    board.failed("pai", minute(2), timedelta(minutes=1), 2, "a login")
    (console,) = board.consoles()
    assert (console.seen_at, console.looked_at, console.failures) == (minute(1), minute(2), 2)
    assert console.reading["word"] == "训练"
    history.forget_before(minute(60))
    assert board.alerts(closed_since=START) == []


@pytest.mark.parametrize(
    ("field", "header", "text", "values"),
    [
        ("gpu_utilization_percent", "GPU", "45", {"gpu": 45}),
        ("cpu_utilization_percent", "CPU", "250%", {"cpu": 250}),
        ("memory", "Memory", "12 / 40 GiB", {"memory_used": 12 * 2**30, "memory_total": 40 * 2**30}),
        ("memory", "Memory (GB)", "3", {"memory_used": 3 * 10**9}),
        ("memory_total", "Total", "40 GiB", {"memory_total": 40 * 2**30}),
        ("status", "State", "运行中", {"status": "running"}),
        ("status", "State", "--", {"status": "unknown"}),
        ("instance_type", "Type", "ecs.gn7", {}),
        ("", "Owner", "x", {}),
    ],
)
def test_a_person_s_text_is_read_as_the_console_s_is(
    field: str, header: str, text: str, values: dict[str, object]
) -> None:
    assert values_of(field, header, text) == values


def test_a_database_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    from sqlalchemy import create_engine

    from handlens.usage import history_schema

    engine = create_engine(f"sqlite:///{tmp_path}/old.db")
    with engine.begin() as connection:
        history_schema.version.create(connection)
        history_schema._observed(connection)
        connection.execute(history_schema.version.insert().values(version=1))
    engine.dispose()
    history = History(f"sqlite:///{tmp_path}/old.db")
    looked(history, 0)
    assert Board(history.database).alerts() == []
    history.close()


def test_decisions_become_cases_with_the_corrected_rows(history: History, tmp_path: Path) -> None:
    reviews = Reviews(history.database)
    row = {"task": "a", "instance_type": "10.*.*.4", "gpu": 8.0, "cpu": None, "memory_used": None, "memory_total": None}
    other = {**row, "task": "b", "status": "running"}
    words = {"columns": {}, "statuses": {}, "units": {}, "column_units": {}}
    reading = {"rows": [{**row, "status": "unknown"}, other], **words}
    cells = [
        CELL,
        Doubtful("a", "State", "status", "Napping", "not known", None, {"status": "unknown"}),
        Doubtful("b", "GPU", "gpu_utilization_percent", "8%", "?", None, {"gpu": 8.0}),
    ]
    reviews.ask("pai/1", minute(0), cells, replace(PICTURE, reading=json.dumps(reading)))
    for review, right in zip(reviews.waiting(), ("80%", "pending", None), strict=True):
        if right:
            reviews.decide(review.id, "ann", right)
    (place,) = keep_cases(history.database, tmp_path / "cases")
    case = json.loads((place / "case.json").read_text(encoding="utf-8"))
    assert [(row["task"], row["gpu"], row["status"]) for row in case["rows"]] == [
        ("a", 80, "pending"),
        ("b", 8, "running"),
    ]
    assert case["statuses"] == {"napping": "pending"}
    assert (place / "picture.png").read_bytes() == PICTURE.data
    read = [{**row, "gpu": 80, "status": "pending", "instance_type": None}, {**other, "gpu": 7.0, "cpu": 3.0}]
    verdict = compare(case, read)
    assert verdict.compared == 7 + 7 - 3
    assert [sentence.partition(":")[0] for sentence in verdict.wrong] == ["row 2 (b), cpu"]


def test_a_picture_is_kept_for_as_long_as_a_review_or_an_open_alert_shows_it(history: History, tmp_path: Path) -> None:
    reviews, board = Reviews(history.database), Board(history.database)
    history.write([], [AlertChange("pai", "a", "idle", minute(0), minute(0))])
    reading = json.dumps({"rows": []})
    for task in ("a", "gone"):
        reviews.ask("pai", minute(0), [replace(CELL, task=task)], replace(PICTURE, reading=reading))
    board.show_evidence("pai", "a", "idle", minute(0), PICTURE)
    reviews.decide(reviews.waiting()[0].id, "alice", None)
    reviews.decide(reviews.waiting()[0].id, "alice", None)
    reviews.settled("pai", minute(9), [CELL])
    history.forget_before(minute(5))
    assert len(keep_cases(history.database, tmp_path)) == 1
    (alert,) = board.alerts()
    assert alert.picture_id is not None
    assert board.picture(alert.picture_id) == PICTURE
    with pytest.raises(NotFound):
        board.picture(2)


@pytest.mark.anyio
@pytest.mark.slow
async def test_a_case_from_a_real_page_is_read_as_people_decided(kit: Kit, site: PageServer, tmp_path: Path) -> None:
    if not available():
        pytest.skip("needs the `ocr` extra")
    head = "<tr><th>Task name<th>GPU utilization<th>Memory usage<th>Status</tr>"
    rows = "<tr><td>train-bert<td>45%<td>12/40 GiB<td>Napping</tr><tr><td>serve<td>90%<td>3/40 GiB<td>Running</tr>"
    style = "<style>body{font:15px sans-serif}td,th{padding:8px 20px;text-align:left}</style>"
    site.pages["/"] = Reply(f"<!doctype html>{style}<h1>Tasks</h1><table>{head}{rows}</table>")
    history = History(f"sqlite:///{tmp_path}/usage.db")
    console = WatchedConsole(name="ours", url=site.url("/"), wait_seconds=1)
    config = WatchConfig(spool=tmp_path / "spool", heartbeat=tmp_path / "beat", console=[console])
    watching = Watcher(kit, config, DEFAULT_RULES, history, Notifier([], dry_run=True), tmp_path)
    await watching.look(console)
    reviews = Reviews(history.database)
    (review,) = reviews.waiting()
    assert (review.task, review.text, review.box is None) == ("train-bert", "Napping", False)
    reviews.decide(review.id, "ann", "pending")
    await watching.look(console)
    assert reviews.waiting() == []
    assert Board(history.database).consoles()[0].reading["rows"][0]["status"] == "pending"
    (place,) = keep_cases(history.database, tmp_path / "cases")
    verdict = await judge_case(place, kit.ocr)
    assert (verdict.compared, verdict.wrong) == (14, [])
    history.close()
