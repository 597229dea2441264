"""Words that printers set in a way of their own: letters spaced out, and large first letters of paragraphs."""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from handlens.pdf.model import Run, Word, around

_LEAST_SPACED = 4  # words of a letter or two, one after the other, before they are taken for one word
_WIDEST = 0.7  # of the font size, between letters that are spaced out
_CAP = 1.7  # of the body's size, from which a letter by itself can open a paragraph


def join_spaced(words: list[Word], parted: set[int]) -> list[Word]:
    """Letters that are spaced out as words; `parted` holds the orders of words that only a gap parts from the last."""
    result: list[Word] = []
    run: list[Word] = []
    for word in words:
        if run and not (word.order in parted and _spaced(run[-1], word)):
            result += _joined(run)
            run = []
        run.append(word)
    return result + _joined(run)


def _spaced(left: Word, right: Word) -> bool:
    if len(left.text) > 2 or len(right.text) > 2 or left.size != right.size or left.font != right.font:
        return False
    letters = (left.text[-1].isalpha() or left.text[-1] in "&’'") and (
        right.text[0].isalpha() or right.text[0] in "&’'"
    )
    return letters and abs(left.base - right.base) < 0.05 * left.size and 0 < _gap(left, right) < _WIDEST * left.size


def _gap(left: Word, right: Word) -> float:
    return right.rect.x0 - left.rect.x1


def _joined(run: list[Word]) -> list[Word]:
    if len(run) < _LEAST_SPACED:
        return run
    usual = median(_gap(a, b) for a, b in pairwise(run))
    groups = [[run[0]]]
    for left, right in pairwise(run):
        if _gap(left, right) > 1.7 * usual:
            groups.append([])
        groups[-1].append(right)
    return [_one(group) for group in groups]


def _one(group: list[Word]) -> Word:
    first = group[0]
    rect = around([w.rect for w in group])
    runs = [Run("".join(w.text for w in group), first.style)]
    return Word(runs, rect, first.base, first.size, first.font, first.style, first.order, first.colour, link=first.link,
                drawn=first.drawn)  # fmt: skip


def join_drop_caps(words: list[Word], body_size: float) -> list[Word]:
    """The page's words, with each large first letter put before the rest of the word that it begins."""
    caps = [w for w in words if w.size > _CAP * body_size and len(w.text.strip("“\"'‘«")) == 1 and w.text[-1].isalpha()]
    gone: set[int] = set()
    for cap in caps:
        beside = [w for w in words if w is not cap and _is_beside(w, cap) and not _goes_before(words, w, cap)]
        bases = sorted({round(w.base) for w in beside})
        if len(bases) < 2:
            continue
        first = min(beside, key=lambda w: (round(w.base), w.rect.x0))
        if first.text[0].isalpha() and not (cap.text in "AI" and _gap(cap, first) > 0.14 * cap.size):
            first.runs[0] = first.runs[0]._replace(text=cap.text + first.runs[0].text)
        else:
            first.runs.insert(0, Run(f"{cap.text} ", first.runs[0].style))
        gone.add(id(cap))
    return [w for w in words if id(w) not in gone] if gone else words


def _is_beside(word: Word, cap: Word) -> bool:
    """Whether a word begins one of the lines that the large letter stands before."""
    level = cap.base - 0.85 * cap.size < word.base < cap.base + 0.15 * cap.size
    return level and word.size < 0.6 * cap.size and -1.0 < _gap(cap, word) < 0.5 * cap.size


def _goes_before(words: list[Word], word: Word, cap: Word) -> bool:
    """Whether the line of a word begins before it, above or under the large letter: it is not indented for that."""
    return any(
        w is not cap and abs(w.base - word.base) < 0.3 * word.size
        and cap.rect.x0 - word.size < w.rect.x0 < word.rect.x0 and w.rect.x0 < cap.rect.x1
        for w in words
    )  # fmt: skip
