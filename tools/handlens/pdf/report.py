"""How a document was read, in a few lines: its pages by route, and what was left out of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from handlens.pdf.profile import is_page_number

_MOST = 6
_LENGTH = 80


def ignored(facts: dict[str, Any] | None) -> list[str]:
    """What the file carries besides its pages."""
    return [f"The document carries {what}, ignored." for what in (facts or {}).get("ignored", [])]


class Report:
    """Counts pages as they come."""

    def __init__(self) -> None:
        self._routes: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()

    def add(self, route: str, left_out: Iterable[str]) -> None:
        """One page: by what route it was read, and what was left out of it."""
        self._routes[route] += 1
        self._left_out.update("page numbers" if is_page_number(text) else f"“{_short(text)}”" for text in left_out)

    def told(self) -> list[str]:
        """Lines about the document; none where nothing was left out and all pages were read in one way."""
        lines: list[str] = []
        if len(self._routes) > 1:
            lines.append(f"Pages by route: {', '.join(f'{count} {route}' for route, count in self._routes.items())}.")
        if self._left_out:
            most = [f"{text} ({count})" if count > 1 else text for text, count in self._left_out.most_common(_MOST)]
            more = len(self._left_out) - len(most)
            also = f" and {more} more" if more else ""
            lines.append(f"Left out as running headers, footers or text that stands sideways: {', '.join(most)}{also}.")
        return lines


def _short(text: str) -> str:
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 1].rstrip()}…"
