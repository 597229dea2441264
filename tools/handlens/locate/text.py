"""Words: splitting texts in English, Chinese and identifiers into terms, and what the terms mean."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from handlens.locate.vocabulary import COLOURS, SHAPES

CJK = r"\u3400-\u9fff\uf900-\ufaff々〇"
_TOKEN = re.compile(
    rf"\(-?\d+(?:\.\d+)?(?:,\s*-?\d+(?:\.\d+)?)+\)|(?<![\w-])-\d+|[{CJK}]+|[^\W\d_{CJK}]+(?:['’][^\W\d_]+)?|\d+(?:[.,:/-]\d+)*%?|[^\w\s]",
    re.UNICODE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CJK_RUN = re.compile(rf"[{CJK}]")
_LATIN_WORD = re.compile(r"[a-z]+")
FUNCTION = frozenset(
    ("the", "of", "in", "on", "to", "at", "for", "from", "with", "next", "left", "right", "above", "below", "between")
)
"""English words that hold a description together."""
_LONGEST_PHRASE = 4
_LONGEST_CJK = 8
CORE_WORDS = 3
"""So many words at the start of each half of a line are what the meaning is first called."""


def word_list(name: str) -> frozenset[str]:
    """The words of a file of ``words/``."""
    lines = (files("handlens.locate") / "words" / f"{name}.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


STOP = word_list("stop")
WEAK = word_list("weak")
SEEN = COLOURS.keys() | SHAPES.keys()
ARTICLES = frozenset({"the", "a", "an", "my", "your", "this", "that", "its"})
IRREGULAR = dict(pair.split("=") for pair in word_list("stems"))


@lru_cache(maxsize=32768)
def fold(text: str) -> str:
    """NFKC, case folded, typographic quotes and spaces made plain."""
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("‘", "'").strip()


def is_cjk(text: str) -> bool:
    return _CJK_RUN.search(text) is not None


def reads_chinese(text: str) -> bool:
    """Whether a description is written in Chinese. "The button left of 取消" is not: it only names something so."""
    words = _LATIN_WORD.findall(text.casefold())
    return is_cjk(text) and not (words and (words[0] == "the" or sum(word in FUNCTION for word in words) > 1))


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A light stem: enough to join singular and plural, and a verb's forms."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return stem(word[:-1])
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            base = word[: -len(ending)]
            undoubled = base[:-1] if base[-1] == base[-2] else base
            for form in (base, base + "e", undoubled):
                if form in _plain_words():
                    return form
            if not re.search(r"[aeiouy]", base) or len(base) < 3:
                return word
            return undoubled if base[-1] not in "lsz" else base
    return word


@cache
def _plain_words() -> frozenset[str]:
    """The English words of the lexicon as they are written there: what an ending may be taken off to."""
    return frozenset(re.findall(r"[a-z]+", _lexicon_source()))


@cache
def _lexicon_source() -> str:
    return (files("handlens.locate") / "words" / "concepts.txt").read_text("utf-8")


def stem_phrase(text: str) -> str:
    return " ".join(stem(word) for word in split_words(text))


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase. ``key`` is what is compared (stems joined by spaces); ``meanings`` are lexicon lines."""

    key: str
    meanings: frozenset[int]
    cjk: bool = False
    core: frozenset[int] = frozenset()
    """Those of ``meanings`` that this word stands for before others."""
    heads: frozenset[int] = frozenset()
    """Those that are first called so."""

    def __hash__(self) -> int:
        return hash(self.key)  # a page asks for it a hundred thousand times

    @property
    def weight(self) -> float:
        """How much is said by it: a phrase or a long word more than a letter."""
        if self.key in WEAK:
            return 0.25
        if self.cjk:
            return 1.0 if len(self.key) > 1 else 0.4
        if self.key[0] == "(":
            return 10.0  # a pair of numbers is somebody's name for one thing
        return 1.0 if len(self.key) > 2 or self.key.isdigit() else 0.8


_term = lru_cache(maxsize=32768)(Term)
"""The same term is the same object, which makes looking it up fast."""


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """Words and phrases (stems) → the lexicon lines that they stand on; ``core``: at the start of the line, ``heads``:
    first on it."""

    english: dict[str, frozenset[int]]
    chinese: dict[str, frozenset[int]]
    core: dict[str, frozenset[int]]
    heads: dict[str, frozenset[int]]

    def term(self, key: str, known: dict[str, frozenset[int]], *, cjk: bool = False) -> Term:
        none = frozenset[int]()
        return _term(key, known.get(key, none), cjk, self.core.get(key, none), self.heads.get(key, none))


