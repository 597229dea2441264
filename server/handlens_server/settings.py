"""Settings: one frozen model, filled from defaults, a TOML file, the environment and flags, in that order.

A setting has one dotted name everywhere: ``limits.sessions`` is ``sessions`` under ``[limits]`` in the file,
``HANDLENS_LIMITS_SESSIONS`` in the environment and ``--set limits.sessions=4`` on the command line.
This module is the only reader of the environment.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from handlens.browser.launch import BrowserOptions
from handlens.browser.secrets import Privacy, redact
from handlens.errors import HandlensError
from handlens.eye.protocol import EyeLimits
from handlens.guard import Guard, PrivateNetwork
from handlens.limits import Limits
from handlens.locate.policy import ActPolicy
from handlens_server.engine.options import EngineOptions
from handlens_server.sources import PREFIX, default_file

Transport = Literal["stdio", "http", "sse"]


class SettingsError(HandlensError):
    """A settings file, a variable or a flag is wrong; the message says which and why."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GuardSettings(_Part):
    """What may be touched. Unset means: by transport, open for stdio and closed for HTTP."""

    private_network: PrivateNetwork | None = Field(
        default=None, description="allow, loopback-only or block; unset: allow for stdio, block for HTTP."
    )
    allowed_origins: tuple[str, ...] = Field(default=(), description="Only these, as https://*.example.com[:port].")
    blocked_origins: tuple[str, ...] = Field(default=(), description="Never these; wins over allowed_origins.")
    folders: tuple[Path, ...] | None = Field(
        default=None,
        description="Files are read only from here; unset: the working directory for stdio, else none.",
    )

    def guard(self, transport: Transport) -> Guard:
        local = transport == "stdio"
        return Guard(
            allowed_origins=self.allowed_origins,
            blocked_origins=self.blocked_origins,
            private_network=self.private_network or (PrivateNetwork.ALLOW if local else PrivateNetwork.BLOCK),
            folders=self.folders if self.folders is not None else ((Path.cwd(),) if local else ()),
        )


class OAuthSettings(_Part):
    """handlens as an OAuth resource server: tokens of ``issuer`` are checked by introspection (RFC 7662)."""

    issuer: str | None = Field(default=None, description="Authorization server.")
    introspection_url: str | None = Field(default=None, description="Where tokens are checked.")
    client_id: str | None = Field(default=None, description="Our name at the introspection endpoint.")
    client_secret: SecretStr | None = Field(default=None, description="Our secret there.")
    resource: str | None = Field(default=None, description="Public URL of this server's /mcp; tokens must be for it.")
    scopes: tuple[str, ...] = Field(default=(), description="Scopes that a token must have.")


class HttpSettings(_Part):
    """The HTTP and SSE transports."""

    host: str = Field(default="127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(default=8765, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    tokens: dict[str, SecretStr] = Field(
        default={}, description="Bearer tokens by the name of the caller, who owns what it opens."
    )
    allowed_hosts: tuple[str, ...] = Field(default=(), description="Further Host headers to accept, as name or name:*.")
    allowed_origins: tuple[str, ...] = Field(default=(), description="Origins of web pages that may call us.")
    artifact_url_seconds: float = Field(default=3_600, gt=0, description="A signed artifact URL works so long.")
    oauth: OAuthSettings = Field(default=OAuthSettings(), description="Tokens of an authorization server.")


