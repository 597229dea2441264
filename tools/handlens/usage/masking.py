"""Secrets and private addresses leave the cells before anything is made of them, kept or sent."""

from __future__ import annotations

import re
from dataclasses import replace

from handlens.browser.secrets import redact
from handlens.usage.table import Cell, Table

_PRIVATE_IPV4 = re.compile(
    r"\b(10|192(?=\.168\.)|172(?=\.(?:1[6-9]|2\d|3[01])\.))\.\d{1,3}\.\d{1,3}\.(\d{1,3})(?![\d.]*\d)"
)
_PRIVATE_IPV6 = re.compile(r"\b(f[cd])[0-9a-f]{2}(?::[0-9a-f]{0,4}){2,6}:([0-9a-f]{1,4})\b", re.IGNORECASE)


def masked_text(text: str) -> str:
    """The text without secrets; of a private address its first and last part stay, so that hosts can be told apart.

    Halves of characters, which pages can hold and neither databases nor JSON can, become question marks.
    """
    text = _PRIVATE_IPV4.sub(r"\1.*.*.\2", redact(text.replace("\0", "")))
    return _PRIVATE_IPV6.sub(r"\1**::\2", text)


def masked(table: Table) -> Table:
    """The table with every text masked, and every note, which may quote one."""

    def cell(one: Cell) -> Cell:
        text, note = masked_text(one.text), one.note and masked_text(one.note)
        return one if (text, note) == (one.text, one.note) else replace(one, text=text, note=note)

    return replace(
        table,
        headers=tuple(masked_text(header) for header in table.headers),
        rows=tuple(tuple(cell(one) for one in row) for row in table.rows),
        name=masked_text(table.name),
    )
