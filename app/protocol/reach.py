"""Where a call may go: an address somebody typed in must not lead into our own house.

A name is resolved once for each connection, every address it has is looked at, and the connection goes to the very
address that was looked at: a name that answers differently a moment later gains nothing. Host and TLS name stay the
name's. Redirects are the caller's not to follow.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, ClassVar
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], list[str]]
"""(host, port) → its addresses; raises OSError if there are none."""

_TRANSLATED = tuple(ip_network(text) for text in ("64:ff9b::/96", "::/96"))  # an IPv4 address in the last 32 bits
_CLOSED = tuple(ip_network(text) for text in ("64:ff9b:1::/48", "192.88.99.0/24", "5f00::/16", "fec0::/10"))


class AddressRefused(Exception):
    """The address leads where calls must not go; the text is for people."""


def resolved(host: str, port: int) -> list[str]:
    """As the machine resolves it: names, and every odd way to write a number."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def networks(text: str) -> tuple[Network, ...]:
    """ "10.20.0.0/16, 127.0.0.1" as networks; raises ValueError."""
    return tuple(ip_network(part) for part in text.replace(",", " ").split())


def same_origin(url: str, endpoint: str) -> bool:
    """Whether an address a party tells of lies with its own endpoint."""
    there, own = urlsplit(url), urlsplit(endpoint)
    try:
        return (there.scheme, there.hostname, there.port) == (own.scheme, own.hostname, own.port) and not there.username
    except ValueError:
        return False


@dataclass(frozen=True)
class Reach:
    """Public addresses over https; those in `allowed` whatever they are, over http too."""

    allowed: tuple[Network, ...] = ()
    resolve: Resolve = resolved

    def addresses(self, host: str, port: int, *, secure: bool) -> list[str]:
        """Where a connection to this name may go; raises AddressRefused, or OSError if the name is not known."""
        found = self.resolve(host, port)
        for text in found:
            address = ip_address(text.partition("%")[0])
            if self._allowed(address):
                continue
            if not _public(address):
                raise AddressRefused("该地址指向内部网络，不能作为接口地址")
            if not secure:
                raise AddressRefused("接口地址应使用https")
        return found

    def problem(self, url: str) -> str | None:
        """What is wrong with an address somebody gives, as it resolves now; None if calls may go there."""
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return "接口地址格式不正确"
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return "接口地址应以https://开头"
        if parts.username or parts.password or parts.query or parts.fragment:
            return "接口地址不应含用户名、密码、?或#"
        try:
            self.addresses(parts.hostname, port, secure=parts.scheme == "https")
        except AddressRefused as refused:
            return str(refused)
        except (OSError, UnicodeError):
            return "接口地址的域名无法解析"
        return None

    def pool(self, **options: Any) -> urllib3.PoolManager:
        """Connections that go nowhere else, and are not made a second time by themselves."""
        plain = type("Plain", (_Plain,), {"reach": self})
        secure = type("Secure", (_Secure,), {"reach": self})
        manager = urllib3.PoolManager(retries=False, **options)
        manager.pool_classes_by_scheme = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
        return manager

    def _allowed(self, address: Address) -> bool:
        return any(address in network for network in self.allowed if network.version == address.version)


class _Plain(HTTPConnection):
    """Connects to the address that was looked at; the name stays the connection's."""

    reach: ClassVar[Reach]
    secure: ClassVar[bool] = False

    def _new_conn(self) -> socket.socket:
        return _connect(self, self.reach, self.secure, super()._new_conn)


class _Secure(HTTPSConnection):
    reach: ClassVar[Reach]
    secure: ClassVar[bool] = True

    def _new_conn(self) -> socket.socket:
        return _connect(self, self.reach, self.secure, super()._new_conn)


def _connect(
    connection: HTTPConnection, reach: Reach, secure: bool, connect: Callable[[], socket.socket]
) -> socket.socket:
    name = connection._dns_host  # what urllib3 would resolve itself
    try:
        found = reach.addresses(name, connection.port, secure=secure)
    except OSError as error:
        raise NewConnectionError(connection, f"{name}: {error}") from error
    try:
        return _first(connection, found, connect)
    finally:
        connection._dns_host = name


def _first(connection: HTTPConnection, found: Iterable[str], connect: Callable[[], socket.socket]) -> socket.socket:
    failure = NewConnectionError(connection, "no address")
    for address in found:
        connection._dns_host = address
        try:
            return connect()
        except NewConnectionError as error:
            failure = error
    raise failure


def _public(address: Address) -> bool:
    """Whether it is a place on the internet, in whatever wrapping it comes."""
    return all(
        inner.is_global
        and not (inner.is_multicast or inner.is_loopback or inner.is_link_local or inner.is_unspecified)
        and not any(inner in network for network in _CLOSED if network.version == inner.version)
        and not (inner.version == 4 and inner.is_reserved)
        for inner in _unwrapped(address)
    )


def _unwrapped(address: Address) -> Iterator[Address]:
    """The address itself, or the ones inside it: IPv4 in IPv6, mapped, translated, tunnelled."""
    if isinstance(address, IPv4Address):
        yield address
        return
    inside: list[IPv4Address] = [one for one in (address.ipv4_mapped, address.sixtofour) if one]
    inside += address.teredo or ()
    if any(address in network for network in _TRANSLATED):
        inside.append(IPv4Address(int(address) & 0xFFFFFFFF))
    if inside:
        yield from inside
    else:
        yield address
