"""Points in time as consoles write them, to ISO 8601 with an offset.

A console's clock is its own: the page's timezone is passed in, and "3 小时前" counts back from the moment of reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from handlens.usage.reading import Reading, is_missing, plain
from handlens.usage.units import duration_seconds

_CLOCK = (
    r"(?:[T ,]*(?:at )?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?)?"
)
_CHINESE_CLOCK = re.compile(
    r"(上午|下午|晚上|凌晨)?\s*(\d{1,2})\s*[时點点]\s*(?:(\d{1,2})\s*分)?\s*(?:(\d{1,2})\s*秒)?"
)
_MONTHS: tuple[str, ...] = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month_name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_WEEKDAY = re.compile(
    r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+|\s*(?:星期|周)[一二三四五六日天]\s*", re.IGNORECASE
)
_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})[-/.年](?P<month>\d{{1,2}})[-/.月](?P<day>\d{{1,2}})日?{_CLOCK}", re.I)
_NAMED = (
    re.compile(rf"{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}}){_CLOCK}", re.IGNORECASE),
    re.compile(rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ -]{_MONTH}[ -,]+(?P<year>\d{{4}}){_CLOCK}", re.IGNORECASE),
    re.compile(rf"{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?{_CLOCK}", re.IGNORECASE),
    re.compile(rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)? {_MONTH}{_CLOCK}", re.IGNORECASE),
)
_NUMERIC = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<sep>[/.-])(?P<second_part>\d{{1,2}})[/.-](?P<year>\d{{4}}){_CLOCK}", re.I
)
_YEARLESS = re.compile(rf"(?P<month>\d{{1,2}})[-/月](?P<day>\d{{1,2}})日?{_CLOCK}", re.IGNORECASE)
_CLOCK_ONLY = re.compile(rf"(?P<word>today|yesterday|今天|昨天|前天)?{_CLOCK}", re.IGNORECASE)
_ZONE = re.compile(
    r"\s*(?:\(?\b(?:UTC|GMT)\b\)?)?\s*(?P<sign>[+-])(?P<h>\d{1,2}):?(?P<m>\d{2})?\s*\)?$|(?<=\d)Z$|\s*\(?\b(?:UTC|GMT)\)?$"
)
_AGO = re.compile(r"(?:about |over |almost |~|约)?\s*(.+?)\s*(?:ago|之?前|以前)", re.IGNORECASE)
_NOW = re.compile(r"just now|now|刚刚|刚才|a moment ago|moments ago|a few seconds ago|几秒前", re.IGNORECASE)
_BACK = {"yesterday": 1, "昨天": 1, "前天": 2}


@dataclass(frozen=True, slots=True)
class Clock:
    """When and where a console was read."""

    now: datetime
    zone: tzinfo = UTC
    month_first: bool | None = None
    """How 03/04/2026 is meant; None where the page's language leaves it open."""


def month_first(locale: str) -> bool | None:
    """American English writes the month first; other stated regions don't; a bare "en" leaves it open."""
    tag = locale.replace("_", "-").lower()
    if tag in ("en-us", "en-ph"):
        return True
    return None if tag in ("", "en") else False


def point_in_time(text: str, clock: Clock) -> Reading[str]:
    """ISO 8601 with offset, to the second."""
    shown = plain(text)
    if is_missing(shown):
        return Reading(None)
    if _NOW.fullmatch(shown):
        return _iso(clock.now.astimezone(clock.zone))
    ago = _AGO.fullmatch(shown)
    if ago:
        return _ago(ago[1], clock)
    if re.fullmatch(r"1\d{9}(?:\.\d+)?|1\d{12}", shown):
        seconds = float(shown) if len(shown.split(".")[0]) == 10 else int(shown) / 1000
        return _iso(datetime.fromtimestamp(seconds, clock.zone))
    return _written(shown, clock)


