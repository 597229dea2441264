"""Words to inline Markdown: emphasis, superscripts, links, hyphenation mended, nothing that Markdown would misread."""

from __future__ import annotations

import html
import re
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from handlens.pdf.bidi import logical
from handlens.pdf.footnotes import label_of
from handlens.pdf.lines import is_wide, needs_space
from handlens.pdf.model import Style

if TYPE_CHECKING:
    from handlens.pdf.model import Word

_ESCAPED = re.compile(r"([\\`*\[\]<])")
_UNDERSCORE = re.compile(r"(?<!\S)_{3,}(?!\S)|((?<![^\W_])_+|_+(?![^\W_]))")  # but for blanks to be filled in
_STRUCK = re.compile(r"~~+|(?<![\w~/])~(?=[^\W\d])|(?<=\w)~(?![\w~])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_ADDRESS = re.compile(r"\w@\w|\w\.\w+/|^(https?:|www\.|doi:|10\.\d)", re.IGNORECASE)
_WRAPPERS = {Style.SUPER: ("<sup>", "</sup>"), Style.SUB: ("<sub>", "</sub>"), Style.BOLD: ("**", "**"),
             Style.ITALIC: ("*", "*")}  # fmt: skip
_LETTERS = re.compile(r"[^\W_](.*[^\W_])?", re.DOTALL)
_LATEX = "L<sup>A</sup>TEX"  # as it is set
_SCRIPTS = (Style.SUPER, Style.SUB)


class Piece(NamedTuple):
    """Characters of one style and one link."""

    text: str
    style: int
    link: str = ""


def inline_html(rows: list[list[Word]]) -> str:
    """Lines of words as inline HTML: links, superscripts and subscripts; no other emphasis."""
    text = ""
    for link, group in groupby(_pieces(rows, Style.BOLD | Style.ITALIC | Style.MONO), key=lambda p: p.link):
        part = "".join(_raised(html.escape(piece.text, quote=False), piece.style) for piece in group)
        text += f'<a href="{html.escape(link)}">{part}</a>' if link and part.strip() else part
    return text.strip()


def _raised(text: str, style: int) -> str:
    before, after = next((marks for flag, marks in _WRAPPERS.items() if style & flag and flag in _SCRIPTS), ("", ""))
    return f"{before}{text}{after}" if text.strip() else text


def inline(
    rows: list[list[Word]], *, ignore: int = Style.PLAIN, breaks: frozenset[int] = frozenset(), links: bool = False
) -> str:
    """Lines of words as inline Markdown; `ignore` is styles that mean nothing here, `breaks` lines that end there."""
    text, loud = "", False
    pieces = _pieces(rows, ignore, breaks)
    followers = iter([*(piece.text[:1] for piece in pieces[1:]), ""])
    for link, group in groupby(pieces, key=lambda p: p.link if links else ""):
        part = ""
        for piece, follower in zip(group, followers, strict=False):
            style, before = piece.style & ~Style.MONO if link else piece.style, part or text
            emphasis = style & (Style.BOLD | Style.ITALIC)
            if emphasis and loud and not (piece.text[:1].isspace() or before[-1:].isspace()):
                style &= ~emphasis  # two emphases that touch would be read as one
            part += _wrapped(piece.text, style, before[-1:], follower)
            loud = bool(style & (Style.BOLD | Style.ITALIC)) and not piece.text[-1:].isspace()
        text += _linked(part, link) if link else part
    return text.strip().replace(_LATEX, "LaTeX").replace("\n", "\\\n")


def _linked(text: str, target: str) -> str:
    """Inline Markdown as a link, the space round it left outside; an address that is its own text stands bare."""
    body = text.strip()
    if body.replace("\\", "") in (target, target.removeprefix("mailto:")):
        return text.replace(body, f"<{target.removeprefix('mailto:')}>")
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{lead}[{body}]({target}){tail}" if re.search(r"\w", body) else text


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    text = _ESCAPED.sub(r"\\\1", text)
    text = _UNDERSCORE.sub(lambda m: m.group().replace("_", r"\_") if m.group(1) else m.group(), text)
    text = _STRUCK.sub(lambda m: m.group().replace("~", r"\~"), text)
    return _ENTITY.sub("&amp;", text)


def _pieces(rows: list[list[Word]], ignore: int, breaks: frozenset[int] = frozenset()) -> list[Piece]:
    pieces: list[Piece] = []
    rows = [logical(row) for row in rows if row]
    for n, row in enumerate(rows):
        for i, word in enumerate(row):
            last = row[i - 1] if i else rows[n - 1][-1]
            link = word.link if word.link == last.link else ""
            if i:
                if needs_space(last, word):
                    _append(pieces, Piece(" ", word.style & ~ignore & ~(Style.SUPER | Style.SUB), link))
            elif n - 1 in breaks:
                _append(pieces, Piece("\n", Style.PLAIN, link))
            elif n:
                _join_rows(pieces, last, word, link)
            for text, style in word.runs:
                _append(pieces, Piece(text, style & ~ignore, word.link))
    return pieces


def _join_rows(pieces: list[Piece], last: Word, first: Word, link: str) -> None:
    """Between two lines: nothing after a hyphen that parts a word, or between ideographs; otherwise a space."""
    if is_wide(last.text[-1]) or is_wide(first.text[0]):
        return
    if re.search(r"\w-$", last.text) and first.text[0].isdigit():
        return
    if last.text.endswith("-") and len(last.text) > 1 and last.text[-2].isalpha() and first.text[0].isalpha():
        if first.text[0].islower() and "-" not in last.text[:-1] and not last.text[:-1].isupper():
            pieces[-1] = pieces[-1]._replace(text=pieces[-1].text[:-1])
        return
    if last.text.endswith(("/", "-")) and last.text.startswith(("http", "www")):
        return
    _append(pieces, Piece(" ", first.style & last.style & ~(Style.SUPER | Style.SUB), link))


def _append(pieces: list[Piece], piece: Piece) -> None:
    last = pieces[-1] if pieces else None
    if last and (last.style == piece.style or not piece.text.strip()) and last.link == piece.link:
        pieces[-1] = last._replace(text=last.text + piece.text)
    else:
        pieces.append(piece)


def _wrapped(text: str, style: int, before: str, after: str) -> str:
    """One piece with its markers round it; round its letters where they would not open or close emphasis else.

    `before` and `after` are the characters that it stands between, empty at an end.
    """
    lead, body, tail = _parts(text, style, before, after)
    if not body:
        return escaped(text)
    if style & Style.NOTE:
        mark = body.rstrip(",;")
        return f"{lead}[^{label_of(mark)}]{body[len(mark) :]}{tail}"
    if style & Style.MONO and not style & (Style.SUPER | Style.SUB) and not _ADDRESS.search(body):
        fence = "`" * (1 + max((len(run) for run in re.findall("`+", body)), default=0))
        pad = " " if body[0] == "`" or body[-1] == "`" else ""
        return f"{lead}{fence}{pad}{body}{pad}{fence}{tail}"
    body = escaped(body)
    for flag, (before, after) in _WRAPPERS.items():
        if style & flag:
            body = f"{before}{body}{after}"
    return escaped(lead) + body + escaped(tail)


def _parts(text: str, style: int, before: str, after: str) -> tuple[str, str, str]:
    body = text.strip()
    start = len(text) - len(text.lstrip())
    end = start + len(body)
    if not style & (Style.SUPER | Style.SUB | Style.NOTE | Style.MONO):
        letters = _LETTERS.search(text)
        if letters is None:
            return text, "", ""
        start = start if (text[:start][-1:] or before or " ").isspace() else letters.start()
        end = end if (text[end : end + 1] or after or " ").isspace() else letters.end()
    return text[:start], text[start:end], text[end:]
