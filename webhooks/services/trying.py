"""Trying an endpoint out: a sample is sent now, and all that is seen of it told."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kit import egress
from kit.egress import NotAllowed, target_of
from kit.ids import new_id
from webhooks import selectors
from webhooks.rules import Outcome, body_of
from webhooks.services.sending import TOTAL_SECONDS, tell

SAMPLE = "endpoint.test"


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


def try_endpoint(*, endpoint_id: UUID, at: datetime) -> Trial:
    """Send an endpoint a sample, signed as all is, and tell what came back. Nothing is written down, nothing counts.

    Raises:
        NotFound, Deleted: no such endpoint.
    """
    endpoint, sample = selectors.endpoint(endpoint_id), new_id()
    body = body_of(type_=SAMPLE, occurred_at=at, subject_id=sample, payload={"message": "It works"}, thin=False)
    addresses: tuple[str, ...] = ()
    seen: list[Any] = []
    try:
        addresses = target_of(endpoint.url).addresses
    except NotAllowed as refusal:
        outcome = Outcome(None, 0, error=str(refusal))
    else:
        with egress.client(seconds=TOTAL_SECONDS) as client:
            client.event_hooks["response"].append(lambda response: seen.append(_expiry(response.extensions)))
            outcome = tell(client, endpoint, id_=sample, body=body, at=at)
    return Trial(
        outcome.is_success, outcome.status, outcome.error, outcome.milliseconds, outcome.head, addresses,
        seen[0] if seen else None, sample,
    )  # fmt: skip


def _expiry(extensions: dict[str, Any]) -> datetime | None:
    stream = extensions.get("network_stream")
    tls: ssl.SSLObject | None = stream.get_extra_info("ssl_object") if stream else None
    certificate = tls.getpeercert() if tls else None
    if not certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), tz=UTC)
