"""Readers of the journal miss nothing, however late a transaction commits."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Signal
from threading import Thread
from time import monotonic, sleep

from django.db import connection, transaction

from journal import services
from journal.messages import EventType
from journal.models import Cursor, Entry
from kit import scope
from kit.actor import SYSTEM
from tests.factories import NOW

RACED = EventType("test.raced", "A thing of the race.", is_public=False)


def record() -> Entry:
    return services.record(RACED, subject=None, by=SYSTEM, at=NOW)


@contextmanager
def slow_transaction(schema: str) -> Iterator[list[Entry]]:
    """Write an entry in a transaction that commits only when the block ends."""
    written, may_commit, made = Signal(), Signal(), []

    def work() -> None:
        scope.enter(schema)
        with transaction.atomic():
            made.append(record())
            written.set()
            may_commit.wait(timeout=30)
        connection.close()

    thread = Thread(target=work)
    thread.start()
    written.wait(timeout=30)
    yield made
    may_commit.set()
    thread.join()


def cursor_xid() -> int:
    cursor, _ = Cursor.objects.get_or_create(name=services.DISPATCHER)
    return cursor.xid


def drained(expected: int) -> int:
    """Dispatch until so many entries were handed over: writers of other databases hold the horizon, too."""
    seen, deadline = 0, monotonic() + 30
    while seen < expected and monotonic() < deadline:
        seen += services.dispatch()
        sleep(0.01)
    return seen


def test_an_entry_that_commits_late_is_not_skipped(arena: str) -> None:
    drained(Entry.objects.filter(xid__gt=cursor_xid()).count())
    with slow_transaction(arena) as slow:
        quick = record()
        assert Entry.objects.filter(id=quick.id).exists()
        services.dispatch()
        assert Cursor.objects.get(name=services.DISPATCHER).xid < slow[0].xid
    assert drained(2) == 2


def test_control_reading_by_id_alone_skips_it(arena: str) -> None:
    """The obvious cursor, the last id seen, is past the slow entry before it can be seen at all."""
    with slow_transaction(arena) as slow:
        quick = record()
        last_seen = Entry.objects.order_by("-id").values_list("id", flat=True)[0]
        assert last_seen == quick.id
    assert slow[0].id < last_seen
    assert not Entry.objects.filter(id__gt=last_seen).exists()


def test_two_dispatchers_do_not_hand_over_twice(arena: str) -> None:
    drained(Entry.objects.filter(xid__gt=cursor_xid()).count())
    record()
    with transaction.atomic():
        Cursor.objects.select_for_update().get(name=services.DISPATCHER)
        found = []

        def second() -> None:
            scope.enter(arena)
            found.append(services.dispatch())
            connection.close()

        thread = Thread(target=second)
        thread.start()
        thread.join(timeout=30)
        assert found == [0]
    assert drained(1) == 1
