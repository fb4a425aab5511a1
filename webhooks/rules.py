"""What of webhooks needs no database: who is told what, how it is written, and when it is tried again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson

GIVE_UP_AFTER = timedelta(days=5)
# So many failures one behind the other, and an endpoint is left alone for a while, then asked with one webhook.
THRESHOLD = 10
MIN_REST, MAX_REST = timedelta(seconds=30), timedelta(minutes=10)

OVERLAP = timedelta(hours=24)
MAX_ENDPOINTS = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: a status, or why there is none."""

    status: int | None
    milliseconds: int
    error: str = ""
    head: str = ""
    # Seconds that the receiver asks to be left alone for.
    retry_after: int | None = None
    # When the receiver's certificate expires, where there is one.
    certificate_until: datetime | None = None

    @property
    def is_success(self) -> bool:
        """Only 2xx is."""
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_gone(self) -> bool:
        """Tell whether the receiver wants no more."""
        return self.status == HTTPStatus.GONE


def is_for(types: Collection[str], event_ids: Collection[str], *, type_: str, event_id: str | None) -> bool:
    """Tell whether an endpoint with these filters is told of an entry."""
    return (not types or type_ in types) and (not event_ids or event_id in event_ids)


def event_of(subject_type: str, subject_id: UUID | None, payload: Mapping[str, Any]) -> str | None:
    """Give the id of the event that an entry is about."""
    found = subject_id if subject_type == "event" else payload.get("event_id")
    return str(found) if found else None


def body_of(
    *, type_: str, occurred_at: datetime, subject_id: UUID | None, payload: Mapping[str, Any], thin: bool
) -> bytes:
    """Write what is sent: the same bytes each time, so that every attempt is signed over the same."""
    data = {"id": subject_id} if thin else {"id": subject_id, **payload}
    return orjson.dumps({"type": type_, "timestamp": occurred_at, "data": data}, option=orjson.OPT_UTC_Z)


def rest(failures: int, failing_since: datetime | None, *, at: datetime) -> datetime | None:
    """Tell until when an endpoint that failed so often is left alone: for as long again as it has been failing."""
    if failures < THRESHOLD or failing_since is None:
        return None
    return at + min(max(at - failing_since, MIN_REST), MAX_REST)
