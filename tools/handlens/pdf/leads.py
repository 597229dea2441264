"""Run-in headings: a few words in another face at the start of a paragraph, ended by a stop or a colon."""

from __future__ import annotations

import re
from collections import Counter

from handlens.pdf.blocks import Block, Kind
from handlens.pdf.lines import Line
from handlens.pdf.looks import NUMBERED
from handlens.pdf.model import Style, Word, around

_ABSTRACT = re.compile(
    r"^(background|introduction|context|objectives?|aims?|purpose|hypothesis|rationale|design|setting|participants?|"
    r"patients?|subjects|materials?|methods?|methodology|interventions?|(main )?outcomes?|measurements?|results?|"
    r"findings|discussion|conclusions?|interpretation|significance|limitations|funding|tria?l (registration|status)|"
    r"randomi[sz]ation|blinding|numbers to be randomi[sz]ed|full protocol|trail registration)\b",
    re.IGNORECASE,
)
_MOST_WORDS = 16
_LEAST_REST = 6


def split_leads(blocks: list[Block]) -> list[Block]:
    """Blocks with run-in headings taken out as headings of their own, before the paragraphs that they open."""
    leads = {id(b): lead for b in blocks if b.kind is Kind.TEXT and b.lines and (lead := _lead(b))}
    colons = sum(_text(lead).endswith(":") and bool(_ABSTRACT.match(_text(lead))) for lead in leads.values())
    looks = Counter(_look(lead) for lead in leads.values())
    result: list[Block] = []
    for block in blocks:
        lead = leads.get(id(block))
        if lead is None or not _is_heading(lead, colons, looks):
            result.append(block)
            continue
        line = Line(lead)
        result.append(Block(Kind.HEADING, line.rect, [line], page=block.page, level=6))
        rest = _rest(block.lines, len(lead))
        result.append(Block(Kind.TEXT, around([r.rect for r in rest]), rest, page=block.page))
    return result


def _lead(block: Block) -> list[Word]:
    """The words that open a paragraph in another face than its text; none where there is no such opening."""
    words = [w for line in block.lines for w in line.words]
    if len(words) < 3:
        return []
    faces: Counter[str] = Counter()
    for word in words:
        faces[word.font] += len(word.text)
    text_face = faces.most_common(1)[0][0]
    first = words[0]
    if first.font == text_face and len(faces) > 1 and faces[text_face] < 0.6 * sum(faces.values()):
        text_face = next((w.font for w in words if w.font != first.font), text_face)
    if first.font == text_face:
        return []
    count = 0
    while count < len(words) and words[count].font != text_face and _same_face(words[count], first):
        count += 1
    while count and words[count - 1].text[-1:] not in ".:":
        count -= 1
    if not 0 < count <= _MOST_WORDS or len(words) - count < _LEAST_REST:
        return []
    return words[:count]


def _same_face(word: Word, first: Word) -> bool:
    return word.style & Style.BOLD == first.style & Style.BOLD or word.font == first.font


def _is_heading(lead: list[Word], colons: int, looks: Counter[tuple[str, float]]) -> bool:
    text = _text(lead)
    if sum(c.isalpha() for c in text) < 3 or text[:1].islower():
        return False
    if text.endswith(":"):
        return colons >= 2 and bool(_ABSTRACT.match(text))
    bold = bool(lead[0].style & Style.BOLD)
    numbered = bool(NUMBERED.match(text)) and text[0].isdigit()
    return numbered or bold or (looks[_look(lead)] > 1 and not lead[0].style & Style.ITALIC)


def _look(lead: list[Word]) -> tuple[str, float]:
    return lead[0].font, round(lead[0].size, 1)


def _text(words: list[Word]) -> str:
    return " ".join(w.text for w in words)


def _rest(lines: list[Line], count: int) -> list[Line]:
    rest: list[Line] = []
    for line in lines:
        kept = line.words[count:]
        count = max(0, count - len(line.words))
        if kept:
            rest.append(Line(kept))
    return rest
