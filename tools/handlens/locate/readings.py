"""What else a query may mean, where nothing answers it as it was read first."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from handlens.locate.patterns import ROW
from handlens.locate.query import Query
from handlens.locate.relations_text import Relation
from handlens.locate.text import WEAK, Term, lexicon_names, looks, stem_phrase, terms, word_list

_ARTICLE = re.compile(r"^(?:the|an?|this|that|my)\s+")
_KIND = re.compile(rf"(?:^|\s)(?:{ROW}|entry|section|panel)$|(?:卡片|条目|那一行|这一行|那行|面板|通知|会话|对话)$")
CRITERIA = frozenset({"filter", "sort", "order", "group", "arrange", "search", "排序", "筛选", "过滤", "搜索"})
"""Deeds that are done by something, not to it: what follows is the control's own name, not its row's."""
SWITCHES = frozenset({"checkbox", "switch", "radio"})
_BESIDE = SWITCHES | {"slider", "spinbutton", "textbox", "searchbox", "combobox"}
"""Roles that are often named by nothing but the text that stands beside them."""


@cache
def _deeds() -> frozenset[int]:
    """The lines of the lexicon that are deeds."""
    wanted = word_list("deeds")
    return frozenset(number for number, name in lexicon_names().items() if name in wanted)


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(stem_phrase(word.replace("_", " ")) for word in word_list(name))


def _handles(term: Term) -> bool:
    """Whether it says only that a control is to be used: "change", "turn on"."""
    return term.key in _words("handling") or term.key in _words("turning")


def undone(query: Query) -> Term | None:
    """The deed that the target has to say: what only stands by it, or is called like what it is done to, is less."""
    deed = deed_of(query)
    return deed if deed is not None and not _handles(deed) else None


def deed_of(query: Query) -> Term | None:
    """The deed that a query begins with, where it says what that is done to: "download photo1.png"."""
    first = query.target[0] if query.target else None
    if first is None or not (_deeds() & first.core or _handles(first)):
        return None
    return first if len(query.target) > 1 or query.quoted else None


def other_readings(query: Query) -> list[Query]:
    """Further readings, the likeliest first."""
    return [
        *_new_readings(query),
        *_of_readings(query),
        *_deed_readings(query),
        *_beside_readings(query),
        *_size_readings(query),
    ]


def _size_readings(query: Query) -> list[Query]:
    """ "The large size" and "small talk" may be called so, not look so."""
    if not query.size or query.quoted:
        return []
    target = dict.fromkeys((*terms(query.size_word), *query.target))
    return [replace(query, target=tuple(target), words=(query.size_word, *query.words), size="")]


def word_by_word(query: Query) -> Query | None:
    """A phrase that nothing is called may be said in other words: 取消订阅 by what cancels, at a subscription."""
    if query.quoted or not any(term.meanings and _pieces(term) for term in query.target):
        return None
    target = dict.fromkeys(piece for term in query.target for piece in _pieces(term) or (term,))
    return replace(query, target=tuple(target))


@cache
def _pieces(term: Term) -> tuple[Term, ...]:
    """The words of a phrase, each known by itself."""
    if not term.cjk:
        return tuple(piece for word in term.key.split() for piece in terms(word)) if " " in term.key else ()
    for length in range(2, len(term.key) - 1):
        pieces = (*terms(term.key[:length]), *terms(term.key[length:]))
        if len(pieces) == 2 and all(piece.meanings for piece in pieces):
            return pieces
    return ()


def _new_readings(query: Query) -> list[Query]:
    """ "Start a new chat" and "create a new table" say the same deed twice: a new one is made."""
    if len(query.target) < 3 or query.target[1].key not in ("new", "新") or query.target[0].key not in _words("making"):
        return []
    return [replace(query, target=query.target[1:], words=query.words[1:])]


def counted_rows(query: Query) -> Query | None:
    """ "Edit the first card" counts cards, not what edits them."""
    deed = deed_of(query)
    if deed is None or query.quoted or _handles(deed):
        return None
    rest = _behind(deed, query)
    if query.ordinal is None or not _KIND.fullmatch(_ARTICLE.sub("", rest)):
        return None
    row = Relation("row", ordinal=query.ordinal)
    return replace(query, target=(deed,), words=(deed.key,), ordinal=None, relations=(*query.relations, row))


def _of_readings(query: Query) -> list[Query]:
    """ "The checkbox of Ann" may stand in her row, and "the report of May" may be what something is called."""
    at = next((at for at, r in enumerate(query.relations) if r.kind == "of" and not r.quoted and r.text), None)
    if at is None:
        return []
    relation, rest = query.relations[at], (*query.relations[:at], *query.relations[at + 1 :])
    if query.words and _KIND.fullmatch(" ".join(query.words)):  # "the message about lunch" is what speaks of lunch
        return [replace(query, target=terms(relation.text), words=tuple(relation.text.split()), relations=rest)]
    bare_link = not query.target and query.roles is not None and "link" in query.roles
    readings = [] if bare_link else [replace(query, relations=(*rest, replace(relation, kind="row")))]
    if query.target and not all(term.key in looks() for term in query.target):
        whole = (*query.words, *relation.text.split())
        readings.append(replace(query, target=query.target + terms(relation.text), words=whole, relations=rest))
    return readings


def _deed_readings(query: Query) -> list[Query]:
    """ "Download photo1.png": the control that downloads stands with what is called so, or has it for its name."""
    deed = deed_of(query)
    if deed is None:
        return []
    rest = _behind(deed, query)
    readings: list[Query] = []
    if (rest or query.quoted) and deed.key not in CRITERIA:
        row = Relation("row", _thing(rest) or " ".join(query.quoted[:1]) or rest, query.quoted)
        readings.append(replace(query, target=(deed,), words=(deed.key,), quoted=(), relations=(*query.relations, row)))
    if _handles(deed) and len(query.target) > 1:
        readings.append(replace(query, target=query.target[1:], words=tuple(rest.split()) or query.words))
        if rest and query.roles is None and deed.key in _words("turning"):
            row = Relation("row", rest, query.quoted)
            readings.append(
                replace(
                    query,
                    target=(),
                    unnamed=True,
                    roles=SWITCHES,
                    role_word="switch",
                    relations=(*query.relations, row),
                )
            )
    return readings


def _beside_readings(query: Query) -> list[Query]:
    """ "The Email digest toggle": a switch that has no name stands with the text."""
    if query.ticks and query.roles is None and query.target:
        query = replace(query, roles=SWITCHES, role_word="checkbox")
    beside = query.roles is not None and (query.roles <= _BESIDE or "switch" in query.roles)
    if not query.target or not beside or query.quoted:
        return []
    row = Relation("row", " ".join(query.words))
    return [replace(query, target=(), unnamed=True, relations=(*query.relations, row))]


def _thing(text: str) -> str:
    """ "The Recipes card" is told by "Recipes"."""
    return _KIND.sub("", _ARTICLE.sub("", text)).strip()


def _behind(deed: Term, query: Query) -> str:
    """What a query says after its deed."""
    text = " ".join(query.words)
    if deed.cjk:
        return text.partition(deed.key)[2].strip(" 的")
    words = text.split()
    for count in range(1, min(4, len(words)) + 1):
        if deed in terms(" ".join(words[:count])):
            return " ".join(words[count:])
    return ""


def promoted(query: Query) -> Query:
    """With nothing said of the target itself, what it is "for" or "that" it does is what it is called by."""
    if query.quoted or any(term.key not in WEAK for term in query.target):
        return query
    for kind in ("of", "row"):
        for relation in query.relations:
            wanted = terms(relation.text)
            if relation.kind != kind or not wanted or relation.ordinal is not None:
                continue
            if kind == "of":
                rest = tuple(r for r in query.relations if r is not relation)
                words = (*relation.text.split(), *query.words)
                return replace(query, target=wanted + query.target, words=words, quoted=relation.quoted, relations=rest)
            if wanted[0].meanings and len(wanted) > 1 and wanted[0].cjk and not query.target:
                shorter = replace(relation, text=relation.text.removeprefix(wanted[0].key))
                rest = tuple(shorter if r is relation else r for r in query.relations)
                return replace(query, target=wanted[:1], words=(wanted[0].key,), relations=rest)
    return query
