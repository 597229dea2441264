"""Running headers, footers and page numbers: what repeats from page to page, or plainly stands in the margin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handlens.pdf.profile import in_margin, is_page_number, page_number, pitch_of, place_of, signature
from handlens.pdf.tables.lattice import lattices
from handlens.pdf.tables.rules import joined

if TYPE_CHECKING:
    from handlens.pdf.lines import Line
    from handlens.pdf.model import PageContent, Rect
    from handlens.pdf.profile import Profile

_CREDIT = re.compile(
    r"https?://|www\.|doi[:. ]|©|\bcopyright\b|\bISSN\b|\bvol(ume)?\.? ?\d|\bet al\b|\bpage \d|\d{4};\s?\d|"
    r"\bjournal\b|\blicen[cs]e|\ball rights reserved\b|\(\d{4}\) ?\d+|\b\d{4}, \d+, \d+|\bdownloaded\b|"
    r"\bsubmit your|\barticle \d|\bresearch article\b|\|",
    re.IGNORECASE,
)
_FOLIO = 0.75  # of the page's height
_LARGE, _LARGE_ROMAN = 1.6, 1.25  # of the text's size
_YEARS = 1900, 2100
_MOST_RULES = 3_000
_COLUMN = 8  # sizes: a value above another
_CELLS, _MOST_CELLS = 3, 40
_NEAR, _LEADING = 3.2, 1.5  # sizes between rows of a table, and between lines of a paragraph
_LEVEL = 2.0  # points
_ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)


def split_furniture(fragments: list[Line], page: PageContent, profile: Profile) -> tuple[list[Line], list[Line]]:
    """The page's content, and its running headers and footers."""
    tables = _tables_into_margins(page)
    first, last = _rows_in_margins(fragments, page, profile)
    outside = {
        id(f) for f in fragments
        if not any(t.holds(f.rect.x0, f.base) for t in tables) and not first - 1.0 <= f.base <= last + 1.0
    }  # fmt: skip
    candidates = [line for line in fragments if in_margin(line, page) and id(line) in outside]
    body = [line for line in fragments if not in_margin(line, page) or id(line) not in outside]
    furniture = {id(line) for line in candidates if _repeats(line, fragments, page, profile)}
    if len(furniture) == len(fragments):
        furniture.clear()  # a page of nothing but what repeats is a page of its own all the same
    for line in candidates:
        if id(line) not in furniture and _is_number(line, fragments, page, profile) and _outside(line, fragments):
            furniture.add(id(line))
    furniture |= {id(line) for line in body if _is_folio(line, fragments, page, profile)}
    for edge in (_top_rows(candidates, page), _bottom_rows(candidates, page)):
        _mark_edge(edge, furniture, page, profile, body)
    kept = [line for line in fragments if id(line) not in furniture]
    return kept, [line for line in fragments if id(line) in furniture]


def _tables_into_margins(page: PageContent) -> list[Rect]:
    """Ruled tables that begin or end in a margin but lie mostly between them."""
    if len(page.across) + len(page.down) > _MOST_RULES:
        return []
    found = lattices(joined(page.across), joined(page.down))
    return [rect for rect in (lattice.rect for lattice in found) if rect.height > 0.3 * page.height]


def _rows_in_margins(fragments: list[Line], page: PageContent, profile: Profile) -> tuple[float, float]:
    """Baselines of the first and the last row of an unruled table that goes on from page to page.

    As far as the page's middle where none is in that margin. Rows of such a table stand under one another in three
    columns or more, and say something else on each page, unlike what letters have at their foot.
    """
    first, last = page.height / 2, page.height / 2
    rows = _rows(fragments) if profile.sampled else []
    for n, row in enumerate(rows):
        if len(row) < _CELLS or not (in_margin(row[0], page) and (row[0].base < first or row[0].base > last)):
            continue
        near = [r for r in rows[max(0, n - 2) : n + 3] if abs(r[0].base - row[0].base) < _NEAR * row[0].size]
        if any(r is not row and _shared(row, r) >= _CELLS and (_varies(r, profile) or _varies(row, profile))
               for r in near):  # fmt: skip
            first, last = min(first, row[0].base), max(last, row[0].base)
    return first, last


