"""Page ranges as people write them: "1-3, 7, 10-"."""

from __future__ import annotations

import re

from handlens.errors import InvalidInput

_PART = re.compile(r"(\d+)?(\s*-\s*(\d+)?)?")


def parse_pages(text: str | None, count: int) -> list[int]:
    """Page indices (from 0), in the order asked for, of a document of `count` pages; all of them for None.

    Raises:
        InvalidInput: not a range, backwards, or beyond the last page.
    """
    if text is None or not text.strip():
        return list(range(count))
    indices: list[int] = []
    for part in filter(str.strip, text.split(",")) if text.strip(", ") else [text]:
        first, last = _range(part.strip(), count)
        if first > last:
            raise InvalidInput(f"The page range {part.strip()!r} runs backwards; write {last}-{first}.")
        if first < 1 or last > count:
            raise InvalidInput(f"The page range {part.strip()!r} is out of reach: the document has pages 1 to {count}.")
        indices += range(first - 1, last)
    return list(dict.fromkeys(indices))


def write_pages(indices: list[int]) -> str:
    """Page indices (from 0) as a range that `parse_pages` reads: "1-3,7"."""
    runs: list[list[int]] = []
    for index in indices:
        if runs and index == runs[-1][-1] + 1:
            runs[-1][1:] = [index]
        else:
            runs.append([index])
    return ",".join("-".join(str(index + 1) for index in run) for run in runs)


def _range(part: str, count: int) -> tuple[int, int]:
    match = _PART.fullmatch(part)
    if not match or not (match.group(1) or match.group(3)):
        raise InvalidInput(f"{part!r} is no page range. Write pages from 1 on, such as 1-3,7 or 10-.")
    first = int(match.group(1)) if match.group(1) else 1
    if match.group(2) is None:
        return first, first
    return first, int(match.group(3)) if match.group(3) else max(count, first)
