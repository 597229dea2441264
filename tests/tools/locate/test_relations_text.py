"""Where the target ends and its surroundings begin."""

from __future__ import annotations

import pytest

from handlens.locate.relations_text import split


@pytest.mark.parametrize(
    "text", ["the sign in button", "log in button", "opt in checkbox", "log on link", "zoom in icon"]
)
def test_the_particle_of_a_verb_is_no_relation(text: str) -> None:
    target, relations = split(text)
    assert (target, relations) == (text, [])


def test_a_relation_to_something_named_stays_one() -> None:
    target, relations = split("the button in the toolbar")
    assert target == "the button"
    assert len(relations) == 1


def test_a_role_at_the_end_is_the_targets_own_unless_it_is_spoken_of_apart() -> None:
    assert split("filter by status dropdown")[0] == "filter dropdown"
    assert split("icon for the search button")[0] == "icon"
