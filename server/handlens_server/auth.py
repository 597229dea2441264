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
from pydantic import AnyHttpUrl

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


class IntrospectedTokens(TokenVerifier):
    """Tokens that the authorization server vouches for (RFC 7662)."""

    def __init__(self, oauth: OAuthSettings) -> None:
        self._oauth = oauth

    async def verify_token(self, token: str) -> AccessToken | None:
        import httpx2

        oauth = self._oauth
        secret = oauth.client_secret.get_secret_value() if oauth.client_secret else ""
        try:
            async with httpx2.AsyncClient(timeout=_INTROSPECTION_SECONDS) as client:
                answer = await client.post(
                    oauth.introspection_url or "", data={"token": token}, auth=(oauth.client_id or "", secret)
                )
                claims = answer.raise_for_status().json()
        except (httpx2.HTTPError, ValueError) as error:
            log.warning("the authorization server did not answer", extra={"why": str(error)})
            return None
        if not isinstance(claims, dict) or not claims.get("active"):
            return None
        audience = claims.get("aud")
        resource = next(iter(audience), None) if isinstance(audience, list) else audience
        return AccessToken(
            token=token,
            client_id=str(claims.get("client_id") or claims.get("sub") or "unknown"),
            scopes=str(claims.get("scope") or "").split(),
            expires_at=claims.get("exp"),
            resource=str(resource) if resource else None,
            subject=claims.get("sub"),
            claims={"iss": claims.get("iss") or oauth.issuer},
        )


def admission(settings: HttpSettings) -> Admission:
    """Who is let in with these settings.

    On a loopback address nobody needs a token unless one is set. Anywhere else somebody does: where none is set, one
    is generated.

    Raises:
        SettingsError: OAuth is half set up, or both OAuth and tokens are.
    """
    oauth = settings.oauth
    if oauth.issuer:
        if settings.tokens:
            raise SettingsError("Set http.tokens or http.oauth, not both.")
        if not (oauth.introspection_url and oauth.resource):
            raise SettingsError("http.oauth needs introspection_url and resource besides issuer.")
        auth = AuthSettings(
            issuer_url=AnyHttpUrl(oauth.issuer),
            resource_server_url=AnyHttpUrl(oauth.resource),
            required_scopes=list(oauth.scopes),
            validate_token_resource=True,
        )
        return Admission(IntrospectedTokens(oauth), auth, None)
    tokens = {name: secret.get_secret_value() for name, secret in settings.tokens.items()}
    if short := [name for name, token in tokens.items() if len(token) < 16]:
        raise SettingsError(f"The token of {short[0]!r} is too short to be safe: give at least 16 characters.")
    generated = None
    if not tokens and not is_loopback(settings.host):
        generated = secrets.token_urlsafe(32)
        tokens = {"caller": generated}
    return Admission(StaticTokens(tokens) if tokens else None, None, generated)


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
