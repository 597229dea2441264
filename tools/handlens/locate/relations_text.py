"""Where in a description the target ends and the things beside it begin: "in the row of X", "X 左边的"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from handlens.locate.patterns import DEEDS, RELATIONS_EN, RELATIONS_ZH, SIDES_ZH
from handlens.locate.text import reads_chinese, terms
from handlens.locate.vocabulary import CHINESE_DIGITS, CONTAINERS, ORDINALS, ROLES


@dataclass(frozen=True, slots=True)
class Relation:
    """``kind``: row, in, left, right, above, below, near, between, after, before, of. ``containers`` for "in"."""

    kind: str
    text: str = ""
    quoted: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    ordinal: int | None = None
    places: frozenset[str] = frozenset()
    """Where on the page the container is: "the left menu"."""


_HEAD = re.compile(r"(?<=[a-z\ue001]) (button|dropdown|tab|checkbox|radio button|toggle|switch|slider|menu item)$")
"""A role at the end of a description is the target's own."""
_DEEDS_ZH = r"(?:下载|编辑|删除|查看|打开|复制|回复|转发|移除|分享|打印|修改|预览|展开|收起|收藏|播放)"
_DEED_ZH = re.compile(
    rf"^(?:{_DEEDS_ZH[3:-1]}|关闭|隐藏|显示|切换|添加|新增|取消|启动|停止|重命名|刷新|清空|导出|导入|上传|保存|选择|勾选|置顶)"
)
_NTH_ZH = re.compile(
    rf"(?P<deed>{_DEEDS_ZH})?第(?P<nth>[一二两三四五六七八九十]|\d{{1,3}})[张个条封份项行篇款笔件位].{{0,6}}"
)


def split(text: str) -> tuple[str, list[Relation]]:
    """The target's own phrase, and the relations in the order in which they were said."""
    return _chinese(text) if reads_chinese(re.sub("\ue000\\d+\ue001", "", text)) else _english(text)


def cut(text: str) -> tuple[str, str]:
    """A phrase up to where a relation of place starts, and the rest."""
    found = _first(text, weak=False)
    return (text[: found[1].start()].strip(), text[found[1].start() :]) if found else (text, "")


def _first(text: str, weak: bool = True) -> tuple[str, re.Match[str]] | None:
    best: tuple[str, re.Match[str]] | None = None
    for kind, pattern in RELATIONS_EN:
        if kind == "of" and not weak:
            continue
        for match in pattern.finditer(text):
            if match.start() == 0 and kind not in ("left", "right", "above", "below", "near"):
                continue
            if kind == "of" and text[match.end() :].strip() in ROLES and not match[0].endswith("the"):
                continue  # a verb's particle, not a relation: "the sign in button", "the log on link"
            if best is None or match.start() < best[1].start():
                best = (kind, match)
            break
    return best


def _english(text: str) -> tuple[str, list[Relation]]:
    relations: list[Relation] = []
    possessive = re.match(rf"(?:(?P<verb>{DEEDS}) )?(?:the )?(?P<owner>[^']+?)'s (?P<what>.+)$", text)
    if possessive:
        deed = possessive["verb"]
        text = f"{deed} {possessive['what']}" if deed else possessive["what"]
        relations.append(Relation("row" if deed else "of", possessive["owner"]))
    first = _first(text)
    if first is None:
        return text, relations
    described = re.search(r"\bthe$", first[1][0]) or re.match(r" ?(?:an?|this|that) ", text[first[1].end() :])
    if first[0] == "of" and not described and (head := _HEAD.search(text)) and head.start() > first[1].end():
        what, more = _english(text[: head.start()].strip())  # "the filter by status dropdown" is a dropdown
        return f"{what} {head[1]}", [*relations, *more]
    whole, target = text, text[: first[1].start()].strip(" ,")
    rest: tuple[str, re.Match[str]] | None = first
    while rest is not None and len(relations) < 4:
        kind, match = rest
        after = text[match.end() :]
        rest = _first_after(after)
        anchor = (after[: rest[1].start()] if rest else after).strip(" ,")
        anchor = re.sub(r"^(?:the|a|an|this|that)\b ?", "", anchor)
        relation = _relation(kind, match, anchor)
        if relation.text or relation.containers or relation.ordinal is not None:
            relations.append(relation)
        text = after
    return (target if relations else whole), relations


