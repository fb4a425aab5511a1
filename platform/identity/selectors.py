"""Reading users and keys."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import Q

from identity.models import ApiKey, TrustedIssuer, User
from kit import scope, throttling
from kit.actor import Actor
from kit.errors import NotFound
from kit.gate import MINUTE, Class
from kit.listing import Query, Row, Shape, Sort, shown
from kit.pagination import Stretch

# How long a role change or a deactivation may take to be felt by a process that just saw the user.
STANDING_SECONDS = 5.0
MAX_CACHED = 50_000

_standing: dict[tuple[str, UUID], tuple[float, Actor | None, float]] = {}


def actor_for(user_id: UUID, *, issued_at: float) -> Actor | None:
    """Give the active user whom a token of that moment speaks for, with the present role, or nothing.

    Up to 5 seconds old.
    """
    key = (scope.current(), user_id)
    now = time.monotonic()
    known = _standing.get(key)
    if known is None or known[0] <= now:
        user = User.objects.filter(id=user_id, is_active=True).first()
        if len(_standing) >= MAX_CACHED:
            _standing.clear()
        # Tokens say the second that they were issued in.
        since = float(int(user.tokens_since.timestamp())) if user and user.tokens_since else 0.0
        known = _standing[key] = (now + STANDING_SECONDS, user.actor if user else None, since)
    return known[1] if issued_at >= known[2] else None


def forget(user_id: UUID) -> None:
    """Drop what this process remembers of the user."""
    _standing.pop((scope.current(), user_id), None)


def user(user_id: UUID | None, *, for_update: bool = False) -> User:
    """Find a user, locked for the rest of the transaction if asked.

    Raises:
        NotFound: no such user here.
    """
    users = User.objects.select_for_update(no_key=True) if for_update else User.objects.all()
    found = users.filter(id=user_id).first() if user_id else None
    if found is None:
        raise NotFound("No such user")
    return found


_USERS = Shape(
    table="identity_user",
    alias="u",
    inner="",
    outer="",
    columns={
        **{name: f"u.{name}" for name in ("id", "email", "name", "role", "is_active", "last_seen_at", "created_at")},
        "deleted_at": "NULL",
    },
)
_KEYS = Shape(
    table="identity_apikey",
    alias="k",
    inner="",
    outer="",
    columns={
        **{name: f"k.{name}" for name in ("id", "name", "prefix", "scopes", "rate_class", "addresses", "expires_at")},
        **{name: f"k.{name}" for name in ("last_used_at", "previous_until", "revoked_at", "created_by_id")},
        **{name: f"k.{name}" for name in ("created_at", "updated_at")},
        "deleted_at": "NULL",
    },
)


def users(filters: Mapping[str, Any], cut: Stretch, *, at: datetime) -> Row:
    """Cut a stretch of the accounts, the youngest first: one query."""
    query = Query(_USERS, at, Sort("created_at", "u.id", "uuid", is_descending=True))
    if (role := filters.get("role")) is not None:
        query.where("u.role = %(role)s::text", role=role)
    if (is_active := filters.get("is_active")) is not None:
        query.where("u.is_active = %(is_active)s::boolean", is_active=is_active)
    if text := filters.get("search"):
        query.where("position(%(text)s::text IN lower(u.email || ' ' || u.name)) > 0", text=text.lower())
    return _page(query, cut)


def key_page(cut: Stretch, *, at: datetime) -> Row:
    """Cut a stretch of the keys, the youngest first: one query."""
    return _page(Query(_KEYS, at, Sort("created_at", "k.id", "uuid", is_descending=True)), cut)


def _page(query: Query, cut: Stretch) -> Row:
    page, rows = query.cut(cut)
    return {"items": [shown(row) for row in rows], **page}


def usage(limits: Mapping[str, int], *, by: Actor) -> dict[str, Any]:
    """Tell how much of its limits a credential has used in the present minute."""
    told: dict[str, Any] = {"window_seconds": MINUTE}
    for of in Class:
        limit = throttling.limit_of(limits, of, by.rate_class)
        found = throttling.used(of, throttling.credential(by), limit=limit)
        told[of] = {
            "limit": limit,
            "used": found and found.used,
            "remaining": found and found.remaining,
            "resets_in": found and found.resets_in,
        }
    return told


def secret_hash(secret: str) -> bytes:
    """Give what is stored of a secret that is random enough to need no slow hash."""
    return sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class Standing:
    """What a secret is good for: whom it speaks for, from where, and until when."""

    actor: Actor
    addresses: tuple[str, ...]
    until: datetime


_keys: dict[tuple[str, bytes], tuple[float, Standing | None]] = {}


def key_standing(secret: str, *, at: datetime) -> tuple[Standing | None, bool]:
    """Find what a secret is good for, if anything; up to 5 seconds old. Tell as well whether it was looked up anew."""
    hashed = secret_hash(secret)
    cached = (scope.current(), hashed)
    now = time.monotonic()
    known = _keys.get(cached)
    is_new = known is None or known[0] <= now
    if known is None or is_new:
        known = now + STANDING_SECONDS, _standing_of(hashed)
        if len(_keys) >= MAX_CACHED:
            _keys.clear()
        _keys[cached] = known
    standing = known[1]
    return (standing if standing and at < standing.until else None), is_new


def _standing_of(hashed: bytes) -> Standing | None:
    key = ApiKey.objects.filter(Q(secret_hash=hashed) | Q(previous_hash=hashed), revoked_at=None).first()
    if key is None:
        return None
    until = key.expires_at
    if bytes(key.secret_hash) != hashed and key.previous_until is not None:
        until = min(until, key.previous_until)
    return Standing(key.actor, tuple(key.addresses), until)


def forget_keys() -> None:
    """Drop what this process remembers of keys."""
    _keys.clear()


def issuers() -> list[TrustedIssuer]:
    """Give the issuers that are trusted, by name."""
    return list(TrustedIssuer.objects.order_by("issuer"))


def api_key(key_id: UUID, *, for_update: bool = False) -> ApiKey:
    """Find a key, locked for the rest of the transaction if asked.

    Raises:
        NotFound: no such key here.
    """
    keys = ApiKey.objects.select_for_update(no_key=True) if for_update else ApiKey.objects.all()
    found = keys.filter(id=key_id).first()
    if found is None:
        raise NotFound("No such key")
    return found
