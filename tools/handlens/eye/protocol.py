"""What an eye is: a question about pictures in, a validated answer of a type out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from handlens.kit import Caller
    from handlens.tool import Picture

Effort = Literal["routine", "careful"]
"""The two tiers. Careful may think for a while; it is for when routine was unsure, or the caller asks."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Parse = Callable[[str], T]
"""From the model's words to a value; raises `EyeAnswerInvalid` with what to correct."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. ``cached_tokens`` is how many of the prompt's came from a cache, None where the server does not say."""

    prompt_tokens: int
    answer_tokens: int
    cached_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Answer(Generic[T_co]):
    """``value`` and how it came about. ``seconds`` count from the turn in the queue to the value.

    ``truncated``: the words ended early, and ``value`` holds their complete part only.
    ``tries`` is 2 where a first answer had to be corrected.
    """

    value: T_co
    model: str
    usage: Usage
    seconds: float
    reasoning: str | None = None
    truncated: bool = False
    tries: int = 1


@dataclass(frozen=True, slots=True)
class EyeStatus:
    """Whether questions can be asked now, and why not.

    starting: no engine has answered yet; down: it did before; blind: it answers, but its answers fail the check.
    """

    state: Literal["starting", "ready", "blind", "down"]
    because: str

    @property
    def ready(self) -> bool:
        return self.state == "ready"

    @property
    def absence(self) -> str:
        """For the results of tools that do without, short: who wants to know more reads the server's status."""
        return f"sight is {self.state}, so it was not asked"


class EyeLimits(BaseModel):
    """What one eye takes on. Times are seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    questions_at_once: int = Field(default=16, ge=1, description="Questions in the engine at the same time.")
    questions_waiting: int = Field(default=64, ge=0, description="Questions that may wait in line.")
    question_seconds: float = Field(default=120, gt=0, description="One question may take so long once it is its turn.")
    pictures: int = Field(default=8, ge=1, description="Pictures in one question.")
    picture_bytes: int = Field(default=40_000_000, ge=1, description="One encoded picture may be so large.")
    picture_tokens: int = Field(default=8_192, ge=64, description="A picture that costs more is made smaller first.")
    question_characters: int = Field(default=20_000, ge=1, description="A question may be so long.")
    answer_tokens: int = Field(
        default=2_048, ge=16, description="An answer may be so long, unless its reader asks for more."
    )
    reasoning_tokens: int = Field(default=8_192, ge=0, description="What a Thinking model may add before its answer.")
    cache_bytes: int = Field(
        default=64_000_000, ge=0, description="Encoded pictures kept for the next question about them."
    )


class Eye(Protocol):
    """Sight, whatever is behind it."""

    @property
    def status(self) -> EyeStatus: ...

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
        """Ask about ``pictures`` and get a value of ``answer_type`` (``str`` for the words as they are).

        Args:
            parse: reads the model's words, where the question itself names the form of the answer; by default the
                form is the JSON schema of ``answer_type``, which is then shown to the model.
            schema: the type whose JSON schema constrains the words that ``parse`` gets; None leaves them free.
            caller: whom the queue is fair to, and who hears how far the question is.
            answer_tokens: how long the answer may be, where the eye's own limit is wrong for this one.

        Raises:
            EyeUnavailable: no engine can be asked now; `status` says why.
            EyeBusy: too many questions wait already.
            EyeAnswerInvalid: two answers in a row could not be used.
            LimitExceeded: a limit was hit; its ``setting`` names it.
        """
        ...
