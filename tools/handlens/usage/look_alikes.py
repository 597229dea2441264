"""Readings that their own column speaks against: the same word, spelt with characters that look alike.

A recogniser is often sure of a wrong "Ilama". That the other rows have "llama" is what gives it away.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from handlens.usage.reading import is_missing
from handlens.usage.rows import SURE_ENOUGH
from handlens.usage.table import Cell, Table

_ALIKE = str.maketrans(
    {"I": "l", "1": "l", "|": "l", "i": "l", "O": "o", "0": "o", "X": "x", "×": "x", "V": "v", "S": "s", "5": "s"}
    | {"W": "w", "C": "c", "Z": "z", "K": "k", "P": "p"}
)
_DIGITS = str.maketrans("日目曰口回OoDQθΘΟ〇lI|", "0000000000000111")
"""What single digits, of a dotted or slashed zero above all, are taken for."""
_LIKE_DIGITS = re.compile(r"[日目曰口回OoDQθΘΟ〇lI|]{1,3}")
_NUMBER = re.compile(r"[-+]?[\d.,]+\s?(?:%|[KMGTP]?i?B?)")
_OTHER_END = re.compile(r"([\d.]*\d)\s*[^\d\s.,%)\]]")
_MORE_AFTER = re.compile(r"(\d[\d.]*)\s?%\s?[\dIl|](?:\s?[\dIl|])?")
"""The end of a bar, or the second ring of "%"."""
_RINGS = r"(?:\s?[9oO]?\s?[6oO0])"
"""What "%" itself is taken for."""
_NEARLY = (_LIKE_DIGITS, _OTHER_END, _MORE_AFTER)
_DECIMALS = re.compile(r"\d+\.(\d+)\s?%")
_LOWER = re.compile(r"[^A-HJ-Z\s]*[-_.][^A-HJ-Z\s]*")
"""A name of several parts without capital letters, but for those that an l is taken for."""
_ONE_IN_A_WORD = re.compile(r"(?<![A-Za-z\d])(?:1[a-z]{3,}|[a-z]+1[a-z]{2,})(?![A-Za-z\d])")
_WORD = re.compile(r"[A-Za-z\d|×]*[A-Za-z|×][A-Za-z|×\d]*")
CLEARLY = 4
"""A spelling that is so many times as frequent as the other is the right one."""
_UNIT = re.compile(r"\d\s*(%|[KMGT]i?B|[KMGT]i)\)?\s*$")
_UNENDED = re.compile(r"(?<=\w)[-_]$")
"""A name that goes on, somewhere."""
_FOREIGN = re.compile(
    r"(?=[^\W_]*\d)[^\W_]*[À-ÖØ-öø-ɏ]"
    r"|(?<![^\W_])(?=(?:[^\W_]*\d){2})[a-z\d]*[a-z][a-z\d]*[BDGIOQSZ][a-z\d]+(?![^\W_])"
)
"""A letter with an accent, or a single capital that looks like a digit, amid small letters and digits."""
_STRAY = re.compile(r"[-_]\S*\s[1lI|]$")
"""A stroke behind a name: the end of an icon, or of a line."""
_NO_UNIT = re.compile(r"\d\s?(?![KMGTP]i?B?\b)[KMGTP]{2,}i?B?\b")
"""A letter of a unit that is read twice."""


_GROUPS = re.compile(r"[A-Za-z\d|]+")
_TURN = re.compile(r"(?<=[A-Za-z|])(?=\d)|(?<=\d)(?=[A-Za-z|])")
"""Where letters go over into digits, or the other way."""
PLAIN = 0.97
"""Letters of a word read surer than this are neither left out nor made up."""


def doubting_look_alikes(table: Table) -> Table:
    """The table with the rarer spellings doubted, and letters that nobody could tell the case of."""
    columns = [_mended([row[column] for row in table.rows]) for column in range(len(table.headers))]
    table = replace(table, rows=tuple(zip(*columns, strict=True)) if columns else ())
    doubted = [_doubted(cells) | _strangers(cells) | _untellable(cells) | _unlike_numbers(cells) for cells in columns]
    short = [_one_letter_short(cells) for cells in columns]
    endings = [_usual_ending(cells) for cells in columns]
    rows = tuple(
        tuple(
            _checked(cell, words | others if cell.confidence < PLAIN else words, end)
            for cell, words, others, end in zip(row, doubted, short, endings, strict=True)
        )
        for row in table.rows
    )
    return replace(table, rows=rows)


def _mended(cells: Sequence[Cell]) -> Sequence[Cell]:
    """A column with what can't be as it was read, going by all others of it, read as it must be, and doubted."""
    filled = [cell for cell in cells if not is_missing(cell.text)]
    numbers = sum(1 for cell in filled if any(form.fullmatch(cell.text) for form in (_NUMBER, *_NEARLY)))
    if 4 * numbers >= 3 * len(filled) > 0:
        ending, places = _usual_ending(cells), _usual_places(filled)
        return [_changed(cell, _as_number(cell.text, ending, places)) for cell in cells]
    words = _words(cells)
    return [_changed(cell, re.sub(r"\S+", lambda word: _with_small_l(word[0], words), cell.text)) for cell in cells]


