"""Alerts to people: through Apprise, with the evidence, no oftener than is bearable, and tried again when it fails.

Whoever posts a message does not wait for it: a service that hangs holds up no look at a console.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import anyio

from handlens.errors import InvalidInput
from handlens.usage.masking import masked_text
from handlens.usage.rules import Change

log = logging.getLogger(__name__)

TRIES = 6
FIRST_WAIT_SECONDS = 1.0
"""Each wait is four times as long as the one before: a service may be away for some minutes."""
MOST_WAITING = 1_000
LAST_SECONDS = 20.0
"""How long messages that still wait when the watch stops may take."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. ``evidence`` is a picture file, masked already."""

    title: str
    body: str
    evidence: Path | None = None


Send = Callable[[Message], Awaitable[bool]]


def apprise_senders(urls: Sequence[str]) -> list[Send]:
    """One for each service of ``urls`` (Apprise's: dingtalk://, feishu://, wecombot://, slack://, mailto://, json://).

    Raises:
        InvalidInput: one is no service that Apprise knows. It is named by its place: it may hold a token.
    """
    try:
        import apprise
    except ImportError as error:
        raise InvalidInput("Alerts need the `usage` extra: pip install 'handlens[usage]'.") from error

    def sender(number: int, url: str) -> Send:
        service = apprise.Apprise()
        if not service.add(url):
            raise InvalidInput(f"Notification address {number} ({url.partition(':')[0]}:…) is none that Apprise knows.")

        async def send(message: Message) -> bool:
            attach = apprise.AppriseAttachment(str(message.evidence)) if message.evidence else None
            return bool(await service.async_notify(title=message.title, body=message.body, attach=attach))

        return send

    return [sender(number, url) for number, url in enumerate(urls, start=1)]


class Notifier:
    """Sends posted messages in order, each by all services; ``dry_run`` only says what would be sent.

    Over ``most_an_hour`` messages are held back and told of, by number, in the next one that may go; so are those
    that are posted while `MOST_WAITING` wait already.
    """

    def __init__(self, services: Sequence[Send], *, most_an_hour: int = 60, dry_run: bool = False) -> None:
        self._services = services
        self._most = most_an_hour
        self._dry_run = dry_run
        self._waiting: deque[Message] = deque()
        self._posted = anyio.Event()
        self._sending = anyio.Lock()
        self._sent: deque[float] = deque()
        self._held = 0
        self.told: deque[Message] = deque(maxlen=MOST_WAITING)
        """In a dry run, what would have been sent: the newest."""

    def post(self, message: Message) -> None:
        """Have a message sent by `run`, as soon as those before it are."""
        if self._dry_run or not self._services:
            if whole := self._admitted(message):
                self.told.append(whole)
                log.info("would alert: %s", message.title)
        elif len(self._waiting) >= MOST_WAITING:
            self._hold(message, f"{MOST_WAITING} wait already")
        else:
            self._waiting.append(message)
            self._posted.set()

    async def run(self) -> None:
        """Send what is posted, until cancelled."""
        while True:
            await self._posted.wait()
            self._posted = anyio.Event()
            await self._send_waiting()

    async def _send_waiting(self) -> None:
        """Send what waits now. A message leaves the queue when it was sent or given up."""
        async with self._sending:
            while self._waiting:
                if whole := self._admitted(self._waiting[0]):
                    await self._tried(whole)
                self._waiting.popleft()

    async def close(self) -> None:
        """Send what still waits, within `LAST_SECONDS`; what can't be sent is logged. `run` may be cancelled then."""
        with anyio.move_on_after(LAST_SECONDS):
            await self._send_waiting()
        for message in self._waiting:
            log.error("alert not sent, the watch ends: %s", message.title)
        self._waiting.clear()

    def _admitted(self, message: Message) -> Message | None:
        """The message, with the number of those held back before it; None where it must be held back itself."""
        now = time.monotonic()
        while self._sent and now - self._sent[0] > 3_600:
            self._sent.popleft()
        if len(self._sent) >= self._most:
            self._hold(message, f"the limit is {self._most} an hour")
            return None
        self._sent.append(now)
        held, self._held = self._held, 0
        if not held:
            return message
        return Message(message.title, f"{message.body}\n({held} alerts were held back.)", message.evidence)

    def _hold(self, message: Message, why: str) -> None:
        self._held += 1
        log.warning("alert held back, %s: %s", why, message.title)

    async def _tried(self, message: Message) -> None:
        """Try all services, and those that fail again. A failure is logged, never raised: the watch goes on."""
        left = list(self._services)
        for attempt in range(TRIES):
            if attempt:
                await anyio.sleep(FIRST_WAIT_SECONDS * 4 ** (attempt - 1))
            left = [send for send in left if not await _sent(send, message, attempt)]
            if not left:
                return
        log.error("alert given up by %d of %d services: %s", len(left), len(self._services), message.title)


async def _sent(send: Send, message: Message, attempt: int) -> bool:
    why = "refused"
    try:
        if await send(message):
            return True
    except Exception as error:  # noqa: BLE001 - services fail in every way; the watch must outlive them
        why = type(error).__name__
    log.warning("alert not sent (%s), try %d of %d", why, attempt + 1, TRIES)
    return False


def message_of(console: str, change: Change, evidence: Path | None) -> Message:
    """The message of an alert that opened or closed, without secrets."""
    value = "" if change.value is None else f" Now: {_written(change.value, change.metric)}."
    body = (
        f"{change.task} on {console}: rule {change.rule!r} {change.kind} at {change.at.isoformat(timespec='seconds')} "
        f"after {_lasted(change.at - change.since)}.{value} {change.reason}".strip()
    )
    return Message(masked_text(f"[{change.kind}] {change.task}: {change.rule}"), masked_text(body), evidence)


def _lasted(time: timedelta) -> str:
    minutes = time.total_seconds() / 60
    if minutes < 1.5:
        return f"{60 * minutes:.0f} seconds"
    return f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"


def _written(value: float, metric: str) -> str:
    return f"{value:.3g} %" if metric.endswith("percent") else f"{value / 2**30:.4g} GiB"
