"""Descriptions, taken apart."""

from __future__ import annotations

import pytest

from handlens.locate.query import parse
from handlens.locate.text import similarity, stem, terms


@pytest.mark.parametrize(
    ("description", "target", "role"),
    [
        ("the star icon", ["star"], "icon"),
        ("Click on the trash can", ["trash can"], ""),
        ("button ONE", ["one"], "button"),
        ("购物车图标", ["购物车"], "图标"),
        ("请点击设置按钮", ["设置"], "按钮"),
        ("the 3rd input textbox", [], "textbox"),
        ("insert an image", ["insert", "image"], ""),
        ("take a picture with the camera", ["take picture"], ""),
        ("the advanced options", ["advance", "option"], ""),
        ("账户筛选框", ["账户"], "筛选框"),
        ("the cross in the top right corner of the dialog", ["cross"], ""),
        ("the sign in button next to the logo", ["sign in"], "button"),
        ("the clock in the toolbar", ["clock"], ""),
        ("filter by time", ["filter", "time"], ""),
        ("隐藏工具栏的按钮", ["隐藏", "工具栏"], "按钮"),
        ("编辑 Recipes 的铅笔", ["编辑", "铅笔"], ""),
        ("添加银行卡", ["添加", "银行卡"], ""),
    ],
)
def test_the_target_and_its_role_are_told_apart(description: str, target: list[str], role: str) -> None:
    query = parse(description)
    assert ([term.key for term in query.target], query.role_word) == (target, role)


@pytest.mark.parametrize(
    ("description", "kind", "text"),
    [
        ("the down arrow next to Import", "near", "import"),
        ("the checkbox in front of a text field", "before", "text field"),
        ("编辑 Recipes 的铅笔", "of", "recipes"),
        ("the star in the row of Ann Smith", "row", "ann smith"),
        ("张三那一行的删除按钮", "row", "张三"),
        ("the field below Email", "below", "email"),
        ("the calendar icon next to date joined", "near", "date joined"),
        ("“保存”左边的图标", "left", "保存"),
        ("the close button in the Settings dialog", "in", "settings"),
        ("设置对话框里的取消按钮", "in", "设置"),
        ("delete button for invoice 42", "of", "invoice 42"),
        ("Find the email by Ann and click the star icon", "row", "ann"),
    ],
)
def test_relations_are_read_in_both_languages(description: str, kind: str, text: str) -> None:
    assert [(relation.kind, relation.text) for relation in parse(description).relations] == [(kind, text)]


@pytest.mark.parametrize(
    ("description", "ordinal"),
    [
        ("the second checkbox", 2),
        ("the last tab", -1),
        ("第三个链接", 3),
        ("倒数第二个按钮", -2),
        ("2nd to last button", -2),
    ],
)
def test_ordinals_count_from_either_end(description: str, ordinal: int) -> None:
    assert parse(description).ordinal == ordinal


def test_quoted_text_is_a_name_and_places_and_negations_are_apart() -> None:
    query = parse("the 'Save' button at the top right, not the one in the header")
    assert query.quoted == ("Save",)
    assert query.places == {"top", "right"}
    assert [relation.containers[0] for relation in query.excluded[0].relations] == ["header"]


def test_any_such_thing_is_told_from_one_thing() -> None:
    assert parse("Click on a checkbox").indefinite
    assert not parse("Click on the checkbox").indefinite


@pytest.mark.parametrize(
    "description", ["", "the", "的", "🙂", "a" * 5000, "((((", "\\d+", "第", "'", "not", "in the in the in the"]
)
def test_any_text_can_be_read(description: str) -> None:
    parse(description)


@pytest.mark.parametrize(
    ("one", "other"),
    [("basket", "cart"), ("gear", "settings"), ("齿轮", "settings"), ("sign in", "Log on"), ("删除", "trash")],
)
def test_words_of_one_meaning_are_alike(one: str, other: str) -> None:
    assert similarity(terms(one)[0], terms(other)[0]) >= 0.8


def test_words_of_other_meanings_are_not_alike() -> None:
    assert similarity(terms("cart")[0], terms("chart")[0]) < 0.5
    assert similarity(terms("export")[0], terms("expert")[0]) < 0.9


def test_stems_join_forms_of_a_word() -> None:
    assert {stem(word) for word in ("edit", "edits", "editing", "edited")} == {"edit"}
    assert stem("deleted") == stem("deletes") == "delete"
    assert stem("address") == "address"


def test_an_article_before_a_quoted_name_is_no_part_of_it() -> None:
    query = parse('Close the dialog box by clicking the "x".')
    assert (query.quoted, query.target) == (("x",), ())
