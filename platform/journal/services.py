"""Writing the journal, and telling those who listen."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, models, transaction
from django.utils.module_loading import import_string

from journal import origin, selectors
from journal.messages import EventType
from journal.models import CURRENT_XID, Cursor, Entry
from journal.selectors import DISPATCHER
from kit import editions, scope
from kit.actor import Actor
from kit.background import Chore
from kit.bulk import insert_values
from kit.ids import new_id
from kit.tasks import enqueue

log = structlog.get_logger()

DISPATCH = "journal.dispatch"
# Entries that are handed over in one transaction, and such transactions in one task.
BATCH, BATCHES = 500, 4
# Entries of one window share one task: it is sent when the window closes, so it sees all of them.
WINDOW_SECONDS = 0.2

type Consumer = Callable[[list[Entry]], None]

# Schemas with entries that no task was sent for yet.
_unannounced: set[str] = set()


def record(
    event_type: EventType,
    *,
    subject: models.Model | None,
    by: Actor,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Entry:
    """Write down what happened, in the transaction of the deed.

    `changes` maps each changed field to `[before, after]`. The dispatcher is told after commit.
    """
    fact = Fact(event_type, subject, payload or {}, changes or {})
    entry = Entry.objects.create(**dict(zip(_NAMES, _values(fact, by=by, at=at), strict=True)))
    transaction.on_commit(announce if event_type.is_public else wake_dispatcher)
    return entry


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing of many that happened together."""

    event_type: EventType
    subject: models.Model | None
    payload: Mapping[str, Any]
    changes: Mapping[str, Any] = field(default_factory=dict)


def record_all(facts: Iterable[Fact], *, by: Actor, at: datetime) -> None:
    """Do as `record` does for many facts of public types, in one statement."""
    insert_values(Entry, _NAMES, [_values(fact, by=by, at=at) for fact in facts])
    transaction.on_commit(announce)


_NAMES = (
    "id", "occurred_at", "type", "version", "subject_type", "subject_id", "payload", "changes", "actor_kind",
    "actor_id", "actor_label", "request_id", "ip",
)  # fmt: skip


def _values(fact: Fact, *, by: Actor, at: datetime) -> tuple[Any, ...]:
    """Give a fact's entry, in the order of `_NAMES`."""
    came_from, event_type, subject = origin.current(), fact.event_type, fact.subject
    return (
        new_id(), at, event_type.name, event_type.version, type(subject).__name__.lower() if subject else "",
        subject.pk if subject else None, dict(fact.payload), dict(fact.changes), by.kind, by.id, by.label,
        came_from.request_id, came_from.ip,
    )  # fmt: skip


# What `insert_entry` reads of each row that it writes an entry for: the members of `entry_values`, with their types.
ENTRY_COLUMNS = (
    "entry_id uuid, at timestamptz, actor_kind text, actor_id uuid, actor_label text, request_id text, ip inet"
)


def insert_entry(*, event_type: str, subject_type: str, subject_id: str, payload: str) -> str:
    """Write the INSERT of `record` as SQL, for statements that do everything in one round trip.

    The arguments are SQL expressions. A FROM clause must follow, of rows that have the `ENTRY_COLUMNS`: one entry is
    written for each. Whoever runs it calls `announce` after commit.
    """
    # Every part is SQL of ours.
    return f"""
        INSERT INTO journal_entry
               (id, xid, occurred_at, type, version, subject_type, subject_id, payload, changes,
                actor_kind, actor_id, actor_label, request_id, ip)
        SELECT entry_id, {CURRENT_XID}, at, {event_type}, 1, {subject_type}, {subject_id},
               {payload}, '{{}}'::jsonb, actor_kind, actor_id, actor_label, request_id, ip
    """


def entry_values(*, by: Actor, at: datetime) -> dict[str, Any]:
    """Give the values of the `ENTRY_COLUMNS` for one entry, from the present work."""
    came_from = origin.current()
    return {
        "entry_id": new_id(),
        "at": at,
        "actor_kind": by.kind,
        "actor_id": by.id,
        "actor_label": by.label,
        "request_id": came_from.request_id,
        "ip": came_from.ip,
    }


