"""How a document is to be converted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TableStyle = Literal["auto", "html", "markdown"]
Mode = Literal["auto", "fast"]


@dataclass(frozen=True, slots=True)
class Options:
    """`mode` fast uses no models; `figures` renders them; `ocr` reads pages that have no text of their own.

    `language` is theirs, as a tag such as ru or zh-Hans; empty where it is not known.
    """

    tables: TableStyle = "auto"
    mode: Mode = "auto"
    figures: bool = False
    page_breaks: bool = False
    ocr: bool = True
    language: str = ""
