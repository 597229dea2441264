"""Scripts that run in pages. Each file is one JavaScript function expression."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

SCRIPTS = ("still", "scroll_through")


@cache
def script(name: str) -> str:
    """The source of ``name``.js."""
    return files(__name__).joinpath(f"{name}.js").read_text(encoding="utf-8")
