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
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Self, cast

import httpcore
import httpx
from django.conf import settings

CONNECT_SECONDS = 5.0
# For how long a connection is kept for the next exchange with its host.
KEPT_SECONDS = 5.0
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
def _within(seconds: float) -> Iterator[None]:
    """Give what this thread sends so long in all, however slowly an answer drips."""
    _local.until = time.monotonic() + seconds
    try:
        yield
    finally:
        _local.until = None


def _left(timeout: float | None) -> float | None:
    left: float = _local.until - time.monotonic()
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


@cache
def _tls() -> ssl.SSLContext:
    """Read the authorities that are trusted, once."""
    return ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `headers` by their names in small letters, `head` the beginning of the body.

    `certificate_until` is when the certificate of the other end expires, where there is one.
    """

    status: int
    headers: dict[str, str]
    head: bytes
    certificate_until: datetime | None


@dataclass(slots=True)
class _Line:
    """A connection to one host, and what was seen of its certificate."""

    connection: httpcore.HTTPConnection
    certificate_until: datetime | None = None


class Client:
    """Sends to addresses that callers chose. Threads may share it; each exchange has a connection to itself.

    A connection is kept for the next exchange with its host, until the block ends. (A pool of httpcore's looks at all
    of its connections for each request: with twenty of them that costs more than the request.)
    """

    def __init__(self, *, seconds: float) -> None:
        """Give each exchange so many seconds in all."""
        self._seconds = seconds
        # By scheme and Host.
        self._idle: defaultdict[tuple[bytes, bytes], deque[_Line]] = defaultdict(deque)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for lines in self._idle.values():
            for line in lines:
                line.connection.close()

    def post(self, url: str, content: bytes, *, headers: Mapping[str, str], head: int = 1_000) -> Answer:
        """Send a body, and read the beginning of the answer's.

        Raises:
            NotAllowed: the name leads to where nothing is sent.
            FAILURES: whatever happened on the way, or at the other end.
        """
        address, host = _read(url)
        told = [(b"Host", host), (b"Content-Length", str(len(content)).encode())]
        told += ((name.encode(), value.encode()) for name, value in headers.items())
        timeouts = {"timeout": {"connect": CONNECT_SECONDS}}
        request = httpcore.Request("POST", address, headers=told, content=content, extensions=timeouts)
        with _within(self._seconds):
            idle = self._idle[address.scheme, host]
            line = _taken(idle) or _Line(_connection(address.origin))
            try:
                response = line.connection.handle_request(request)
                try:
                    read = _beginning(cast("Iterable[bytes]", response.stream), head)
                    if line.certificate_until is None:
                        line.certificate_until = _certificate_until(response.extensions["network_stream"])
                finally:
                    response.close()
            finally:
                # Kept if its answer was read to the end.
                if line.connection.is_available():
                    idle.append(line)
                else:
                    line.connection.close()
        known = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        return Answer(response.status, known, read, line.certificate_until)


def _taken(idle: deque[_Line]) -> _Line | None:
    """Take the connection that was used last, if any is still good."""
    while True:
        try:
            line = idle.pop()
        except IndexError:
            return None
        # The other end may have closed it meanwhile.
        if not line.connection.has_expired():
            return line
        line.connection.close()


def _connection(origin: httpcore.Origin) -> httpcore.HTTPConnection:
    return httpcore.HTTPConnection(
        origin, ssl_context=_tls(), keepalive_expiry=KEPT_SECONDS, network_backend=_Backend()
    )


@lru_cache(maxsize=1_000)
def _read(url: str) -> tuple[httpcore.URL, bytes]:
    """Read an address as `target_of` does; give it, and the Host that is told."""
    read = httpx.URL(url)
    address = httpcore.URL(scheme=read.raw_scheme, host=read.raw_host, port=read.port, target=read.raw_path)
    return address, read.netloc


def _beginning(stream: Iterable[bytes], size: int) -> bytes:
    read = b""
    for part in stream:
        read += part
        if len(read) >= size:
            break
    return read[:size]


def _certificate_until(stream: httpcore.NetworkStream) -> datetime | None:
    tls: ssl.SSLObject | None = stream.get_extra_info("ssl_object")
    certificate = tls.getpeercert() if tls else None
    if not certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), tz=UTC)


# What an exchange fails with, on the way or at the other end; those of TLS are of OSError.
FAILURES = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError)
