"""What all tests share: the --slow switch, the event loop, a page server, and a kit with a browser."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, currentframe
from pathlib import Path

import pytest
from blockbuster import BlockBuster

from fakes.no_engines import forbid_engines
from handlens.errors import NoSuchSession
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.testing.pages import PageServer, Reply

HERE = Path(__file__).parent
Serve = Callable[..., str]
SLOW_MARKS = ("slow", "engine", "database", "conformance")
_left_out = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run tests marked " + ", ".join(SLOW_MARKS))
    parser.addoption("--update-snapshots", action="store_true", help="write the snapshots of tool declarations anew")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what is marked slow, unless --slow is given or the test was asked for by its name."""
    config.stash[_left_out] = Counter()
    if config.getoption("--slow") or any("::" in argument for argument in config.args):
        return
    kept: list[pytest.Item] = []
    for item in items:
        mark = next((name for name in SLOW_MARKS if item.get_closest_marker(name)), None)
        if mark is None:
            kept.append(item)
        else:
            config.stash[_left_out][mark] += 1
    if dropped := [item for item in items if item not in set(kept)]:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash.get(_left_out, Counter[str]())
    if left_out:
        told = ", ".join(f"{count} {mark}" for mark, count in left_out.items())
        terminalreporter.write_line(f"Left out: {told} (run them with --slow)")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Playwright knows only asyncio, so async tests run on it. One loop serves the whole run."""
    return "asyncio"


@pytest.fixture(autouse=True)
def no_engines(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only tests marked `engine` may reach or start one."""
    if request.node.get_closest_marker("engine") is None:
        forbid_engines(monkeypatch)


@pytest.fixture
def site() -> Iterator[PageServer]:
    """An empty page server on loopback: put pages into ``site.pages``."""
    with PageServer() as server:
        yield server


@pytest.fixture
def serve(site: PageServer) -> Serve:
    """Serve some HTML at a path of its own, and say its URL."""

    def served(html: str, status: int = 200) -> str:
        path = f"/{len(site.pages)}"
        site.pages[path] = Reply(html, status=status)
        return site.url(path)

    return served


@pytest.fixture(scope="session")
async def shared_kit(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kit]:
    """One kit, and so one browser, for the whole run. Take `kit`, which closes what a test leaves open."""
    async with open_kit(artifacts=tmp_path_factory.mktemp("artifacts")) as kit:
        yield kit


@pytest.fixture
async def kit(shared_kit: Kit) -> AsyncIterator[Kit]:
    """A kit without a guard against private addresses, for tests that open loopback pages."""
    yield shared_kit
    await close_all(shared_kit)


async def close_all(kit: Kit) -> None:
    """Close what the kit's caller has open."""
    for session in kit.browser.owned(kit.caller):
        with suppress(NoSuchSession):  # a tab that went with the session that opened it
            await kit.browser.end(session.id, kit.caller)


MOMENTS = re.compile(r"os\.|io\.|builtins\.input")
"""Calls that wait for the disk alone: scripts and word lists of ours are read when first needed."""


@pytest.fixture(autouse=True)
def nothing_blocks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever of ours blocks the event loop of an async test raises there: sleeping, a lock, a socket, a database."""
    if "anyio_backend" not in request.fixturenames:
        yield
        return
    detector = BlockBuster(["handlens", "handlens_server"])
    for name, function in detector.functions.items():
        if not MOMENTS.match(name):
            allowed = function.can_block_predicate
            function.can_block_predicate = lambda *given, allowed=allowed, **named: (
                allowed(*given, **named) or asked_by_the_test()
            )
            function.activate()
    yield
    detector.deactivate()


def asked_by_the_test() -> bool:
    """Whether the nearest coroutine is a test's own: what it calls itself may block it."""
    frame = currentframe()
    while frame is not None and not frame.f_code.co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR):
        frame = frame.f_back
    return frame is not None and Path(frame.f_code.co_filename).is_relative_to(HERE)
