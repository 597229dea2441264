"""A description as a query: what the element is called, what it is, where it stands and what it is not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from handlens.locate import relations_text
from handlens.locate.instructions import read_instruction
from handlens.locate.patterns import (
    CONTAINER_WORDS,
    CORNER_OF,
    MARK,
    MEASURED_ZH,
    NAME_EN,
    NAME_ZH,
    NOT_EN,
    NOT_ZH,
    PLACES_EN,
    PLACES_ZH,
    QUOTES,
    STEP_ZH,
    VERB_FIRST,
)
from handlens.locate.states import said_apart
from handlens.locate.text import JOINER, STOP, Term, fold, is_cjk, join_phrases, reads_chinese, similarity, terms
from handlens.locate.vocabulary import (
    CHINESE_DIGITS,
    COLOURS,
    ICON_WORDS,
    ORDINALS,
    ROLES,
    SEARCH_WORDS,
    SHAPES,
    STATES,
)

_VAGUE = frozenset({"widget", "control", "element", "thing", "控件", "元素"})
_HOW_MANY = re.compile(
    r"(?:so |and )?(?:how (?:many|much)|count (?:the|all|how)|what (?:is|'s) the number of)\b"
    r"|.*(?:有几[个条张只种]|有多少)"
)
_ROLE_WORDS = sorted(ROLES, key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class Query:
    """A description taken apart. ``roles`` None means that no role word was said."""

    text: str
    target: tuple[Term, ...]
    quoted: tuple[str, ...] = ()
    roles: frozenset[str] | None = None
    role_word: str = ""
    icon: bool = False
    ordinal: int | None = None
    """Counted from 1; negative counts from the end."""
    places: frozenset[str] = frozenset()
    colour: str = ""
    shape: str = ""
    size: str = ""
    size_word: str = ""
    states: tuple[str, ...] = ()
    relations: tuple[relations_text.Relation, ...] = ()
    excluded: tuple[Query, ...] = ()
    indefinite: bool = False
    """Any one of several will do ("a checkbox")."""
    ticks: bool = False
    """It is to be ticked or selected: what only says so is less than a checkbox beside it."""
    verb: str = ""
    """What is to be done to it, as far as it was taken off: "jump to"."""
    unnamed: bool = False
    """It has no name that others of its role don't have too."""
    words: tuple[str, ...] = field(default=(), compare=False)

    def names_nothing(self) -> bool:
        """Whether it asks how many there are, or rules out just what it names: "Save but not Save"."""
        return _HOW_MANY.match(fold(self.text)) is not None or any(self._is_all_of(other) for other in self.excluded)

    def _is_all_of(self, other: Query) -> bool:
        """Whether whatever answers this answers the other too."""
        seen = COLOURS.keys() | SHAPES.keys()
        looks = all(term.key in seen for term in other.target)
        named = _alike(other.target, self.target) and (looks or _alike(self.target, other.target))
        quoted = {name.casefold() for name in self.quoted} == {name.casefold() for name in other.quoted}
        said = [(relation.kind, relation.text, relation.containers) for relation in self.relations]
        tells = (other.target, other.quoted, other.roles, other.relations, other.places, other.states, other.size)
        return (
            any(tells)
            and (named and (quoted or (looks and not other.quoted)))
            and (other.roles is None or (self.roles is not None and self.roles <= other.roles))
            and all((one.kind, one.text, one.containers) in said for one in other.relations)
            and other.places <= self.places
            and set(other.states) <= set(self.states)
            and other.ordinal in (None, self.ordinal)
            and other.size in ("", self.size)
        )


def parse(description: str) -> Query:
    """Read a description. Any text is accepted; what is not understood is left in ``target``."""
    quotes: list[str] = []

    def keep(match: re.Match[str]) -> str:
        quotes.append(next(part for part in match.groups() if part is not None).strip())
        return f" \ue000{len(quotes) - 1}\ue001 "

    text = STEP_ZH.sub(r"\1个", fold(QUOTES.sub(keep, description)))
    text = re.sub(r"\s+", " ", text).strip(" .。!！?？,，;；")
    return _Parser(description, quotes).query(text)


