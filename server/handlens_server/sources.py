"""Where settings come from, as far as that can be told without reading them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

PREFIX = "HANDLENS_"


def default_file(environment: Mapping[str, str]) -> Path | None:
    """``$HANDLENS_CONFIG``, else ``handlens.toml`` in the user's config folder if there is one."""
    if named := environment.get(PREFIX + "CONFIG"):
        return Path(named)
    base = environment.get("XDG_CONFIG_HOME") or str(Path("~/.config").expanduser())
    path = Path(base) / "handlens" / "handlens.toml"
    return path if path.is_file() else None


def says_nothing_of(parts: Iterable[str]) -> bool:
    """Whether neither the environment nor a file can set anything in these ``parts`` of the settings."""
    variables = tuple(PREFIX + part.upper() for part in parts)
    return default_file(os.environ) is None and not any(name.startswith(variables) for name in os.environ)
