"""Who may call over HTTP: bearer tokens from the settings, or those of an OAuth authorization server."""

from __future__ import annotations

import hmac
import ipaddress
import logging
import secrets
import socket
from dataclasses import dataclass

from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import AnyHttpUrl, BaseModel, Field, ValidationError

from handlens_server.settings import HttpSettings, OAuthSettings, SettingsError

log = logging.getLogger(__name__)

_INTROSPECTION_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Admission:
    """How callers are admitted. ``generated`` is a token made up for this run, to be shown once."""

    verifier: TokenVerifier | None
    oauth: AuthSettings | None
    generated: str | None


class StaticTokens(TokenVerifier):
    """The tokens of the settings, each the key of one named caller."""

    def __init__(self, tokens: dict[str, str]) -> None:
        self._tokens = tokens

    async def verify_token(self, token: str) -> AccessToken | None:
        admitted = [name for name, known in self._tokens.items() if hmac.compare_digest(known.encode(), token.encode())]
        return AccessToken(token=token, client_id=admitted[0], scopes=[], subject=admitted[0]) if admitted else None


class _Claims(BaseModel):
    """What an authorization server says about a token; RFC 7662 names more, which we don't use."""

    active: bool = Field(strict=True)
    client_id: str | None = None
    sub: str | None = None
    scope: str = ""
    aud: str | list[str] | None = None
    exp: float | None = Field(default=None, allow_inf_nan=False)
    iss: str | None = None


class IntrospectedTokens(TokenVerifier):
    """Tokens that the authorization server vouches for (RFC 7662)."""

    def __init__(self, oauth: OAuthSettings) -> None:
        self._oauth = oauth

    async def verify_token(self, token: str) -> AccessToken | None:
        import httpx2

        try:
            claims = await self._introspected(token)
        except httpx2.HTTPError as error:
            log.warning("the authorization server did not answer", extra={"why": str(error)})
            return None
        except ValueError as error:  # its text would repeat the claims
            log.warning("the authorization server's answer makes no sense", extra={"why": type(error).__name__})
            return None
        who = claims.sub or claims.client_id
        if not claims.active or who is None or not _same_url(claims.iss or self._oauth.issuer, self._oauth.issuer):
            return None
        return AccessToken(
            token=token,
            client_id=claims.client_id or who,
            scopes=claims.scope.split(),
            expires_at=None if claims.exp is None else int(claims.exp),
            resource=self._resource(claims),
            subject=claims.sub,
            claims={"iss": self._oauth.issuer},
        )

    async def _introspected(self, token: str) -> _Claims:
        import httpx2

        oauth = self._oauth
        secret = oauth.client_secret.get_secret_value() if oauth.client_secret else ""
        async with httpx2.AsyncClient(timeout=_INTROSPECTION_SECONDS) as client:
            answer = await client.post(
                oauth.introspection_url or "", data={"token": token}, auth=(oauth.client_id or "", secret)
            )
        return _Claims.model_validate(answer.raise_for_status().json())

    def _resource(self, claims: _Claims) -> str | None:
        """Whom the token is for: us, if we are among them."""
        audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud or []
        ours = [resource for resource in audience if _same_url(resource, self._oauth.resource)]
        return next(iter([*ours, *audience]), None)


def _same_url(one: str | None, other: str | None) -> bool:
    return (one or "").removesuffix("/") == (other or "").removesuffix("/")


def admission(settings: HttpSettings) -> Admission:
    """Who is let in with these settings.

    On a loopback address nobody needs a token unless one is set. Anywhere else somebody does: where none is set, one
    is generated.

    Raises:
        SettingsError: OAuth is half set up, or both OAuth and tokens are.
    """
    if settings.oauth != OAuthSettings():
        if settings.tokens:
            raise SettingsError("Set http.tokens or http.oauth, not both.")
        return _oauth_admission(settings.oauth)
    tokens = {name: secret.get_secret_value() for name, secret in settings.tokens.items()}
    if short := [name for name, token in tokens.items() if len(token) < 16]:
        raise SettingsError(f"The token of {short[0]!r} is too short to be safe: give at least 16 characters.")
    generated = None
    if not tokens and not is_loopback(settings.host):
        generated = secrets.token_urlsafe(32)
        tokens = {"caller": generated}
    return Admission(StaticTokens(tokens) if tokens else None, None, generated)


def _oauth_admission(oauth: OAuthSettings) -> Admission:
    _url(oauth, "introspection_url")
    auth = AuthSettings(
        issuer_url=_url(oauth, "issuer"),
        resource_server_url=_url(oauth, "resource"),
        required_scopes=list(oauth.scopes),
        validate_token_resource=True,
    )
    return Admission(IntrospectedTokens(oauth), auth, None)


def _url(oauth: OAuthSettings, name: str) -> AnyHttpUrl:
    value: str | None = getattr(oauth, name)
    if not value:
        raise SettingsError(f"http.oauth needs issuer, introspection_url and resource; {name} is not set.")
    try:
        return AnyHttpUrl(value)
    except ValidationError as error:
        raise SettingsError(f"http.oauth.{name} is not an http or https URL: {value[:200]!r}.") from error


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def transport_security(settings: HttpSettings) -> TransportSecuritySettings:
    """Which Host and Origin headers are accepted. Checked on every address, not only on loopback."""
    names = ["127.0.0.1", "localhost", "[::1]", f"[{settings.host}]" if ":" in settings.host else settings.host]
    if not is_loopback(settings.host):
        names += [socket.gethostname(), socket.getfqdn()]
    hosts = [pattern for name in names for pattern in (name, f"{name}:*")]
    extra = [pattern for name in settings.allowed_hosts for pattern in (name, name if ":" in name else f"{name}:*")]
    origins = [f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[*hosts, *extra],
        allowed_origins=[*origins, *settings.allowed_origins],
    )
