"""The words of a description that are no name: roles, ordinals, places, colours, states; English and Chinese."""

from __future__ import annotations

from importlib.resources import files


def _table(name: str) -> dict[str, str]:
    """A file of ``words/`` as word → what stands left of the colon. Lines: ``meaning: english, … | chinese, …``."""
    found: dict[str, str] = {}
    for line in (files("handlens.locate") / "words" / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        meaning, _, words = line.partition(":")
        for word in words.replace("|", ",").split(","):
            if word.strip():
                found[word.strip()] = meaning.strip()
    return found


FIELD = frozenset(
    {"textbox", "searchbox", "combobox", "spinbutton", "datepicker", "colorpicker", "filechooser", "slider"}
)
ROLES = {word: frozenset(roles.split()) for word, roles in _table("roles").items()}
CONTAINERS = {word: tuple(kinds.split(", ")) for word, kinds in _table("containers").items()}
COLOURS = _table("colours")
SHAPES = _table("shapes")
STATES = _table("states")
ICON_WORDS = frozenset({"icon", "symbol", "glyph", "图标", "小图标", "logo", "标志"})
SEARCH_WORDS = frozenset({"search box", "search bar", "search field", "search input", "searchbox", "搜索框", "搜索栏"})

ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10, "10th": 10,
    "eleventh": 11, "11th": 11, "twelfth": 12, "12th": 12, "last": -1, "final": -1, "bottommost": -1,
}  # fmt: skip
CHINESE_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
