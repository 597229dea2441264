"""What looks like a secret is removed from text, and nothing else is."""

from __future__ import annotations

import pytest

from handlens.browser.secrets import Privacy, redact

KEY = "AKIAIOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"key {KEY}.", "key [secret]."),
        (f"Key{KEY}Copy", "Key[secret]Copy"),
        ("TokenghP ghp_" + "a1B2" * 9, "TokenghP [secret]"),
        ("Tokenglpat-" + "a1B2" * 6, "Token[secret]"),
        ("postgres://app:s3cret@db.example:5432/x", "postgres://[secret]@db.example:5432/x"),
        ("https://me:p%40ss@example.com/", "https://[secret]@example.com/"),
    ],
)
def test_a_secret_is_removed(text: str, left: str) -> None:
    assert redact(text) == left


@pytest.mark.parametrize(
    "text",
    [
        f"{KEY}X",
        f"X{KEY}",
        "https://example.com:8443/a@b",
        "http://example.com/ mail: me@example.com",
        "ssh://git@example.com/x",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_values_that_are_known_are_removed_and_short_ones_are_not() -> None:
    privacy = Privacy(credentials=False).hiding(["a (b) [c]", "abc"])
    assert redact("x a (b) [c] abc", privacy) == "x [secret] abc"
    assert redact("x a (b) [c] abc") == "x a (b) [c] abc"


def test_halves_of_characters_become_question_marks() -> None:
    """A page can hold them, and a text that is cut in the middle of one; JSON can't."""
    assert redact("a\ud83d b \U0001f600") == "a? b \U0001f600"
