"""What is known of one console beyond its headers, in TOML: its columns, words and units, and how to know it.

A profile in ten lines::

    title = "Our platform"
    urls = ["https://ml.example.com/*"]      # which pages it is for; or page_titles = ["Our platform*"]
    wait_seconds = 20                        # how long its list may take to appear
    [columns]                                # field of a row = header, or several that it may have
    task_name = ["Workload", "工作负载"]
    [statuses]
    "Draining" = "stopped"
    [units]                                  # what it means by a unit that it writes
    gb = "gib"
    [column_units]                           # what it means by bare numbers: a unit, or "ratio" for 0 to 1
    "GPU" = "ratio"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handlens.errors import InvalidInput, NotFound
from handlens.usage.columns import Field as Column
from handlens.usage.columns import header_words
from handlens.usage.rows import Meaning
from handlens.usage.status import Status


class Profile(BaseModel):
    """One console. Words are compared without regard to case and spaces."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    title: str
    urls: list[str] = Field(default=[])
    page_titles: list[str] = Field(default=[])
    table_columns: list[str] = Field(default=[], description="Only tables with all of these headers are its lists.")
    wait_seconds: float = Field(default=10, ge=0, le=120)
    columns: dict[Column, list[str]] = Field(default={})
    statuses: dict[str, Status] = Field(default={})
    units: dict[str, str] = Field(default={})
    column_units: dict[str, str] = Field(default={})

    def fits(self, url: str, title: str) -> bool:
        """Whether a page is this console's."""
        return any(fnmatchcase(url, pattern) for pattern in self.urls) or any(
            fnmatchcase(title, pattern) for pattern in self.page_titles
        )

    def meaning(self) -> Meaning:
        return Meaning(
            columns={header_words(header): field for field, headers in self.columns.items() for header in headers},
            statuses={word.lower(): status for word, status in self.statuses.items()},
            units={unit.lower(): meant.lower() for unit, meant in self.units.items()},
            column_units=self.column_units,
            table_columns=[header_words(header) for header in self.table_columns],
        )


@cache
def shipped() -> tuple[Profile, ...]:
    """The profiles that come with handlens."""
    folder = files("handlens.usage").joinpath("profiles")
    return tuple(load(path) for path in sorted(folder.iterdir(), key=lambda path: path.name) if _is_profile(path))


def of_folder(folder: Path | None) -> tuple[Profile, ...]:
    """The profiles that people wrote, read anew each time. Blocks.

    Raises:
        InvalidInput: one of them is wrong; see `load`.
    """
    return tuple(load(path) for path in sorted(folder.glob("*.toml"))) if folder else ()


def _is_profile(path: Traversable) -> bool:
    return path.name.endswith(".toml")


def load(path: Traversable | Path) -> Profile:
    """The profile of a file, named after it.

    Raises:
        InvalidInput: it can't be read, is no TOML, or says something that a profile can't; which, and where.
    """
    name = path.name.removesuffix(".toml")
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        return Profile.model_validate({"name": name, **tomllib.loads(text)})
    except OSError as error:
        raise InvalidInput(f"The profile {path.name} can't be read: {error.strerror}.") from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"The profile {path.name} is no valid TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        keys = [str(part) for part in first["loc"] if part != "[key]"]
        line = _line_of(text, keys)
        where = f"{'.'.join(keys)} (line {line})" if line else ".".join(keys)
        raise InvalidInput(f"The profile {path.name} is wrong at {where}: {first['msg']}.") from error


def _line_of(text: str, keys: Sequence[str]) -> int | None:
    """In which line of the TOML the innermost of the keys stands that is written there; lines count from 1."""
    for key in reversed(keys):
        written = re.compile(rf"""\s*(?:\[\s*)?["']?{re.escape(key)}["']?\s*[=\]]""", re.IGNORECASE)
        for number, line in enumerate(text.splitlines(), 1):
            if written.match(line):
                return number
    return None


def named(name: str, more: Sequence[Profile] = ()) -> Profile:
    """The profile of that name, shipped or of ``more``, which win. Raises `NotFound`, naming those that there are."""
    known = {profile.name: profile for profile in (*shipped(), *more)}
    if name not in known:
        raise NotFound(
            f"No profile {name[:60]!r}. Profiles: {', '.join(sorted(known))}; leave it out to go by headers."
        )
    return known[name]


def fitting(url: str, title: str, more: Sequence[Profile] = ()) -> Profile | None:
    """The first profile that says that it is for this page."""
    return next((profile for profile in (*more, *shipped()) if profile.fits(url, title)), None)