def _with_small_l(word: str, others: Container[str]) -> str:
    """A name of several parts with "l" for a lone capital, and for a digit in a word of the column."""
    if not _LOWER.fullmatch(word):
        return word

    def spelt(part: re.Match[str]) -> str:
        changed = part[0].replace("1", "l")
        return changed if changed in others else part[0]

    return _ONE_IN_A_WORD.sub(spelt, word.replace("I", "l"))


def _changed(cell: Cell, text: str) -> Cell:
    if text == cell.text:
        return cell
    return replace(cell, text=text, confidence=min(cell.confidence, SURE_ENOUGH - 0.05))


def _usual_places(cells: Sequence[Cell]) -> int | None:
    """How many decimals nearly all percentages of a column have."""
    places = Counter(len(match[1]) for cell in cells if (match := _DECIMALS.fullmatch(cell.text)))
    usual, count = places.most_common(1)[0] if places else (0, 0)
    return usual if count >= 3 and 5 * count >= 4 * places.total() else None


def _as_number(text: str, ending: str, places: int | None) -> str:
    """A text of a column of numbers: lone signs are digits, and where all end in "%" what stands there is one."""
    if _LIKE_DIGITS.fullmatch(text):
        return as_digits(text)
    if ending == "%" and places and (match := re.fullmatch(rf"(\d+\.\d{{{places}}}){_RINGS}", text)):
        return f"{match[1]}%"
    if ending == "%" and (match := _OTHER_END.fullmatch(text) or _MORE_AFTER.fullmatch(text)):
        return f"{match[1]}%"
    return text


def as_digits(text: str) -> str:
    """The text with digits for all that is taken for them."""
    return text.translate(_DIGITS)


def _checked(cell: Cell, doubted: set[str], ending: str) -> Cell:
    as_usual = not ending or is_missing(cell.text) or cell.text.rstrip(") ").endswith(ending)
    as_usual = (
        as_usual
        and cell.text not in doubted
        and not _UNENDED.search(cell.text)
        and not _NO_UNIT.search(cell.text)
        and not _FOREIGN.search(cell.text)
        and not _STRAY.search(cell.text)
        and not _ONE_IN_A_WORD.search(cell.text)
        and cell.text.count("(") == cell.text.count(")")
    )
    if as_usual and doubted.isdisjoint(_WORD.findall(cell.text)):
        return cell
    return replace(cell, confidence=min(cell.confidence, SURE_ENOUGH - 0.05))