class Settings(_Part):
    """All of them."""

    transport: Transport = Field(default="stdio", description="stdio, http or sse.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="warning", description="Logs on stderr.")
    artifacts_folder: Path | None = Field(
        default=None, description="Artifacts are kept here; unset: a temporary folder that goes with the process."
    )
    history: SecretStr | None = Field(
        default=None, description="Database URL of the usage history, as sqlite:////var/lib/usage.db."
    )
    profiles: Path | None = Field(default=None, description="Folder of your own profiles of consoles, as NAME.toml.")
    pdf_password: SecretStr | None = Field(default=None, description="Opens encrypted documents for `handlens pdf`.")
    http: HttpSettings = Field(default=HttpSettings())
    browser: BrowserOptions = Field(default=BrowserOptions())
    engine: EngineOptions = Field(default=EngineOptions())
    eye: EyeLimits = Field(default=EyeLimits())
    acting: ActPolicy = Field(default=ActPolicy())
    guard: GuardSettings = Field(default=GuardSettings())
    privacy: Privacy = Field(default=Privacy())
    limits: Limits = Field(default=Limits())


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting for showing: dotted name, value as text (secrets masked), origin, description."""

    name: str
    value: str
    origin: str
    description: str


def load(
    *, file: Path | None = None, environment: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> tuple[Settings, dict[str, str]]:
    """The effective settings, and where each that is not a default came from.

    Args:
        file: a TOML file; by default ``$HANDLENS_CONFIG``, else ``handlens.toml`` in the user's config folder.
        flags: dotted names to values; None values are as if not given.

    Raises:
        SettingsError: an unknown name, a wrong value, or an unreadable file.
    """
    environment = os.environ if environment is None else environment
    known = dict(fields())
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}

    def put(name: str, value: Any, origin: str) -> None:
        name, value = _placed(name, value, values, known, origin)
        values[name], origins[name] = value, origin

    path = file or default_file(environment)
    if path is not None:
        for name, value in _leaves(_read(path), known):
            put(name, value, str(path))
    for name, field in known.items():
        variable = PREFIX + name.replace(".", "_").upper()
        if variable in environment:
            put(name, _parsed(environment[variable], field.annotation), variable)
    for name, value in (flags or {}).items():
        if value is not None:
            wanted = known[name].annotation if name in known else None
            put(name, _parsed(value, wanted) if isinstance(value, str) else value, "flag")
    try:
        return Settings.model_validate(_nested(values)), origins
    except ValidationError as error:
        raise SettingsError(_explained(error, origins)) from error


def fields(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting: its dotted name and its pydantic field."""
    for name, field in model.model_fields.items():
        part = field.annotation
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield from fields(part, f"{prefix}{name}.")
        else:
            yield prefix + name, field


def shown(settings: Settings, origins: Mapping[str, str]) -> list[Setting]:
    """Every setting with its effective value and origin, secrets masked."""
    rows: list[Setting] = []
    for name, field in fields():
        value: Any = settings
        for part in name.split("."):
            value = getattr(value, part)
        rows.append(Setting(name, _as_text(value), origins.get(name, "default"), field.description or ""))
    return rows


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings file {path} can't be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} is not TOML: {error}.") from error


def _leaves(table: Mapping[str, Any], known: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict) and prefix + key not in known:
            yield from _leaves(value, known, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _placed(name: str, value: Any, values: Mapping[str, Any], known: Mapping[str, Any], origin: str) -> tuple[str, Any]:
    """The setting that ``name`` is about, and its value: ``http.tokens.bob`` adds to the table ``http.tokens``.

    Raises:
        SettingsError: there is no such setting.
    """
    if name in known:
        return name, value
    for table in known:
        if name.startswith(f"{table}.") and get_origin(known[table].annotation) is dict:
            before = values.get(table)
            return table, {**(before if isinstance(before, dict) else {}), name.removeprefix(f"{table}."): value}
    near = [other for other in sorted(known) if other.rpartition(".")[2] == name.rpartition(".")[2]]
    if not near:
        from difflib import get_close_matches

        near = get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]}?" if near else "`handlens settings` lists all."
    raise SettingsError(f"There is no setting {name} (from {origin}). {hint}")


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in values.items():
        *path, leaf = name.split(".")
        branch = tree
        for part in path:
            branch = branch.setdefault(part, {})
        branch[leaf] = value
    return tree


def _parsed(text: str, wanted: Any) -> Any:
    """A value from the environment or ``--set`` for a setting of type ``wanted``; pydantic reads the rest from text.

    Lists are JSON or a,b; tables are JSON; nothing means unset where a setting may be unset.
    """
    kinds = {get_origin(kind) or kind for kind in (wanted, *get_args(wanted))}
    if tuple in kinds and not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    if kinds & {tuple, dict}:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return None if not text and NoneType in kinds else text


def parse_assignment(text: str) -> tuple[str, str]:
    """``name=value`` as given to ``--set``. Raises `SettingsError` without an equals sign."""
    name, equals, value = text.partition("=")
    if not equals:
        raise SettingsError(f"--set takes name=value, such as limits.sessions=4, not {text!r}.")
    return name.strip(), value


def _explained(error: ValidationError, origins: Mapping[str, str]) -> str:
    lines: list[str] = []
    for mistake in error.errors(include_url=False, include_context=False, include_input=False):
        name = ".".join(str(part) for part in mistake["loc"])
        origin = next((o for n, o in origins.items() if n == name or name.startswith(f"{n}.")), "the settings")
        lines.append(f"{name} (from {origin}): {mistake['msg']}.")
    return "\n".join(lines)


def _as_text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "********"
    if isinstance(value, dict):
        return json.dumps({key: _as_text(part) for key, part in value.items()})
    if isinstance(value, tuple):
        return json.dumps([redact(str(part)) for part in value], ensure_ascii=False)
    return "" if value is None else redact(str(value))


TRANSPORTS: tuple[str, ...] = get_args(Transport)
