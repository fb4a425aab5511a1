"""Requests to addresses that callers chose: to public addresses alone, whatever a name, a number or a redirect says.

An address is looked at when it is saved, and again each time a connection is made: the name is resolved once, all that
it resolves to is looked at, and the connection goes to what was looked at, with the certificate and the Host of the
name. So a name that resolves to something else a moment later changes nothing. Redirects are never followed, and no
proxy of the environment is used.
"""

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, cast

import httpcore
import httpx
from django.conf import settings

CONNECT_SECONDS = 5.0
PORTS = frozenset({443, 8443})
MAX_URL = 2_000
# What a browser's URL parser would take for a number: the last label of a host, decimal or hexadecimal.
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]*|[0-9]+)")
# Of IPv6, what leads to IPv4 on the way: translation, 6to4, Teredo.
_TUNNELS = [ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]

type Address = IPv4Address | IPv6Address


class NotAllowed(Exception):  # noqa: N818 - the name is the refusal itself
    """The platform sends nothing there; the text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was looked at, and what its name resolved to then."""

    url: str
    host: str
    port: int
    addresses: tuple[str, ...]


def target_of(text: str) -> Target:
    """Look at an address that a caller chose, and resolve it.

    Raises:
        NotAllowed: it is no https address of a public host, or resolves to anything that is not public.
    """
    if len(text) > MAX_URL or any(ord(one) <= ord(" ") or ord(one) == 127 or one == "\\" for one in text):  # noqa: PLR2004 - DEL
        raise NotAllowed("The address is too long, or has spaces, backslashes or control characters")
    try:
        url = httpx.URL(text)
        host, port = url.raw_host.decode("ascii").strip("[]"), url.port
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise NotAllowed("The address cannot be read") from error
    if url.scheme not in {"https", "http"} or not host:
        raise NotAllowed("Give an address that begins with https://")
    if url.userinfo or "@" in text.partition("//")[2].partition("/")[0]:
        raise NotAllowed("Leave names and passwords out of the address")
    if url.fragment or "#" in text:
        raise NotAllowed("Leave out what stands behind #: it is never sent")
    number = port if port is not None else (443 if url.scheme == "https" else 80)
    addresses = resolved(host, number)
    is_own = all(_is_allowed_network(address) for address in addresses)
    if url.scheme == "http" and not (settings.DEBUG or is_own):
        raise NotAllowed("Give an address that begins with https://")
    if number not in PORTS and not (is_own or (settings.DEBUG and number == 80)):  # noqa: PLR2004 - that of http
        raise NotAllowed(f"Use one of the ports {', '.join(map(str, sorted(PORTS)))}")
    return Target(str(url), host, number, tuple(map(str, addresses)))


def resolved(host: str, port: int) -> list[Address]:
    """Resolve a name, and look at all that it resolves to.

    Raises:
        NotAllowed: it does not resolve, or not to public addresses alone.
    """
    last = host.rstrip(".").rpartition(".")[2]
    if ":" not in host and _NUMBER.fullmatch(last):
        # Written out in four plain decimals, or not at all: resolvers read 0x7f.1, 0177.0.0.1 and 2130706433, too.
        try:
            IPv4Address(host)
        except ValueError as error:
            raise NotAllowed("Write an IPv4 address as four decimal numbers") from error
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotAllowed(f"The host {host} cannot be resolved") from error
    addresses = list(dict.fromkeys(ip_address(str(one[4][0]).partition("%")[0]) for one in found))
    for address in addresses:
        if not (is_public(address) or _is_allowed_network(address)):
            raise NotAllowed(f"The host {host} leads to {address}, which is not a public address")
    return addresses


def is_public(address: Address) -> bool:
    """Tell whether an address is somewhere on the public Internet, by whatever way it is written."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        # The old way to write IPv4 within IPv6 (::127.0.0.1), and what is translated on the way.
        if int(address) >> 32 == 0 or any(address in network for network in _TUNNELS):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _is_allowed_network(address: Address) -> bool:
    """Tell whether the installation allows an address that is not public, as for receivers within its own walls."""
    return any(address in ip_network(text) for text in settings.EGRESS_NETWORKS)


_local = threading.local()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give what this thread sends so long in all, however slowly an answer drips."""
    _local.until = time.monotonic() + seconds
    try:
        yield
    finally:
        _local.until = None


def _left(timeout: float | None) -> float | None:
    until: float | None = getattr(_local, "until", None)
    if until is None:
        return timeout
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the exchange took too long")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose every step ends when the exchange must."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    """Connects to what was looked at, and to nothing else."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, look, and connect to the first that answers."""
        failure: Exception = httpcore.ConnectError("no address")
        for address in resolved(host, port):
            try:
                stream = super().connect_tcp(str(address), port, _left(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream)
        raise failure


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        cast("Any", self._stream).close()


@cache
def _tls() -> ssl.SSLContext:
    """Read the authorities that are trusted, once."""
    return ssl.create_default_context()


class Transport(httpx.BaseTransport):
    """httpx's way to the network, by connections that are looked at."""

    def __init__(self, *, connections: int = 20) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(), max_connections=connections, keepalive_expiry=5,
            network_backend=_Backend(),
        )  # fmt: skip

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            NotAllowed: the name leads to where nothing is sent.
            httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError: as httpcore has them.
        """
        url = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        asked = httpcore.Request(
            method=request.method, url=url, headers=request.headers.raw, content=request.stream,
            extensions=request.extensions,
        )  # fmt: skip
        answer = self._pool.handle_request(asked)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(cast("Iterable[bytes]", answer.stream)),
            extensions=answer.extensions,
        )  # fmt: skip

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def client(*, seconds: float, connections: int = 20) -> httpx.Client:
    """Make a client for addresses that callers chose. `seconds` is how long each step of an exchange may take."""
    return httpx.Client(
        transport=Transport(connections=connections), trust_env=False, follow_redirects=False,
        timeout=httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)),
    )  # fmt: skip


# What an exchange fails with, on the way or at the other end; those of TLS are of OSError.
FAILURES = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpx.HTTPError, OSError)
