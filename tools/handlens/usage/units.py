"""Percentages, sizes and durations as consoles write them, to plain numbers.

Sizes are taken by the unit as written: GB is 10⁹ bytes, GiB and Gi are 2³⁰. A unit that only the header states
is passed in. Nothing is guessed: what can't be meant is refused with a doubt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from handlens.usage.reading import Reading, is_missing, plain

NUMBER = r"[-+]?(?:\d{1,3}(?:[,'  ]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][-+]?\d+)?"
_PERCENT = re.compile(rf"({NUMBER})\s*[%‰]")
_BARE = re.compile(rf"[~≈]?\s*({NUMBER})")
_SIZE = re.compile(rf"(?<![\w.])({NUMBER})\s*([kmgtpe]i?b?|bytes?|b|字节|兆|吉)?(?!\w|\s*/\s*s|ps)", re.IGNORECASE)
_RATE = re.compile(r"\d\s*(?:[kmgt]i?)?b(?:it)?(?:ps|\s*/\s*s(?:ec)?)\b", re.IGNORECASE)


def _known_units() -> dict[str, float]:
    known: dict[str, float] = {"b": 1, "byte": 1, "bytes": 1, "字节": 1, "兆": 1e6, "吉": 1e9}
    for power, letter in enumerate("kmgtpe", start=1):
        known |= {letter: 1000.0**power, f"{letter}b": 1000.0**power}
        known |= {f"{letter}i": 1024.0**power, f"{letter}ib": 1024.0**power}
    return known


_UNITS = _known_units()
_FREE = re.compile(r"free|available|avail|可用|剩余|空闲", re.IGNORECASE)
_TOTAL = re.compile(r"total|of|共|总", re.IGNORECASE)


def number(text: str) -> float:
    """A number with thousands separators or a decimal comma. ``1,234`` is read as thousands, ``1,23`` is not."""
    text = re.sub(r"['  ]", "", text)
    if re.fullmatch(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?:[eE][-+]?\d+)?", text):
        return float(text.replace(",", ""))
    return float(text.replace(",", "."))


def percent(text: str, *, highest: float = 100.0) -> Reading[float]:
    """A percentage of 0 to ``highest``; "%" may be left to the header. Several different ones are a doubt."""
    text = plain(text)
    if is_missing(text):
        return Reading(None)
    found = [number(match) for match in _PERCENT.findall(text)]
    if not found:
        bare = _BARE.fullmatch(text)
        if bare is None:
            return Reading(None, "no percentage in it")
        found = [number(bare[1])]
    if len(set(found)) > 1:
        return Reading(None, f"{len(found)} percentages in one cell")
    value = found[0]
    if "‰" in text:
        value /= 10
    if not 0 <= value <= highest:
        return Reading(None, f"impossible percentage {value:g}")
    return Reading(value)


MOST_BYTES = 2**60
"""No list of tasks has more memory than this."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes used and bytes in total; either may be unknown."""

    used: int | None = None
    total: int | None = None


def header_unit(header: str) -> str | None:
    """The unit that a header states for its column: "显存 (GiB)", "Memory/MB", "内存，单位：Gi"; "%" too."""
    text = plain(header)
    stated = re.search(r"[(\[/:_ ](%|[kmgtpe]i?b|[kmgtpe]i|[kmgt]|bytes?|字节)[)\]]?\s*$", text, re.IGNORECASE)
    if stated:
        return stated[1].lower()
    inside = re.search(r"[(\[](?:[^)\]]*[:,]\s*|in )?(%|[kmgtpe]i?b?|bytes?|字节)[)\]]", text, re.IGNORECASE)
    return inside[1].lower() if inside else None


