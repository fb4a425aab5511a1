"""API keys: made, changed, rotated, revoked. A secret is shown once; what is stored does not give it back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from identity import selectors
from identity.messages import API_KEY_CREATED, API_KEY_REVOKED, API_KEY_ROTATED, API_KEY_UPDATED, KeyRevoked, bad_expiry
from identity.models import ApiKey
from identity.rules import KEY_PREFIX
from identity.services.noting import note
from kit.actor import Actor
from kit.models import changed

LIFETIME = timedelta(days=365)
MAX_LIFETIME = timedelta(days=2 * 365)
# That a key is in use is written down this often, not with every request.
NOTED_EVERY = timedelta(minutes=1)
_SHOWN = len(KEY_PREFIX) + 8


@dataclass(frozen=True, slots=True)
class Made:
    """A key and its secret, which nobody sees again."""

    key: ApiKey
    secret: str


def _new_secret() -> str:
    return KEY_PREFIX + token_hex(24)


def _payload(key: ApiKey) -> dict[str, Any]:
    return {"name": key.name, "prefix": key.prefix, "scopes": key.scopes, "expires_at": key.expires_at.isoformat()}


def _check_expiry(expires_at: datetime, *, at: datetime) -> None:
    if not at < expires_at <= at + MAX_LIFETIME:
        raise bad_expiry(MAX_LIFETIME.days)


@transaction.atomic
def create_key(*, fields: dict[str, Any], by: Actor, at: datetime) -> Made:
    """Make a key. `fields` are those of `ApiKeyIn`; without `expires_at` it lives a year.

    Raises:
        Invalid: it would expire in the past, or too late.
    """
    fields = {**fields, "expires_at": fields.get("expires_at") or at + LIFETIME}
    _check_expiry(fields["expires_at"], at=at)
    secret = _new_secret()
    key = ApiKey.objects.create(
        **fields, prefix=secret[:_SHOWN], secret_hash=selectors.secret_hash(secret), created_by_id=by.user_id
    )
    note(API_KEY_CREATED, key, by=by, at=at, payload=_payload(key))
    return Made(key, secret)


@transaction.atomic
def update_key(*, key_id: UUID, changes: dict[str, Any], by: Actor, at: datetime) -> ApiKey:
    """Change a key's name, scopes, addresses, rate class or expiry.

    Raises:
        NotFound: no such key.
        KeyRevoked: it is revoked.
        Invalid: it would expire in the past, or too late.
    """
    key = _live(key_id)
    different = changed(key, changes)
    if not different:
        return key
    if "expires_at" in different:
        _check_expiry(key.expires_at, at=at)
    key.save(update_fields=[*different, "updated_at"])
    told = {field: [str(value) for value in values] for field, values in different.items()}
    note(API_KEY_UPDATED, key, by=by, at=at, payload=_payload(key), changes=told)
    transaction.on_commit(selectors.forget_keys)
    return key


@transaction.atomic
def rotate_key(*, key_id: UUID, overlap: timedelta, by: Actor, at: datetime) -> Made:
    """Give a key a new secret. The present one stays good for the overlap; one from before that is good no more.

    Raises:
        NotFound: no such key.
        KeyRevoked: it is revoked.
    """
    key = _live(key_id)
    secret = _new_secret()
    key.previous_hash, key.previous_until = key.secret_hash, at + overlap
    key.secret_hash, key.prefix = selectors.secret_hash(secret), secret[:_SHOWN]
    key.save(update_fields=["previous_hash", "previous_until", "secret_hash", "prefix", "updated_at"])
    note(API_KEY_ROTATED, key, by=by, at=at, payload=_payload(key))
    transaction.on_commit(selectors.forget_keys)
    return Made(key, secret)


@transaction.atomic
def revoke_key(*, key_id: UUID, by: Actor, at: datetime) -> ApiKey:
    """End a key, with the secret before it. Idempotent.

    Raises:
        NotFound: no such key.
    """
    key = selectors.api_key(key_id, for_update=True)
    if key.revoked_at is not None:
        return key
    key.revoked_at = at
    key.save(update_fields=["revoked_at", "updated_at"])
    note(API_KEY_REVOKED, key, by=by, at=at, payload=_payload(key))
    transaction.on_commit(selectors.forget_keys)
    return key


def note_use(key_id: UUID, *, at: datetime) -> None:
    """Write down that a key is in use, if that was not done just now."""
    is_due = Q(last_used_at=None) | Q(last_used_at__lt=at - NOTED_EVERY)
    ApiKey.objects.filter(is_due, id=key_id).update(last_used_at=at)


def _live(key_id: UUID) -> ApiKey:
    key = selectors.api_key(key_id, for_update=True)
    if key.revoked_at is not None:
        raise KeyRevoked
    return key