def _usual_ending(cells: Sequence[Cell]) -> str:
    """The unit that nearly every value of a column ends in; "" where there is none. "43%" is easily read as "438"."""
    endings = Counter(match[1] for cell in cells if (match := _UNIT.search(cell.text)))
    endings["%"] += sum(1 for cell in cells if _MORE_AFTER.fullmatch(cell.text))
    ending, count = endings.most_common(1)[0] if endings else ("", 0)
    filled = sum(1 for cell in cells if not is_missing(cell.text))
    usual = 2 * count >= filled if ending == "%" else count >= 3 and 4 * count >= 3 * filled
    return ending if usual else ""


def _words(cells: Sequence[Cell]) -> Counter[str]:
    """In how many cells each word is."""
    counts: Counter[str] = Counter()
    for cell in cells:
        counts.update(set(_WORD.findall(cell.text)))
    return counts


def _doubted(cells: Sequence[Cell]) -> set[str]:
    counts = _words(cells)
    doubted: set[str] = set()
    alike: dict[str, list[str]] = {}
    for word in counts:
        alike.setdefault(word.translate(_ALIKE), []).append(word)
    for spellings in alike.values():
        most = max(counts[word] for word in spellings)
        doubted |= {word for word in spellings if len(spellings) > 1 and counts[word] < max(2, most)}
    return doubted


def _untellable(cells: Sequence[Cell]) -> set[str]:
    """Texts with an identifier in which an "l" could as well be a "1": letters and digits by turns, only once there.

    What has dots in it is a type of machine, or a version.
    """
    counts = Counter(token for cell in cells for token in set(cell.text.split()))
    found = {token for token, count in counts.items() if count == 1 and "." not in token and _is_random(token)}
    return {cell.text for cell in cells if not found.isdisjoint(cell.text.split())}


def _is_random(token: str) -> bool:
    groups = _GROUPS.findall(token)
    turns = [len(_TURN.findall(group)) for group in groups]
    return max(turns, default=0) >= 2 and any(
        turn and not set("1lI|").isdisjoint(group) for group, turn in zip(groups, turns, strict=True)
    )


def _unlike_numbers(cells: Sequence[Cell]) -> set[str]:
    """What is no number alone, in a column of nothing but numbers otherwise."""
    filled = [cell.text for cell in cells if not is_missing(cell.text)]
    unlike = {text for text in filled if not _NUMBER.fullmatch(text)}
    return unlike if 5 * sum(1 for text in filled if text in unlike) <= len(filled) else set()


def _strangers(cells: Sequence[Cell]) -> set[str]:
    """Texts that nearly are one that the column has several times, where it has most of its texts several times."""
    counts = Counter(cell.text for cell in cells if not is_missing(cell.text))
    usual = [text for text, count in counts.items() if count > 1]
    if 5 * sum(counts[text] for text in usual) < 3 * counts.total():
        return set()
    return {text for text in counts if counts[text] == 1 and any(_nearly(text, other) for other in usual)}


def _nearly(text: str, other: str) -> bool:
    """Whether two characters or fewer make the difference, and not only digits: those tell real things apart."""
    if min(len(text), len(other)) < 4 or abs(len(text) - len(other)) > 3:
        return False
    steps = SequenceMatcher(None, text, other, autojunk=False).get_opcodes()
    changed = [text[a:b] + other[c:d] for step, a, b, c, d in steps if step != "equal"]
    return sum(map(len, changed)) <= 3 and any(not one.isdigit() for one in "".join(changed))


def _one_letter_short(cells: Sequence[Cell]) -> set[str]:
    """Words that another word of the column becomes by leaving out one letter; both, unless one is clearly usual."""
    counts = _words(cells)
    doubted: set[str] = set()
    for word in counts:
        if len(word) < 3:
            continue
        for at, left_out in enumerate(word):
            shorter = word[:at] + word[at + 1 :]
            if (left_out.isalpha() or at == 0) and shorter in counts:
                doubted |= {
                    one for one, other in ((word, shorter), (shorter, word)) if counts[one] < CLEARLY * counts[other]
                }
    return doubted
