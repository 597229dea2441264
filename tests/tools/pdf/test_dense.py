"""Pages with very much on them, by accident or by intent: the work grows about as fast as what is on the page."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from handlens.pdf.convert import convert
from handlens.pdf.options import Options
from tools.pdf.making import Page, pdf_of

pytestmark = pytest.mark.slow

_MOST = 8.0  # where the work of each thing were to look at all others, four times as many would be 16 times the work


def scattered(side: int) -> Page:
    """Short words anywhere on the page."""
    chance = random.Random(7)
    page = Page()
    for _ in range(side * side):
        page.text(chance.uniform(20, 560), chance.uniform(20, 820), chance.choice(["ore", "isle", "12", "on"]), size=4)
    return page


def cells(side: int) -> Page:
    """A ruled table of as many rows as columns."""
    wide, high = 560 / side, 780 / side
    page = Page()
    for n in range(side + 1):
        page.rule(20, 20 + n * high, 580, 20 + n * high).rule(20 + n * wide, 20, 20 + n * wide, 800)
    for n in range(side * side):
        page.text(21 + n % side * wide, 18 + (n // side + 1) * high, str(n % 90), size=4)
    return page


def linked(side: int) -> Page:
    """Words of which each has a link of its own."""
    page, links = Page(), []
    for n in range(side * side):
        x, y = 20 + n % side * 540 / side, 20 + n // side * 780 / side
        page.text(x, y, "sea", size=4)
        links.append(f"<< /Type /Annot /Subtype /Link /Rect [{x:.0f} {842 - y:.0f} {x + 9:.0f} {848 - y:.0f}] "
                     f"/A << /S /URI /URI (https://example.org/{n}) >> >>")  # fmt: skip
    page.annotations = " ".join(links)
    return page


def woven(side: int) -> Page:
    """Short strokes across and down that lie beside one another and cross."""
    page = Page().text(60, 12, "Cloth")
    for n in range(side * side):
        x, y = 20 + n % side * 520 / side, 20 + n // side * 780 / side
        page.rule(x, y, x + 400 / side, y).rule(x, y, x, y + 600 / side)
    return page


def level(side: int) -> Page:
    """Level rules of many widths over words."""
    page = Page()
    for n in range(side * side):
        at = 20 + n * 790 / side / side
        page.rule(20 + n * 7 % 50, at, 100 + n * 13 % 400, at).text(20 + n * 11 % 500, at, "tide", size=1.6)
    return page


def work(call: Callable[[], object]) -> int:
    """How many steps (bytecodes) Python takes for a call."""
    count = 0

    def step(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(("drawn", "side"), [(scattered, 17), (cells, 12), (linked, 12), (woven, 12), (level, 12)])
def test_the_work_grows_about_as_fast_as_what_is_on_the_page(drawn: Callable[[int], Page], side: int) -> None:
    little, much = (pdf_of(drawn(n)) for n in (side, 2 * side))
    convert(little)  # what is loaded once is loaded
    options = Options(ocr=False, figures=False)
    grown = work(lambda: convert(much, options=options)) / work(lambda: convert(little, options=options))
    assert grown < _MOST


def test_a_page_of_scattered_words_says_that_their_order_is_a_guess() -> None:
    [page] = convert(pdf_of(scattered(45)), options=Options(ocr=False)).pages
    assert "scattered pieces; their order is a guess" in page.notes[0]
    assert page.markdown.count("isle") > 300


def test_links_that_are_more_than_are_read_are_told() -> None:
    [page] = convert(pdf_of(linked(46)), options=Options(ocr=False)).pages
    assert "This page has more than 2,000 links; those after them are left out." in page.notes
    assert "](https://example.org/7)" in page.markdown
