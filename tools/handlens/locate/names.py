"""Whether an element is called what a description puts in quotes."""

from __future__ import annotations

import re
from functools import lru_cache

from handlens.locate.candidates import Candidate
from handlens.locate.text import fold, similarity, terms

_PUNCTUATION = re.compile(r"[^\w]+")


def name_match(candidate: Candidate, quoted: str) -> float:
    """1 for the same text, less for a part, a spelling or a synonym of it, 0 for nothing alike."""
    wanted = fold(quoted)
    best = 0.0
    for weight, text in (
        (1.0, candidate.name), (0.97, candidate.tips), (0.97, candidate.placeholder),
        (0.95, candidate.value), (0.9, candidate.hints),
    ):  # fmt: skip
        if text:
            best = max(best, weight if text == quoted else 0.93 * weight * _text_match(wanted, fold(text)))
    return best


@lru_cache(maxsize=32768)
def _plain(text: str) -> str:
    return _PUNCTUATION.sub(" ", text).strip()


@lru_cache(maxsize=32768)
def _text_match(wanted: str, text: str) -> float:
    if wanted == text:
        return 1.0
    plain, other = _plain(wanted), _plain(text)
    if plain and plain == other:
        return 0.97
    if not plain or not other:
        return 0.6 if wanted and wanted in text.split() else 0.0
    if wanted in text:
        if re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text):
            return 0.62 + 0.3 * len(wanted) / len(text)
        return 0.55 + 0.25 * len(wanted) / len(text)
    have = terms(text)
    asked = terms(wanted)
    if not have or not asked:
        return 0.0
    covered = sum(max(similarity(term, other) for other in have) for term in asked) / len(asked)
    if covered < 0.6:
        return 0.0
    return 0.9 * covered * (0.6 + 0.4 * min(1.0, len(asked) / len(have)))
