"""Writing the catalogue. Each call is one transaction that starts by locking the event it is about."""

from catalog.services.bulk import create_events, create_sessions
from catalog.services.events import (
    assign_coordinators,
    create_event,
    delete_event,
    restore_event,
    update_event,
)
from catalog.services.lifecycle import (
    cancel_event,
    cancel_session,
    publish_event,
    publish_session,
    resume_event,
    resume_session,
    suspend_event,
    suspend_session,
)
from catalog.services.named import create_named, delete_named, restore_named, update_named
from catalog.services.sessions import create_session, delete_session, restore_session, update_session

__all__ = [
    "assign_coordinators",
    "cancel_event",
    "cancel_session",
    "create_event",
    "create_events",
    "create_named",
    "create_session",
    "create_sessions",
    "delete_event",
    "delete_named",
    "delete_session",
    "publish_event",
    "publish_session",
    "restore_event",
    "restore_named",
    "restore_session",
    "resume_event",
    "resume_session",
    "suspend_event",
    "suspend_session",
    "update_event",
    "update_named",
    "update_session",
]
