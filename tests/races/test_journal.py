"""Readers of the journal miss nothing, however late a transaction commits."""

from threading import Thread
from time import monotonic, sleep
from uuid import UUID

from django.db import connection, transaction
from django.utils.timezone import now

from catalog.models import Category
from journal import selectors, services
from journal.messages import EVENT_TYPES, EventType
from journal.models import Cursor, Entry
from kit import scope
from kit.actor import SYSTEM
from kit.pagination import Position, Stretch
from tests.factories import NOW
from tests.races.conftest import uncommitted

SHOWN = EVENT_TYPES["category.created"]
RACED = EventType("test.raced", "A thing of the race.", is_public=False)


def record() -> Entry:
    return services.record(RACED, subject=None, by=SYSTEM, at=NOW)


def cursor_xid() -> int:
    cursor, _ = Cursor.objects.get_or_create(name=selectors.DISPATCHER)
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
    with uncommitted(record) as slow:
        quick = record()
        assert Entry.objects.filter(id=quick.id).exists()
        services.dispatch()
        assert Cursor.objects.get(name=selectors.DISPATCHER).xid < slow[0].xid
    assert drained(2) == 2


def test_control_reading_by_id_alone_skips_it(arena: str) -> None:
    """The obvious cursor, the last id seen, is past the slow entry before it can be seen at all."""
    with uncommitted(record) as slow:
        quick = record()
        last_seen = Entry.objects.order_by("-id").values_list("id", flat=True)[0]
        assert last_seen == quick.id
    assert slow[0].id < last_seen
    assert not Entry.objects.filter(id__gt=last_seen).exists()


def test_two_dispatchers_do_not_hand_over_twice(arena: str) -> None:
    drained(Entry.objects.filter(xid__gt=cursor_xid()).count())
    record()
    with transaction.atomic():
        Cursor.objects.select_for_update().get(name=selectors.DISPATCHER)
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


def feed_of(names: list[str], cursor: str | None = None) -> tuple[list[UUID], str]:
    """Read the feed to its end; give the ids, and where to go on."""
    read: list[UUID] = []
    while True:
        page = selectors.feed(names, Stretch(2, Position.read(cursor) if cursor else None), at=now())
        read += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if not page["has_more"]:
            return read, cursor


def test_the_feed_misses_nothing_that_commits_late(arena: str) -> None:
    names = [SHOWN.name]
    _, cursor = feed_of(names)

    def show() -> Entry:
        return services.record(SHOWN, subject=Category(), by=SYSTEM, at=now(), payload={"name": "Raced"})

    with uncommitted(show) as slow:
        quick = show()
        before, cursor = feed_of(names, cursor)
        assert quick.id not in before
    deadline, read = monotonic() + 30, before
    while len(read) < 2 and monotonic() < deadline:
        more, cursor = feed_of(names, cursor)
        read += more
    assert read == [slow[0].id, quick.id]
