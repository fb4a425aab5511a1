"""Many callers at one instant, over HTTP: sockets that are open already, threads, a barrier."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from threading import Barrier, Thread
from typing import Any

import orjson

from loadtests.bench.driver import exchange, request
from tests.live import Platform

CALLERS = 40


@dataclass(frozen=True, slots=True)
class Call:
    """One call of acme's server."""

    path: str
    body: Any
    token: str = ""
    method: str = "POST"
    key: str = ""

    def written(self) -> bytes:
        body = orjson.dumps(self.body)
        return request(self.method, self.path, host="acme.localhost", token=self.token, key=self.key, body=body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; nothing, if the connection broke."""

    status: int
    body: Any


def fire(platform: Platform, calls: Sequence[Call], *, callers: int = CALLERS) -> list[Answer | None]:
    """Make the calls, as many at a time as there are callers, who all begin at one instant; answers in order."""
    written = [call.written() for call in calls]
    answers: list[Answer | None] = [None] * len(calls)
    callers = min(callers, len(calls))
    following, barrier = count(), Barrier(callers)

    def call_on() -> None:
        connection = socket.create_connection(("127.0.0.1", platform.port), timeout=60)
        barrier.wait(timeout=60)
        while (number := next(following)) < len(calls):
            try:
                status, body = exchange(connection, written[number])
                answers[number] = Answer(status, orjson.loads(body) if body else None)
            except OSError:
                connection.close()
                connection = socket.create_connection(("127.0.0.1", platform.port), timeout=60)
        connection.close()

    threads = [Thread(target=call_on) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
