"""A receiver of webhooks: HTTP/1.1 on asyncio and little else, so that it is never what limits.

`python -m loadtests.receiver` is one in a process of its own. It says its port, and answers 200 until its input ends.
"""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# So many may wait to be let in: whoever kills workers has many come at once.
BACKLOG = 1_024


@dataclass(frozen=True, slots=True)
class Request:
    """One request, which came whole."""

    path: str
    headers: dict[str, str]
    body: bytes


# Is given each request, and where to write its answer, at once or later. Runs on the receiver's loop: it must not wait.
type Hear = Callable[[Request, asyncio.Transport], None]


class Connection(asyncio.Protocol):
    """One connection. Requests are handed on when they are whole: nothing of one whose sender was killed."""

    def __init__(self, hear: Hear, connected: set[asyncio.Transport]) -> None:
        """Take whoever is to hear the requests, and where to stand among those connected."""
        self._hear, self._connected, self._data = hear, connected, b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where answers go."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what asyncio gives for TCP
        self._transport = transport
        self._connected.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it
        """Stand there no more."""
        self._connected.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """Collect, and hand on what is whole."""
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            first, *lines = self._data[:end].decode("latin-1").split("\r\n")
            pairs = (line.partition(":") for line in lines)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            stop = end + 4 + int(headers.get("content-length", "0"))
            if len(self._data) < stop:
                return
            body, self._data = self._data[end + 4 : stop], self._data[stop:]
            self._hear(Request(first.split()[1], headers, body), self._transport)


def answer(transport: asyncio.Transport, status: int, *headers: str, body: bytes = b"") -> None:
    """Write an answer, unless nobody is there any more."""
    if not transport.is_closing():
        lines = [f"HTTP/1.1 {status} -", f"content-length: {len(body)}", *headers, "", ""]
        transport.write("\r\n".join(lines).encode() + body)


async def _listen(hear: Hear, connected: set[asyncio.Transport]) -> asyncio.Server:
    return await asyncio.get_running_loop().create_server(
        lambda: Connection(hear, connected), "127.0.0.1", 0, backlog=BACKLOG, reuse_address=True
    )


async def _end(server: asyncio.Server, connected: set[asyncio.Transport]) -> None:
    server.close()
    for transport in [*connected]:
        transport.abort()
    while connected:  # noqa: ASYNC110 - each is lost in the loop's next round
        await asyncio.sleep(0)


@contextmanager
def listening(hear: Hear) -> Iterator[int]:
    """Listen on a thread of its own for the length of a block; give the port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    connected: set[asyncio.Transport] = set()
    server = asyncio.run_coroutine_threadsafe(_listen(hear, connected), loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_end(server, connected), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def main() -> None:
    """Take everything, until the input ends."""
    with listening(lambda _, transport: answer(transport, 200)) as port:
        print(port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
