"""What of webhooks needs no database: who is told what, how it is written, and when it is tried again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import orjson

# Standard Webhooks 1.0. Seconds from one attempt to the next, the first at once.
DELAYS: Final = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
MAX_DELAY = timedelta(hours=24)
# Spreads attempts that failed together: up to a tenth of the delay is added.
JITTER = 0.1
GIVE_UP_AFTER = timedelta(days=5)
# So many failures one behind the other, and an endpoint is left alone for a while, then asked with one webhook.
THRESHOLD = 5
REST_SECONDS, MAX_REST_SECONDS = 30, 600

OVERLAP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: a status, or why there is none."""

    status: int | None
    milliseconds: int
    error: str = ""
    head: str = ""
    # Seconds that the receiver asks to be left alone for.
    retry_after: int | None = None

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


def next_attempt(attempts: int, outcome: Outcome, *, at: datetime, drawn: float) -> datetime | None:
    """Tell when to try again after so many attempts, or not at all; `drawn` is a number from 0 to 1."""
    if attempts >= len(DELAYS):
        return None
    delay = timedelta(seconds=DELAYS[attempts] * (1 + JITTER * drawn))
    if outcome.retry_after is not None:
        delay = max(delay, min(timedelta(seconds=outcome.retry_after), MAX_DELAY))
    return at + delay


def rest(failures: int, *, at: datetime) -> datetime | None:
    """Tell until when an endpoint that failed so often is left alone."""
    if failures < THRESHOLD:
        return None
    return at + timedelta(seconds=min(REST_SECONDS * 2 ** min(failures - THRESHOLD, 10), MAX_REST_SECONDS))