_SIDE = re.compile(
    r"^(?:(?:the|far) )*(left|right|top|bottom|upper|lower)(?:[- ]hand)?(?: side)?\b ?"
    r"|^([左右上下顶底])[侧边面方部端]?"
)
_SIDES = {
    "upper": "top", "lower": "bottom",
    "左": "left", "右": "right", "上": "top", "顶": "top", "下": "bottom", "底": "bottom",
}  # fmt: skip


def _placed(relation: Relation) -> Relation:
    """ "The left menu" is no menu called left."""
    side = _SIDE.match(relation.text)
    if side is None:
        return relation
    said = side[1] or side[2]
    return replace(relation, text=relation.text[side.end() :].strip(), places=frozenset({_SIDES.get(said, said)}))


def _first_after(text: str) -> tuple[str, re.Match[str]] | None:
    """The next relation behind an anchor; "of" and "for" inside an anchor are part of its name."""
    found = _first(text, weak=False)
    return found if found and found[1].start() > 0 else None


def _relation(kind: str, match: re.Match[str], anchor: str) -> Relation:
    if kind == "row_nth":
        return Relation("row", anchor, ordinal=ORDINALS[match["nth"]])
    if kind == "row_pre":
        return Relation("row", f"{match['what']} {anchor}".strip())
    if kind == "in":
        label = match["what"].strip() if match["what"] else ""
        if match["tail"]:
            label = f"{label} {anchor}".strip()
        return _placed(Relation("in", label, containers=CONTAINERS[match["box"]]))
    if kind == "heading":
        return Relation("heading", anchor)
    if kind == "after":
        anchor = re.sub(r"(?<=\S) (?:in front|before it|(?:to|on) its left)$", "", anchor)
    if kind == "of":
        anchor = re.sub(r"(?<=\S) (?:icon|symbol|glyph|logo)$", "", anchor)  # what has a bin icon shows a bin
    return Relation(kind, anchor)


def _chinese(text: str) -> tuple[str, list[Relation]]:
    relations: list[Relation] = []
    for _ in range(3):
        for kind, pattern in RELATIONS_ZH:
            match = pattern.match(text)
            if (
                match is None
                or not match["rest"].strip()
                or (
                    kind in ("row",)
                    and re.fullmatch(r"第?.{0,2}", match["what"].strip())
                    and match["what"].startswith("第")
                )
            ):
                continue
            nth = _NTH_ZH.fullmatch(match["what"].strip()) if kind == "of" else None
            deed = _deed_before(match["what"]) if kind in ("of", "in", "inside", "row", "side") and nth is None else ""
            if deed and match["rest"].strip() in ROLES:
                return re.sub(r"的(?=[^的]*$)", " ", text), relations  # 隐藏工具栏的按钮
            text = match["rest"].strip()
            if deed:  # 编辑 Recipes 的铅笔
                relation = _chinese_relation(kind, match)
                relation = replace(relation, text=relation.text[len(deed) :].strip())
                relations += [relation] if relation.text or relation.containers else []
                text = f"{deed} {text}"
            elif nth is not None:  # 下载第三张发票的 PDF
                relations.append(Relation("row", ordinal=CHINESE_DIGITS.get(nth["nth"]) or int(nth["nth"])))
                text = f"{nth['deed'] or ''} {text}".strip()
            else:
                relations.append(_chinese_relation(kind, match))
            break
        else:
            break
    return text, relations


def _deed_before(what: str) -> str:
    """The deed that a phrase begins with, where what it is done to follows: 编辑 Recipes, but not 播放列表."""
    found = _DEED_ZH.match(what)
    return found[0] if found and terms(what)[0].key == found[0] else ""


def _chinese_relation(kind: str, match: re.Match[str]) -> Relation:
    if kind == "row_nth":
        number = CHINESE_DIGITS.get(match["nth"]) or int(match["nth"])
        return Relation("row", "", ordinal=-number if match["last"] else number)
    what = re.sub(r"^(?:在|那个|这个)", "", match["what"].strip()).removesuffix("的")
    if kind == "side":
        return Relation(SIDES_ZH[match["side"][0]], what)
    if kind == "in":
        return _placed(Relation("in", what, containers=CONTAINERS[match["box"]]))
    if kind == "inside":
        return Relation("of", what)
    return Relation(kind, what)
