"""Dates and times that a page takes part by part, each a number field of its own: year, month, day, hour, minute."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from handlens.errors import TargetError

_DATE = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_TIME = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?")
_WHOLE = re.compile(rf"(?:{_DATE.pattern})?[T ]?(?:{_TIME.pattern})?")
_NOON = 12


def keys_of(parts: Sequence[dict[str, Any]], value: str) -> list[str]:
    """What to type into each of ``parts`` for ``value``: a date, a time, or both, as ISO 8601 writes them.

    Raises:
        TargetError: it is none, or does not say all that the parts ask for.
    """
    said = _said(value)
    wanted = [part["part"] for part in parts]
    if missing := [name for name in wanted if name != "half" and name not in said]:
        form = " ".join(
            form for form, names in (("YYYY-MM-DD", ("year", "month", "day")), ("HH:MM", ("hour",)))
            if set(names) & set(wanted)
        )  # fmt: skip
        raise TargetError(f"The field takes {form}; {value[:60]!r} has no {', no '.join(missing)}.")
    return [_typed(name, said, "half" in wanted) for name in wanted]


def shown_by(parts: Sequence[dict[str, Any]]) -> str:
    """The date or time that the parts hold, as ISO 8601 writes it; a part that holds none is left open."""
    held = {part["part"]: part["now"] for part in parts if part["now"] is not None}
    if "hour" in held and (half := next((part["shown"] for part in parts if part["part"] == "half"), "")):
        late = half.casefold().startswith(("p", "下"))
        held["hour"] = str(int(float(held["hour"])) % _NOON + (_NOON if late else 0))

    def joined(names: tuple[str, ...], mark: str) -> str:
        kept = [held.get(name, "?") for name in names if any(part["part"] == name for part in parts)]
        return mark.join(one.partition(".")[0].rjust(2, "0") for one in kept)

    date, time = joined(("year", "month", "day"), "-"), joined(("hour", "minute", "second"), ":")
    return " ".join(filter(None, (date, time)))


def _said(value: str) -> dict[str, int]:
    match = _WHOLE.fullmatch(value.strip())
    if match is None:
        return {}
    said = {name: int(number) for name, number in match.groupdict().items() if number is not None}
    return said | ({"second": 0} if "hour" in said and "second" not in said else {})


def _typed(part: str, said: dict[str, int], halves: bool) -> str:
    hour = said.get("hour", 0)
    if part == "half":
        return "PM" if hour >= _NOON else "AM"
    if part == "hour" and halves:
        return f"{(hour - 1) % _NOON + 1:02d}"
    return f"{said[part]:04d}" if part == "year" else f"{said[part]:02d}"
