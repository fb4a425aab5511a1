"""The storm's bookkeeping: what its receiver hears and fails, and what makes it fail itself."""

import socket
import time
from asyncio import Transport
from collections.abc import Callable

import pytest

from loadtests.receiver import Request, answer, listening
from loadtests.storm import processes
from loadtests.storm.receiver import GONE, MOST, SHARE, WAYS, Flaky
from loadtests.storm.weather import Told

WHOLE = b"POST /one HTTP/1.1\r\nhost: h\r\nwebhook-id: 1\r\ncontent-length: 2\r\n\r\n{}"


class Pipe(Transport):
    """A connection whose other end is not looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def is_closing(self) -> bool:
        return False

    def write(self, data: object) -> None:
        assert isinstance(data, bytes)
        self.written += data

    def close(self) -> None:
        pass


def heard(flaky: Flaky, id_: str, *, body: bytes = b"{}", path: str = "/one") -> bytes:
    pipe = Pipe()
    flaky.hear(Request(path, {"webhook-id": id_}, body), pipe)
    return pipe.written


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def never() -> Flaky:
    """Give one that fails nothing."""
    flaky = Flaky(1)
    flaky._drawn.random = lambda: 1.0  # type: ignore[method-assign] # what it draws is the point
    return flaky


def test_a_request_counts_when_it_came_whole() -> None:
    requests: list[Request] = []

    def hear(request: Request, transport: Transport) -> None:
        requests.append(request)
        answer(transport, 200)

    with listening(hear) as port:
        with socket.create_connection(("127.0.0.1", port)) as sender:
            sender.sendall(WHOLE[:-1])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as sender:
            sender.sendall(WHOLE[:30])
            sender.sendall(WHOLE[30:] + WHOLE)
            until(lambda: len(requests) == 2)
            assert sender.recv(100).startswith(b"HTTP/1.1 200 -\r\ncontent-length: 0\r\n\r\n")
    assert {(request.path, request.headers["webhook-id"], request.body) for request in requests} == {
        ("/one", "1", b"{}")
    }


def test_what_is_heard_again_after_it_was_accepted_is_counted() -> None:
    flaky = never()
    for id_ in ("1", "1", "2"):
        assert heard(flaky, id_).startswith(b"HTTP/1.1 200 ")
    one = flaky.of("/one")
    assert (one.requests, one.taken, one.webhooks["1"].again, one.webhooks["2"].again) == (3, {"1", "2"}, 1, 0)
    assert not one.webhooks["1"].is_changed
    heard(flaky, "1", body=b"{ }")
    assert one.webhooks["1"].is_changed
    assert flaky.of("/two").requests == 0


def test_a_share_of_all_attempts_fails_but_none_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    flaky = Flaky(7)
    # Answers that come later need a loop.
    monkeypatch.setattr(flaky, "_fail", lambda _: flaky.failed.update(["x"]))
    for number in range(3_000):
        heard(flaky, str(number))
    assert abs(flaky.failed["x"] / 3_000 - SHARE) < 0.03
    monkeypatch.setattr(flaky._drawn, "random", lambda: 0.0)
    answers = [heard(flaky, "unlucky") for _ in range(MOST + 2)]
    assert [one != b"" for one in answers] == [False] * MOST + [True, True]


def test_an_endpoint_that_is_gone_is_answered_410() -> None:
    assert heard(Flaky(1), "1", path=GONE).startswith(b"HTTP/1.1 410 ")
    assert sum(weight for _, weight in WAYS.values()) == 100


def test_whatever_is_lost_changed_or_slow_is_a_fault() -> None:
    sound = Told(2, delivered=2, sampled=1, verified=1, is_given_up=True, single=[0.1, 1.9, 9.0])
    assert sound.faults == []
    broken = Told(2, delivered=1, sampled=1, changed=1, single=[2.0])
    assert broken.faults == [
        "1 entries were not delivered",
        "1 ids came with two bodies",
        "1 signatures were wrong",
        "the endpoint that answered 410 was not given up",
        "a single entry was heard after 2.00 s",
    ]
    assert "no signature was looked at" in Told(2).faults


def test_only_databases_of_its_own_are_emptied() -> None:
    assert processes.valkey("redis://:secret@127.0.0.1:6379/0") == "redis://:secret@127.0.0.1:6379/11"
