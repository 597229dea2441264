"""Paragraphs that name a figure or a table."""

from __future__ import annotations

import re

_CAPTION = re.compile(
    r"^(?i:(supplementary )?(fig(ure|\.)?|table|tab\.|scheme|box|chart|exhibit|graph|"
    r"abbildung|tabelle|tableau|tabla|figura|tabela|图|表))"
    r"(?:[\s-]?([A-Za-z]?\d+|[IVX]+\b|[A-Z]\d*\b)|\s[ivx]+\b)"
)
_TABLE_WORD = re.compile(r"^(supplementary )?(tab|exhibit|box|表)", re.IGNORECASE)


def is_caption(text: str) -> bool:
    """Whether a paragraph begins like a caption: Figure 3, Table S1, Abbildung 2, 图 4."""
    return bool(_CAPTION.match(text))


def is_table_caption(text: str) -> bool:
    """Whether a paragraph begins like the caption of a table, which is mostly above it."""
    return is_caption(text) and bool(_TABLE_WORD.match(text))
