"""Locking what a write begins with, or refusing what is not there.

Locks are taken in one order: event, then rooms and speakers, then pools, then registrations. They leave the key
alone (`no_key`): a registration's foreign key to the event takes a shared lock on that after the pool's, and a
full lock here would close a circle with it.
"""

from collections.abc import Iterable
from uuid import UUID

from catalog.models import Event
from kit.errors import Deleted, NotFound, Refusal
from kit.models import DeletableRow


def locked[T: DeletableRow](model: type[T], row_id: UUID, *, or_deleted: bool = False) -> T:
    """Lock a row for the rest of the transaction.

    Raises:
        NotFound: there is none.
        Deleted: there was one, and it was not asked for.
    """
    row: T | None = model.objects.select_for_update(no_key=True).filter(id=row_id).first()  # type: ignore[attr-defined] # abstract models have no manager of their own
    return there(model, row, or_deleted=or_deleted)


def locked_events(event_ids: Iterable[UUID]) -> dict[UUID, Event | Refusal]:
    """Lock events for the rest of the transaction, in the order of their ids; refuse those that are not there."""
    wanted = set(event_ids)
    rows = {row.id: row for row in Event.objects.select_for_update(no_key=True).filter(id__in=wanted).order_by("id")}
    found: dict[UUID, Event | Refusal] = {}
    for event_id in wanted:
        try:
            found[event_id] = there(Event, rows.get(event_id))
        except Refusal as refusal:
            found[event_id] = refusal
    return found


def there[T: DeletableRow](model: type[T], row: T | None, *, or_deleted: bool = False) -> T:
    """Give a row that was looked for.

    Raises:
        NotFound: there is none.
        Deleted: there was one, and it was not asked for.
    """
    if row is None:
        raise NotFound(f"No such {model.__name__.lower()}")
    if row.deleted_at is not None and not or_deleted:
        raise Deleted(f"The {model.__name__.lower()} has been deleted")
    return row
