"""Trying an endpoint out: a sample is sent now, and all that is seen of it told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore
from uuid import UUID

from kit.egress import Client, NotAllowed, target_of
from kit.errors import Unavailable
from kit.ids import new_id
from kit.turns import turn
from webhooks import selectors
from webhooks.rules import Outcome, body_of
from webhooks.services.sending import TOTAL_SECONDS, addressee, tell

SAMPLE = "endpoint.test"
RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """What a sample met. `tls_expires_at` is the certificate's, where there is one."""

    is_success: bool
    status: int | None
    error: str
    milliseconds: int
    response_head: str
    addresses: tuple[str, ...]
    tls_expires_at: datetime | None
    webhook_id: UUID


# Samples that a process sends at once, and one for an organization: each holds a thread of the web server until its
# receiver answers, and receivers are whoever's.
AT_ONCE = 2
_others = BoundedSemaphore(AT_ONCE)


@contextmanager
def _admitted() -> Iterator[None]:
    with turn("webhooks.try") as mine:
        if not (mine and _others.acquire(blocking=False)):
            raise Unavailable("Other samples are on their way; try again", retry_after=RETRY_SECONDS)
        try:
            yield
        finally:
            _others.release()


def try_endpoint(*, endpoint_id: UUID, at: datetime) -> Trial:
    """Send an endpoint a sample, signed as all is, and tell what came back. Nothing is written down, nothing counts.

    Raises:
        NotFound, Deleted: no such endpoint.
        Unavailable: as many samples are on their way as may be.
    """
    endpoint, sample = selectors.endpoint(endpoint_id), new_id()
    body = body_of(type_=SAMPLE, occurred_at=at, subject_id=sample, payload={"message": "It works"}, thin=False)
    addresses: tuple[str, ...] = ()
    try:
        addresses = target_of(endpoint.url).addresses
    except NotAllowed as refusal:
        outcome = Outcome(None, 0, error=str(refusal))
    else:
        to = addressee(endpoint.url, endpoint.secret, endpoint.previous_secret, endpoint.previous_until, at=at)
        with _admitted(), Client(seconds=TOTAL_SECONDS) as client:
            outcome = tell(client, to, id_=sample, body=body, at=at)
    return Trial(
        outcome.is_success, outcome.status, outcome.error, outcome.milliseconds, outcome.head, addresses,
        outcome.certificate_until, sample,
    )  # fmt: skip