def _shared(row: list[Line], other: list[Line]) -> int:
    """How many pieces of a row begin or end where one of another row does."""
    return sum(
        any(abs(a.rect.x0 - b.rect.x0) < _LEVEL or abs(a.rect.x1 - b.rect.x1) < _LEVEL for b in other)
        for a in row[:_MOST_CELLS]
    )  # fmt: skip


def _varies(row: list[Line], profile: Profile) -> bool:
    return any(line.text not in profile.literal and not is_page_number(line.text) for line in row)


def _runs_on(line: Line, fragments: list[Line], page: PageContent, profile: Profile) -> bool:
    """Whether a line that other pages have there too is the first or last of a paragraph that they don't all share."""
    wide = [f for f in fragments if f.rect.width > 0.5 * page.width and abs(f.size - line.size) < 0.02 * line.size]
    if line.rect.width < 0.5 * page.width:
        return False
    inward = 1 if line.rect.y1 < page.height / 2 else -1
    at = line
    for other in sorted(wide, key=lambda f: inward * f.base):
        step = inward * (other.base - at.base)
        if step <= 0:
            continue
        if step > _LEADING * line.size:
            return False
        if other.text not in profile.literal:
            return True
        at = other
    return False


def _repeats(line: Line, fragments: list[Line], page: PageContent, profile: Profile) -> bool:
    if line.size > 1.3 * profile.body_size:
        return False  # the same title on several slides
    if is_page_number(line.text) and not _is_plausible(line, page, profile):
        return False  # one of the figures that stand there on several slides
    height = line.rect.y0 / page.height
    if place_of(line) in profile.edges and line.size < 1.1 * profile.body_size and _is_last(line, fragments):
        return True
    known = any(signature(line.text, height + shift) in profile.repeated for shift in (0, 0.012, -0.012))
    return known and not _runs_on(line, fragments, page, profile)


def _is_last(line: Line, fragments: list[Line]) -> bool:
    """Whether nothing but its own row is nearer to the page's edge, and no text is close to it on the other side."""
    others = [o.base - line.base for o in fragments if abs(o.base - line.base) > 0.5 * line.size]
    gap = min((abs(d) for d in others), default=0.0)
    apart = max(1.9 * line.size, 1.4 * pitch_of(fragments))
    return gap > apart and (all(d > 0 for d in others) or all(d < 0 for d in others))


def _is_number(line: Line, fragments: list[Line], page: PageContent, profile: Profile) -> bool:
    """Whether a line is a page number, and neither a value under another nor the mark of the note beside it."""
    if not _is_plausible(line, page, profile):
        return False
    for other in fragments:
        near = 0 < abs(line.base - other.base) < _COLUMN * line.size
        level = abs(line.rect.x0 - other.rect.x0) < 1.0 or abs(line.rect.x1 - other.rect.x1) < 1.0
        if near and level and other.text[:1].isdigit() and len(other.words) == 1:
            return False
        if abs(line.base - other.base) < 0.6 * line.size and 0 <= other.rect.x0 - line.rect.x1 < 0.5 * line.size:
            return False
    return True


def _is_plausible(line: Line, page: PageContent, profile: Profile) -> bool:
    """Whether a line could be this page's number: not large as figures on slides are, not long as those of receipts
    are, no year on the only page; and in a document with pages on which numbers count up, one that fits them."""
    if not is_page_number(line.text):
        return False
    value = page_number(line.text)
    if value is None:
        return line.size < _LARGE_ROMAN * profile.body_size
    if line.size > _LARGE * profile.body_size:
        return False
    if profile.pages == 1:
        return not _YEARS[0] <= value <= _YEARS[1] or len(line.text) > 4
    return not profile.sampled or value - page.index in {1, *profile.counts}