@cache
def lexicon() -> _Lexicon:
    english: dict[str, set[int]] = {}
    chinese: dict[str, set[int]] = {}
    core: dict[str, set[int]] = {}
    heads: dict[str, set[int]] = {}
    for number, line in enumerate(_lexicon_source().splitlines()):
        if not line or line.startswith("#"):
            continue
        _, _, entries = line.partition(":")
        left, _, right = entries.partition("|")
        for place, phrase in enumerate(left.split(",")):
            key = " ".join(stem(word) for word in split_words(phrase))
            if key:
                english.setdefault(key, set()).add(number)
                if place < CORE_WORDS:
                    core.setdefault(key, set()).add(number)
                if place == 0:
                    heads.setdefault(key, set()).add(number)
        for place, phrase in enumerate(right.split(",")):
            if phrase.strip():
                chinese.setdefault(phrase.strip(), set()).add(number)
                if place < CORE_WORDS:
                    core.setdefault(phrase.strip(), set()).add(number)
                if place == 0:
                    heads.setdefault(phrase.strip(), set()).add(number)
    return _Lexicon(
        {key: frozenset(meanings) for key, meanings in english.items()},
        {key: frozenset(meanings) for key, meanings in chinese.items()},
        {key: frozenset(meanings) for key, meanings in core.items()},
        {key: frozenset(meanings) for key, meanings in heads.items()},
    )


@cache
def lexicon_names() -> dict[int, str]:
    """The lines of the lexicon → what stands left of their colon."""
    lines = enumerate(_lexicon_source().splitlines())
    return {number: line.partition(":")[0] for number, line in lines if line and not line.startswith("#")}


@cache
def looks() -> dict[str, int]:
    """Words for how an icon looks → the line of `words/looks.txt` that they stand on."""
    found: dict[str, int] = {}
    lines = (files("handlens.locate") / "words" / "looks.txt").read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("#"):
            found.update({stem_phrase(phrase): number for phrase in line.replace("|", ",").split(",")})
    return found


JOINER = "\ua66e"  # a letter, so that no word begins behind it
_PLACED = re.compile(
    r"(?:in|on|at|by) (?:the|an?|this|that|your|my)\b"
    r"|(?:right|left) (?:next to|beside|above|below|under|before|after|of)\b"
)


def join_phrases(text: str) -> str:
    """Known phrases with a preposition in them ("sign in", "table of contents") made one word, so that no grammar
    takes them apart."""

    def joined(match: re.Match[str]) -> str:
        last = match.start() + match[0].rindex(" ") + 1
        noun = match.start() > 0 and _PLACED.match(text, last)  # "the clock in the toolbar": no "clock in"
        return match[0] if noun else match[0].replace(" ", JOINER)

    return _prepositional().sub(joined, text)


@cache
def _prepositional() -> re.Pattern[str]:
    phrases = set(re.findall(r"(?<=[:,]) ?((?:\w+ )+\w+)(?= ?[,|\n])", _lexicon_source()))
    small = {
        "in",
        "on",
        "of",
        "to",
        "for",
        "with",
        "by",
        "at",
        "from",
        "up",
        "out",
        "off",
        "not",
        "left",
        "right",
        "down",
    }
    held = sorted((p for p in phrases if p.isascii() and set(p.split()) & small and len(p) > 4), key=len, reverse=True)
    return re.compile(r"(?<!\bnext )(?<!\bclose )\b(?:" + "|".join(map(re.escape, held)) + r")\b(?! of\b)")


@lru_cache(maxsize=32768)
def split_words(text: str, *, whole: bool = False) -> tuple[str, ...]:
    """Folded words, numbers and runs of Chinese; punctuation is left out.

    Identifiers are split at case changes, unless words are wanted ``whole``: "GitHub" and "iPhone" are said in one.
    """
    text = unicodedata.normalize("NFKC", text)
    spaced = (text if whole else _CAMEL.sub(" ", text)).replace("_", " ")
    return tuple(
        token for token in _TOKEN.findall(fold(spaced)) if token[-1].isalnum() or (token[0] == "(" and len(token) > 1)
    )


def is_called(name: str, said: tuple[str, ...]) -> bool:
    """Whether a name is just these words."""
    return split_words(name) == said or split_words(name, whole=True) == said


