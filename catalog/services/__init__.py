"""Writing the catalogue. Each call is one transaction that starts by locking the event it is about."""

from catalog.services.events import (
    assign_coordinators,
    cancel_event,
    create_event,
    delete_event,
    publish_event,
    resume_event,
    suspend_event,
    update_event,
)
from catalog.services.sessions import cancel_session, create_session, publish_session, update_session

__all__ = [
    "assign_coordinators",
    "cancel_event",
    "cancel_session",
    "create_event",
    "create_session",
    "delete_event",
    "publish_event",
    "publish_session",
    "resume_event",
    "suspend_event",
    "update_event",
    "update_session",
]
