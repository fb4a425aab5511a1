"""Editions: one name for each state of a scope's data. What was rendered of an edition is good until the next.

The name lives in Valkey, the data in PostgreSQL. A writer names a new edition after its commit; a reader asks for the
name before it reads. So whatever stands under the present name is at least as new as every commit that was named,
and a reader never sees less than the last write that it made itself. Names are random: one that was lost with the
cache never comes again.
"""

import secrets
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache

import redis
from django.conf import settings
from django_redis import get_redis_connection
from redis.connection import Connection

from kit import scope

# After a failure the cache is left alone for a moment; readers go to the database meanwhile.
REST_SECONDS = 1.0

_PREFIX = settings.CACHES["default"]["KEY_PREFIX"]

_local = threading.local()
_rests_until = 0.0
# Scopes whose last edition could not be named: named before anyone of this process reads on.
_unnamed: set[str] = set()


def _key(schema_name: str) -> str:
    return f"{_PREFIX}:{schema_name}:edition"


def _new_name() -> str:
    return secrets.token_hex(8)


def _ask(command: list[bytes]) -> bytes | None:
    """Run one command on this thread's own connection: a third of the client's cost, which is much of a ready answer.

    Raises:
        redis.RedisError, OSError: the cache does not answer.
    """
    kept: Connection | None = getattr(_local, "connection", None)
    if kept is not None:
        try:
            return _exchange(kept, command)
        except (redis.RedisError, OSError):
            # It may be the connection alone: a server that was started again, a quiet hour behind a firewall.
            _local.connection = None
    # Not out of the pool: that counts what it ever gave, and gives no more after a hundred.
    pool = get_redis_connection("default").connection_pool
    made: Connection = pool.connection_class(**pool.connection_kwargs)
    answer = _exchange(made, command)
    _local.connection = made
    return answer


def _packed(*command: str) -> list[bytes]:
    """Write a command as the protocol wants it (RESP)."""
    parts = [f"${len(part.encode())}\r\n{part}\r\n" for part in command]
    return [f"*{len(parts)}\r\n{''.join(parts)}".encode()]


@lru_cache(maxsize=10_000)
def _question(schema_name: str) -> list[bytes]:
    """Write the command that every reader sends, once."""
    return _packed("GET", _key(schema_name))


def _exchange(connection: Connection, command: list[bytes]) -> bytes | None:
    try:
        connection.send_packed_command(command, check_health=False)  # type: ignore[no-untyped-call] # half typed
        answer: bytes | None = connection.read_response()
    except BaseException:
        # An answer that was not read would be taken for the next one's.
        connection.disconnect()  # type: ignore[no-untyped-call] # as above
        raise
    return answer


@dataclass(slots=True)
class _Desk:
    """Where the threads of this process ask for one scope's edition, one at a time; and when it was asked last."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: tuple[float, str | None] = (0.0, None)


_desks: dict[str, _Desk] = {}


def present(schema_name: str, *, since: float) -> str | None:
    """Tell the edition of a scope, or nothing while the cache is away: then nothing ready may be served.

    What was asked for after `since` (of `time.perf_counter`, when the reader came) is fresh enough: whatever the
    reader had written before it came was named by then. So under load the threads ask for each other.
    """
    if time.monotonic() < _rests_until:
        return None
    desk = _desks.get(schema_name) or _desks.setdefault(schema_name, _Desk())
    asked_at, name = desk.answer
    if asked_at > since:
        return name
    with desk.lock:
        asked_at, name = desk.answer
        if asked_at <= since:
            asked_at = time.perf_counter()
            name = _name(schema_name)
            desk.answer = asked_at, name
    return name


def _name(schema_name: str) -> str | None:
    global _rests_until  # noqa: PLW0603 - one for the process
    try:
        if schema_name in _unnamed:
            _name_anew(schema_name)
        name = _ask(_question(schema_name))
        if name is None:
            _ask(_packed("SET", _key(schema_name), _new_name(), "NX"))
            name = _ask(_question(schema_name))
    except (redis.RedisError, OSError):
        _rests_until = time.monotonic() + REST_SECONDS
        return None
    return name.decode() if name else None


def _name_anew(schema_name: str) -> None:
    _ask(_packed("SET", _key(schema_name), _new_name()))
    _unnamed.discard(schema_name)


def renew() -> None:
    """Name a new edition. Call after the commit of whatever readers may see. Never fails."""
    schema_name = scope.current()
    try:
        _name_anew(schema_name)
    except (redis.RedisError, OSError):
        _unnamed.add(schema_name)


def forget_all() -> None:
    """Forget what this process knows of the cache and of every scope."""
    global _rests_until  # noqa: PLW0603 - one for the process
    _rests_until = 0.0
    _unnamed.clear()
    _desks.clear()
