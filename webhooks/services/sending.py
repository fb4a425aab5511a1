"""One request to an endpoint, signed as Standard Webhooks 1.0 asks. Touches no database: it runs on threads."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from uuid import UUID

import structlog
from cryptography.fernet import InvalidToken
from standardwebhooks import Webhook

from kit import vault
from kit.egress import FAILURES, Client, NotAllowed
from webhooks.rules import Outcome

log = structlog.get_logger()

TOTAL_SECONDS = 15.0
HEAD = 1_000
AGENT = "Aforo-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where an endpoint is, and the secrets that sign now; none if they cannot be read."""

    url: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: `id` is the same each time."""

    id: str
    to: Addressee
    body: bytes


def addressee(
    url: str,
    secret: bytes | memoryview,
    previous_secret: bytes | memoryview | None,
    previous_until: datetime | None,
    *,
    at: datetime,
) -> Addressee:
    """Open an endpoint's secrets: two while one takes over from the other."""
    sealed = [secret]
    if previous_secret and previous_until and previous_until > at:
        sealed.append(previous_secret)
    try:
        return Addressee(url, tuple(vault.opened(bytes(one)).decode() for one in sealed))
    except InvalidToken:
        return Addressee(url, ())


def tell(client: Client, to: Addressee, *, id_: UUID, body: bytes, at: datetime) -> Outcome:
    """Send an endpoint a body under an id, signed."""
    if not to.secrets:
        return Outcome(None, 0, error="Its secret cannot be read: ENCRYPTION_KEY is not the one that sealed it")
    return send(client, Message(str(id_), to, body), at=at)


def send(client: Client, message: Message, *, at: datetime) -> Outcome:
    """Send, wait for the answer, and tell what became of it. Raises nothing that a receiver could cause."""
    started = time.perf_counter()

    def spent() -> int:
        return round((time.perf_counter() - started) * 1_000)

    try:
        answer = client.post(message.to.url, message.body, headers=headers(message, at=at), head=HEAD)
        return Outcome(
            answer.status, spent(), head=answer.head.decode(errors="replace").replace("\x00", ""),
            retry_after=_retry_after(answer.headers.get("retry-after", ""), at=at),
            certificate_until=answer.certificate_until,
        )  # fmt: skip
    except NotAllowed as refusal:
        return Outcome(None, spent(), error=str(refusal)[:300])
    except Exception as error:
        if not isinstance(error, FAILURES):
            # Whatever one answer does, the others are written down.
            log.exception("webhook_not_sent", webhook_id=message.id)
        return Outcome(None, spent(), error=f"{type(error).__name__}: {error}".replace("\x00", "")[:300])


def headers(message: Message, *, at: datetime) -> dict[str, str]:
    """Write the headers that a receiver verifies: an id, a time, and a signature of each secret."""
    text = message.body.decode()
    signatures = [Webhook(secret).sign(message.id, at, text) for secret in message.to.secrets]
    return {
        "content-type": "application/json",
        "accept": "*/*",
        "user-agent": AGENT,
        "webhook-id": message.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _retry_after(text: str, *, at: datetime) -> int | None:
    """Read Retry-After (RFC 9110): seconds, or a date."""
    if text.strip().isdecimal():
        return min(int(text.strip()[:9]), 10**6)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(int(((until if until.tzinfo else until.replace(tzinfo=UTC)) - at).total_seconds()), 0)