def memory(text: str, *, unit: str | None = None, units: Mapping[str, str] | None = None) -> Reading[Memory]:
    """Used and total bytes from one cell: "12.3/40 GiB", "12 GB of 40 GB (31%)", "16Gi", "5 GB free of 40 GB".

    Args:
        unit: what the header or a profile says of numbers that carry no unit.
        units: what a profile says of written units, such as ``{"g": "gib"}`` where a console's G is 2³⁰.
    """
    text = plain(text)
    if is_missing(text):
        return Reading(Memory())
    if _RATE.search(text):
        return Reading(None, "a transfer rate, not a size")
    bare_text = _PERCENT.sub(" ", text)
    sizes = [(number(m[1]), (m[2] or "").lower(), m) for m in _SIZE.finditer(bare_text)]
    if not sizes:
        return Reading(Memory()) if _PERCENT.search(text) else Reading(None, "no size in it")
    if len(sizes) > 2:
        return Reading(None, f"{len(sizes)} sizes in one cell")
    last = next((written for _, written, _ in reversed(sizes) if written), "") or (unit or "")
    found: list[float] = []
    for value, written, _ in sizes:
        name = written or last
        name = (units or {}).get(name, name).lower()
        if name not in _UNITS:
            return Reading(None, "a size without a unit") if value else Reading(Memory(used=0))
        found.append(value * _UNITS[name])
    if any(value < 0 for value in found):
        return Reading(None, "a negative size")
    if any(value > MOST_BYTES for value in found):
        return Reading(None, "an impossible size")
    return _used_and_total([round(value) for value in found], bare_text, [match.start() for *_, match in sizes])


def _used_and_total(found: list[int], text: str, starts: list[int]) -> Reading[Memory]:
    if len(found) == 1:
        if _FREE.search(text):
            return Reading(None, "free memory, not used memory")
        only_total = re.match(r"\s*(?:total|共|总计|总)", text, re.IGNORECASE) or _lacks_used(text[: starts[0]])
        return Reading(Memory(total=found[0]) if only_total else Memory(used=found[0]))
    first, second = found
    if _FREE.search(text) and not re.search(r"used|已用", text, re.IGNORECASE):
        first = second - first
    elif _leads_with_total(text, starts):
        first, second = second, first
    if first > second or first < 0:
        return Reading(None, "more used than there is in total")
    return Reading(Memory(used=first, total=second))


def _lacks_used(before: str) -> bool:
    """ "— / 16 GiB", "N/A of 40 GB": what is used is written as missing, so the one number is the total."""
    used = re.fullmatch(r"(.*\S)\s*(?:/|\bof\b|共)\s*", before, re.IGNORECASE)
    return used is not None and is_missing(used[1])


def _leads_with_total(text: str, starts: list[int]) -> bool:
    """ "total 40 GB, used 12 GB": the first number is named a total and the second is named used."""
    before = text[: starts[0]]
    between = text[starts[0] : starts[1]]
    return bool(_TOTAL.search(before)) and bool(re.search(r"used|已用|使用", between, re.IGNORECASE))


_DURATION_UNITS: tuple[tuple[str, float], ...] = (
    (r"weeks?|w|周|星期", 604_800),
    (r"days?|d|天|日", 86_400),
    (r"hours?|hrs?|hr|h|小时|个小时|時間|时", 3_600),
    (r"minutes?|mins?|min|m|分钟|分鐘|分", 60),
    (r"milliseconds?|msecs?|ms|毫秒", 0.001),
    (r"seconds?|secs?|sec|s|秒", 1),
)
_DURATION_PART = re.compile(rf"({NUMBER})\s*({'|'.join(p for p, _ in _DURATION_UNITS)})(?![a-z])", re.IGNORECASE)


def duration_seconds(text: str) -> Reading[float]:
    """Seconds of "1d 2h", "3 小时 20 分", "02:03:04", "1-02:03:04" or "90 s"."""
    text = plain(text)
    if is_missing(text):
        return Reading(None)
    clock = re.fullmatch(r"(?:(\d+)(?:-| days?,? | 天 ?))?(\d+):(\d{2}):(\d{2}(?:\.\d+)?)", text)
    if clock:
        days, hours, minutes, seconds = clock.groups()
        return Reading(int(days or 0) * 86_400 + int(hours) * 3_600 + int(minutes) * 60 + float(seconds))
    parts = list(_DURATION_PART.finditer(text))
    rest = _DURATION_PART.sub("", text)
    if not parts or re.search(r"\w", rest.replace("and", "")):
        return Reading(None, "not a duration")
    return Reading(sum(number(part[1]) * _seconds_in(part[2]) for part in parts))


def _seconds_in(unit: str) -> float:
    return next(seconds for pattern, seconds in _DURATION_UNITS if re.fullmatch(pattern, unit, re.IGNORECASE))
