"""What is watched, in TOML::

history = "sqlite:///usage.db"          # any SQLAlchemy URL
spool_megabytes = 2000                  # what the database does not take waits on disk; more than this is not kept
rules = "rules.toml"                    # beside this file; absent: the two default rules
notify = ["dingtalk://…"]               # Apprise's addresses
dry_run = true                          # alerts are only logged

[[console]]
name = "pai"
url = "https://pai.console.aliyun.com/…"
every_seconds = 60
login = "aliyun"                        # saved by `handlens login`
profile = "pai"
reader = "auto"                         # or structure, ocr (its picture alone), eye
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handlens.errors import InvalidInput
from handlens.usage.rules import line_of
from handlens.usage.spool import MOST_BYTES


class WatchedConsole(BaseModel):
    """One console and its schedule."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    url: str
    every_seconds: float = Field(default=60, ge=1)
    login: str | None = None
    storage_state: Path | None = None
    profile: str | None = None
    reader: Literal["auto", "structure", "ocr", "eye"] = "auto"
    timezone: str | None = None
    locale: str | None = None
    wait_seconds: float = Field(default=20, ge=0, le=300)
    most_rows: int = Field(default=2_000, ge=1, le=50_000)


class WatchConfig(BaseModel):
    """All of a file. Relative paths are beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    history: str = "sqlite:///usage.db"
    spool: Path = Path("usage.spool")
    spool_megabytes: float = Field(
        default=MOST_BYTES / 1e6, gt=0, description="While the database is away; beyond it nothing observed is kept."
    )
    heartbeat: Path = Path("usage.heartbeat.json")
    rules: Path | None = None
    notify: list[str] = Field(default=[])
    dry_run: bool = False
    alerts_an_hour: int = Field(default=60, ge=1)
    at_once: int = Field(default=4, ge=1, le=64, description="Consoles that are read at the same time.")
    retention_days: float = Field(default=90, gt=0)
    console: list[WatchedConsole] = Field(min_length=1)


def load_watch(path: Path) -> WatchConfig:
    """The configuration of a file, its paths made whole.

    Raises:
        InvalidInput: it can't be read or says something wrong; what, and where.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path.name} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name} is no UTF-8 text, at byte {error.start}.") from error
    try:
        config = WatchConfig.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{path.name} is no valid TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        line = line_of(text, first["loc"])
        raise InvalidInput(f"{path.name} is wrong in line {line}, at {place}: {first['msg']}.") from error
    names = [console.name for console in config.console]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled:
        raise InvalidInput(f"{path.name} names two consoles {doubled!r}.")
    folder = path.resolve().parent
    whole: dict[str, object] = {
        "spool": folder / config.spool,
        "heartbeat": folder / config.heartbeat,
        "rules": folder / config.rules if config.rules else None,
    }
    prefix = "sqlite:///"
    if config.history.startswith(prefix) and not config.history.startswith("sqlite:////"):
        whole["history"] = f"{prefix}{folder / config.history.removeprefix(prefix)}"
    return config.model_copy(update=whole)