class _Parser:
    def __init__(self, description: str, quotes: list[str]) -> None:
        self.description = description
        self.quotes = quotes

    def query(self, text: str, depth: int = 0) -> Query:
        chinese = reads_chinese(MARK.sub("", text))
        excluded: list[Query] = []
        text, apart = said_apart(text)
        if depth == 0:
            text, excluded = self._negations(text)
            text, more = said_apart(text)
            apart = (*apart, *more)
        text = re.sub(r"\b(?:second|2nd)[- ](?:to|from)[- ](?:the )?last\b|\bnext to last\b", "penultimate", text)
        text = re.sub(r"\b(?:third|3rd)[- ](?:to|from)[- ](?:the )?last\b", "antepenultimate", text)
        instruction = read_instruction(text, chinese=chinese)
        text, places = _places(instruction.text)
        named, text = self._named(text)
        text, found = relations_text.split(join_phrases(text))
        text = text.replace(JOINER, " ")
        found = [replace(relation, text=relation.text.replace(JOINER, " ")) for relation in found]
        query = self._target(text, named)
        anchors = tuple(
            replace(relation, quoted=self._quoted(relation.text), text=self._plain(relation.text))
            for relation in (*found, *instruction.relations)
        )
        return replace(
            query,
            text=self.description,
            relations=anchors,
            excluded=tuple(excluded),
            places=query.places | places,
            indefinite=instruction.indefinite,
            ticks=instruction.ticks,
            verb=instruction.verb,
            states=tuple(dict.fromkeys((*query.states, *apart))),
        )

    def _negations(self, text: str) -> tuple[str, list[Query]]:
        excluded: list[Query] = []

        def take(match: re.Match[str]) -> str:
            what = match["what"].strip()
            if what in STATES:
                return f", that is not {what}"
            if STATES.get(f"not {what}") or f"not {what.split(' ')[0]}" in STATES:
                return match[0]
            excluded.append(
                self.query(
                    f"one {what}" if re.match(r"(?:in|on|at|of|from|with|under|below|above|next)\b", what) else what,
                    depth=1,
                )
            )
            return " "

        for pattern in (NOT_EN, NOT_ZH):
            reduced = pattern.sub(take, text)
            if reduced.strip(" ,，"):
                text = reduced
            else:
                excluded.clear()
        return re.sub(r"\s+", " ", text).strip(" ,，"), excluded

    def _named(self, text: str) -> tuple[str, str]:
        """What stands behind "labelled" or 名为, and the rest."""
        for pattern in (NAME_EN, NAME_ZH):
            match = pattern.search(text)
            if match is None:
                continue
            before, after = text[: match.start()].strip(), text[match.end() :].strip()
            mark = MARK.match(after)
            if mark:
                return mark[0], f"{before} {after[mark.end() :]}".strip()
            if pattern is NAME_ZH and "的" in after:
                name, _, rest = after.rpartition("的")
                return name, f"{before}{rest}".strip()
            if after:
                name, relation = relations_text.cut(after)
                return name, f"{before} {relation}".strip()
        return "", text

    def _quoted(self, text: str) -> tuple[str, ...]:
        return tuple(self.quotes[int(number)] for number in MARK.findall(text))

    def _plain(self, text: str) -> str:
        return re.sub(r"\s+", " ", MARK.sub(lambda match: " " + self.quotes[int(match[1])] + " ", text)).strip()

    def _target(self, text: str, named: str) -> Query:
        quoted = self._quoted(f"{named} {text}")
        if named and not MARK.search(named):
            quoted = (*quoted, named.strip(" .,，。"))
        text = re.sub(r"\s+", " ", MARK.sub(" ", text)).strip(" ,，")
        text = MEASURED_ZH.sub("", text)
        text = re.sub(r"^(?:(?:the|a|an|that|this)\s+|(?:那个|这个|一个|那|这)\s*)(?=\S)", "", text)
        if quoted and STOP.issuperset(text.split()):
            text = ""  # "the" is left over of: the "x"
        text, ordinal = _ordinal(text)
        text, role_word = _role(text)
        if len(quoted) == 1 and not text and quoted[0].casefold() in ROLES and role_word in _VAGUE:
            role_word, quoted = {"text": "text field"}.get(quoted[0].casefold(), quoted[0].casefold()), ()
        text, states = _take_words(text, STATES)
        text, size, size_word = _size(text)
        colour, shape = _look(text)
        if colour:
            text = re.sub(r"\bcolou?r(?:ed)?\b|的?颜色", " ", text)
        return Query(
            text=text,
            target=tuple(dict.fromkeys(terms(text))),
            quoted=quoted,
            roles=ROLES[role_word] if role_word and ROLES[role_word] else None,
            role_word=role_word,
            icon=role_word in ICON_WORDS,
            ordinal=ordinal,
            colour=colour,
            shape=shape,
            size=size,
            size_word=size_word,
            states=states,
            words=tuple(text.split()),
        )


def _alike(some: tuple[Term, ...], others: tuple[Term, ...]) -> bool:
    """Whether each of some terms is said by one of the others."""
    return all(any(similarity(one, other) >= 0.95 for other in others) for one in some)


def _places(text: str) -> tuple[str, frozenset[str]]:
    found: set[str] = set()
    text = CORNER_OF.sub(r"\1 in ", text)
    for pattern, places in (*PLACES_EN, *PLACES_ZH):
        prefix, suffix = (
            (r"\b", r"(?:\s+of(?: the)? (?:page|screen|window|view))?(?!\s*of\b)(?! (?:" + CONTAINER_WORDS + r")\b)\b")
            if pattern.isascii()
            else (r"(?:在)?(?:页面|屏幕|窗口|网页|界面)?(?:的)?", r"(?:的(?!$))?")
        )
        reduced, count = re.subn(f"{prefix}(?:{pattern}){suffix}", " ", text, count=1)
        if count and reduced.strip(" ,，的the"):
            text = re.sub(r"\s+", " ", reduced).strip(" ,，")
            found.update(places)
            break
    return text, frozenset(found)


