"""One request to an endpoint, signed as Standard Webhooks 1.0 asks. Touches no database: it runs on threads."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from uuid import UUID

import httpx
from cryptography.fernet import InvalidToken
from standardwebhooks import Webhook

from kit import vault
from kit.egress import FAILURES, NotAllowed, within
from webhooks.models import Endpoint
from webhooks.rules import Outcome

TOTAL_SECONDS = 15.0
HEAD = 1_000
AGENT = "Aforo-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: `id` is the same each time, and `secrets` are those that sign now."""

    id: str
    url: str
    body: bytes
    secrets: tuple[str, ...]


def tell(client: httpx.Client, endpoint: Endpoint, *, id_: UUID, body: bytes, at: datetime) -> Outcome:
    """Send an endpoint a body under an id, signed with the secrets that sign now."""
    try:
        secrets = _secrets(endpoint, at=at)
    except InvalidToken:
        return Outcome(None, 0, error="Its secret cannot be read: ENCRYPTION_KEY is not the one that sealed it")
    return send(client, Message(str(id_), endpoint.url, body, secrets), at=at)


def _secrets(endpoint: Endpoint, *, at: datetime) -> tuple[str, ...]:
    """Give the secrets that sign now: two while one takes over from the other."""
    sealed = [endpoint.secret]
    if endpoint.previous_secret and endpoint.previous_until and endpoint.previous_until > at:
        sealed.append(endpoint.previous_secret)
    return tuple(vault.opened(bytes(one)).decode() for one in sealed)


def send(client: httpx.Client, message: Message, *, at: datetime) -> Outcome:
    """Send, wait for the answer, and tell what became of it. Raises nothing that a receiver could cause."""
    started = time.perf_counter()

    def spent() -> int:
        return round((time.perf_counter() - started) * 1_000)

    try:
        with (
            within(TOTAL_SECONDS),
            client.stream("POST", message.url, content=message.body, headers=headers(message, at=at)) as response,
        ):
            head = _head(response)
            retry_after = _retry_after(response.headers.get("retry-after", ""), at=at)
            return Outcome(response.status_code, spent(), head=head, retry_after=retry_after)
    except NotAllowed as refusal:
        return Outcome(None, spent(), error=str(refusal)[:300])
    except FAILURES as error:
        return Outcome(None, spent(), error=f"{type(error).__name__}: {error}"[:300])


def headers(message: Message, *, at: datetime) -> dict[str, str]:
    """Write the headers that a receiver verifies: an id, a time, and a signature of each secret."""
    text = message.body.decode()
    signatures = [Webhook(secret).sign(message.id, at, text) for secret in message.secrets]
    return {
        "content-type": "application/json",
        "user-agent": AGENT,
        "webhook-id": message.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _head(response: httpx.Response) -> str:
    """Read the beginning of an answer, and leave the rest."""
    read = b""
    for part in response.iter_raw(HEAD):
        read += part
        if len(read) >= HEAD:
            break
    return read[:HEAD].decode(errors="replace").replace("\x00", "")


def _retry_after(text: str, *, at: datetime) -> int | None:
    """Read Retry-After (RFC 9110): seconds, or a date."""
    if text.strip().isdecimal():
        return min(int(text.strip()[:9]), 10**6)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(int(((until if until.tzinfo else until.replace(tzinfo=UTC)) - at).total_seconds()), 0)
