"""Read the JSON value in a model's answer, and say what had to be mended to do so.

For servers without structured outputs: fences, words round the value, single quotes, trailing commas, comments,
Python's literals, raw line breaks in strings, and arrays that were cut off. Mending never guesses: two different
values, a key given twice, an unquoted string or a number that JSON does not know are refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from string import hexdigits
from typing import Any

from handlens.errors import EyeAnswerInvalid

__all__ = ["ReadJson", "read_json"]

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 60
_FENCE = re.compile(r"```[ \t]*(\w*)[ \t]*\r?\n?(.*?)(?:```|\Z)", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
_LITERALS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
_BRACKET = re.compile(r"[\[\]{}]")
_WORD = re.compile(r"[A-Za-z_]\w*")
_SPACE = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_QUOTES = {'"': '"', "'": "'", "“": "”"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True)
class ReadJson:
    """A value as `json.loads` gives it. ``truncated``: the answer ended early and only its complete part is here."""

    value: Any
    truncated: bool = False
    mended: bool = False


class _Unreadable(Exception):
    """This is no JSON value, from here."""


def read_json(text: str) -> ReadJson:
    """The one JSON value of ``text``.

    Raises:
        EyeAnswerInvalid: there is none, there are several different ones, or it can't be read without guessing.
    """
    if len(text) > MAX_CHARACTERS:
        raise EyeAnswerInvalid(f"The answer has {len(text)} characters; at most {MAX_CHARACTERS} are read.")
    read = _read(text)
    if "\\u" in text:
        try:
            json.dumps(read.value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise EyeAnswerInvalid("The answer holds half a character, which nothing can write.") from error
    return read


def _read(text: str) -> ReadJson:
    try:
        return ReadJson(json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant))
    except (ValueError, RecursionError):  # ValueError: also a number of thousands of digits
        pass
    found = [value for part in _fenced(text) for value in _values(part)] or _values(text)
    if not found:
        raise EyeAnswerInvalid("The answer holds no JSON value.")
    if any(other.value != found[0].value for other in found):
        raise EyeAnswerInvalid(f"The answer holds {len(found)} different JSON values; give exactly one.")
    return ReadJson(found[0].value, truncated=any(each.truncated for each in found), mended=True)


def _fenced(text: str) -> list[str]:
    return [match[2] for match in _FENCE.finditer(text)]


def _values(text: str) -> list[ReadJson]:
    """Every object or array that stands by itself in ``text``."""
    found: list[ReadJson] = []
    at = 0
    while (start := _next_opening(text, at)) is not None:
        reader = _Reader(text, start)
        try:
            value = reader.value(0)
        except _Unreadable:
            at = _after_group(text, start)
            continue
        found.append(ReadJson(value, truncated=reader.truncated))
        at = reader.at
    return found


def _after_group(text: str, start: int) -> int:
    """Where the unreadable group at ``start`` ends: what stands inside it is no answer by itself."""
    depth = 0
    for bracket in _BRACKET.finditer(text, start):
        depth += 1 if bracket[0] in "{[" else -1
        if depth == 0:
            return bracket.end()
    return len(text)


def _next_opening(text: str, at: int) -> int | None:
    places = [place for place in (text.find("{", at), text.find("[", at)) if place >= 0]
    return min(places, default=None)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found and found[key] != value:
            raise EyeAnswerInvalid(f"The answer gives {key[:40]!r} twice, with different values.")
        found[key] = value
    return found


def _refuse_constant(name: str) -> Any:
    raise EyeAnswerInvalid(f"{name} is no JSON number.")


class _Reader:
    """A tolerant reader of one value. At the end of the text it drops what is incomplete and sets ``truncated``."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at
        self.truncated = False

    def value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise EyeAnswerInvalid(f"The answer is nested more than {MAX_DEPTH} deep.")
        self._skip()
        character = self._peek()
        if character == "{":
            return self._object(depth)
        if character == "[":
            return self._array(depth)
        if character in _QUOTES:
            return self._string()
        return self._scalar()

    def _object(self, depth: int) -> dict[str, Any]:
        self.at += 1
        pairs: list[tuple[str, Any]] = []
        while not self._closes("}"):
            key = self._key()
            self._skip()
            if self._peek() != ":":
                raise _Unreadable
            self.at += 1
            pairs.append((key, self.value(depth + 1)))
            if self.truncated:
                break  # its last value is a list that was cut off
            self._separator("}")
        return _unique(pairs)

    def _array(self, depth: int) -> list[Any]:
        self.at += 1
        items: list[Any] = []
        try:
            while not self._closes("]"):
                item = self.value(depth + 1)
                if self.truncated:
                    break  # half a row or half an object would be a wrong item
                items.append(item)
                self._separator("]")
        except _EndOfText:
            if any(isinstance(item, int | float) for item in items):
                raise  # half of some coordinates would be others
            self.truncated = True
        return items

    def _closes(self, closing: str) -> bool:
        self._skip()
        if self._peek() == closing:
            self.at += 1
            return True
        return False

    def _separator(self, closing: str) -> None:
        self._skip()
        character = self._peek()
        if character == ",":
            self.at += 1
        elif character != closing:
            raise _Unreadable

    def _key(self) -> str:
        self._skip()
        if self._peek() in _QUOTES:
            return self._string()
        word = _WORD.match(self.text, self.at)
        if word is None:
            raise _Unreadable
        self.at = word.end()
        return word[0]

    def _scalar(self) -> Any:
        number = _NUMBER.match(self.text, self.at)
        if number is not None:
            if number.end() == len(self.text):
                raise _EndOfText  # 12 may be the beginning of 123
            self.at = number.end()
            try:
                return json.loads(number[0])
            except ValueError as error:
                raise EyeAnswerInvalid("The answer holds a number of too many digits.") from error
        word = _WORD.match(self.text, self.at)
        if word is None or word[0] not in _LITERALS:
            raise _Unreadable
        self.at = word.end()
        return _LITERALS[word[0]]

    def _string(self) -> str:
        closing = _QUOTES[self.text[self.at]]
        self.at += 1
        parts: list[str] = []
        while True:
            character = self._peek()
            self.at += 1
            if character == closing:
                return _whole("".join(parts))
            parts.append(self._escape() if character == "\\" else character)

    def _escape(self) -> str:
        character = self._peek()
        self.at += 1
        if character != "u":
            return _ESCAPES.get(character, character if character in "\"'\\/" else "\\" + character)
        digits = self.text[self.at : self.at + 4]
        if len(digits) == 4 and set(digits) <= set(hexdigits):
            self.at += 4
            return chr(int(digits, 16))
        raise _Unreadable

    def _skip(self) -> None:
        space = _SPACE.match(self.text, self.at)
        assert space is not None
        self.at = space.end()

    def _peek(self) -> str:
        if self.at >= len(self.text):
            raise _EndOfText
        return self.text[self.at]


def _whole(text: str) -> str:
    """Join escaped halves of characters, as ``\\ud83d\\ude00``."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


class _EndOfText(_Unreadable):
    """The text ends inside a value. Outside an array nothing complete is left to keep."""
