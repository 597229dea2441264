"""Writes the generated tables of the README anew:  python tests/readme.py"""

from __future__ import annotations

import re
from pathlib import Path

from handlens_server.show import settings_reference, tool_table

README = Path(__file__).parent.parent / "README.md"


def regenerated(text: str) -> str:
    """``text`` with each part between a `generated` mark and its end as the code has it now."""
    for name, table in (("tools", tool_table()), ("settings", settings_reference())):
        part = re.compile(rf"(<!-- {name}: generated [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)
        text = part.sub(lambda found, table=table: f"{found[1]}\n{table}\n\n{found[2]}", text)
    return text


if __name__ == "__main__":
    README.write_text(regenerated(README.read_text(encoding="utf-8")), encoding="utf-8")
