"""The eye on one or several engines that speak the OpenAI API: asks, retries, corrects, and watches who can see."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

import anyio
from pydantic import TypeAdapter

from handlens.browser.secrets import redact
from handlens.errors import (
    EyeAnswerInvalid,
    EyeError,
    EyeUnavailable,
    HandlensError,
    InvalidInput,
    LimitExceeded,
    TimedOut,
)
from handlens.eye import qwen3_vl
from handlens.eye.chat import Correction, Said, chat_request, read_chat_response
from handlens.eye.engine_link import Endpoint, EngineGoneError, EngineLink, EngineRefusedError
from handlens.eye.engine_pool import EnginePool
from handlens.eye.fair_queue import FairQueue
from handlens.eye.pictures import PictureCache
from handlens.eye.protocol import Answer, Effort, EyeLimits, EyeStatus, Parse
from handlens.eye.question import Question, is_about_schemas, question_for, refusal
from handlens.eye.self_check import ANSWER_TOKENS, Verdict, check_sight
from handlens.kit import Caller
from handlens.tool import Picture

if TYPE_CHECKING:
    from types import TracebackType


__all__ = ["EngineEye", "EyeModels"]

T = TypeVar("T")
_log = logging.getLogger(__name__)
WATCH_SECONDS = 1.0
PROBE_EVERY_SECONDS = 15.0
LOST_ANSWER_PAUSE_SECONDS = 0.25
_CORRECTION_GROWTH = 2
"""How much longer the second answer may be where the first was cut off."""


@dataclass(frozen=True, slots=True)
class EyeModels:
    """Served names of the tiers' models. None: an Instruct edition for routine, a Thinking one for careful."""

    routine: str | None = None
    careful: str | None = None


