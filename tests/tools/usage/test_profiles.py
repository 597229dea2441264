"""Profiles: what is known of one console, and mistakes in saying it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from handlens.errors import InvalidInput, NotFound
from handlens.usage.profiles import fitting, load, named, shipped
from handlens.usage.rows import typed_rows, usage_tables
from handlens.usage.table import Cell, Table
from handlens.usage.times import Clock

CLOCK = Clock(datetime(2026, 3, 5, 12, 0, tzinfo=UTC))


def test_the_shipped_profiles_load_and_are_found_by_page() -> None:
    assert {profile.name for profile in shipped()} == {"flower", "glances", "pai", "ray"}
    assert fitting("https://pai.console.aliyun.com/?regionId=cn-beijing#/dlc", "x") == named("pai")
    assert fitting("http://127.0.0.1:8265/#/cluster", "Ray Dashboard") == named("ray")
    assert fitting("http://127.0.0.1:61208/", "host - Glances") == named("glances")
    assert fitting("http://example.com/", "Shop") is None


def test_a_profile_says_what_a_console_means_by_its_columns_and_units() -> None:
    glances = named("glances").meaning()
    processes = Table(
        ("CPU%", "MEM%", "RES", "PID", "USER", "S", "Command (click to pin)"),
        (tuple(Cell(text) for text in ("150.2", "1.4", "336M", "5359", "root", "R", "python train.py")),),
    )
    summary = Table(("CPU", "MEM", "LOAD"), ((Cell("100%"), Cell("15%"), Cell("5")),))
    assert usage_tables([summary, processes], glances) == [processes]
    rows, doubts = typed_rows(processes, CLOCK, glances)
    assert (rows[0].task_name, rows[0].status, doubts) == ("python train.py", "running", [])
    assert (rows[0].cpu_utilization_percent, rows[0].memory_used_bytes) == (150.2, 336 * 2**20)


def test_a_ratio_is_read_as_a_percentage_where_the_profile_says_so(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text('title = "Ours"\n[column_units]\nGPU = "ratio"\n[statuses]\nDraining = "stopped"\n')
    table = Table(("Name", "GPU", "Status"), ((Cell("a"), Cell("0.87"), Cell("Draining")),))
    rows, _ = typed_rows(table, CLOCK, load(path).meaning())
    assert (rows[0].gpu_utilization_percent, rows[0].status) == (87, "stopped")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('title = "x"\n[columns\n', "line 2"),
        ("", "title: Field required"),
        ('title = "x"\nwait_seconds = 500', r"wait_seconds \(line 2\).*120"),
        ('title = "x"\n[columns]\ntask_nam = ["a"]', r"columns\.task_nam \(line 3\)"),
        ('title = "x"\n[statuses]\nA = "sleeping"', r"statuses\.A \(line 3\).*running"),
    ],
)
def test_a_mistake_in_a_profile_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=said):
        load(path)


def test_an_unknown_profile_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(NotFound, match="glances"):
        named("nonesuch")


def test_flower_s_tasks_are_named_by_their_name_and_not_by_their_worker() -> None:
    flower = named("flower").meaning()
    tasks = Table(("NAME", "STATE", "WORKER"), (tuple(map(Cell, ("train.model", "FAILURE", "alpha@host"))),))
    workers = Table(("WORKER", "STATUS"), (tuple(map(Cell, ("alpha@host", "Online"))),))
    (task,), (worker,) = (typed_rows(table, CLOCK, flower)[0] for table in (tasks, workers))
    assert (task.task_name, task.status, worker.task_name, worker.status) == (
        "train.model", "failed", "alpha@host", "running",
    )  # fmt: skip


def test_the_profile_that_the_readme_shows_is_one(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    path = tmp_path / "ours.toml"
    blocks = [block.split("```")[0] for block in readme.split("```toml\n")[1:]]
    path.write_text(next(block for block in blocks if "[statuses]" in block))
    ours = load(path)
    assert ours.fits("https://ml.example.com/tasks", "x")
    assert ours.meaning().columns == {"workload": "task_name", "工作负载": "task_name"}