def _ordinal(text: str) -> tuple[str, int | None]:
    match = re.search(r"\b(ante)?penultimate\b|\blast but one\b", text)
    if match:
        return _without(text, match), -3 if match[1] else -2
    match = re.search(rf"\b({'|'.join(ORDINALS)})\b", text)
    if match:
        rest = _without(text, match)
        if rest:
            return rest, ORDINALS[match[1]]
    match = re.search(r"(?<!\w)#\s?(\d{1,3})\b|\b(\d{1,3})(?:st|nd|rd|th)\b|\bnumber (\d{1,3})\b", text)
    if match and _without(text, match):
        return _without(text, match), int(match[1] or match[2] or match[3])
    match = re.search(
        r"(倒数)?第([一二两三四五六七八九十]|\d{1,3})(?:个|项|条|行|张|颗|只|页|封|篇|份|件|位|本|部|段|笔)?(?:的)?|最后(?:一|1)?(?:个|项|条|张|颗|封|篇|份|件|位|笔)(?:的)?|首个",
        text,
    )
    if match and _without(text, match):
        if match[2] is None:
            return _without(text, match), 1 if match[0] == "首个" else -1
        number = CHINESE_DIGITS.get(match[2]) or int(match[2])
        return _without(text, match), -number if match[1] else number
    return text, None


def _without(text: str, match: re.Match[str]) -> str:
    return re.sub(r"\s+", " ", text[: match.start()] + " " + text[match.end() :]).strip(" ,，的")


def _role(text: str) -> tuple[str, str]:
    """The role word that a phrase ends in (its head) or, before a name, starts with; and the phrase without it."""
    if VERB_FIRST.match(text):
        return text, ""  # "insert an image" names a deed, not an image
    rest, word = _head(text)
    leading = _LEADING_ROLE.match(text)
    if leading and (not word or word in ("one", "item", "thing", "entry", "text", "label")):
        return leading[2], leading[1]
    if word and rest:
        inner, other = _head(rest)
        if other and ROLES[other] and ROLES[word] and not ROLES[other].isdisjoint(ROLES[word]):
            rest = inner  # "input textbox" is one thing said twice
    return rest, word


_LEADING_ROLE = re.compile(
    r"^(button|link|tab|checkbox|check box|radio button|menu item|option|icon|field|input|switch) (.+)$"
)


def _head(text: str) -> tuple[str, str]:
    forms = [text]
    if text.endswith("s") and not text.endswith(("ss", "options")):  # "the advanced options" are called so
        forms.append(text[:-1])
    for form in forms:
        for word in _ROLE_WORDS:
            if not form.endswith(word):
                continue
            before = form[: len(form) - len(word)]
            search = " search" if word in SEARCH_WORDS else ""
            if not word.isascii():
                return before.strip().removesuffix("的").strip() + search, word
            if not before or before.endswith((" ", "-")) or is_cjk(before[-1:]):
                return before.strip(" -") + search, word
    return text, ""


def _take_words(text: str, table: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    """Which words of the table are in the text. They stay in it: a name may well hold them."""
    found: list[str] = []
    for word in sorted(table, key=len, reverse=True):
        if (word in text) if not word.isascii() else re.search(rf"\b{re.escape(word)}\b", text):
            found.append(table[word])
            text = re.sub(re.escape(word) if not word.isascii() else rf"\b{re.escape(word)}\b", " ", text)
    return re.sub(r"\s+", " ", text).strip(" ,，的"), tuple(dict.fromkeys(found))


_SIZE = re.compile(r"\b(?:very )?(small|tiny|little|smallest|large|big|huge|largest|biggest)\b|(最小|最大|小|大)的")
_SIZES = {
    "smallest": "smallest", "最小": "smallest", "largest": "largest", "biggest": "largest", "最大": "largest",
    "small": "small", "tiny": "small", "little": "small", "小": "small",
}  # fmt: skip


def _size(text: str) -> tuple[str, str, str]:
    match = _SIZE.search(text)
    if match is None:
        return text, "", ""
    word = match[1] or match[2]
    return _without(text, match), _SIZES.get(word, "large"), word


def _look(text: str) -> tuple[str, str]:
    colour = shape = ""
    for word in re.findall(r"[a-z]+", text):
        colour = colour or COLOURS.get(word, "")
        shape = shape or SHAPES.get(word, "")
    if not colour:
        colour = next(
            (
                COLOURS[word]
                for word in sorted(COLOURS, key=len, reverse=True)
                if not word.isascii() and len(word) > 1 and word in text
            ),
            "",
        )
    if not shape:
        shape = next((SHAPES[word] for word in SHAPES if not word.isascii() and len(word) > 1 and word in text), "")
    return colour, shape
