"""The README says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from readme import README, regenerated


def test_the_tables_of_the_readme_are_what_the_code_says() -> None:
    text = README.read_text(encoding="utf-8")
    assert regenerated(text) == text, "run: python tests/readme.py"


def test_every_file_that_the_readme_names_exists() -> None:
    text = README.read_text(encoding="utf-8")
    named = re.findall(r"(?:\]\(|`|bash )((?:examples|tests|tools|server)/[\w./-]+)", text)
    missing = [
        name for name in named if not (Path(README).parent / name).exists() and name != "tools/handlens/my_tool.py"
    ]
    assert named
    assert missing == []
