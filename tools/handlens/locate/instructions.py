"""Sentences around a description: "Close the dialog by clicking the x" asks for the x, in the dialog."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlens.locate.candidates import Snapshot
from handlens.locate.features import hint_words
from handlens.locate.patterns import ROW, VERBS_EN, VERBS_ZH
from handlens.locate.relations_text import Relation
from handlens.locate.text import split_words
from handlens.locate.vocabulary import CHINESE_DIGITS

_ACT = r"(?:click(?:ing)?|press(?:ing)?|tap(?:ping)?|hit(?:ting)?|select(?:ing)?|choos(?:e|ing)|us(?:e|ing))(?: on)?"
_BY = re.compile(rf"^(?P<goal>.+?),? by {_ACT} (?P<what>.+)$")
_FIND = re.compile(
    rf"^(?:find|locate|look for|search for|go to|in|for|on) (?P<where>(?!and\b).+?),? (?:and )?(?:then )?{_ACT} "
    r"(?P<what>.+?)(?P<goal> (?:in order )?to \w+.*)?$"
)
_TO = re.compile(rf"^(?:in order )?to (?P<goal>.+?),? {_ACT} (?P<what>.+)$")
_CLICK_TO = re.compile(
    r"^(?P<what>.+?) (?:in order to|so (?:that|as to)|to) "
    r"(?P<goal>(?:mark|open|see|view|show|start|stop|go|get|make|let|change|turn|expand|hide)\b.+)$"
)
_ANY = re.compile(r"^(?:an?|any|some)\b(?: (?:one )?of(?: the)?)?\s+|^(?:任意|随便|任何)(?:一个|哪个)?")
_THING = re.compile(rf"^(?:{ROW})s? (?:by|from|of|to|with|about|named|called|titled|containing)\b(?: the)? ?")
_SORTED_BY = re.compile(
    r"\b((?:filter|sort|order|group|arrange|search)(?:s|ed|ing)?)(?: (?:them|it|the \w+))? by (?:the )?"
)
_BETWEEN = re.compile(r"^(?:switch|toggle|change|alternate) between ")
_BY_ZH = re.compile(r"^(?:按照|按|根据|以)(.+?)(?:来|进行)?(排序|筛选|过滤|分组)")
_PAGE_ZH = re.compile(r"^(?:跳?转?到?)第([一二三四五六七八九十]|\d+)页$")
_PLAIN = re.compile(
    r"\b(?:please|now|then|left|right|double|click|press|tap|hit|push|on|find|locate)\b|[单双右]击|点[击按开]?|一下|按下?|请"
)
"""Of a verb, what says no more than that something is to be clicked."""
_TICK = re.compile(r"\b(?:select|check|tick)\b|选中|勾选")
_BEARING = re.compile(
    r"^(?:the |an? )?(?:item|one|thing|element|entry|option|control) with (?:the |an? )?(?P<icon>.+ icon)$"
)
_ANY_ONE = re.compile(r"^one of the\s+")


@dataclass(frozen=True, slots=True)
class Instruction:
    """``text`` names the target; ``relations`` is what is said around it; ``indefinite``: any such will do."""

    text: str
    relations: tuple[Relation, ...] = ()
    indefinite: bool = False
    ticks: bool = False
    """What is asked for is to tick or select something."""
    verb: str = ""
    """The verb that was taken off: "jump to"."""


def read_instruction(text: str, *, chinese: bool) -> Instruction:
    """Take the verb off a sentence, and what it says of the goal apart from what to click."""
    relations: list[Relation] = []
    text = _PAGE_ZH.sub(lambda match: f"page {CHINESE_DIGITS.get(match[1], match[1])}", text)
    text = _BETWEEN.sub("toggle ", text)
    text = _SORTED_BY.sub(r"\1 ", text)
    text = _BY_ZH.sub(r"\1的\2", text)
    if not chinese:
        for pattern in (_BY, _TO, _FIND):
            match = pattern.match(text)
            if match is None:
                continue
            if pattern is _FIND:
                where = re.sub(r"^(?:the|a|an) ", "", match["where"])
                relations.append(Relation("row", _THING.sub("", where) or where))
            text = match["what"].strip()
            break
    verb = (VERBS_ZH if chinese else VERBS_EN).match(text)
    ticks = verb is not None and _TICK.search(verb[0]) is not None
    text = text[verb.end() :] if verb is not None else text
    if not chinese and (goal := _CLICK_TO.match(text)) and " " in goal["what"]:
        text = goal["what"]
        if not relations:
            relations.append(Relation("hint", goal["goal"]))
    text = _BEARING.sub(r"\g<icon>", text)
    any_one = _ANY.match(text) or _ANY_ONE.match(text)
    if any_one:
        text = text[any_one.end() :]
    meant = _PLAIN.sub("", verb[0]).strip(" -") if verb is not None else ""
    return Instruction(text, tuple(relations), any_one is not None, ticks, meant)


def pictured(description: str, snapshot: Snapshot) -> str:
    """The description with what the page shows in it as a picture: "the item with the [disk] icon"."""
    words = split_words(description)
    if "icon" not in words or len(words) < 4:
        return description
    said = f" {' '.join(words)} "
    for candidate in snapshot.candidates:
        if candidate.icons and said in f" {' '.join(split_words(candidate.name))} ":
            return re.sub(r"\bicon\b", f"{hint_words(candidate.icons)} icon", description, count=1)
    return description