def _outside(line: Line, fragments: list[Line]) -> bool:
    """Whether nothing but perhaps its own row lies between the line and the page's edge, above or below."""
    above = any(o.rect.y1 < line.rect.y0 for o in fragments)
    below = any(o.rect.y0 > line.rect.y1 for o in fragments)
    return not (above and below) or len([o for o in fragments if o.rect.y0 > line.rect.y1]) <= 2


def _is_folio(line: Line, fragments: list[Line], page: PageContent, profile: Profile) -> bool:
    """Whether a line is a page number in the middle under all of the text, where wide margins leave it far from the
    page's edge."""
    centred = abs((line.rect.x0 + line.rect.x1) / 2 - page.width / 2) < 0.05 * page.width
    if not centred or line.rect.y0 < _FOLIO * page.height or not _is_plausible(line, page, profile):
        return False
    gaps = [line.base - other.base for other in fragments if other is not line]
    return bool(gaps) and min(gaps) > max(2.0 * line.size, 1.4 * pitch_of(fragments))


def _rows(lines: list[Line]) -> list[list[Line]]:
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.base):
        if rows and line.base - rows[-1][0].base < 0.5 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _top_rows(lines: list[Line], page: PageContent) -> list[list[Line]]:
    return _rows([line for line in lines if line.rect.y1 < page.height / 2])


def _bottom_rows(lines: list[Line], page: PageContent) -> list[list[Line]]:
    return _rows([line for line in lines if line.rect.y0 > page.height / 2])[::-1]


def _mark_edge(
    rows: list[list[Line]], furniture: set[int], page: PageContent, profile: Profile, body: list[Line]
) -> None:
    """From the edge inwards: rows that look like credits, small and apart from the text, are furniture."""
    everything = [line for row in rows for line in row] + body
    for n, row in enumerate(rows[:3]):
        if any(id(line) in furniture for line in row):
            if all(line.rect.height < 1.6 * profile.body_size for line in row):
                furniture.update(id(line) for line in row)
            continue
        if not _looks_running(row, n, everything, page, profile):
            return
        furniture.update(id(line) for line in row)


def _looks_running(row: list[Line], n: int, everything: list[Line], page: PageContent, profile: Profile) -> bool:
    text = " ".join(line.text for line in row)
    most = 1.2 if _ADDRESS.search(text) else 1.02
    number = any(_is_number(line, everything, page, profile) for line in row)
    small = all(line.size <= profile.body_size * most for line in row)
    if not small or len(text) > 180:
        return False
    own = {id(line) for line in row}
    top = row[0].rect.y1 < page.height / 2
    beyond = [o for o in everything if id(o) not in own and (o.base > row[0].base if top else o.base < row[0].base)]
    if not beyond:
        return False
    gap = min(abs(o.base - row[0].base) for o in beyond) / profile.body_size
    far = max(2.0, 1.4 * pitch_of(everything) / profile.body_size)
    edge = row[0].rect.y0 / page.height if top else 1 - row[0].rect.y1 / page.height
    ruled = any(
        rule.length > 0.3 * page.width
        and (0 < rule.at - row[0].base < 1.6 * profile.body_size if top else 0 < row[0].rect.y0 - rule.at < 14)
        for rule in page.across
    )
    if any(is_page_number(line.text) for line in row) and not number:
        return False  # the last row of a table, a sum
    spread = len(row) > 1 and row[0].rect.x0 < 0.3 * page.width and row[-1].rect.x1 > 0.7 * page.width
    points = (
        1.5 * bool(_CREDIT.search(text)) + 1.2 * number + 1.0 * (gap > far) + 1.0 * spread + 0.8 * ruled
        + 0.6 * (edge < 0.075) + 0.5 * (max(line.size for line in row) < 0.92 * profile.body_size)
    )  # fmt: skip
    return points >= (2.4 if n == 0 else 2.9)
