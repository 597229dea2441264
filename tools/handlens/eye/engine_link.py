"""One engine behind a URL or a Unix socket: what it serves, whether it answers, how much it has to do."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
from pydantic import BaseModel, ValidationError

from handlens.errors import EyeError, EyeUnavailable, InvalidInput
from handlens.eye import qwen3_vl, vllm_dialect
from handlens.eye.protocol import Effort
from handlens.eye.self_check import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

CONNECT_SECONDS = 5.0
PROBE_SECONDS = 5.0
LATE_PROBES = 3
MAX_RESPONSE_BYTES = 16_000_000
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an engine listens. ``url`` with or without ``/v1``; with ``socket`` the URL's host is only a name.

    ``describe`` tells what a co-located engine is doing while it does not answer, ``given_up`` whether it never will.
    """

    url: str
    api_key: str | None = field(default=None, repr=False)
    socket: Path | None = None
    describe: Callable[[], str] | None = None
    given_up: Callable[[], bool] | None = None

    @property
    def name(self) -> str:
        """For logs and people: no key, no user."""
        if self.socket is not None:
            return "the engine beside handlens"
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "") + parts.path

    @property
    def root(self) -> str:
        return self.url.rstrip("/").removesuffix("/v1").rstrip("/")

    @property
    def is_local(self) -> bool:
        return self.socket is not None or urlsplit(self.url).hostname in {"127.0.0.1", "localhost", "::1"}