@lru_cache(maxsize=32768)
def terms(text: str, *, whole: bool = False) -> tuple[Term, ...]:
    """The text as terms, longest known phrase first; words that say nothing are left out. ``whole``: `split_words`."""
    split = split_words(text, whole=whole)
    words = tuple(word for word in split if word not in ARTICLES) or split
    stop = STOP if not STOP.issuperset(words) else frozenset[str]()  # "To:" is somebody's whole name
    found: list[Term] = []
    known = lexicon().english
    at = 0
    while at < len(words):
        word = words[at]
        if is_cjk(word):
            found.extend(_chinese_terms(word))
            at += 1
            continue
        for length in range(min(_LONGEST_PHRASE, len(words) - at), 0, -1):
            key = " ".join(stem(part) for part in words[at : at + length])
            if key in known and (length > 1 or word not in stop):
                found.append(lexicon().term(key, known))
                at += length
                break
        else:
            if word not in stop:
                found.append(_term(stem(word.removesuffix("'s")), frozenset()))
            at += 1
    return tuple(found)


def _chinese_terms(run: str) -> list[Term]:
    known = lexicon().chinese
    found: list[Term] = []
    loose = ""
    at = 0
    while at < len(run):
        for length in range(min(_LONGEST_CJK, len(run) - at), 0, -1):
            piece = run[at : at + length]
            if (piece in known or (length > 1 and (piece in WEAK or piece in SEEN))) and (
                length > 1 or piece not in STOP
            ):
                found.extend(_loose(loose))
                loose = ""
                found.append(lexicon().term(piece, known, cjk=True))
                at += length
                break
        else:
            if run[at] in STOP:
                found.extend(_loose(loose))
                loose = ""
            else:
                loose += run[at]
            at += 1
    found.extend(_loose(loose))
    return found


def _loose(run: str) -> list[Term]:
    return [_term(run, frozenset(), cjk=True)] if run else []


@lru_cache(maxsize=65536)
def similarity(query: Term, other: Term) -> float:
    """How far ``other`` says what ``query`` asks for, 0 to 1: the same, a synonym, a spelling or a part of it."""
    if query.key == other.key:
        return 1.0
    best = 0.0
    shared = query.meanings & other.meanings
    if shared:
        cores = max((meaning in query.core) + (meaning in other.core) for meaning in shared)
        best = 0.91 if query.heads & other.heads else (0.8, 0.84, 0.88)[cores]
        if not (set(query.key.split()) & set(other.key.split())) <= WEAK:
            best = min(0.92, best + 0.04)  # "dark theme" is rather "dark" than "appearance"
        if looks().get(query.key, 0) != looks().get(other.key, 0) and query.key in looks() and other.key in looks():
            best = 0.5
    if query.cjk and other.cjk:
        short, long = sorted((query.key, other.key), key=len)
        if len(short) >= 2 and short in long:
            best = max(best, 0.6 + 0.35 * len(short) / len(long))
        return best
    if query.cjk or other.cjk:
        return best
    return max(best, _spelling(query.key, other.key))


def _spelling(a: str, b: str) -> float:
    if a.replace(" ", "") == b.replace(" ", ""):
        return 0.97
    if " " in a or " " in b:
        few, many = sorted((set(a.split()), set(b.split())), key=len)
        return 0.55 if few < many else 0.0
    if a[0] == "(" or b[0] == "(":
        return 0.0  # pairs of numbers are the same or they aren't
    if b == "un" + a and len(a) > 2:
        return 0.9  # what undoes it stands where it stood: a star that is lit is called "unstar"
    if len(a) < 4 or len(b) < 4 or a[0] != b[0]:
        return 0.0
    if a.isdigit() or b.isdigit():
        return 0.0
    if abs(len(a) - len(b)) > 4:
        return 0.0
    short, long = sorted((a, b), key=len)
    if long.startswith(short) and len(short) >= 5:
        return 0.82
    common = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        common += 1
    if common >= 5 and common >= 0.7 * len(long):
        return 0.8
    if len(a) >= 5 and _one_edit(a, b):
        return 0.8
    return 0.0


def _one_edit(a: str, b: str) -> bool:
    """Whether one letter added, dropped, changed or swapped makes one the other."""
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1:
        return False
    at = 0
    while at < len(a) and a[at] == b[at]:
        at += 1
    if len(a) == len(b):
        swapped = at + 1 < len(a) and a[at] == b[at + 1] and a[at + 1] == b[at] and a[at + 2 :] == b[at + 2 :]
        return a[at + 1 :] == b[at + 1 :] or swapped
    return a[at:] == b[at + 1 :]
