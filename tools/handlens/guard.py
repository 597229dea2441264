"""The guard: which URLs, addresses, origins and paths may be touched at all.

It is asked twice. `Guard.check_url` looks at a URL before anything is sent. `Guard.connect` opens every connection
that counts: it resolves the name, checks each address, and connects to an address that it checked, so that a name
which answers differently the second time (DNS rebinding) gains nothing. Browser traffic reaches it through
`handlens.browser.proxy`, documents through `handlens.fetch`.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import anyio
from anyio.abc import SocketStream

from handlens.errors import InvalidInput, Refused

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")  # where the IPv4 address lies in it differs by network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class PrivateNetwork(StrEnum):
    """Which addresses that are not on the public internet may be reached."""

    ALLOW = "allow"
    LOOPBACK_ONLY = "loopback-only"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules. Origins are ``scheme://host[:port]``; the host may start with ``*.`` and the port may be ``*``.

    An empty ``allowed_origins`` allows all; ``blocked_origins`` wins over it. ``folders`` are the only places that
    files are read from.
    """

    schemes: tuple[str, ...] = ("http", "https")
    allowed_origins: tuple[str, ...] = ()
    blocked_origins: tuple[str, ...] = ()
    private_network: PrivateNetwork = PrivateNetwork.BLOCK
    folders: tuple[Path, ...] = ()

    @property
    def watches_connections(self) -> bool:
        """Whether any rule is about where connections go, so that the browser must connect through us."""
        return bool(self.allowed_origins or self.blocked_origins or self.private_network is not PrivateNetwork.ALLOW)

    def check_url(self, url: str) -> str:
        """The URL, stripped, if its scheme, origin and literal address are allowed.

        Raises:
            InvalidInput: it is no absolute URL.
            Refused: the scheme, the origin or the address is not allowed.
        """
        url = url.strip()
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InvalidInput(f"{_shown(url)} is not a URL: {error}.") from error
        if parts.scheme not in self.schemes:
            raise self._scheme_refused(url, parts)
        if not parts.hostname:
            raise InvalidInput(f"{_shown(url)} is not a complete URL: give one such as https://example.com/page.")
        self.check_host(parts.hostname, port or _DEFAULT_PORTS.get(parts.scheme, 0))
        return url

    def check_host(self, host: str, port: int) -> None:
        """Raise `Refused` where the origin lists, or a literal address in any notation, forbid ``host:port``."""
        host = _plain(host)
        if any(_matches(pattern, host, port) for pattern in self.blocked_origins):
            raise Refused(f"{_short(host)}:{port} is on the list of blocked origins (setting guard.blocked_origins).")
        if self.allowed_origins and not any(_matches(pattern, host, port) for pattern in self.allowed_origins):
            raise Refused(f"{_short(host)}:{port} is not among the allowed origins (setting guard.allowed_origins).")
        literal = _literal(host)
        if literal is not None:
            self._check_address(host, literal)

    async def connect(self, host: str, port: int) -> SocketStream:
        """A TCP connection to one of the addresses of ``host``, all of which were checked.

        Raises:
            Refused: an origin rule, or any of its addresses, forbids it.
            OSError: the name does not resolve, or nothing answers.
        """
        self.check_host(host, port)
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            self._check_address(host, ipaddress.ip_address(address.partition("%")[0]))
        failure: OSError | None = None
        for address in addresses:
            try:
                return await anyio.connect_tcp(address, port)
            except OSError as error:
                failure = error
        raise failure or OSError(f"{host} has no address")

    def check_path(self, path: str | Path) -> Path:
        """The real path of a file, symbolic links resolved, if it lies in an allowed folder.

        Raises:
            InvalidInput: no path at all.
            Refused: outside the allowed folders. What lies there, or whether it exists, is not said.
        """
        if not self.folders:
            raise Refused(
                "No local files may be read here (setting guard.folders is empty). Give a URL or an artifact."
            )
        try:
            real = Path(path).expanduser().resolve()
        except (OSError, RuntimeError, ValueError) as error:  # no such user, NUL bytes, not encodable, too long
            raise InvalidInput(f"{_shown(str(path))} is not a path.") from error
        if any(real.is_relative_to(folder.resolve()) for folder in self.folders):
            return real
        allowed = ", ".join(str(folder) for folder in self.folders)
        raise Refused(f"{_shown(str(path))} is outside the allowed folders: {allowed} (setting guard.folders).")

    def _check_address(self, host: str, address: _Address) -> None:
        reach = _reach(address)
        if reach == "public" or self.private_network is PrivateNetwork.ALLOW:
            return
        if reach == "loopback" and self.private_network is PrivateNetwork.LOOPBACK_ONLY:
            return
        raise Refused(
            f"{_short(host)} is at {address}, a {reach} address, and those are refused here "
            f"(setting guard.private_network is {self.private_network.value!r})."
        )

    def _scheme_refused(self, url: str, parts: SplitResult) -> Exception:
        allowed = " and ".join(self.schemes)
        if not parts.scheme:
            return InvalidInput(f"{_shown(url)} is not a complete URL: give one such as https://example.com/page.")
        return Refused(f"URLs of scheme {_shown(parts.scheme)} are refused; only {allowed} may be opened.")


def _shown(text: str) -> str:
    return repr(_short(text))


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "…"


def _matches(pattern: str, host: str, port: int) -> bool:
    scheme, _, place = pattern.rstrip("/").rpartition("://")
    name, colon, wanted = place.rpartition(":")
    if not colon or not (wanted == "*" or wanted.isdigit()):
        name, wanted = place, ""
    wild, name = ("*.", name[2:]) if name.startswith("*.") else ("", name)
    name = wild + _plain(name)
    if not (name in (host, "*") or (name.startswith("*.") and host.endswith(name[1:]))):
        return False
    return wanted == "*" or port == (int(wanted) if wanted else _DEFAULT_PORTS.get(scheme, port))


def _plain(host: str) -> str:
    """The one spelling of a host name or address, as browsers ask for it: small letters, punycode, no last dot."""
    literal = _literal(host)
    if literal is not None:
        return str(getattr(literal, "ipv4_mapped", None) or literal)
    host = host.lower().rstrip(".")
    if host.isascii():
        return host
    import idna

    with contextlib.suppress(idna.IDNAError):  # no name that a browser would take either
        host = idna.encode(host, uts46=True).decode("ascii")
    return host


def _literal(host: str) -> _Address | None:
    """The address that ``host`` spells, also in the old decimal, octal, hexadecimal and shortened notations."""
    host = host.strip("[]").partition("%")[0].rstrip(".")
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None


def _reach(address: _Address) -> str:
    """``public``, ``loopback`` or ``private``, looking through every way to wrap an IPv4 address in an IPv6 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is None and address.teredo is not None:
            inner = address.teredo[1]
        if inner is None and int(address) >> 32 == 0 and int(address) > 1:
            inner = ipaddress.IPv4Address(int(address))
        if inner is not None:
            return _reach(inner)
        if address.is_site_local or address in _LOCAL_NAT64:
            return "private"
    if address.is_loopback:
        return "loopback"
    return "public" if address.is_global and not address.is_multicast else "private"
