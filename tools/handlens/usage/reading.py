"""One value taken from one text: what it means, or why it could not be taken."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_MISSING = re.compile(
    r"[-–—−‐_.*/\s]*|n\s*/?\s*a|nan|null|none|nil|undefined|unknown|tbd|not available|no data|not applicable"
    r"|无|暂无|暂无数据|未知|未采集|不适用|空",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """A value, or None; ``doubt`` says why a person should look. A missing value ("--") is None without doubt."""

    value: T | None
    doubt: str | None = None


def plain(text: str) -> str:
    """Full-width forms to ASCII, every run of white space to one space. Superscripts and the like stay readable."""
    return " ".join(unicodedata.normalize("NFKC", text).replace("−", "-").split())


def is_missing(text: str) -> bool:
    """Whether the text is one of the ways in which consoles write that there is no value."""
    return _MISSING.fullmatch(plain(text)) is not None
