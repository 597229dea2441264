"""`usage_history` on a history that was written before."""

from __future__ import annotations

import csv
import importlib.util
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image

if importlib.util.find_spec("sqlalchemy") is None:
    pytest.skip("needs the `usage` extra", allow_module_level=True)

from handlens.errors import InvalidInput, NotFound
from handlens.kit import Kit
from handlens.usage.chart import chart
from handlens.usage.export import export
from handlens.usage.history import Bucket, History, Observation
from handlens.usage_history import UsageHistoryInput, usage_history

pytestmark = pytest.mark.anyio


@pytest.fixture
def watched(kit: Kit, tmp_path: Path) -> Iterator[Kit]:
    history = History(f"sqlite:///{tmp_path}/usage.db")
    now = datetime.now(UTC)
    history.write(
        Observation(
            "pai", "训练-甲", now - timedelta(minutes=minute), float(minute % 100), None, 2**34, 2**35, "running"
        )
        for minute in range(1, 600)
        if not 200 < minute < 260
    )
    yield replace(kit, history=history)
    history.close()


async def test_a_series_comes_with_summary_and_chart(watched: Kit) -> None:
    answer = await usage_history(UsageHistoryInput(console="pai", task="训练-甲", hours=12), watched)
    assert (answer.samples, answer.least, answer.most) == (540, 0, 99)
    assert sum(point.samples for point in answer.series) == 540
    assert answer.bucket_minutes == 5
    (picture,) = answer.pictures()
    drawn = Image.open(io.BytesIO(picture.data))
    assert (0x1F, 0x6F, 0xEB) in {colour for _, colour in drawn.getcolors(1 << 20) or []}


def test_a_chart_leaves_out_of_its_title_what_its_font_has_not() -> None:
    begin, hour = datetime(2026, 3, 1, tzinfo=UTC), timedelta(hours=1)
    series = [Bucket(begin + number * hour, 1, 10, 20, 30) for number in range(6)]
    chinese, none, latin = (
        chart(series, begin, begin + 6 * hour, hour, f"{name}gpu_utilization_percent")
        for name in ("训练-甲 · ", "", "train · ")
    )
    assert chinese == none != latin


async def test_a_window_without_samples_is_an_answer(watched: Kit) -> None:
    request = UsageHistoryInput(console="pai", task="训练-甲", metric="cpu")
    answer = await usage_history(request, watched)
    assert (answer.samples, answer.series, answer.pictures()) == (0, [], ())
    assert "no sample" in answer.text()


@pytest.mark.parametrize("form", ["csv", "parquet"])
async def test_every_sample_is_exported_as_an_artifact(watched: Kit, form: Literal["csv", "parquet"]) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="needs the `parquet` extra")
    request = UsageHistoryInput(console="pai", task="训练-甲", hours=2, export=form)
    answer = await usage_history(request, watched)
    (uri,) = answer.artifacts()
    artifact, data = await watched.artifacts.read(uri, owner=watched.caller.subject)
    assert artifact.name.endswith(f".{form}")
    if form == "csv":
        lines = list(csv.DictReader(io.StringIO(data.decode())))
    else:
        from pyarrow import parquet

        lines = parquet.read_table(io.BytesIO(data)).to_pylist()
    assert len(lines) == answer.samples == 119
    assert {line["task"] for line in lines} == {"训练-甲"}
    assert [float(line["gpu_utilization_percent"]) for line in lines] == [float(n % 100) for n in range(119, 0, -1)]
    assert int(lines[0]["memory_used_bytes"]) == 2**34


def test_a_name_that_a_spreadsheet_would_run_is_made_text(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    assert export([Observation("pai", '=cmd|" /C calc"!A0', now)], tmp_path / "a.csv", "csv") == 1
    (line,) = csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text(encoding="utf-8")))
    assert line["task"].startswith("'=")
    assert (line["gpu_utilization_percent"], datetime.fromisoformat(line["at"])) == (
        "",
        now.replace(microsecond=now.microsecond // 1000 * 1000),
    )


async def test_what_was_never_watched_is_not_found_and_what_was_is_named(watched: Kit) -> None:
    with pytest.raises(NotFound, match="Consoles: pai"):
        await usage_history(UsageHistoryInput(console="nope", task="x"), watched)
    with pytest.raises(NotFound, match="训练-甲"):
        await usage_history(UsageHistoryInput(console="pai", task="x"), watched)


async def test_too_many_points_and_no_history_are_refused_with_what_to_do(watched: Kit, kit: Kit) -> None:
    with pytest.raises(InvalidInput, match="longer buckets"):
        await usage_history(UsageHistoryInput(console="pai", task="x", hours=100, bucket_minutes=1), watched)
    with pytest.raises(InvalidInput, match="handlens watch"):
        await usage_history(UsageHistoryInput(console="pai", task="x"), kit)
