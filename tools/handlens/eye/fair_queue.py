"""A queue in which nobody waits behind another caller's hundred questions."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from handlens.errors import EyeBusy

Waits = Callable[[int], Awaitable[None]]
"""Told once, with how many wait before, when a turn does not come at once."""


@dataclass(eq=False, slots=True)
class _Place:
    """In a line. ``called`` with a turn, or without one to make room for a caller who had fewer places."""

    called: anyio.Event = field(default_factory=anyio.Event)
    has_turn: bool = False


class FairQueue:
    """At most ``at_once`` turns are taken; the next goes to the waiting caller who has the fewest, and longest ago."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._places = waiting
        self._waiting: dict[str, deque[_Place]] = {}
        self._taken: Counter[str] = Counter()
        self._served: dict[str, int] = {}
        self._turns = 0
        self._emptied = anyio.Event()

    @property
    def running(self) -> int:
        return self._taken.total()

    @property
    def waiting(self) -> int:
        return sum(len(line) for line in self._waiting.values())

    async def emptied(self) -> None:
        """Wait until no turn is taken and nobody waits for one."""
        while self.running:
            await self._emptied.wait()

    @asynccontextmanager
    async def turn(self, caller: str, waits: Waits | None = None) -> AsyncGenerator[None]:
        """Wait for a turn and keep it for the length of the block.

        Raises:
            EyeBusy: too many wait already, or too many of this caller when another came.
        """
        if self.running >= self._at_once or self._waiting:
            await self._wait(caller, waits)
        else:
            self._take(caller)
        try:
            yield
        finally:
            self._leave(caller)

    async def _wait(self, caller: str, waits: Waits | None) -> None:
        if self.waiting >= self._places:
            self._make_room(caller)
        before = self.waiting
        place = _Place()
        self._waiting.setdefault(caller, deque()).append(place)
        try:
            if waits:
                await waits(before)
            await place.called.wait()
        except BaseException:  # cancelled, or nobody listens: give back the place, or the turn that just came
            if place.has_turn:
                self._leave(caller)
            elif not place.called.is_set():
                self._waiting[caller].remove(place)
                self._forget_empty(caller)
            raise
        if not place.has_turn:
            raise self._busy()

    def _make_room(self, caller: str) -> None:
        """Send away the newest question of the longest line, where that is longer than the caller's will be."""
        longest = max(self._waiting, key=lambda each: len(self._waiting[each]), default=caller)
        if len(self._waiting.get(longest, ())) <= len(self._waiting.get(caller, ())) + 1:
            raise self._busy()
        self._waiting[longest].pop().called.set()

    def _busy(self) -> EyeBusy:
        return EyeBusy(
            f"{self.running} questions are being answered and {self.waiting} wait: try again in a moment, or raise "
            "eye.questions_waiting or eye.questions_at_once."
        )

    def _take(self, caller: str) -> None:
        self._taken[caller] += 1
        self._turns += 1
        self._served[caller] = self._turns

    def _leave(self, caller: str) -> None:
        self._taken[caller] -= 1
        if self._taken[caller] <= 0:
            del self._taken[caller]
        while self._waiting and self.running < self._at_once:
            following = min(self._waiting, key=lambda each: (self._taken[each], self._served.get(each, 0)))
            place = self._waiting[following].popleft()
            self._forget_empty(following)
            self._take(following)
            place.has_turn = True
            place.called.set()
        if not self._taken:
            self._served.clear()
            self._emptied.set()
            self._emptied = anyio.Event()

    def _forget_empty(self, caller: str) -> None:
        if not self._waiting[caller]:
            del self._waiting[caller]
