"""Words to inline Markdown: emphasis, superscripts, links, hyphenation mended, nothing that Markdown would misread."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handlens.pdf.lines import is_wide, needs_space
from handlens.pdf.model import Style

if TYPE_CHECKING:
    from handlens.pdf.lines import Line
    from handlens.pdf.model import Word

_ESCAPED = re.compile(r"([\\`*\[\]<])")
_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_WRAPPERS = {Style.SUPER: ("<sup>", "</sup>"), Style.SUB: ("<sub>", "</sub>"), Style.BOLD: ("**", "**"),
             Style.ITALIC: ("*", "*")}  # fmt: skip

Piece = tuple[str, Style]


def plain(lines: list[Line]) -> str:
    """The text of lines as one paragraph, without markup."""
    return "".join(text for text, _ in _pieces([line.words for line in lines], Style.PLAIN))


def inline(rows: list[list[Word]], *, ignore: Style = Style.PLAIN) -> str:
    """Lines of words as inline Markdown on one line; `ignore` names styles that mean nothing here."""
    text, loud = "", False
    for piece, style in _pieces(rows, ignore | Style.MONO):
        emphasis = style & (Style.BOLD | Style.ITALIC)
        if emphasis and loud and not (piece[:1].isspace() or text[-1:].isspace()):
            style &= ~emphasis  # two emphases that touch would be read as one
        text += _wrapped(piece, style)
        loud = bool(style & (Style.BOLD | Style.ITALIC)) and not piece[-1:].isspace()
    return text.strip()


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    text = _ESCAPED.sub(r"\\\1", text)
    text = _UNDERSCORE.sub(r"\\_", text)
    return _ENTITY.sub("&amp;", text)


def _pieces(rows: list[list[Word]], ignore: Style) -> list[Piece]:
    pieces: list[Piece] = []
    rows = [row for row in rows if row]
    for n, row in enumerate(rows):
        for i, word in enumerate(row):
            if i:
                if needs_space(row[i - 1], word):
                    _append(pieces, " ", word.style & ~ignore & ~(Style.SUPER | Style.SUB))
            elif n:
                _join_rows(pieces, rows[n - 1][-1], word)
            for text, style in word.runs:
                _append(pieces, text, style & ~ignore)
    return pieces


def _join_rows(pieces: list[Piece], last: Word, first: Word) -> None:
    """Between two lines: nothing after a hyphen that parts a word, or between ideographs; otherwise a space."""
    if is_wide(last.text[-1]) and is_wide(first.text[0]):
        return
    if last.text.endswith("-") and len(last.text) > 1 and last.text[-2].isalpha() and first.text[0].isalpha():
        if first.text[0].islower() and "-" not in last.text[:-1] and not last.text[:-1].isupper():
            text, style = pieces[-1]
            pieces[-1] = (text[:-1], style)
        return
    if last.text.endswith(("/", "-")) and last.text.startswith(("http", "www")):
        return
    _append(pieces, " ", first.style & last.style & ~(Style.SUPER | Style.SUB | Style.MONO))


def _append(pieces: list[Piece], text: str, style: Style) -> None:
    if pieces and pieces[-1][1] == style:
        pieces[-1] = (pieces[-1][0] + text, style)
    elif pieces and not text.strip():
        pieces[-1] = (pieces[-1][0] + text, pieces[-1][1])
    else:
        pieces.append((text, style))


def _wrapped(text: str, style: Style) -> str:
    """One piece with its markers round its letters, so that they open and close emphasis wherever they stand."""
    lead, body, tail = _parts(text, style)
    if not body:
        return escaped(text)
    body = escaped(body)
    for flag, (before, after) in _WRAPPERS.items():
        if style & flag:
            body = f"{before}{body}{after}"
    return escaped(lead) + body + escaped(tail)


def _parts(text: str, style: Style) -> tuple[str, str, str]:
    strip = not style & (Style.SUPER | Style.SUB)
    start, end = 0, len(text)
    while start < end and (text[start].isspace() or (strip and not text[start].isalnum())):
        start += 1
    while end > start and (text[end - 1].isspace() or (strip and not text[end - 1].isalnum())):
        end -= 1
    return text[:start], text[start:end], text[end:]
