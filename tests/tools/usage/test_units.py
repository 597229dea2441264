"""Percentages, sizes and durations as consoles write them."""

from __future__ import annotations

import pytest

from handlens.usage.units import Memory, duration_seconds, header_unit, memory, percent

GIB = 2**30


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("87%", 87),
        ("87.5 %", 87.5),
        ("87,5 %", 87.5),
        ("８７．５％", 87.5),
        ("GPU0 10%", 10),
        ("0", 0),
        ("~ 12", 12),
        ("5‰", 0.5),
    ],
)
def test_a_percentage_is_read_however_it_is_written(text: str, value: float) -> None:
    assert percent(text).value == value
    assert percent(text).doubt is None


@pytest.mark.parametrize("text", ["", "--", "N/A", "n/a", "NaN", "-", "—", "null", "暂无", " . "])
def test_a_missing_value_is_none_without_doubt(text: str) -> None:
    assert percent(text).value is None
    assert percent(text).doubt is None
    assert memory(text).value == Memory()


@pytest.mark.parametrize("text", ["1234%", "-3%", "100.1%", "12% 40%", "soon"])
def test_an_impossible_percentage_is_refused_with_a_doubt(text: str) -> None:
    assert percent(text).value is None
    assert percent(text).doubt


@pytest.mark.parametrize(
    ("text", "used", "total"),
    [
        ("12.5 GB", 12_500_000_000, None),
        ("12.5 GiB", round(12.5 * GIB), None),
        ("16Gi", 16 * GIB, None),
        ("512Mi", 2**29, None),
        ("1,024 MiB", GIB, None),
        ("12.3/40 GiB", round(12.3 * GIB), 40 * GIB),
        ("1.2GiB/23GiB(5%)", round(1.2 * GIB), 23 * GIB),
        ("12 GB of 40 GB", 12 * 10**9, 40 * 10**9),
        ("512 MiB / 1 GiB", 2**29, GIB),
        ("5 GB free of 40 GB", 35 * 10**9, 40 * 10**9),
        ("— / 244 GiB", None, 244 * 2**30),
        ("-- of 40 GB", None, 40 * 10**9),
        ("N/A / 16 Gi", None, 16 * 2**30),
        ("3 GiB / —", 3 * 2**30, None),
        ("已用 12 GB / 共 40 GB", 12 * 10**9, 40 * 10**9),
        ("total 40 GB, used 12 GB", 12 * 10**9, 40 * 10**9),
        ("0", 0, None),
    ],
)
def test_a_size_is_taken_by_the_unit_as_written(text: str, used: int, total: int | None) -> None:
    assert memory(text).value == Memory(used, total)


@pytest.mark.parametrize("text", ["50 / 40 GB", "-3 GB", "10 MB/s", "100 Mbps", "12", "1 GB 2 GB 3 GB", "a lot"])
def test_a_size_that_can_not_be_meant_is_refused_with_a_doubt(text: str) -> None:
    assert memory(text).value is None
    assert memory(text).doubt


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("显存 (GiB)", "gib"),
        ("Memory/MB", "mb"),
        ("内存（单位：Gi）", "gi"),
        ("Memory Usage", None),
        ("GPU %", "%"),
        ("mem_mb", "mb"),
    ],
)
def test_a_header_states_the_unit_of_its_column(header: str, unit: str | None) -> None:
    assert header_unit(header) == unit


def test_a_bare_number_takes_the_header_s_unit_and_a_profile_may_mean_another() -> None:
    assert memory("12.5", unit="gib").value == Memory(round(12.5 * GIB))
    assert memory("2G", units={"g": "gib"}).value == Memory(2 * GIB)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1d 2h", 93_600),
        ("3 小时 20 分", 12_000),
        ("02:03:04", 7_384),
        ("1-02:03:04", 93_784),
        ("90s", 90),
        ("1h30m", 5_400),
    ],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert duration_seconds(text).value == seconds
