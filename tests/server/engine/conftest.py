"""Two engines that run elsewhere, for all tests that leave them as they were."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakes.real_engine import RunningEngine


@pytest.fixture(scope="session")
def running_engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RunningEngine]]:
    """Two of them, each on a port of its own."""
    folder = tmp_path_factory.mktemp("engines")
    engines = [RunningEngine("tiny", folder) for _ in range(2)]
    try:
        for engine in engines:
            engine.wait(400)
        yield engines
    finally:
        for engine in engines:
            engine.kill()