def announce() -> None:
    """Tell readers that there is a new edition, and have the dispatcher look at the journal soon. Call after commit.

    Never fails: what a lost announcement leaves behind is found by the sweep. Many calls within one window
    cost one task.
    """
    editions.renew()
    wake_dispatcher()


def wake_dispatcher() -> None:
    """Have the dispatcher look at the journal soon. Call after commit; never fails, and many calls cost one task."""
    _unannounced.add(scope.current())
    announcing.ask()


def send_announcements() -> None:
    """Send the tasks that were asked for."""
    while _unannounced:
        schema_name = _unannounced.pop()
        try:
            enqueue(DISPATCH, schema_name=schema_name)
        except Exception as error:  # noqa: BLE001 - the broker's client raises many kinds, and the sweep makes up for it
            log.warning("announce_failed", schema=schema_name, error=repr(error))


# By a thread of its own: no deed waits for the broker.
announcing = Chore("announcements", send_announcements, seconds=WINDOW_SECONDS)


def dispatch() -> int:
    """Hand every settled entry to every consumer once, and tell how many there were.

    Consumers write what they make of the entries (attempts, mails) in the same transaction that moves the
    cursor: an entry is fanned out exactly once, however often a worker dies. One dispatcher a schema runs
    at a time; a second finds the cursor locked and leaves the work to the first. Bounded, so that no organization keeps
    the others waiting: if more is there, another task is sent for it.
    """
    consumers: list[Consumer] = [import_string(path) for path in settings.JOURNAL_CONSUMERS]

    def hand_over(entries: list[Entry]) -> None:
        for consume in consumers:
            _consume(consume, entries)

    count = read_on(DISPATCHER, hand_over, batch=BATCH, batches=BATCHES)
    if count == BATCH * BATCHES:
        enqueue(DISPATCH)
    return count


def _consume(consume: Consumer, entries: list[Entry]) -> None:
    """Have a consumer take entries: all at once or, if it stumbles, one by one.

    One that it cannot take is left out and logged, or nothing would ever come after it. It stays in the journal and in
    the feed.
    """
    try:
        with transaction.atomic():
            consume(entries)
    except (OperationalError, InterfaceError, OSError, SoftTimeLimitExceeded):
        # Not the entries' fault: the next task tries again.
        raise
    except Exception:
        if len(entries) == 1:
            log.exception("entry_not_consumed", entry=str(entries[0].id), consumer=repr(consume))
            return
        for entry in entries:
            _consume(consume, [entry])


def read_on(name: str, consume: Consumer, *, batch: int, batches: int = sys.maxsize) -> int:
    """Have a reader consume the settled entries that it has not seen, in so many batches; tell how many there were.

    Each batch is consumed in the transaction that moves the reader's cursor. One of a name reads at a time in a schema.
    """
    Cursor.objects.get_or_create(name=name)
    total = 0
    while batches and (count := _read_batch(name, consume, batch)):
        total, batches = total + count, batches - 1
    return total


@transaction.atomic
def _read_batch(name: str, consume: Consumer, batch: int) -> int:
    cursor = Cursor.objects.select_for_update(skip_locked=True, no_key=True).filter(name=name).first()
    if cursor is None:
        return 0
    entries = list(selectors.after(cursor)[:batch])
    if not entries:
        return 0
    consume(entries)
    cursor.xid, cursor.entry_id = entries[-1].xid, entries[-1].id
    cursor.save(update_fields=["xid", "entry_id", "updated_at"])
    return len(entries)


def dispatch_if_behind() -> bool:
    """Enqueue a dispatch if entries lie before the dispatcher: the sweep's part for one schema."""
    if not selectors.is_behind(DISPATCHER):
        return False
    enqueue(DISPATCH)
    return True
