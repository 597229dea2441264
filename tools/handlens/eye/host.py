"""An eye that is the host's own model, asked through whatever channel the host offers for that."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio

from handlens.browser.secrets import redact
from handlens.errors import EyeAnswerInvalid, EyeUnavailable, LimitExceeded, TimedOut
from handlens.eye import qwen3_vl
from handlens.eye.protocol import Answer, Effort, EyeLimits, EyeStatus, Parse, Usage
from handlens.eye.question import question_for
from handlens.eye.self_check import ANSWER_TOKENS, Verdict, check_sight
from handlens.kit import Caller
from handlens.tool import Picture

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sampled:
    """A host's answer: its words and the model that it says it asked."""

    words: str
    model: str


Sample = Callable[[Sequence[Picture], str, int], Awaitable[Sampled]]
"""Ask the host about pictures, with a question and at most so many answer tokens. Raises `EyeUnavailable`."""


@dataclass
class HostSight:
    """What is known of one host's model. It is checked once, for few models answer on the 0 to 1000 grid."""

    verdict: Verdict | None = None
    lock: anyio.Lock = field(default_factory=anyio.Lock)


class HostEye:
    """`Eye` for the length of one call. There is one tier: the host chooses its model."""

    def __init__(self, sample: Sample, sight: HostSight, *, limits: EyeLimits | None = None) -> None:
        self._sample = sample
        self._sight = sight
        self._limits = limits or EyeLimits()

    @property
    def status(self) -> EyeStatus:
        verdict = self._sight.verdict
        if verdict is None:
            return EyeStatus("ready", "the host's model is asked; its sight is checked at its first question")
        return EyeStatus("ready" if verdict.outcome == "sees" else "blind", f"the host's model: {verdict.because}")

    async def ask(
        self,
        pictures: Sequence[Picture],
        question: str,
        answer_type: type[T],
        *,
        effort: Effort = "routine",
        parse: Parse[T] | None = None,
        schema: Any = None,
        caller: Caller | None = None,  # noqa: ARG002  (one call has one caller, and its host's queue is the host's)
        answer_tokens: int | None = None,
    ) -> Answer[T]:
        """See `handlens.eye.protocol.Eye.ask`."""
        if len(pictures) > self._limits.pictures:
            raise LimitExceeded(f"{len(pictures)} pictures are too many for a question.", setting="eye.pictures")
        asked = question_for(
            [],
            question,
            answer_type,
            parse=parse,
            schema=schema,
            effort=effort,
            answer_tokens=answer_tokens,
            limits=self._limits,
        )
        try:
            with anyio.fail_after(self._limits.question_seconds):
                await self._check()
                return await self._answer(pictures, asked.text, asked.read, asked.answer_tokens)
        except TimeoutError as error:
            raise TimedOut(
                f"The host did not answer within {self._limits.question_seconds:.0f} s.",
                setting="eye.question_seconds",
            ) from error

    async def _answer(
        self,
        pictures: Sequence[Picture],
        text: str,
        read: Callable[[str], tuple[T, bool | None]],
        answer_tokens: int,
    ) -> Answer[T]:
        started = time.monotonic()
        correction = ""
        for tries in (1, 2):
            sampled = await self._sample(pictures, text + correction, answer_tokens)
            try:
                reply = qwen3_vl.split_reasoning(sampled.words, None, thinking=False)
                value, cut = read(reply.answer)
            except EyeAnswerInvalid as error:
                _log.debug("unusable answer of %s: %s: %r", sampled.model, error, redact(sampled.words[:4_000]))
                if tries == 2:
                    raise EyeAnswerInvalid(f"The host's answer can't be used, twice. {error}") from error
                correction = f"\n\nAn earlier answer could not be used: {error}"
                continue
            seconds = time.monotonic() - started
            return Answer(value, sampled.model, Usage(0, 0), seconds, reply.reasoning, truncated=bool(cut), tries=tries)
        raise AssertionError("two tries either answer or raise")

    async def _check(self) -> None:
        async with self._sight.lock:
            if self._sight.verdict is None:
                self._sight.verdict = await check_sight(self._words)
        if self._sight.verdict.outcome != "sees":
            raise EyeUnavailable(
                f"The host's model can't be trusted with places: {self._sight.verdict.because}. "
                "Use the embedded reader or an engine."
            )

    async def _words(self, picture: Picture, question: str) -> str:
        return (await self._sample([picture], question, ANSWER_TOKENS)).words
