"""A lean HTTP/1.1 load driver: keep-alive sockets on threads, requests made beforehand, every status checked."""

import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import random
from statistics import quantiles
from threading import Barrier, BrokenBarrierError, Thread

WARM_UP_SECONDS = 0.4
TIMEOUT_SECONDS = 30
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)

# Gives the next request of a connection, ready to send.
type Requests = Callable[[], bytes]


@dataclass
class Measured:
    """What a stretch of load gave: answers after the warm-up, their latencies in seconds, and what went wrong."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds


class Tail(Measured):
    """A stretch of load of which the slow answers count."""

    @property
    def rate(self) -> float:
        """Answers a second that one caller would get if each took as long as the slowest of twenty: one over p95."""
        return 1 / quantiles(self.latencies, n=20)[-1] if len(self.latencies) > 1 else 0.0


def drive(
    port: int, requests: Requests, *, expected: int, connections: int, seconds: float, interval: float = 0.0
) -> Measured:
    """Send as fast as answers come, on so many connections, and give what happened after the warm-up.

    With an `interval`, in seconds, each connection sends no oftener. Never raises for what the server does: a refused
    or broken connection stands among what went wrong.
    """
    begin = Barrier(connections + 1, timeout=TIMEOUT_SECONDS)
    parts = [Measured(seconds) for _ in range(connections)]
    shift = _Shift(requests, expected, seconds, interval)
    threads = [Thread(target=_connection, args=(port, shift, begin, part)) for part in parts]
    for thread in threads:
        thread.start()
    # Broken by a connection that could not be made, which says so itself.
    with suppress(BrokenBarrierError):
        begin.wait()
    for thread in threads:
        thread.join()
    whole = Measured(seconds)
    for part in parts:
        whole.latencies += part.latencies
        whole.wrong += part.wrong
    if not whole.latencies and not whole.wrong:
        whole.wrong.append("no answer came after the warm-up")
    return whole


@dataclass(frozen=True, slots=True)
class _Shift:
    """What a connection does, and for how long."""

    requests: Requests
    expected: int
    seconds: float
    interval: float


def _connection(port: int, shift: _Shift, begin: Barrier, into: Measured) -> None:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            begin.wait()
            _exchange(connection, shift, into)
    except (OSError, BrokenBarrierError) as error:
        into.wrong.append(f"a connection broke: {error!r}")
        begin.abort()


def _exchange(connection: socket.socket, shift: _Shift, into: Measured) -> None:
    warm_at = time.perf_counter() + WARM_UP_SECONDS
    end_at = warm_at + shift.seconds
    # Connections that keep an interval do not all send at once.
    next_at = time.perf_counter() + random() * shift.interval  # noqa: S311 - no secret
    while (sent_at := time.perf_counter()) < end_at:
        if sent_at < next_at:
            time.sleep(next_at - sent_at)
            sent_at = time.perf_counter()
        next_at += shift.interval
        connection.sendall(shift.requests())
        status, body = receive(connection)
        if status != shift.expected:
            into.wrong.append(f"{status}: {body[:200].decode(errors='replace')}")
        elif warm_at <= sent_at and (now := time.perf_counter()) <= end_at:
            into.latencies.append(now - sent_at)


def exchange(connection: socket.socket, what: bytes) -> tuple[int, bytes]:
    """Send one request and give the status and body of its answer.

    Raises:
        ConnectionError: as the answer ended early.
    """
    connection.sendall(what)
    return receive(connection)


def receive(connection: socket.socket) -> tuple[int, bytes]:
    """Read the status and the body of one whole answer.

    Raises:
        ConnectionError: it ended early, or does not say how long it is.
    """
    data = b""
    while (split := data.find(b"\r\n\r\n")) < 0:
        part = connection.recv(65_536)
        if not part:
            raise ConnectionError("the server closed the connection")
        data += part
    found = _LENGTH.search(data, 0, split)
    if found is None:
        raise ConnectionError(f"an answer without its length: {data[:200]!r}")
    missing = int(found[1]) - (len(data) - split - 4)
    while missing > 0:
        part = connection.recv(65_536)
        if not part:
            raise ConnectionError("the server closed the connection in the middle of an answer")
        data += part
        missing -= len(part)
    return int(data[9:12]), data[split + 4 :]


def request(method: str, path: str, *, host: str, token: str = "", key: str = "", body: bytes = b"") -> bytes:
    """Write a request as bytes, with its Idempotency-Key if it has one."""
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}"]
    if token:
        lines.append(f"authorization: Bearer {token}")
    if key:
        lines.append(f"idempotency-key: {key}")
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
