"""`handlens usage`, as scripts run it."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the `usage` extra")

from PIL import Image

from handlens.ocr import available
from handlens.usage.board import Board
from handlens.usage.history import History, Observation
from handlens.usage.profiles import load
from handlens_server.cli import main

pytestmark = pytest.mark.slow


@pytest.fixture
def kept(tmp_path: Path) -> str:
    """The flag that names a history of two consoles."""
    url = f"sqlite:///{tmp_path}/usage.db"
    history, now = History(url), datetime.now(UTC)
    history.write(
        Observation(console, task, now - timedelta(hours=hours), 5.0)
        for console, task in (("pai", "a"), ("pai", "b"), ("ray", "a"))
        for hours in (1, 2, 50)
    )
    board = Board(history.database)
    board.teach("pai", "column", 'GPU "now"', "gpu_utilization_percent")
    board.teach("pai", "status", "抢占恢复\\", "pending")
    history.close()
    return f"history={url}"


def test_an_export_is_csv_or_parquet_by_its_name_and_as_wide_as_asked(
    kept: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.csv"
    for asked, lines in (([], 9), (["--console", "pai"], 6), (["--task", "a", "--hours", "24"], 4)):
        assert main(["usage", "export", "--set", kept, "-o", str(path), *asked]) == 0
        assert len(path.read_text(encoding="utf-8").splitlines()) == lines + 1
        assert f"{lines} observations" in capsys.readouterr().out
    pytest.importorskip("pyarrow", reason="needs the `parquet` extra")
    assert main(["usage", "export", "--set", kept, "-o", str(tmp_path / "out.parquet")]) == 0
    assert (tmp_path / "out.parquet").read_bytes()[:4] == b"PAR1"


def test_what_was_taught_is_printed_as_a_profile_that_loads(
    kept: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["usage", "profile", "--set", kept, "pai"]) == 0
    path = tmp_path / "pai.toml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    assert tomllib.loads(path.read_text(encoding="utf-8"))["statuses"] == {"抢占恢复\\": "pending"}
    meaning = load(path).meaning()
    assert 'gpu "now"' in meaning.columns


def test_cases_are_judged_one_by_one_and_a_wrong_one_fails(tmp_path: Path) -> None:
    if not available():
        pytest.skip("needs the `ocr` extra")
    (tmp_path / "c-1").mkdir()
    Image.new("RGB", (300, 100), "white").save(tmp_path / "c-1" / "picture.png")
    row = {"task": "a", "instance_type": None, "gpu": 5.0, "cpu": None, "memory_used": None, "memory_total": None}
    words = {"columns": {}, "statuses": {}, "units": {}, "column_units": {}, "unsure": []}
    (tmp_path / "c-1" / "case.json").write_text(json.dumps({"rows": [{**row, "status": "running"}], **words}))
    command = [sys.executable, "-m", "handlens_server", "usage", "check", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "c-1: " in done.stdout


@pytest.mark.parametrize("what", [["export", "-o", "x.csv"], ["cases", "x"], ["profile", "pai"]])
def test_without_a_history_the_commands_say_what_to_set(what: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["usage", what[0], *what[1:]]) == 2
    assert "HANDLENS_HISTORY" in capsys.readouterr().err


def test_a_folder_without_cases_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["usage", "check", str(tmp_path)]) == 2
    assert "usage cases" in capsys.readouterr().err
