"""A desk that serves together whoever asks at one time."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from kit import desk as desks
from kit import scope
from kit.desk import Desk
from tests.live import until

# Clerks look after their connections, though these tests have no use for them.
pytestmark = pytest.mark.django_db
LONG = 30.0


class Counter:
    """What a desk's work saw: batches, each after it was let go on."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = threading.Semaphore(0)
        self.goes_on = threading.Event()
        self.goes_on.set()

    def work(self, asked: Sequence[int]) -> list[int]:
        self.batches.append(list(asked))
        self.begun.release()
        assert self.goes_on.wait(LONG)
        if 13 in asked:
            raise ValueError
        return [-one for one in asked]


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def desk(counter: Counter) -> Desk[int, int]:
    return Desk(counter.work, keys=lambda asked: (asked % 10,))


type Ask = Callable[..., Future[int]]


@pytest.fixture
def ask(desk: Desk[int, int]) -> Iterator[Ask]:
    """Ask at the desk, from a thread of its own, in a scope."""

    def within(what: int, name: str) -> int:
        with scope.entered(name):
            return desk.ask(what)

    with ThreadPoolExecutor(10) as pool:
        yield lambda what, name="t_one": pool.submit(within, what, name)


def waits(desk: Desk[int, int], people: int) -> bool:
    """Wait until so many people wait."""
    return until(lambda: len(desk._lines["t_one"].slips) == people, seconds=LONG)


def crowd(ask: Ask, counter: Counter, desk: Desk[int, int], *, people: Sequence[int] = (2, 3)) -> list[Future[int]]:
    """Have somebody be served, and the others come meanwhile."""
    counter.goes_on.clear()
    asked = [ask(1)]
    assert counter.begun.acquire(timeout=LONG)
    for number, one in enumerate(people):
        asked.append(ask(one))
        assert waits(desk, number + 1)
    counter.goes_on.set()
    return asked


def test_whoever_comes_meanwhile_is_served_together_and_told_what_is_theirs(
    ask: Ask, counter: Counter, desk: Desk[int, int]
) -> None:
    assert [one.result(LONG) for one in crowd(ask, counter, desk)] == [-1, -2, -3]
    assert counter.batches == [[1], [2, 3]]


def test_those_that_share_a_key_are_served_one_after_the_other(
    ask: Ask, counter: Counter, desk: Desk[int, int]
) -> None:
    assert [one.result(LONG) for one in crowd(ask, counter, desk, people=(2, 12, 4))] == [-1, -2, -12, -4]
    assert counter.batches == [[1], [2, 4], [12]]


def test_an_error_is_told_to_all_of_its_batch_and_to_nobody_else(
    ask: Ask, counter: Counter, desk: Desk[int, int]
) -> None:
    first, *others = crowd(ask, counter, desk, people=(13, 2))
    assert first.result(LONG) == -1
    assert [type(one.exception(LONG)) for one in others] == [ValueError, ValueError]
    assert ask(5).result(LONG) == -5


def test_scopes_do_not_share(ask: Ask, counter: Counter) -> None:
    counter.goes_on.clear()
    asked = [ask(1), ask(2, "t_two")]
    for _ in asked:
        assert counter.begun.acquire(timeout=LONG)
    counter.goes_on.set()
    assert [one.result(LONG) for one in asked] == [-1, -2]


def test_as_many_are_waited_for_as_were_served_together_and_once_in_vain(
    ask: Ask, counter: Counter, desk: Desk[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks, "COMPANY_SECONDS", LONG)
    for one in crowd(ask, counter, desk):
        one.result(LONG)
    first = ask(4)
    assert waits(desk, 1)
    assert ask(5).result(LONG / 2) == -5
    assert first.result(LONG) == -4
    assert counter.batches == [[1], [2, 3], [4, 5]]
    monkeypatch.setattr(desks, "COMPANY_SECONDS", 0.01)
    # The clerk who still waits goes when two have come; then one is waited for in vain, and then nobody is.
    assert [one.result(LONG) for one in [ask(6), ask(7)]] == [-6, -7]
    assert ask(8).result(LONG) == -8
    monkeypatch.setattr(desks, "COMPANY_SECONDS", LONG)
    assert ask(9).result(LONG / 2) == -9