def _ago(text: str, clock: Clock) -> Reading[str]:
    text = re.sub(r"^(?:an?|one) ", "1 ", text, flags=re.IGNORECASE)
    text = re.sub(r"^半(?:个)?小时", "30 分钟", text)
    months = re.fullmatch(r"(\d+)\s*(?:个月|months?)", text)
    years = re.fullmatch(r"(\d+)\s*(?:年|years?)", text)
    if months or years:
        return Reading(None, "too coarse for a start time")
    seconds = duration_seconds(text).value
    if seconds is None:
        return Reading(None, "not a time")
    return _iso((clock.now - timedelta(seconds=seconds)).astimezone(clock.zone))


def _written(shown: str, clock: Clock) -> Reading[str]:
    shown, zone = _split_zone(_WEEKDAY.sub(" ", shown).strip(), clock.zone)
    shown = _CHINESE_CLOCK.sub(_western_clock, shown).strip()
    match = _YEAR_FIRST.fullmatch(shown)
    if match:
        return _build(match, int(match["year"]), int(match["month"]), int(match["day"]), zone)
    for pattern in _NAMED:
        match = pattern.fullmatch(shown)
        if match:
            month = _MONTHS.index(str(match["month_name"]).lower()) + 1
            written = match.groupdict().get("year")
            return _dated(match, int(written) if written else None, month, int(match["day"]), zone, clock)
    match = _NUMERIC.fullmatch(shown)
    if match:
        return _numeric(match, zone, clock)
    match = _YEARLESS.fullmatch(shown)
    if match:
        return _dated(match, None, int(match["month"]), int(match["day"]), zone, clock)
    match = _CLOCK_ONLY.fullmatch(shown)
    if match and match["hour"]:
        today = clock.now.astimezone(zone)
        day = today - timedelta(days=_BACK.get((match["word"] or "").lower(), 0))
        return _build(match, day.year, day.month, day.day, zone)
    return Reading(None, "not a time")


def _numeric(match: re.Match[str], zone: tzinfo, clock: Clock) -> Reading[str]:
    first, second = int(match["first"]), int(match["second_part"])
    american = clock.month_first
    if match["sep"] == "." or first > 12:
        american = False
    elif second > 12:
        american = True
    if american is None and first != second:
        return Reading(None, "day and month can't be told apart")
    month, day = (first, second) if american else (second, first)
    return _build(match, int(match["year"]), month, day, zone)


def _dated(match: re.Match[str], year: int | None, month: int, day: int, zone: tzinfo, clock: Clock) -> Reading[str]:
    """A date that may leave its year out: then it is the last such date that is not in the future."""
    if year is not None:
        return _build(match, year, month, day, zone)
    today = clock.now.astimezone(zone)
    reading = _build(match, today.year, month, day, zone)
    if reading.value and datetime.fromisoformat(reading.value) > today + timedelta(days=1):
        return _build(match, today.year - 1, month, day, zone)
    return reading


def _build(match: re.Match[str], year: int, month: int, day: int, zone: tzinfo) -> Reading[str]:
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    half = (match["half"] or "").lower()[:1]
    if half and hour > 12:
        return Reading(None, "impossible date or time")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return Reading(None, "impossible date or time")
    if moment.replace(fold=1).utcoffset() != moment.utcoffset():
        return Reading(moment.isoformat(), "the clocks changed at this hour: it happened twice, or not at all")
    return _iso(moment)


def _iso(moment: datetime) -> Reading[str]:
    return Reading(moment.replace(microsecond=0).isoformat())


def _split_zone(shown: str, zone: tzinfo) -> tuple[str, tzinfo]:
    match = _ZONE.search(shown)
    if match is None or ":" not in shown[: match.start()]:
        return shown, zone
    if match["sign"] is None:
        return shown[: match.start()].strip(), UTC
    hours, minutes = int(match["h"]), int(match["m"] or 0)
    if hours > 14 or minutes > 59:
        return shown, zone
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if match["sign"] == "-" else 1)
    return shown[: match.start()].strip(), timezone(offset)


def _western_clock(match: re.Match[str]) -> str:
    half, hour, minute, second = match.groups()
    value = int(hour)
    if half in ("下午", "晚上") and value < 12:
        value += 12
    return f" {value:02d}:{int(minute or 0):02d}:{int(second or 0):02d}"
