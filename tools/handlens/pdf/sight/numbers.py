"""Numbers are what a model must not invent: each that the document's own text does not have is marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

OPEN, CLOSE = "<mark>", "</mark>"

_ROMAN = "".join(map(chr, range(0x2160, 0x2189)))
_OTHERS = _ROMAN + "".join(chr(code) for code in range(0x20000) if unicodedata.category(chr(code)) == "No")
_NUMBER = re.compile(rf"(?:(?<![\w.,)\]])[-−–+±]\s?)?\d+(?:[.,:]\d+)*|[{_OTHERS}]+")
_DASH = re.compile(r"[-−–+±]\s")
_SIGNS = str.maketrans({"−": "-", "–": "-"})


def numbers_in(text: str) -> list[str]:
    """The numbers of a text in order, with their signs, in one way of writing them."""
    return [_plain(match.group()) for match in _NUMBER.finditer(_folded(text))]


def known_numbers(words: Iterable[str]) -> frozenset[str]:
    """Numbers in words in reading order. A sign that stands apart may be a dash: both are known then."""
    row = " ".join(words)
    numbers = frozenset(numbers_in(row)) | frozenset(numbers_in(_DASH.sub(" ", row)))
    return numbers | {_in_digits(number) for number in numbers}


def marked(text: str, known: frozenset[str]) -> tuple[str, int]:
    """`text` with every number that is not `known` between `OPEN` and `CLOSE`, and how many those are."""
    count = 0

    def mark(match: re.Match[str]) -> str:
        nonlocal count
        number = _plain(_folded(match.group()))
        if number in known or _in_digits(number) in known:
            return match.group()
        count += 1
        return f"{OPEN}{match.group()}{CLOSE}"

    return _NUMBER.sub(mark, text), count


def _folded(text: str) -> str:
    """Full-width and other digits as 0-9; superscripts stay what they are, so that 10² is not 102."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def _in_digits(number: str) -> str:
    """A raised, lowered or ringed number as it is where the text sets it so by other means: ² as 2. Fractions stay."""
    digits = unicodedata.normalize("NFKC", number)
    return digits if digits.isdecimal() else number


def _plain(number: str) -> str:
    return re.sub(r"\s", "", number.translate(_SIGNS)).removeprefix("+")
