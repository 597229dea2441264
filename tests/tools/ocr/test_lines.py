"""What of a line found on a screen is given to the recogniser, and what the picture says about letters' cases."""

from __future__ import annotations

import importlib.util
import itertools

import pytest

if not all(importlib.util.find_spec(name) for name in ("numpy", "cv2")):
    pytest.skip("needs the `ocr` extra", allow_module_level=True)

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from handlens.ocr.cases import with_cases
from handlens.ocr.detect import Rotated, snapped, trimmed
from handlens.ocr.glyphs import Characters
from handlens.ocr.recognise import edges_of


def picture() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (300, 80), "#0f172a")
    return image, ImageDraw.Draw(image)


def place(top: float, bottom: float) -> Rotated:
    return Rotated(110, (top + bottom) / 2, 200, bottom - top, 0.0, 1.0)


def reach(cut: Rotated) -> tuple[float, float]:
    return cut.cy - cut.height / 2, cut.cy + cut.height / 2


def test_a_line_is_read_without_what_reaches_in_from_its_neighbours_and_rules() -> None:
    image, pen = picture()
    font = ImageFont.load_default(12)
    pen.text((20, 12), "gjpqy gjpqy", "#e2e8f0", font)
    pen.text((20, 34), "dlrm-nightly-1724", "#e2e8f0", font)
    pen.line((0, 55, 300, 55), "#64748b")
    pen.line((12, 0, 12, 80), "#64748b")
    top, bottom = reach(trimmed(np.asarray(image), place(22, 58)))
    ink = pen.textbbox((20, 34), "dlrm-nightly-1724", font)
    assert (top, bottom) == pytest.approx((ink[1] - 4, ink[3] + 4), abs=2)


def test_the_dots_of_a_line_stay_on_it() -> None:
    image, pen = picture()
    font = ImageFont.load_default(16)
    pen.text((20, 30), "iiiii", "#e2e8f0", font)
    top, _ = reach(trimmed(np.asarray(image), place(20, 60)))
    assert top <= pen.textbbox((20, 30), "iiiii", font)[1]


def test_the_same_text_is_cut_out_the_same_beside_a_rule_and_without_one() -> None:
    widths: list[float] = []
    for ruled in (True, False):
        image, pen = picture()
        pen.text((20, 30), "Running", "#e2e8f0", ImageFont.load_default(14))
        if ruled:
            pen.line((0, 21, 300, 21), "#64748b")
        widths.append(snapped(np.asarray(image), Rotated(45, 38, 72, 36, 0.0, 1.0)).width)
    assert widths[0] == widths[1]


def cased(shown: str, read: str) -> tuple[str, set[int]]:
    """What a line that shows one text and was read as another is said to be, and which lone letters stay unclear."""
    image, pen = picture()
    font = ImageFont.load_default(15)
    pen.text((20, 30), shown, "#e2e8f0", font)
    lefts = [20 + pen.textlength(shown[:at], font) for at in range(len(shown) + 1)]
    edges = list(itertools.pairwise(lefts))
    characters, unclear = with_cases(list(read), lambda: edges, np.asarray(image))
    return "".join(characters), unclear


@pytest.mark.parametrize(
    ("shown", "read"),
    [("A100-80G x 2", "A100-80G X 2"), ("8 vCPU 64 GiB", "8 VCPU 64 GiB"), ("hxw6-o09m", "hxw6-009m"), ("X 2", "x 2")],
)
def test_a_letter_is_as_large_as_it_stands_beside_digits_and_capitals(shown: str, read: str) -> None:
    assert cased(shown, read) == (shown, set())
    assert cased(shown, shown) == (shown, set())


def test_a_digit_stays_one() -> None:
    assert cased("hxw6-009m", "hxw6-009m") == ("hxw6-009m", set())


@pytest.mark.parametrize(("read", "unclear"), [("V100 × 4", set[int]()), ("V100 x 4", {5})])
def test_a_sign_is_not_taken_for_a_letter_and_is_unclear_where_it_was_read_as_one(read: str, unclear: set[int]) -> None:
    image, pen = picture()
    font = ImageFont.load_default(15)
    pen.text((20, 30), "V100     4", "#e2e8f0", font)
    base = pen.textbbox((20, 30), "V100", font)[3]
    left = 20 + pen.textlength("V100 ", font)
    for ends in (((left, base - 9), (left + 6, base - 3)), ((left, base - 3), (left + 6, base - 9))):
        pen.line(ends, "#e2e8f0", 2)
    lefts = [20 + pen.textlength("V100 "[:at], font) for at in range(6)] + [left + 7, left + 9, left + 20]
    assert with_cases(list(read), lambda: list(itertools.pairwise(lefts)), np.asarray(image)) == (
        list("V100 × 4"), unclear,
    )  # fmt: skip


def test_a_sign_a_pixel_above_the_line_is_left_as_it_was_read_and_unclear() -> None:
    image, pen = picture()
    font = ImageFont.load_default(11)
    pen.text((20, 30), "A100     2", "#e2e8f0", font)
    base = pen.textbbox((20, 30), "A100", font)[3]
    left = 20 + pen.textlength("A100 ", font)
    for ends in (((left, base - 6), (left + 5, base - 1)), ((left, base - 1), (left + 5, base - 6))):
        pen.line(ends, "#e2e8f0", 1)
    lefts = [20 + pen.textlength("A100 "[:at], font) for at in range(6)] + [left + 6, left + 8, left + 16]
    found = with_cases(list("A100 x 2"), lambda: list(itertools.pairwise(lefts)), np.asarray(image))
    assert found == (list("A100 x 2"), {5})


def test_a_lone_letter_with_nothing_tall_beside_it_is_unclear() -> None:
    assert cased("x yz", "x yz")[1] == {0}


def test_letters_of_a_word_are_not_alone() -> None:
    assert cased("ops-team", "ops-team") == ("ops-team", set())


def test_the_end_of_a_neighbour_that_a_crop_shows_is_no_part_of_its_line() -> None:
    image, pen = picture()
    font = ImageFont.load_default(14)
    pen.text((6, 30), "s", "#e2e8f0", font)
    pen.text((30, 30), "Wps", "#e2e8f0", font)
    crop = np.asarray(image)[26:50, 2:70]
    middles = [28 + pen.textlength("Wps"[:at], font) + 4 for at in range(3)]
    edges = edges_of(Characters(list("Wps"), middles, [0.9] * 3), crop)
    assert edges[0][0] == pytest.approx(28, abs=2)
