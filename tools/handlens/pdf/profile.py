"""What a whole document shares: its body text's size, what repeats at its margins, its outline."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handlens.pdf.lines import fragments_of
from handlens.pdf.model import Style

if TYPE_CHECKING:
    from handlens.pdf.lines import Line
    from handlens.pdf.model import PageContent

_DIGITS = re.compile(r"\d+")
_ROMAN = re.compile(r"^[ivxlc]+$", re.IGNORECASE)
_MARGIN = 0.13  # of the page's height, where running headers and footers live


@dataclass
class Profile:
    """Learned from some pages of a document, used on all of them."""

    body_size: float = 10.0
    body_font: str = ""
    mono: bool = False
    """Whether the text itself is in fixed pitch, which then means nothing."""
    pages: int = 1
    repeated: set[str] = field(default_factory=set)
    sizes: list[float] = field(default_factory=list)
    outline: dict[int, list[tuple[int, str]]] = field(default_factory=dict)


def profile_of(pages: list[PageContent], total: int, outline: list[tuple[int, str, int | None]]) -> Profile:
    """The profile of a document of `total` pages, of which `pages` were read."""
    sizes: Counter[float] = Counter()
    fonts: Counter[str] = Counter()
    mono = 0
    margins: Counter[str] = Counter()
    for page in pages:
        seen: set[str] = set()
        for word in page.words:
            sizes[round(word.size * 2) / 2] += len(word.text)
            fonts[word.font] += len(word.text)
            mono += len(word.text) if word.style & Style.MONO else 0
        for line in fragments_of(page.words):
            if in_margin(line, page):
                seen.add(signature(line.text, line.rect.y0 / page.height))
        margins.update(seen)
    profile = Profile(pages=total)
    if sizes:
        profile.body_size = max(sizes, key=lambda size: sizes[size])
        profile.body_font = fonts.most_common(1)[0][0]
        profile.mono = mono > 0.6 * sum(fonts.values())
        profile.sizes = sorted(sizes, reverse=True)
    needed = max(2, 0.25 * len(pages))
    profile.repeated = {text for text, count in margins.items() if count >= needed} if len(pages) > 1 else set()
    for level, title, index in outline:
        if index is not None and title:
            profile.outline.setdefault(index, []).append((level, title.strip()))
    return profile


def in_margin(line: Line, page: PageContent) -> bool:
    return line.rect.y1 < _MARGIN * page.height or line.rect.y0 > (1 - _MARGIN) * page.height


def signature(text: str, height: float) -> str:
    """What is the same of a running header on every page: its words without numbers, and about where it stands."""
    words = _DIGITS.sub("#", text.strip().lower())
    words = "#" if _ROMAN.match(words) else words
    return f"{round(height * 40)}:{words}"


def is_page_number(text: str) -> bool:
    """A bare page number, with or without the word page, dashes or a total."""
    if re.search(r"\d[.,]\d|\(", text):
        return False
    bare = re.sub(
        r"(?i)\b(page|seite|página|pagina|strona|σελίδα|of|von|de|sur|/)\b|第|页|頁|[|\-–—/.\[\]()•·\s]", "", text
    )
    return bool(bare) and len(bare) <= 8 and (bare.isdigit() or bool(_ROMAN.match(bare)))
