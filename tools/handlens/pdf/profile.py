"""What a whole document shares: its body text's size, what repeats at its margins, its outline."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from handlens.pdf.lines import fragments_of
from handlens.pdf.model import Style

if TYPE_CHECKING:
    from handlens.pdf.lines import Line
    from handlens.pdf.model import PageContent

_DIGITS = re.compile(r"\d+")
_ROMAN = re.compile(r"^[ivxlc]+$", re.IGNORECASE)
_LONGEST_NUMBER = 4
_FEW_LINES = 6
_MARGIN = 0.13  # of the page's height, where running headers and footers live


@dataclass
class Profile:
    """Learned from some pages of a document, used on all of them."""

    body_size: float = 10.0
    body_font: str = ""
    mono: bool = False
    """Whether the text itself is in fixed pitch, which then means nothing."""
    bold: bool = False
    """Whether nearly all text is bold, or its fonts say so, which then means nothing."""
    pages: int = 1
    repeated: set[str] = field(default_factory=set)
    literal: set[str] = field(default_factory=set)
    """What stands in margins of many pages with the same numbers too."""
    edges: set[tuple[int, float]] = field(default_factory=set)
    """Where lines of changing text stand by themselves at the top or bottom of many pages; see `place_of`."""
    sampled: int = 0
    """Of how many pages it was learned."""
    counts: set[int] = field(default_factory=set)
    """By how much page numbers are above the pages' indices, where at least two pages tell."""
    sizes: list[float] = field(default_factory=list)
    outline: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    """Level and title of the outline's entries, by page index."""
    looks: dict[tuple[float, bool], int] = field(default_factory=dict)
    """Size and weight of headings somewhere in the document, with their level in the outline, 0 where in none."""


def profile_of(pages: list[PageContent], total: int, outline: list[tuple[int, str, int | None]]) -> Profile:
    """The profile of a document of `total` pages, of which `pages` were read."""
    sizes: Counter[float] = Counter()
    fonts: Counter[str] = Counter()
    mono = bold = 0
    margins: Counter[str] = Counter()
    literal: Counter[str] = Counter()
    edges: Counter[tuple[int, float]] = Counter()
    counts: Counter[int] = Counter()
    for page in pages:
        seen: set[str] = set()
        said: set[str] = set()
        numbers: set[int] = set()
        for word in page.words:
            sizes[round(word.size * 2) / 2] += len(word.text)
            fonts[word.font] += len(word.text)
            mono += len(word.text) if word.style & Style.MONO else 0
            bold += len(word.text) if word.style & Style.BOLD else 0
        fragments = fragments_of(page.words)
        for line in fragments:
            if in_margin(line, page):
                seen.add(signature(line.text, line.rect.y0 / page.height))
                said.add(line.text)
                value = page_number(line.text) if is_page_number(line.text) else None
                if value is not None:
                    numbers.add(value - page.index)
        margins.update(seen)
        literal.update(said)
        counts.update(numbers)
        edges.update(_apart_at_edges(fragments, page))
    profile = Profile(pages=total, sampled=len(pages) if len(pages) > 1 else 0)
    profile.counts = {number for number, count in counts.items() if count > 1}
    if sizes:
        profile.body_size = max(sizes, key=lambda size: sizes[size])
        profile.body_font = fonts.most_common(1)[0][0]
        profile.mono = mono > 0.9 * sum(fonts.values())
        profile.bold = bold > 0.8 * sum(fonts.values())
        profile.sizes = sorted(sizes, reverse=True)
    needed = max(2, 0.25 * len(pages))
    profile.edges = {place for place, count in edges.items() if count >= max(3, 0.3 * len(pages))}
    profile.repeated = {text for text, count in margins.items() if count >= needed} if len(pages) > 1 else set()
    profile.literal = {text for text, count in literal.items() if count >= needed} if len(pages) > 1 else set()
    for level, title, index in outline:
        if index is not None and title:
            profile.outline.setdefault(index, []).append((level, title.strip()))
    return profile


def place_of(line: Line) -> tuple[int, float]:
    """What running headers of different words share: their height on the page, and the size of their type."""
    return round(line.base), round(line.size, 1)


def _apart_at_edges(fragments: list[Line], page: PageContent) -> set[tuple[int, float]]:
    """Places of a page's first and last lines, where a gap parts them from the text."""
    found: set[tuple[int, float]] = set()
    pitch = pitch_of(fragments)
    for ordered in (sorted(fragments, key=lambda f: f.base), sorted(fragments, key=lambda f: -f.base)):
        edge = [f for f in ordered if abs(f.base - ordered[0].base) < 0.5 * f.size]
        rest = ordered[len(edge) :]
        if (
            rest
            and abs(rest[0].base - edge[0].base) > max(1.9 * max(rest[0].size, edge[0].size), 1.4 * pitch)
            and in_margin(edge[0], page)
        ):
            found |= {place_of(line) for line in edge}
    return found


def pitch_of(fragments: list[Line]) -> float:
    """The usual distance of baselines on a page in points; 0 where it has too few lines to tell."""
    bases = sorted(f.base for f in fragments)
    steps = [b - a for a, b in pairwise(bases) if 4.0 < b - a < 60.0]
    return median(steps) if len(steps) > _FEW_LINES else 0.0


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
    if not bare or len(bare) > 8 or (len(bare) > _LONGEST_NUMBER and len(_DIGITS.findall(text)) == 1):
        return False
    return bare.isdigit() or bool(_ROMAN.match(bare))


def page_number(text: str) -> int | None:
    """The number of a page that `is_page_number`, if it is a single one in digits."""
    numbers = _DIGITS.findall(text)
    return int(numbers[0]) if len(numbers) == 1 else None