class EngineRefusedError(Exception):
    """The engine answered, and the answer is a refusal. ``status`` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class EngineGoneError(Exception):
    """The engine could not be reached, went away in the middle, or failed inside."""


class _Model(BaseModel):
    id: str
    owned_by: str = ""
    max_model_len: int | None = None


class _Models(BaseModel):
    data: list[_Model]


class _Error(BaseModel):
    message: str = ""


class _ErrorBody(BaseModel):
    error: _Error = _Error()
    message: str = ""


class EngineLink:
    """Talks to one endpoint and remembers what is known of it."""

    UNKNOWN = "it has not answered yet"

    def __init__(self, endpoint: Endpoint) -> None:
        _require_usable(endpoint)
        self.endpoint = endpoint
        self.up = False
        self.was_up = False
        self.seeing = False
        self.checked = False
        """Whether its sight was looked at since it came up."""
        self.because = self.UNKNOWN
        self.models: tuple[str, ...] = ()
        self.is_vllm = False
        self.takes_schemas = True
        self.parses_reasoning = False
        """Whether a Thinking model's reasoning was seen put aside: only then may a schema constrain its words."""
        self.outstanding = 0
        self._context: dict[str, int] = {}
        self._judged: frozenset[str] = frozenset()
        self._sees: frozenset[str] | None = None
        """Of the judged models those that see; None where any may be asked."""
        self._check_at = math.inf
        self._failures = 0
        self._late = 0
        self._retry_at = 0.0
        self._client: httpx2.AsyncClient | None = None

    @property
    def reason(self) -> str:
        """Why it is as it is, for people."""
        return self.because if self.up or self.endpoint.describe is None else self.endpoint.describe()

    @property
    def may_come(self) -> bool:
        """Whether an engine that never answered may be starting still."""
        return not self.was_up and not (self.endpoint.given_up and self.endpoint.given_up())

    def model_for(self, effort: Effort, wanted: str | None, *, blind_too: bool = False) -> str | None:
        """The served model for ``effort``: ``wanted`` by name, or else by its edition. None: there is none that sees.

        ``blind_too``: whether it sees or not.
        """
        able = [name for name in self.models if blind_too or self._sees is None or name in self._sees]
        if wanted is not None:
            return wanted if wanted in able else None
        edition = "thinking" if effort == "careful" else "instruct"
        return next((name for name in able if qwen3_vl.edition_of(name) == edition), None)

    def room(self, model: str, prompt_tokens: int) -> int | None:
        """Tokens that are left for an answer after such a prompt. None: it does not say, or there are none."""
        context = self._context.get(model)
        return None if context is None or context <= prompt_tokens else context - prompt_tokens

    def to_check(self, models: Collection[str]) -> bool:
        """Whether the sight of ``models``, which tiers would use, has to be looked at: for the first time, or again."""
        return self.up and not (self.checked and self._judged.issuperset(models) and time.monotonic() < self._check_at)

    def trust(self, models: Collection[str]) -> None:
        """Ask any of its models, unchecked."""
        self._judged, self._sees, self._check_at = frozenset(models), None, math.inf
        self.checked, self.seeing, self.because = True, True, "its sight was not checked"

    def judged(self, verdicts: Mapping[str, Verdict]) -> None:
        """Remember the sight of each model; only those that see are asked. One that could not be asked is due again."""
        self._judged = frozenset(verdicts)
        self._sees = frozenset(model for model, verdict in verdicts.items() if verdict.outcome == "sees")
        self.checked, self.seeing = True, bool(self._sees)
        because = [f"{model}: {verdict.because}" for model, verdict in verdicts.items()]
        self.because = "; ".join(because) or (
            f"it serves no model that was asked for, only {', '.join(self.models)}: name one with --model"
        )
        self._check_at = math.inf
        if any(verdict.outcome == "unasked" for verdict in verdicts.values()):
            self._check_at = time.monotonic() + self._next_pause()

    @property
    def due(self) -> bool:
        """Whether a failed engine has rested long enough to be asked again."""
        return self.rests <= 0

    @property
    def rests(self) -> float:
        """For how many seconds more it is left alone; negative: it was due so long ago."""
        return self._retry_at - time.monotonic()

    def failed(self, because: str) -> None:
        """Take it out of service until a probe succeeds; each failure in a row doubles the pause."""
        self.up = self.seeing = False
        self.because = because
        pause = self._next_pause()
        # One that never answered is most likely still starting: ask it often.
        self._retry_at = time.monotonic() + (pause if self.was_up else FIRST_PAUSE)

    def _next_pause(self) -> float:
        """Seconds; twice as long each time until a question is answered: a list of models is no sign of health."""
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures, 10))
        self._failures += 1
        return pause

    async def probe(self) -> bool:
        """Ask what it serves; whether it answers is remembered.

        Returns:
            True where it came up just now, so that its sight has to be checked.
        """
        try:
            with anyio.fail_after(PROBE_SECONDS):
                models = _Models.model_validate_json(await self.get("/v1/models"))
        except TimeoutError:
            self._late += 1
            if not self.up or self._late >= LATE_PROBES:  # one that works hard may answer late
                self.failed(f"it did not say within {PROBE_SECONDS:.0f} s what it serves")
        except (EngineGoneError, EyeError) as error:
            self.failed(str(error))
        except EngineRefusedError as error:
            hint = "is engine.api_key right?" if error.status in {401, 403} else "is it an OpenAI-compatible API?"
            self.failed(f"it refuses to say what it serves: HTTP {error.status} ({hint})")
        except ValidationError:
            self.failed("what it says it serves can't be read: is it an OpenAI-compatible API?")
        else:
            self._late = 0
            came_up = not self.up
            if came_up:
                self.checked, self.because = False, "its sight is being checked"
                self.takes_schemas, self.parses_reasoning = True, False  # it may be another one now
            self.up = self.was_up = True
            self.models = tuple(model.id for model in models.data)
            self._context = {model.id: model.max_model_len for model in models.data if model.max_model_len}
            self.is_vllm = any(model.owned_by == vllm_dialect.OWNER for model in models.data)
            return came_up
        return False

    async def get(self, path: str) -> bytes:
        return await self._request("GET", path, None)

    async def chat(self, body: dict[str, Any]) -> bytes:
        """Post a chat request. Cancelling closes the connection, which makes the engine abort the question."""
        self.outstanding += 1
        try:
            said = await self._request("POST", "/v1/chat/completions", body)
            self._failures = 0
            return said
        finally:
            self.outstanding -= 1

    async def _request(self, method: str, path: str, body: dict[str, Any] | None) -> bytes:
        import httpx2

        try:
            async with self._open().stream(method, self.endpoint.root + path, json=body) as response:
                received = bytearray()
                async for part in response.aiter_bytes():
                    received += part
                    if len(received) > MAX_RESPONSE_BYTES:
                        raise EyeError(f"{self.endpoint.name} sent more than {MAX_RESPONSE_BYTES} bytes.")
                if response.status_code < 400:
                    return bytes(received)
                status = response.status_code
        except (httpx2.TransportError, httpx2.DecodingError, OSError) as error:
            raise EngineGoneError(f"it can't be reached ({str(error) or type(error).__name__})") from error
        except httpx2.InvalidURL as error:
            raise EyeUnavailable(f"{self.endpoint.name} is no URL: correct --engine-url.") from error
        if status >= 500:
            raise EngineGoneError(f"it failed inside (HTTP {status})")
        raise EngineRefusedError(status, _refusal(bytes(received)))

    def _open(self) -> httpx2.AsyncClient:
        import httpx2

        if self._client is None:
            socket, key = self.endpoint.socket, self.endpoint.api_key
            local = self.endpoint.is_local
            try:
                self._client = httpx2.AsyncClient(
                    # Nothing bounds reading here: an answer may take as long as its question is allowed to.
                    timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
                    limits=httpx2.Limits(max_connections=None, max_keepalive_connections=32, keepalive_expiry=30),
                    headers={"authorization": f"Bearer {key}"} if key else None,
                    transport=httpx2.AsyncHTTPTransport(uds=str(socket)) if socket else None,
                    trust_env=not local,  # a proxy has no way to this machine's own engine
                )
            except (ImportError, ValueError) as error:  # a SOCKS proxy without socksio, a proxy that is no URL
                raise EyeUnavailable(
                    f"The proxy that the environment names can't be used ({error}): unset it, or add the engine's host "
                    "to NO_PROXY."
                ) from error
        return self._client

    async def close(self) -> None:
        """Hang up. Whoever still waits for an answer hears that it was closed."""
        self.failed("it was closed")
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _require_usable(endpoint: Endpoint) -> None:
    """Refuse what would fail at every question, without repeating what may be a secret."""
    key = endpoint.api_key or ""
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise InvalidInput("The engine's API key has characters that no header can carry: correct engine.api_key.")
    if endpoint.socket is not None:
        return
    try:
        parts = urlsplit(endpoint.url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise InvalidInput(f"{_hidden(endpoint.url)!r} is no engine URL: http://HOST:PORT or https://HOST is.")


def _hidden(url: str) -> str:
    """Without a user and a password."""
    before, at, after = url.rpartition("@")
    return before.partition("//")[0] + "//" + after if at else url


def _refusal(body: bytes) -> str:
    try:
        error = _ErrorBody.model_validate_json(body)
    except ValidationError:
        return body[:200].decode("utf-8", "replace")
    return (error.error.message or error.message)[:500]
