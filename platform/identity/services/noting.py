"""Writing what happened to accounts and keys, where there is a journal to write to."""

from datetime import datetime
from typing import Any

from django.db.models import Model

from journal.messages import EventType
from journal.services import record
from kit import scope
from kit.actor import Actor


def note(event_type: EventType, subject: Model | None, *, by: Actor, at: datetime, **more: Any) -> None:
    """Record in a tenant's journal; the public schema has none."""
    if scope.current() != scope.PUBLIC:
        record(event_type, subject=subject, by=by, at=at, **more)
