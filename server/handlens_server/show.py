"""The tables of tools and settings, for the shell and for the README."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from handlens.registry import ALL_TOOLS
from handlens_server.settings import Settings, shown
from handlens_server.sources import PREFIX

_WIDEST = 48
"""Characters. A longer value stands out of its column instead of widening it for all."""


def tool_table() -> str:
    """The tools as a Markdown table: name, what it does, what it takes, whether it only reads."""
    rows = [
        (
            f"`{tool.name}`",
            tool.description,
            ", ".join(f"`{name}`" for name in tool.input.model_fields),
            "yes" if tool.hints.read_only else "no",
        )
        for tool in ALL_TOOLS
    ]
    return _markdown(("tool", "what it does", "takes", "only reads"), rows)


def settings_table(settings: Settings, origins: Mapping[str, str]) -> str:
    """The effective settings, secrets masked, each with where it comes from."""
    rows = [(row.name, row.value, row.origin) for row in shown(settings, origins)]
    widths = [min(_WIDEST, max(len(row[column]) for row in rows)) for column in range(2)]
    return "\n".join(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {origin}".rstrip() for name, value, origin in rows)


def settings_reference() -> str:
    """Every setting as a Markdown table: name, environment variable, default, meaning."""
    rows = [
        (
            f"`{row.name}`",
            f"`{PREFIX}{row.name.replace('.', '_').upper()}`",
            f"`{row.value}`" if row.value else "",
            row.description,
        )
        for row in shown(Settings(), {})
    ]
    return _markdown(("setting", "environment", "default", "meaning"), rows)


def _markdown(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