class EngineEye:
    """Use as ``async with EngineEye([Endpoint("http://127.0.0.1:8000")]) as eye``; entering it never waits.

    ``check`` asks each engine that comes up for known targets, and stays away from those that don't find them.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        models: EyeModels | None = None,
        limits: EyeLimits | None = None,
        check: bool = True,
    ) -> None:
        if not endpoints:
            raise InvalidInput("An eye needs at least one engine: set --engine-url or --engine vllm.")
        models = models or EyeModels()
        self.limits = limits or EyeLimits()
        self.links = [EngineLink(endpoint) for endpoint in endpoints]
        self.queue = FairQueue(self.limits.questions_at_once, self.limits.questions_waiting)
        self.pictures = PictureCache(
            self.limits.cache_bytes,
            self.limits.picture_bytes,
            lambda size: qwen3_vl.fitted(size, self.limits.picture_tokens),
        )
        self._pool = EnginePool(self.links, {"routine": models.routine, "careful": models.careful})
        self._check = check
        self._closed = False
        self._watchers: list[asyncio.Task[None]] = []
        self._changed = anyio.Event()

    def start(self) -> None:
        """Begin to watch the engines. Returns at once; needs a running event loop."""
        if not self._watchers:
            self._watchers = [asyncio.create_task(self._watch(link)) for link in self.links]

    async def close(self, *, drain_seconds: float = 0.0) -> None:
        """Take no more questions, let those that were asked end for ``drain_seconds``, then hang up."""
        self._closed = True
        with anyio.move_on_after(drain_seconds):
            await self.queue.emptied()
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            watcher.cancel()
        for watcher in watchers:
            with contextlib.suppress(asyncio.CancelledError):
                await watcher
        for link in self.links:
            await link.close()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def status(self) -> EyeStatus:
        if self._closed:
            return EyeStatus("down", "it was closed")
        seeing = [link for link in self.links if link.up and link.seeing]
        if seeing:
            return EyeStatus("ready", f"{len(seeing)} of {len(self.links)} engines can be asked")
        reasons = "; ".join(f"{link.endpoint.name}: {link.reason}" for link in self.links)
        if any(link.up and link.checked for link in self.links):
            return EyeStatus("blind", reasons)
        if any(link.up for link in self.links):
            return EyeStatus("starting", reasons)
        hopeful = any(link.may_come for link in self.links) and not any(link.was_up for link in self.links)
        return EyeStatus("starting" if hopeful else "down", reasons)

    async def wait(self, state: str = "ready") -> EyeStatus:
        """Wait until `status` is ``state``; put it in a scope with a deadline."""
        while self.status.state != state:
            await self._changed.wait()
        return self.status

    async def ask(
        self,
        pictures: Sequence[Picture],
        question: str,
        answer_type: type[T],
        *,
        effort: Effort = "routine",
        parse: Parse[T] | None = None,
        schema: Any = None,
        caller: Caller | None = None,
        answer_tokens: int | None = None,
    ) -> Answer[T]:
        """See `handlens.eye.protocol.Eye.ask`."""
        self._require_ready()
        if len(pictures) > self.limits.pictures:
            raise LimitExceeded(f"{len(pictures)} pictures are too many for a question.", setting="eye.pictures")
        if len(question) > self.limits.question_characters:
            raise LimitExceeded("The question is too long.", setting="eye.question_characters")
        caller = caller or Caller()
        asked = question_for(
            [await self.pictures.encode(picture) for picture in pictures],
            question,
            answer_type,
            parse=parse,
            schema=schema,
            effort=effort,
            answer_tokens=answer_tokens,
            limits=self.limits,
        )

        async def waits(before: int) -> None:
            await caller.progress(0, None, f"Waiting to look: {before + 1} questions are before this one.")

        async with self.queue.turn(caller.subject, waits):
            await caller.progress(0, None, "Looking.")
            try:
                with anyio.fail_after(self.limits.question_seconds):
                    return await self._answer(asked)
            except TimeoutError as error:
                raise TimedOut(
                    f"No answer within {self.limits.question_seconds:.0f} s.", setting="eye.question_seconds"
                ) from error

    async def _answer(self, question: Question[T]) -> Answer[T]:
        """Ask, and where the answer can't be used, ask once more with the reason shown."""
        started = time.monotonic()
        correction: Correction | None = None
        growth = 1
        for tries in (1, 2):
            said, model = await self._said(question, correction, growth)
            last = tries == 2
            try:
                thinking = qwen3_vl.edition_of(model) == "thinking"
                reply = qwen3_vl.split_reasoning(said.content, said.reasoning, thinking=thinking, cut_off=said.cut_off)
                value, cut = question.read(reply.answer)
                truncated = said.cut_off if cut is None else cut
                if truncated and not last:
                    raise EyeAnswerInvalid("It was cut off: be shorter.")
            except EyeAnswerInvalid as error:
                _log.debug("unusable answer of %s: %s: %r", model, error, redact(said.content[:4_000]))
                if last:
                    raise EyeAnswerInvalid(f"The model's answer can't be used, twice. {error}") from error
                correction = Correction(said.content, redact(str(error)))
                growth = _CORRECTION_GROWTH if said.cut_off else 1
                continue
            return Answer(
                value, model, said.usage, time.monotonic() - started, reply.reasoning, truncated=truncated, tries=tries
            )
        raise AssertionError("two tries either answer or raise")

    async def _said(self, question: Question[Any], correction: Correction | None, growth: int) -> tuple[Said, str]:
        """One exchange. A question that is lost with its engine is asked once more, elsewhere where there is one."""
        lost: list[EngineLink] = []
        while True:
            chosen = self._choose(question, lost) or self._choose(question)
            if chosen is None:
                if lost:
                    raise EyeUnavailable(
                        f"The engine went away in the middle of the question: {self.status.because}. Try again in a "
                        "moment, or use the embedded reader."
                    )
                self._require_ready()
                raise EyeUnavailable("No engine serves a model for this question: see `handlens doctor`.")
            link, model = chosen
            try:
                return await self._exchange(link, model, question, correction, growth), model
            except EngineGoneError as error:
                _log.warning("%s was lost in the middle of a question: %s", link.endpoint.name, error)
                lost.append(link)
                if len(lost) == 2:
                    self._failed(link, str(error))
                    raise EyeUnavailable(
                        f"The engine went away twice in the middle of the question: {error}. Try again in a moment."
                    ) from error
                if self._choose(question, lost) is not None:
                    self._failed(link, str(error))
                else:  # a lone engine may only have dropped the connection
                    await anyio.sleep(LOST_ANSWER_PAUSE_SECONDS)

    def _choose(self, question: Question[Any], lost: Sequence[EngineLink] = ()) -> tuple[EngineLink, str] | None:
        if question.only is not None:
            return question.only if question.only[0].up and question.only[0] not in lost else None
        return self._pool.choose(question.effort, question.key, without=lost)

    async def _exchange(
        self, link: EngineLink, model: str, question: Question[Any], correction: Correction | None, growth: int
    ) -> Said:
        edition = qwen3_vl.edition_of(model)
        thinks = edition == "thinking"
        constrained = question.schema is not None and link.takes_schemas and (link.parses_reasoning or not thinks)
        wanted = question.answer_tokens * growth + (question.reasoning_tokens if thinks else 0)
        body = chat_request(
            model,
            question.pictures,
            question.text,
            sampling=qwen3_vl.sampling(edition, vllm=link.is_vllm),
            answer_tokens=min(wanted, link.room(model, question.prompt_tokens) or wanted),
            schema=question.schema if constrained else None,
            correction=correction,
            vllm=link.is_vllm,
        )
        try:
            said = read_chat_response(await link.chat(body))
        except EngineRefusedError as error:
            if constrained and is_about_schemas(error):
                _log.warning("%s takes no JSON schemas; answers are mended instead", link.endpoint.name)
                link.takes_schemas = False
                return await self._exchange(link, model, question, correction, growth)
            raise refusal(error, link.endpoint.name) from error
        if thinks and said.reasoning:
            link.parses_reasoning = True
        return said

    async def _watch(self, link: EngineLink) -> None:
        """Probe it for as long as the eye is open; check its sight when it comes up, and what it then serves anew."""
        probed = 0.0
        while True:
            rested = link.due if not link.up else time.monotonic() - probed >= PROBE_EVERY_SECONDS
            if rested:
                before = (link.up, link.because)
                came_up = await link.probe()
                probed = time.monotonic()
                if came_up:
                    _log.info("%s answers and serves %s", link.endpoint.name, ", ".join(link.models))
                elif (link.up, link.because) != before:
                    # An engine of our own says itself how it is; one elsewhere has nobody else to tell it.
                    level = logging.WARNING if link.endpoint.describe is None else logging.INFO
                    _log.log(level, "%s: %s", link.endpoint.name, link.because)
                self._tell()
            if link.to_check(models := self._pool.models_of(link)):
                await self._check_sight(link, models)
                self._tell()
            await anyio.sleep(WATCH_SECONDS)

    async def _check_sight(self, link: EngineLink, models: Sequence[str]) -> None:
        if not self._check:
            link.trust(models)
            return
        verdicts: dict[str, Verdict] = {}
        for model in models:
            try:
                verdicts[model] = await check_sight(partial(self._words, link, model))
            except EyeAnswerInvalid as error:
                verdicts[model] = Verdict("blind", f"it gave no answer: {error}")
            except HandlensError as error:
                verdicts[model] = Verdict("unasked", f"it could not be asked: {error}")
            level = logging.INFO if verdicts[model].outcome == "sees" else logging.WARNING
            _log.log(level, "sight check of %s at %s: %s", model, link.endpoint.name, verdicts[model].because)
        if link.up:  # or it went away meanwhile
            link.judged(verdicts)

    async def _words(self, link: EngineLink, model: str, picture: Picture, text: str) -> str:
        """Ask one model of one engine outside the queue, for the sight check."""
        question = Question(
            [await self.pictures.encode(picture)],
            text,
            TypeAdapter(qwen3_vl.BoxAnswers).json_schema(),
            lambda words: (words, None),
            "routine",
            ANSWER_TOKENS,
            self.limits.reasoning_tokens,
            only=(link, model),
        )
        with anyio.move_on_after(self.limits.question_seconds):
            said, _ = await self._said(question, None, 1)
            thinking = qwen3_vl.edition_of(model) == "thinking"
            return qwen3_vl.split_reasoning(
                said.content, said.reasoning, thinking=thinking, cut_off=said.cut_off
            ).answer
        raise EyeError(f"it took more than {self.limits.question_seconds:.0f} s to answer")

    def _failed(self, link: EngineLink, because: str) -> None:
        link.failed(because)
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    def _require_ready(self) -> None:
        status = self.status
        if not status.ready:
            raise EyeUnavailable(
                f"No engine can be asked ({status.state}): {status.because}. Use the embedded reader, or wait."
            )
