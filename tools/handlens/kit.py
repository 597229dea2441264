"""The kit: what a tool is handed. Never a global; whoever serves the tools opens one and closes it."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from handlens.browser.secrets import Privacy
from handlens.limits import Limits
from handlens.locate.memory import Memory
from handlens.locate.policy import ActPolicy
from handlens.locate.tally import Tally
from handlens.ocr import Ocr
from handlens.pdf.documents import Documents

if TYPE_CHECKING:
    from handlens.artifacts import ArtifactStore
    from handlens.browser.browser import Browser
    from handlens.eye.protocol import Eye
    from handlens.guard import Guard
    from handlens.usage.history import History

LOCAL = "local"
"""The subject of a caller on this machine: a stdio host, or a script."""


class Progress(Protocol):
    """Tells the caller how far a call has come. ``done`` only grows; ``total`` is None while unknown."""

    def __call__(self, done: float, total: float | None, message: str) -> Awaitable[None]: ...


async def no_progress(done: float, total: float | None, message: str) -> None:
    """Nobody listens."""


Asked = int | Literal["declined", "unasked"]
"""The place of the option that was chosen; or the person refused; or could not be asked after all."""


class Ask(Protocol):
    """Asks the person behind the caller to choose one of some options, and waits for the answer."""

    @property
    def answered(self) -> bool:
        """Whether this call only goes on with one that has asked already, so that the answer is here."""
        ...

    def __call__(self, question: str, options: Sequence[str]) -> Awaitable[Asked]: ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and how to speak to them while the call runs. Sessions and artifacts belong to the subject."""

    subject: str = LOCAL
    progress: Progress = no_progress
    ask: Ask | None = None
    """None where the person can't be asked."""


@dataclass(frozen=True, slots=True)
class Kit:
    """Shared services and, for the length of one call, its caller."""

    browser: Browser
    artifacts: ArtifactStore
    guard: Guard
    limits: Limits
    privacy: Privacy = field(default_factory=Privacy)
    documents: Documents = field(default_factory=Documents)
    acting: ActPolicy = field(default_factory=ActPolicy)
    memory: Memory = field(default_factory=Memory)
    tally: Tally = field(default_factory=Tally)
    eye: Eye | None = None
    """Sight, where there is an engine for it. Ask only while ``eye.status.ready``."""
    ocr: Ocr = field(default_factory=Ocr)
    history: History | None = None
    """What the usage watcher kept, where a database for it is set."""
    profiles: Path | None = None
    """The folder of the profiles of consoles that people wrote."""
    caller: Caller = field(default_factory=Caller)

    def __post_init__(self) -> None:
        """What may be filled in unseen is seen nowhere else either."""
        values = [secret.get_secret_value() for secret in self.acting.secrets.values()]
        object.__setattr__(self, "privacy", self.privacy.hiding(values))

    def serving(self, caller: Caller) -> Kit:
        """The same services for one call of ``caller``."""
        return replace(self, caller=caller)
