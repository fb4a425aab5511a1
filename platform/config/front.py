"""Before the threads: requests are read by the event loop of their process, and threads take those that are whole.

A thread that waited for a body would serve nobody else meanwhile, and a dozen senders that never end would be enough to
stop the platform. Here any number of them may wait, for so long, and hold so much, together.
"""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from io import BytesIO
from queue import SimpleQueue
from threading import Thread
from typing import Any

import structlog
from django.conf import settings
from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian._granian import RSGIProtocolClosed as ProtocolClosed
from granian.rsgi import Scope

from config import cpus
from config.web import DEFAULT_THREADS
from config.wsgi import application
from kit.errors import LengthRequired, TooSlow, Unavailable
from kit.middleware import UNREAD

log = structlog.get_logger()

# Of a long answer, how many bytes are sent together, and how long they may take to be taken.
PART, PART_SECONDS = 16 * 1024, 30.0
# How often the loop looks for what is over.
CLOSE_SECONDS = 0.05
# What long bodies may hold of a process's memory until they are answered, and what is not long, in bytes.
MAX_HELD, SMALL = 256 * 1024 * 1024, 64 * 1024

_ENVIRON: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}

# What has no body, unless it says so.
_BARE = frozenset({"GET", "HEAD", "OPTIONS"})

type Environ = dict[str, Any]
type Application = Callable[[Environ, Any], Iterable[bytes]]


class _Exchange:
    """A request, and the way back for its answer. The loop keeps it open until it is over."""

    __slots__ = ("held", "over", "protocol", "said", "scope")

    def __init__(self, scope: Scope, protocol: HTTPProtocol, over: asyncio.Future[None]) -> None:
        self.scope = scope
        self.protocol = protocol
        self.over = over
        # What there is to say of the body, in the words of WSGI; and how much of it counts as held.
        self.said: Environ = {"wsgi.input": BytesIO()}
        self.held = 0


