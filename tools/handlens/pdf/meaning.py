"""Whether a page's own text can be believed: its fonts may tell other characters than are seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handlens.pdf.model import PageContent, Word

_LATIN = re.compile(r"[A-Za-z]")
_VOWEL = re.compile(r"[aeiouyà-æè-ïò-öø-ýāăąēĕėęěīįıōŏőœūůűų]", re.IGNORECASE)
_MIXED = re.compile(r"[^\W\d_][^\w\s'’.\-‐–/&@]+[^\W\d_]|[^\W\d_]\d+[^\W\d_]|\d[^\W\d_]{3,}")
_WORDS = 30
_ODD, _VOWELS = 0.18, 0.3


def is_meaningless(page: PageContent) -> bool:
    """Whether the page's fonts don't tell, or tell wrongly, which characters its text consists of."""
    return page.unmapped > 0.3 * page.characters or _is_scrambled(page.words)


def _is_scrambled(words: list[Word]) -> bool:
    """Whether Latin text has the letters of another place in the alphabet: a font's map to Unicode is wrong.

    Words of no language have no vowels, or digits and signs among their letters; and over all, vowels are too few.
    """
    texts = [w.text.strip("()[],.;:\"'“”") for w in words]
    latin = [t for t in texts if len(t) > 3 and len(_LATIN.findall(t)) >= 0.5 * len(t)]
    if len(latin) < _WORDS:
        return False
    odd = sum(not _VOWEL.search(t) or bool(_MIXED.search(t)) for t in latin)
    row = "".join(latin)
    letters = sum(c.isalpha() for c in row)
    return odd > _ODD * len(latin) and len(_VOWEL.findall(row)) < _VOWELS * letters
