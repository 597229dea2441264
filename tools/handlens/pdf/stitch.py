"""Pages put together: paragraphs and tables that go on over a page break are joined, footnotes told apart."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from handlens.pdf.flow import run_on
from handlens.pdf.result import PageResult

_TABLE = re.compile(r"<table>\n(.*?)\n</table>", re.DOTALL)
_CELL = re.compile(r"<t[hd]([^>]*)>(.*?)</t[hd]>", re.DOTALL)
_ACROSS = re.compile(r'colspan="(\d+)"')
_CLOSED = "\n</table>"
_LABEL = re.compile(r"\[\^([^\]\s]+)\]")
_NOTE = re.compile(r"^\[\^([^\]\s]+)\]: ", re.MULTILINE)


class Stitcher:
    """Puts pages together one by one. `add` gives what a page adds; `end` what is left after the last one."""

    def __init__(self, *, page_breaks: bool = False) -> None:
        self._page_breaks = page_breaks
        self._open = False
        self._last = -1
        self._tail = ""
        self._held = ""
        self._labels: set[str] = set()

    def add(self, page: PageResult) -> str:
        """What a page adds to the document's Markdown, with whatever separates it from the page before."""
        text = self._relabelled(page.markdown)
        marker = f"<!-- page {page.index + 1} -->\n\n" if self._page_breaks else ""
        if not text:
            self._last = page.index
            return self.end() + (f"\n\n{marker.strip()}" if self._tail else marker.strip()) if marker else ""
        if not self._tail:
            glue = marker
        elif marker:
            glue = self.end() + "\n\n" + marker
        elif page.index != self._last + 1:
            glue = self.end() + "\n\n"  # pages are missing between the two
        elif self._open and page.joins:
            whole, glue = run_on(self._tail, text)
            glue = self.end() + glue if whole == self._tail else glue
            self._held = ""
        elif (rows := (_html_continued if self._held == _CLOSED else _pipes_continued)(self._tail, text)) is not None:
            glue, text = "\n", rows
        else:
            glue = self.end() + "\n\n"
        self._open, self._last = page.open, page.index
        if glue != "\n" or "\n\n" in text:  # else the table that it goes on with is still the last block
            self._tail = text.rsplit("\n\n", 1)[-1]
        self._held = _CLOSED if text.endswith(_CLOSED) else "-" if page.open and text.endswith("-") else ""
        return glue + text.removesuffix(self._held)

    def end(self) -> str:
        """The end of a table or of a parted word that was held back, because it might have gone on."""
        held, self._held = self._held, ""
        return held

    def _relabelled(self, text: str) -> str:
        """A page's Markdown, its footnotes' labels made other than those of earlier pages."""
        labels = _NOTE.findall(text) if "[^" in text else []  # code has [^a-z] too
        renamed = {label: _free(label, self._labels) for label in labels}
        self._labels |= set(renamed.values())
        return _LABEL.sub(lambda m: f"[^{renamed.get(m.group(1), m.group(1))}]", text) if labels else text


def _free(label: str, taken: set[str]) -> str:
    free, n = label, 2
    while free in taken:
        free, n = f"{label}-{n}", n + 1
    return free


def _pipes_continued(above: str, below: str) -> str | None:
    """The rows of a pipe table at the top of a page that goes on from one at the end of the page before."""
    last = above.rsplit("\n\n", 1)[-1].split("\n")
    first, _, rest = below.partition("\n\n")
    rows = first.split("\n")
    if len(last) < 2 or len(rows) < 2 or not all(r.startswith("| ") for r in (last[-1], rows[0])):
        return None
    if not last[1].startswith("| ---") or last[1] != rows[1]:
        return None
    body = rows[2:] if rows[0] == last[0] else [rows[0], *rows[2:]]
    return "\n".join(body) + (f"\n\n{rest}" if rest else "") if body else None


def _html_continued(above: str, below: str) -> str | None:
    """The same for an HTML table above: its further rows, from an HTML or a pipe table of as many columns."""
    first, _, rest = below.partition("\n\n")
    upper, lower = _TABLE.findall(above)[-1].split("\n"), _rows(first)
    if not lower or _width(upper[0]) != _width(lower[0]):
        return None
    same = 0
    while same < min(len(upper), len(lower)) and upper[same] == lower[same] and "<th" in lower[same]:
        same += 1
    body = [re.sub(r"<(/?)th\b", r"<\1td", row) for row in lower[same:]]
    if not body:
        return None
    return "\n".join(body) + _CLOSED + (f"\n\n{rest}" if rest else "")


def _rows(block: str) -> list[str]:
    """The rows of a block that is a table, as HTML; none where it is something else."""
    if match := _TABLE.fullmatch(block):
        return match.group(1).split("\n")
    lines = block.split("\n")
    if len(lines) < 2 or not lines[1].startswith("| ---"):
        return []
    cells = [re.split(r"(?<!\\) ?\| ?", line)[1:-1] for line in (lines[0], *lines[2:])]
    plain = [[html.escape(re.sub(r"\\([|\\`*_\[\]<])", r"\1", cell), quote=False) for cell in row] for row in cells]
    return ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in plain]


def _width(row: str) -> int:
    """How many columns the first row of a table covers."""
    spans = [_ACROSS.search(attributes) for attributes, _ in _CELL.findall(row)]
    return sum(int(span.group(1)) if span else 1 for span in spans)


def stitch(pages: Iterable[PageResult], *, page_breaks: bool = False) -> str:
    """The Markdown of pages put together."""
    stitcher = Stitcher(page_breaks=page_breaks)
    return "".join([*(stitcher.add(page) for page in pages), stitcher.end()])
