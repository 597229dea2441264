"""Alerts to people: through Apprise, with the evidence, no oftener than is bearable, and tried again when it fails."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from handlens.errors import InvalidInput
from handlens.usage.masking import masked_text
from handlens.usage.rules import Change

log = logging.getLogger(__name__)

TRIES = 4
FIRST_WAIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. ``evidence`` is a picture file, masked already."""

    title: str
    body: str
    evidence: Path | None = None


Send = Callable[[Message], Awaitable[bool]]


def apprise_sender(urls: Sequence[str]) -> Send:
    """Sends to every service of ``urls`` (Apprise's: dingtalk://, feishu://, wecombot://, slack://, mailto://, json://).

    Raises:
        InvalidInput: one is no service that Apprise knows. It is named by its place: it may hold a token.
    """
    try:
        import apprise
    except ImportError as error:
        raise InvalidInput("Alerts need the `usage` extra: pip install 'handlens[usage]'.") from error
    services = apprise.Apprise()
    for number, url in enumerate(urls, start=1):
        if not services.add(url):
            raise InvalidInput(f"Notification address {number} ({url.partition(':')[0]}:…) is none that Apprise knows.")

    async def send(message: Message) -> bool:
        attach = apprise.AppriseAttachment(str(message.evidence)) if message.evidence else None
        return bool(await services.async_notify(title=message.title, body=message.body, attach=attach))

    return send


class Notifier:
    """Sends messages in order; ``dry_run`` only says what would be sent.

    Over ``most_an_hour`` messages are held back and told of, by number, in the next one that may go.
    """

    def __init__(self, send: Send | None, *, most_an_hour: int = 60, dry_run: bool = False) -> None:
        self._send = send
        self._most = most_an_hour
        self._dry_run = dry_run
        self._sent: deque[float] = deque()
        self._held = 0
        self.told: list[Message] = []
        """In a dry run, what would have been sent."""

    async def notify(self, message: Message) -> bool:
        """Whether the message went out (or would have). A failure is logged, never raised: the watch goes on."""
        now = time.monotonic()
        while self._sent and now - self._sent[0] > 3_600:
            self._sent.popleft()
        if len(self._sent) >= self._most:
            self._held += 1
            log.warning("alert held back by the limit of %d an hour: %s", self._most, message.title)
            return False
        if self._held:
            message = Message(message.title, f"{message.body}\n({self._held} alerts were held back.)", message.evidence)
        if self._dry_run or self._send is None:
            self.told.append(message)
            log.info("would alert: %s", message.title)
        elif not await self._tried(self._send, message):
            return False
        self._sent.append(now)
        self._held = 0
        return True

    async def _tried(self, send: Send, message: Message) -> bool:
        for attempt in range(TRIES):
            if attempt:
                await anyio.sleep(FIRST_WAIT_SECONDS * 4 ** (attempt - 1))
            try:
                if await send(message):
                    return True
            except Exception as error:  # noqa: BLE001 - services fail in every way; the watch must outlive them
                log.warning("alert not sent (%s), try %d of %d", type(error).__name__, attempt + 1, TRIES)
        log.error("alert given up: %s", message.title)
        return False


def message_of(console: str, change: Change, evidence: Path | None) -> Message:
    """The message of an alert that opened or closed, without secrets."""
    minutes = (change.at - change.since).total_seconds() / 60
    value = "" if change.value is None else f" Now: {change.value:g}."
    body = (
        f"{change.task} on {console}: rule {change.rule!r} {change.kind} at {change.at.isoformat(timespec='seconds')} "
        f"after {minutes:.0f} minutes.{value} {change.reason}".strip()
    )
    return Message(masked_text(f"[{change.kind}] {change.task}: {change.rule}"), masked_text(body), evidence)
