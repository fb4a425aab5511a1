"""A receiver that fails as receivers do, and remembers what it heard."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from loadtests.receiver import Request, answer

# Of all attempts, so many fail.
SHARE = 0.3
# One id is not failed more often, so that none is given up after ten attempts by chance.
MOST = 7
GONE = "/gone"
SLOW_SECONDS, DRIP_SECONDS, RETRY_AFTER = 3.0, 0.5, 2
# Of every so many requests one is kept, for its signature to be verified.
SAMPLED = 20

type Way = Callable[[asyncio.Transport], None]


def _broken(transport: asyncio.Transport) -> None:
    answer(transport, 500, body=b"broken")


def _busy(transport: asyncio.Transport) -> None:
    answer(transport, 429, f"retry-after: {RETRY_AFTER}")


def _elsewhere(transport: asyncio.Transport) -> None:
    answer(transport, 302, "location: /elsewhere")


def _cut_off(transport: asyncio.Transport) -> None:
    transport.write(b"HTTP/1.1 200 -\r\ncontent-le")
    transport.close()


def _later(transport: asyncio.Transport) -> None:
    asyncio.get_running_loop().call_later(SLOW_SECONDS, answer, transport, 503)


def _dripping(transport: asyncio.Transport) -> None:
    text = b"broken"
    transport.write(f"HTTP/1.1 500 -\r\ncontent-length: {len(text)}\r\n\r\n".encode())
    for number in range(len(text)):
        drop = text[number : number + 1]
        asyncio.get_running_loop().call_later(DRIP_SECONDS * (number + 1), _drip, transport, drop)


def _drip(transport: asyncio.Transport, drop: bytes) -> None:
    # Whoever sent it may have been killed meanwhile.
    if not transport.is_closing():
        transport.write(drop)


def _silent(transport: asyncio.Transport) -> None:
    """Let the sender wait until it gives up."""


# Of a hundred failures, so many of each.
WAYS: dict[str, tuple[Way, int]] = {
    "500": (_broken, 30),
    "429 with Retry-After": (_busy, 20),
    "redirect": (_elsewhere, 20),
    "cut off": (_cut_off, 15),
    "slow body": (_dripping, 6),
    "slow answer": (_later, 6),
    "no answer": (_silent, 3),
}


@dataclass(slots=True)
class Webhook:
    """What is known of one id."""

    body: bytes
    times: int = 0
    taken: int = 0
    # After having been accepted, and with other bytes than the first time.
    again: int = 0
    is_changed: bool = False


@dataclass
class Heard:
    """What came for one path."""

    requests: int = 0
    webhooks: dict[str, Webhook] = field(default_factory=dict)

    @property
    def taken(self) -> set[str]:
        """The ids that were accepted."""
        # Copied in one step: the receiver goes on meanwhile.
        return {id_ for id_, webhook in self.webhooks.copy().items() if webhook.taken}


class Flaky:
    """Hears webhooks, and fails some. Each path has a memory of its own; whatever comes to `GONE` is answered 410."""

    def __init__(self, seed: int) -> None:
        """Draw by the seed."""
        self._drawn = Random(seed)  # noqa: S311 - no secret
        self.heard: dict[str, Heard] = {}
        self.failed: Counter[str] = Counter()
        self.samples: deque[Request] = deque(maxlen=500)

    def of(self, path: str) -> Heard:
        """Give what came for a path."""
        return self.heard.setdefault(path, Heard())

    def hear(self, request: Request, transport: asyncio.Transport) -> None:
        """Write a request down and answer it."""
        heard = self.of(request.path)
        heard.requests += 1
        webhook = heard.webhooks.setdefault(request.headers["webhook-id"], Webhook(request.body))
        webhook.times += 1
        webhook.again += webhook.taken > 0
        webhook.is_changed |= webhook.body != request.body
        if heard.requests % SAMPLED == 1:
            self.samples.append(request)
        if request.path == GONE:
            answer(transport, 410)
        elif webhook.times - webhook.taken <= MOST and self._drawn.random() < SHARE:
            self._fail(transport)
        else:
            webhook.taken += 1
            answer(transport, 200, body=b"ok")

    def _fail(self, transport: asyncio.Transport) -> None:
        (name,) = self._drawn.choices([*WAYS], weights=[weight for _, weight in WAYS.values()])
        self.failed[name] += 1
        WAYS[name][0](transport)
