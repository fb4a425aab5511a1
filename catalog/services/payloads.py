"""What the journal says of events and sessions."""

from datetime import datetime
from typing import Any

from django.db.models import Model

from catalog.models import Event, Session
from kit import models


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def changed(row: Model, changes: dict[str, Any]) -> dict[str, list[object]]:
    """Set the fields on the row and give `{field: [before, after]}` of those that differ, as the journal keeps them."""
    different = {name: [*map(_plain, values)] for name, values in models.changed(row, changes).items()}
    if "access_code" in different:
        different["access_code"] = ["***", "***"]
    return different


def event_payload(event: Event, *, at: datetime) -> dict[str, Any]:
    """Describe an event to partners."""
    return {
        "name": event.name,
        "starts_at": event.starts_at.isoformat(),
        "ends_at": event.ends_at.isoformat(),
        "status": event.status(at=at),
    }


def session_payload(session: Session, *, at: datetime) -> dict[str, Any]:
    """Describe a session to partners."""
    return {
        "event_id": str(session.event_id),
        "title": session.title,
        "starts_at": session.starts_at.isoformat(),
        "ends_at": session.ends_at.isoformat(),
        "status": session.status(at=at),
    }
