"""Reading users."""

import time
from uuid import UUID

from django.db.models import QuerySet

from identity.models import User
from kit import scope
from kit.actor import Actor
from kit.errors import NotFound

# How long a role change or a deactivation may take to be felt by a process that just saw the user.
STANDING_SECONDS = 5.0
MAX_CACHED = 50_000

_standing: dict[tuple[str, UUID], tuple[float, Actor | None]] = {}


def actor_for(user_id: UUID) -> Actor | None:
    """Give the active user as an actor with the present role, or nothing. Up to 5 seconds old."""
    key = (scope.current(), user_id)
    now = time.monotonic()
    known = _standing.get(key)
    if known and known[0] > now:
        return known[1]
    user = User.objects.filter(id=user_id, is_active=True).first()
    if len(_standing) >= MAX_CACHED:
        _standing.clear()
    actor = user.actor if user else None
    _standing[key] = (now + STANDING_SECONDS, actor)
    return actor


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


def members() -> QuerySet[User]:
    """Select everyone with an account here."""
    return User.objects.order_by("-id")