class Front:
    """A WSGI application as granian's RSGI has it, on threads of its own. One a process."""

    def __init__(self, application: Application, *, threads: int) -> None:
        """Put it before an application, which is called on so many threads."""
        self._application = application
        self._threads = threads
        self._whole: SimpleQueue[_Exchange] = SimpleQueue()
        self._held = 0
        self._over: deque[asyncio.Future[None]] = deque()
        self._loop: asyncio.AbstractEventLoop

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to serve."""
        cpus.settle()
        self._loop = loop
        self._close()
        for number in range(self._threads):
            Thread(target=self._serve, name=f"web-{number}", daemon=True).start()

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Read one request, hand it to a thread, and wait until it is answered."""
        exchange = _Exchange(scope, protocol, self._loop.create_future())
        try:
            if scope.method not in _BARE or "content-length" in scope.headers:
                exchange.said["wsgi.input"] = BytesIO(await self._read(exchange))
            self._whole.put(exchange)
            await exchange.over
        except ProtocolClosed:
            # The sender left in the middle, or said what is no HTTP.
            with suppress(ProtocolClosed):
                protocol.response_empty(HTTPStatus.BAD_REQUEST, [])
        finally:
            self._held -= exchange.held

    async def _read(self, exchange: _Exchange) -> bytes:
        """Read a body, or say why it was left. One longer than any may be is left, to be refused for its length.

        Raises:
            ProtocolClosed: it ended before it was whole.
        """
        headers, protocol = exchange.scope.headers, exchange.protocol
        if "transfer-encoding" in headers:
            # Granian does not tell a body in chunks that broke off from a whole one.
            exchange.said[UNREAD] = LengthRequired("Send Content-Length in place of Transfer-Encoding")
            return b""
        length = int(headers.get("content-length", "0"))
        if not 0 < length <= settings.MAX_BULK_BODY:
            return b""
        try:
            async with asyncio.timeout(settings.BODY_SECONDS):
                return await (protocol() if length <= SMALL else self._read_parts(exchange, length))
        except TimeoutError:
            exchange.said[UNREAD] = TooSlow(f"It had {settings.BODY_SECONDS:g} s to come")
            return b""

    async def _read_parts(self, exchange: _Exchange, length: int) -> bytes:
        """Read a long body, and count what came."""
        parts = []
        async for part in exchange.protocol:
            parts.append(part)
            exchange.held += len(part)
            self._held += len(part)
            if self._held > MAX_HELD:
                exchange.said[UNREAD] = Unavailable("More is being sent than can be held; try again")
                return b""
        if exchange.held != length:
            raise ProtocolClosed
        return b"".join(parts)

    def _serve(self) -> None:
        """Answer one request after the other: a thread's work."""
        while True:
            exchange = self._whole.get()
            try:
                self._answer(exchange)
            except (ProtocolClosed, TimeoutError):
                # Nobody takes the answer any more.
                pass
            except Exception:
                log.exception("request_broke")
                # If it was answered in part, no more can be said.
                with suppress(Exception):
                    exchange.protocol.response_empty(HTTPStatus.INTERNAL_SERVER_ERROR, [])
            finally:
                self._over.append(exchange.over)

    def _answer(self, exchange: _Exchange) -> None:
        status, headers = 0, list[tuple[str, str]]()

        def start_response(line: str, given: list[tuple[str, str]], _: Any = None) -> None:
            nonlocal status, headers
            status, headers = int(line[:3]), given

        response: Any = self._application(environ_of(exchange.scope) | exchange.said, start_response)
        try:
            if getattr(response, "streaming", False):
                self._stream(exchange.protocol.response_stream(status, headers), response)
            else:
                body = b"".join(response)
                # From this thread: the answer waits for nothing that the loop does.
                exchange.protocol.response_bytes(status, headers, body)
        finally:
            if hasattr(response, "close"):
                response.close()

    def _stream(self, transport: Any, parts: Iterable[bytes]) -> None:
        """Send a long answer part by part, no faster than it is taken."""
        waiting = b""
        for part in parts:
            waiting += part
            if len(waiting) >= PART:
                self._send(transport, waiting)
                waiting = b""
        if waiting:
            self._send(transport, waiting)

    def _send(self, transport: Any, part: bytes) -> None:
        sent = asyncio.run_coroutine_threadsafe(_sending(transport, part), self._loop)
        try:
            sent.result(PART_SECONDS)
        except TimeoutError:
            sent.cancel()
            raise

    def _close(self) -> None:
        """Close what is over, now and then: to wake the loop for each would cost more than they wait."""
        self._loop.call_later(CLOSE_SECONDS, self._close)
        for _ in range(len(self._over)):
            over = self._over.popleft()
            if not over.done():
                over.set_result(None)


async def _sending(transport: Any, part: bytes) -> None:
    await transport.send_bytes(part)


def environ_of(scope: Scope) -> Environ:
    """Give a request's environment as WSGI has it (PEP 3333), but for its body.

    Names of headers that have an underscore are left out: they would pass for others, of which proxies take care.
    """
    environ = _ENVIRON.copy()
    name, port = _parted(scope.server)
    environ |= {
        "REQUEST_METHOD": scope.method,
        # Bytes, as WSGI writes them.
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string.encode().decode("latin-1"),
        "SERVER_NAME": name,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": _parted(scope.client)[0],
        "wsgi.url_scheme": scope.scheme,
        # Always there: a request that names no host is refused, and not taken for one to the server's own.
        "HTTP_HOST": scope.authority or "",
    }
    seen: set[str] = set()
    for header, value in scope.headers.items():
        if "_" in header:
            continue
        key = _KEYS.get(header) or f"HTTP_{header.upper().replace('-', '_')}"
        if key in seen:
            environ[key] += f"{';' if key == 'HTTP_COOKIE' else ','}{value}"
        else:
            seen.add(key)
            environ[key] = value
    return environ


def _parted(address: str) -> tuple[str, str]:
    """Part `127.0.0.1:80` or `[::1]:80`."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), port


_KEYS = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}

front = Front(application, threads=int(os.environ.get("WEB_THREADS", DEFAULT_THREADS)))
