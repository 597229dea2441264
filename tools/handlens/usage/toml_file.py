"""Files that people write, in TOML: read and validated, with the line and the reason of a mistake."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from handlens.errors import InvalidInput

ModelT = TypeVar("ModelT", bound=BaseModel)


class DoubledName(ValueError):
    """Two of a list have the same name; ``place`` is where the second gets it."""

    def __init__(self, kind: str, number: int, name: str) -> None:
        super().__init__(f"two are named {name!r}")
        self.place = (kind, number, "name")


def names_differ(kind: str, names: Sequence[str]) -> None:
    """Raises `DoubledName` for the first name that was there before."""
    for number, name in enumerate(names):
        if name in names[:number]:
            raise DoubledName(kind, number, name)


def load_toml(path: Path, model: type[ModelT]) -> ModelT:
    """The model of a file.

    Raises:
        InvalidInput: it can't be read or says something wrong; which line, and why.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path.name} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name} is no UTF-8 text, at byte {error.start}.") from error
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{path.name} is no valid TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place: Sequence[Any] = first["loc"]
        if isinstance(doubled := first.get("ctx", {}).get("error"), DoubledName):
            place = doubled.place
        where = ".".join(str(part) for part in place) or "the file"
        raise InvalidInput(
            f"{path.name} is wrong in line {line_of(text, place)}, at {where}: {first['msg']}."
        ) from error


def line_of(text: str, place: Sequence[Any]) -> int:
    """The line of what a validation error names: the key inside its table, or the table's head."""
    lines = text.splitlines()
    at = 0
    if place and isinstance(place[0], str):
        heads = [n for n, line in enumerate(lines) if re.match(rf"\s*\[\[?\s*{re.escape(place[0])}\s*\]?\]", line)]
        index = place[1] if len(place) > 1 and isinstance(place[1], int) else 0
        at = heads[index] if index < len(heads) else _line_with(lines, place[0], 0) or 0
        if len(place) > 2:
            inside = _line_with(lines, str(place[2]), at + 1)
            at = at if inside is None else inside
    return at + 1


def _line_with(lines: Sequence[str], key: str, first: int) -> int | None:
    """Where ``key`` gets its value, before the next table begins."""
    for number in range(first, len(lines)):
        if lines[number].lstrip().startswith("[["):
            return None
        if re.match(rf"\s*{re.escape(key)}\s*=", lines[number]):
            return number
    return None
