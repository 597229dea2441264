"""Numbers that a model may have made up are marked, in whatever characters it writes them."""

from __future__ import annotations

import pytest

from handlens.pdf.sight.numbers import known_numbers, marked, numbers_in


def test_numbers_are_found_in_all_the_ways_of_writing_them() -> None:
    assert numbers_in("−3.5 at ½ of 10² m, step ① in chapter Ⅳ") == ["-3.5", "½", "10", "²", "①", "Ⅳ"]


@pytest.mark.parametrize("made_up", ["²", "½", "①", "Ⅷ", "₃", "⅞"])
def test_a_number_that_only_sight_read_is_marked_whatever_its_characters(made_up: str) -> None:
    assert marked(f"a {made_up} b", known_numbers(["a", "b", "4"])) == (
        f"a <mark>{made_up}</mark> b",
        1,
    )


@pytest.mark.parametrize(("layer", "seen"), [("m2", "m²"), ("m²", "m2"), ("CO2", "CO₂"), ("①", "1"), ("½", "½")])
def test_a_number_that_the_text_sets_raised_or_ringed_by_other_means_is_known(layer: str, seen: str) -> None:
    assert marked(seen, known_numbers([layer])) == (seen, 0)


def test_a_fraction_is_not_known_by_its_parts() -> None:
    assert marked("½", known_numbers(["1", "2"])) == ("<mark>½</mark>", 1)
