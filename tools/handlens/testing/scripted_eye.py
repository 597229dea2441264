"""An eye that says what a test tells it to, through the same parsing as a real one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from handlens.errors import EyeUnavailable
from handlens.eye.protocol import Answer, Effort, EyeLimits, EyeStatus, Parse, Usage
from handlens.eye.question import question_for
from handlens.kit import Caller
from handlens.tool import Picture

T = TypeVar("T")
Says = str | Exception | Callable[["Asked"], str]
"""A model's words, a failure to raise, or a function that looks at the question."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came."""

    pictures: tuple[Picture, ...]
    question: str
    effort: Effort
    caller: Caller | None


@dataclass
class ScriptedEye:
    """Answers each question with the next of ``script``, the last one for ever.

        eye = ScriptedEye(['[{"bbox_2d": [10, 20, 30, 40], "label": "Save"}]'])

    Words are parsed and validated as a real engine's are, so a script can also be wrong in every way a model can.
    ``asked`` keeps the questions. An answer that can't be used is not asked for again.
    """

    script: Sequence[Says]
    state: EyeStatus = field(default_factory=lambda: EyeStatus("ready", "it is scripted"))
    asked: list[Asked] = field(default_factory=list[Asked])

    @property
    def status(self) -> EyeStatus:
        return self.state

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
        if not self.state.ready:
            raise EyeUnavailable(f"No engine can be asked ({self.state.state}): {self.state.because}.")
        asked = Asked(tuple(pictures), question, effort, caller)
        says = self.script[min(len(self.asked), len(self.script) - 1)]
        self.asked.append(asked)
        if isinstance(says, Exception):
            raise says
        read = question_for(
            [],
            question,
            answer_type,
            parse=parse,
            schema=schema,
            effort=effort,
            answer_tokens=answer_tokens,
            limits=EyeLimits(),
        )
        value, truncated = read.read(says if isinstance(says, str) else says(asked))
        return Answer(value, "scripted", Usage(0, 0), 0.0, truncated=bool(truncated))
