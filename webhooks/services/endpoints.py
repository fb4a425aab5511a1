"""Endpoints: added, changed, given another secret, deleted."""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from journal.messages import EventType, public_types
from journal.services import record
from kit import vault
from kit.actor import Actor
from kit.egress import NotAllowed, target_of
from kit.models import changed
from webhooks import selectors
from webhooks.messages import (
    ENDPOINT_CREATED,
    ENDPOINT_DELETED,
    ENDPOINT_ROTATED,
    ENDPOINT_UPDATED,
    TooManyEndpoints,
    bad_types,
    bad_url,
)
from webhooks.models import Endpoint
from webhooks.rules import MAX_ENDPOINTS, OVERLAP

SECRET_BYTES = 32
_PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Made:
    """An endpoint and its secret, which nobody is shown again."""

    endpoint: Endpoint
    secret: str


def _new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _check(fields: dict[str, Any]) -> None:
    public = public_types()
    if unknown := [name for name in fields.get("event_types", ()) if name not in public]:
        raise bad_types(unknown)
    if "url" in fields:
        try:
            target_of(fields["url"])
        except NotAllowed as refusal:
            raise bad_url(str(refusal)) from refusal


def _check_room() -> None:
    """Refuse one too many; of two that are added at once, one waits."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE webhooks_endpoint IN SHARE ROW EXCLUSIVE MODE")
    if Endpoint.objects.filter(deleted_at=None).count() >= MAX_ENDPOINTS:
        raise TooManyEndpoints(f"An organization has at most {MAX_ENDPOINTS}")


def _note(event_type: EventType, endpoint: Endpoint, *, by: Actor, at: datetime, changes: Any = None) -> None:
    payload = {"url": endpoint.url, "description": endpoint.description}
    record(event_type, subject=endpoint, by=by, at=at, payload=payload, changes=changes)


def add_endpoint(*, fields: dict[str, Any], by: Actor, at: datetime) -> Made:
    """Tell an address what happens from now on. `fields` are those of `EndpointIn`.

    Raises:
        Invalid: the address is not one that the platform sends to, or a type is none.
        TooManyEndpoints: there are as many as there may be.
    """
    # Names are resolved outside of the transaction: that may take a while.
    _check(fields)
    secret = _new_secret()
    with transaction.atomic():
        _check_room()
        endpoint = Endpoint.objects.create(**fields, secret=vault.sealed(secret.encode()))
        _note(ENDPOINT_CREATED, endpoint, by=by, at=at)
    return Made(endpoint, secret)


def update_endpoint(*, endpoint_id: UUID, changes: dict[str, Any], by: Actor, at: datetime) -> Endpoint:
    """Change an endpoint. One that is enabled, or gets another address, is asked at once and from the beginning.

    Raises:
        NotFound, Deleted: no such endpoint.
        Invalid: the address is not one that the platform sends to, or a type is none.
    """
    _check(changes)
    with transaction.atomic():
        endpoint = selectors.endpoint(endpoint_id, for_update=True)
        different = changed(endpoint, changes)
        if not different:
            return endpoint
        more: list[str] = []
        if {"url", "is_enabled"} & different.keys():
            endpoint.failures, endpoint.failing_since, endpoint.resting_until = 0, None, None
            endpoint.disabled_reason = "" if endpoint.is_enabled else "Disabled by its organization"
            more = ["failures", "failing_since", "resting_until", "disabled_reason"]
        endpoint.version += 1
        endpoint.save(update_fields=[*different, *more, "version", "updated_at"])
        _note(ENDPOINT_UPDATED, endpoint, by=by, at=at, changes=different)
    return endpoint


@transaction.atomic
def rotate_secret(*, endpoint_id: UUID, by: Actor, at: datetime) -> Made:
    """Give an endpoint another secret. What is sent bears both signatures for a day.

    Raises:
        NotFound, Deleted: no such endpoint.
    """
    endpoint, secret = selectors.endpoint(endpoint_id, for_update=True), _new_secret()
    endpoint.previous_secret, endpoint.previous_until = endpoint.secret, at + OVERLAP
    endpoint.secret = vault.sealed(secret.encode())
    endpoint.version += 1
    endpoint.save(update_fields=["secret", "previous_secret", "previous_until", "version", "updated_at"])
    _note(ENDPOINT_ROTATED, endpoint, by=by, at=at)
    return Made(endpoint, secret)


@transaction.atomic
def delete_endpoint(*, endpoint_id: UUID, by: Actor, at: datetime) -> None:
    """Tell an endpoint nothing more, and forget its secrets.

    Raises:
        NotFound, Deleted: no such endpoint.
    """
    endpoint = selectors.endpoint(endpoint_id, for_update=True)
    endpoint.deleted_at, endpoint.is_enabled, endpoint.secret, endpoint.previous_secret = at, False, b"", None
    endpoint.version += 1
    endpoint.save()
    _note(ENDPOINT_DELETED, endpoint, by=by, at=at)
