"""What tests are made of. Everything is made through the services, as users would."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils.timezone import now

from attendance.models import Registration
from attendance.services import Attendee, register
from catalog.models import Event, Named, Session
from catalog.rules import Stage
from catalog.services import create_event, create_named, create_session, publish_event
from identity.models import User
from journal.models import Entry
from kit.actor import SYSTEM

PASSWORD = "correct-horse-battery"
# The real hour: rows are made at NOW, and the API judges them by the clock.
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
SOON = NOW + timedelta(days=30)
_numbers = count(1)


@cache
def hashed_password() -> str:
    """Hash the password once: argon2 is slow on purpose, and every member has the same."""
    return make_password(PASSWORD)


def make_member(role: str, **fields: Any) -> User:
    number = next(_numbers)
    values = {"email": f"{role}{number}@example.com", "name": f"{role.title()} {number}", **fields}
    return User.objects.create(role=role, password=hashed_password(), **values)


def event_fields(**fields: Any) -> dict[str, Any]:
    return {
        "name": f"Event {next(_numbers)}",
        "starts_at": SOON,
        "ends_at": SOON + timedelta(hours=8),
        "capacity": 10,
        **fields,
    }


def make_event(*, stage: Stage | None = Stage.ON_SALE, **fields: Any) -> Event:
    """Make an event at a stage; `None` leaves it a draft."""
    event = create_event(fields=event_fields(**fields), by=SYSTEM, at=NOW)
    return publish_event(event_id=event.id, stage=stage, by=SYSTEM, at=NOW) if stage else event


def soon(**fields: Any) -> Event:
    """Make an event whose doors are open, by the real clock."""
    return make_event(starts_at=now() + timedelta(hours=1), ends_at=now() + timedelta(hours=9), **fields)


def session_fields(event: Event, **fields: Any) -> dict[str, Any]:
    return {
        "title": f"Session {next(_numbers)}",
        "starts_at": event.starts_at,
        "ends_at": event.starts_at + timedelta(hours=1),
        "capacity": 5,
        **fields,
    }


def make_session(event: Event, **fields: Any) -> Session:
    return create_session(event_id=event.id, fields=session_fields(event, **fields), by=SYSTEM, at=NOW)


def make_named[T: Named](model: type[T], **fields: Any) -> T:
    return create_named(model, fields={"name": f"Name {next(_numbers)}", **fields}, by=SYSTEM, at=NOW)


def someone(**fields: Any) -> Attendee:
    number = next(_numbers)
    return Attendee(**{"name": f"Guest {number}", "email": f"guest{number}@example.com", **fields})


def make_registration(event: Event, *, session: Session | None = None, **fields: Any) -> Registration:
    session_id = session.id if session else None
    done = register(event_id=event.id, session_id=session_id, attendee=someone(**fields), by=SYSTEM, at=NOW)
    return Registration.objects.get(id=done.registration["id"])


def happened() -> list[str]:
    """Name what the present schema's journal holds, in order, but for its owner's account and refused writes."""
    entries = Entry.objects.exclude(type="user.created", actor_kind="system").exclude(type="write.refused")
    return list(entries.order_by("id").values_list("type", flat=True))
