"""What is watched, in TOML::

history = "sqlite:///usage.db"          # any SQLAlchemy URL; absent: the setting history, else this
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

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from handlens.usage.spool import MOST_BYTES
from handlens.usage.toml_file import load_toml, names_differ

MOST_SECONDS = 7 * 24 * 3_600
MOST_DAYS = 36_500


class WatchedConsole(BaseModel):
    """One console and its schedule."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=100)
    url: str
    every_seconds: float = Field(default=60, ge=1, le=MOST_SECONDS)
    login: str | None = None
    storage_state: Path | None = None
    profile: str | None = None
    reader: Literal["auto", "structure", "ocr", "eye"] = "auto"
    timezone: str | None = None
    locale: str | None = None
    wait_seconds: float | None = Field(default=None, ge=0, le=300, description="Else 20, or as its profile says.")
    most_rows: int = Field(default=2_000, ge=1, le=50_000)


class WatchConfig(BaseModel):
    """All of a file. Relative paths are beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    history: str = ""
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
    retention_days: float = Field(default=90, gt=0, le=MOST_DAYS)
    console: list[WatchedConsole] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names_differ("console", [console.name for console in self.console])
        return self


def load_watch(path: Path, history: str | None = None) -> WatchConfig:
    """The configuration of a file, its paths made whole.

    Args:
        history: the database's URL where the file says none.

    Raises:
        InvalidInput: the file says something wrong; in which line, and why.
    """
    config = load_toml(path, WatchConfig)
    folder = path.resolve().parent
    whole: dict[str, object] = {
        "history": _beside(folder, config.history or history or "sqlite:///usage.db"),
        "spool": folder / config.spool,
        "heartbeat": folder / config.heartbeat,
        "rules": folder / config.rules if config.rules else None,
        "console": [
            console.model_copy(update={"storage_state": folder / console.storage_state})
            if console.storage_state
            else console
            for console in config.console
        ],
    }
    return config.model_copy(update=whole)


def _beside(folder: Path, url: str) -> str:
    """The URL of a database; a file of SQLite that is named without its folder lies in this one."""
    prefix = "sqlite:///"
    name = url.removeprefix(prefix)
    return f"{prefix}{folder / name}" if url.startswith(prefix) and not name.startswith(("/", ":")) else url
