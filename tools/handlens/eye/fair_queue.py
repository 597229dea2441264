"""A queue in which nobody waits behind another caller's hundred questions."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio

from handlens.errors import EyeBusy

Waits = Callable[[int], Awaitable[None]]
"""Told once, with how many wait before, when a turn does not come at once."""


class FairQueue:
    """At most ``at_once`` turns are taken; the next goes to the waiting caller who has the fewest, and longest ago."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._places = waiting
        self._waiting: dict[str, deque[anyio.Event]] = {}
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
            EyeBusy: too many wait already.
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
        before = self.waiting
        if before >= self._places:
            raise EyeBusy(
                f"{self.running} questions are being answered and {before} wait: try again in a moment, or raise "
                "eye.questions_waiting or eye.questions_at_once."
            )
        turn = anyio.Event()
        self._waiting.setdefault(caller, deque()).append(turn)
        try:
            if waits:
                await waits(before)
            await turn.wait()
        except BaseException:  # cancelled, or nobody listens: give back the place, or the turn that just came
            if turn.is_set():
                self._leave(caller)
            else:
                self._waiting[caller].remove(turn)
                self._forget_empty(caller)
            raise

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
            turn = self._waiting[following].popleft()
            self._forget_empty(following)
            self._take(following)
            turn.set()
        if not self._taken:
            self._served.clear()
            self._emptied.set()
            self._emptied = anyio.Event()

    def _forget_empty(self, caller: str) -> None:
        if not self._waiting[caller]:
            del self._waiting[caller]
