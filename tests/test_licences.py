"""Everything that an install of handlens brings may be used in any product, open or closed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import distribution
from typing import cast

import pytest
from packaging.requirements import Requirement

PERMISSIVE = re.compile(r"MIT|BSD|Apache|ISC|PSF|Zlib|CC0|Python Software Foundation", re.IGNORECASE)
RESTRICTED = re.compile(r"GPL|MPL|Mozilla|SSPL|BUSL|non-?commercial|CC-BY-NC|proprietary", re.IGNORECASE)
# Weak copyleft: they may be linked and shipped unchanged with anything.
UNCHANGED = {"certifi": "MPL-2.0", "tqdm": "MPL-2.0", "psycopg": "LGPL-3.0", "psycopg-binary": "LGPL-3.0"}


def installed(name: str, extras: frozenset[str], seen: dict[str, frozenset[str]]) -> Iterator[Message]:
    """What ``name`` with ``extras`` installs here, itself included, each once."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in seen and extras <= seen[key]:
        return
    new = key not in seen
    seen[key] = seen.get(key, frozenset()) | extras
    found = distribution(name)
    if new:
        yield cast("Message", found.metadata)
    for line in found.requires or ():
        needed = Requirement(line)
        contexts = [{"extra": extra} for extra in extras or {""}]
        if needed.marker is None or any(needed.marker.evaluate(context) for context in contexts):
            yield from installed(needed.name, frozenset(needed.extras), seen)


def licence(metadata: Message) -> str:
    """What a package says of its licence: an expression, or the first line of free text and its classifiers."""
    words = metadata.get_all("Classifier") or []
    free = (metadata.get("License") or "").strip().splitlines()[:1]
    return metadata.get("License-Expression") or " ".join([*free, *(w for w in words if w.startswith("License"))])


@pytest.mark.parametrize("extras", [frozenset[str](), frozenset({"all"})], ids=["library", "all"])
def test_every_package_of_an_install_is_permissive(extras: frozenset[str]) -> None:
    packages = list(installed("handlens", extras, {}))
    assert len(packages) > 10
    for metadata in packages:
        name, told = metadata["Name"].lower(), licence(metadata)
        if name in UNCHANGED:
            assert UNCHANGED[name] in told
        else:
            assert PERMISSIVE.search(told), f"{name} says of its licence: {told!r}"
            assert not RESTRICTED.search(told), f"{name} says of its licence: {told!r}"
