"""Start times, in the console's own clock and language."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from handlens.usage.times import Clock, month_first, point_in_time

SHANGHAI = Clock(datetime(2026, 3, 5, 12, 0, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-01 12:00:00", "2025-03-01T12:00:00+08:00"),
        ("2025/3/1 12:00", "2025-03-01T12:00:00+08:00"),
        ("2025年3月1日 下午3时20分", "2025-03-01T15:20:00+08:00"),
        ("Mar 1, 2025, 12:00 PM", "2025-03-01T12:00:00+08:00"),
        ("Mar 1, 2025, 12:00 AM", "2025-03-01T00:00:00+08:00"),
        ("Sun, 01 Mar 2026 12:00:00 GMT", "2026-03-01T12:00:00+00:00"),
        ("2025-03-01T12:00:00.123Z", "2025-03-01T12:00:00+00:00"),
        ("2025-03-01 12:00:00 +0530", "2025-03-01T12:00:00+05:30"),
        ("3 小时前", "2026-03-05T17:00:00+08:00"),
        ("an hour ago", "2026-03-05T19:00:00+08:00"),
        ("3h 20m ago", "2026-03-05T16:40:00+08:00"),
        ("昨天 12:30", "2026-03-04T12:30:00+08:00"),
        ("刚刚", "2026-03-05T20:00:00+08:00"),
        ("12-01 12:00", "2025-12-01T12:00:00+08:00"),
        ("03-01 12:00", "2026-03-01T12:00:00+08:00"),
        ("1767225600", "2026-01-01T08:00:00+08:00"),
        ("13/01/2025 08:00", "2025-01-13T08:00:00+08:00"),
    ],
)
def test_a_time_is_read_in_the_page_s_timezone(text: str, expected: str) -> None:
    reading = point_in_time(text, SHANGHAI)
    assert (reading.value, reading.doubt) == (expected, None)


@pytest.mark.parametrize("text", ["2025-02-30", "25:61", "03/01/2025", "3 个月前", "soon", "13 PM", "2025-03-01 25:00"])
def test_a_time_that_can_not_be_meant_is_refused_with_a_doubt(text: str) -> None:
    reading = point_in_time(text, SHANGHAI)
    assert reading.value is None
    assert reading.doubt


def test_day_and_month_are_told_apart_by_the_page_s_language() -> None:
    american = Clock(SHANGHAI.now, UTC, month_first("en-US"))
    british = Clock(SHANGHAI.now, UTC, month_first("en-GB"))
    assert point_in_time("03/04/2025", american).value == "2025-03-04T00:00:00+00:00"
    assert point_in_time("03/04/2025", british).value == "2025-04-03T00:00:00+00:00"


@pytest.mark.parametrize("text", ["2025-11-02 01:30:00", "2025-03-09 02:30:00"])
def test_an_hour_that_the_clocks_changed_in_is_doubtful(text: str) -> None:
    reading = point_in_time(text, Clock(SHANGHAI.now, ZoneInfo("America/New_York")))
    assert reading.value
    assert reading.doubt
