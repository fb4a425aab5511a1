"""Editions: one name for each state of a scope's data. What was rendered of an edition is good until the next.

The name lives in Valkey, the data in PostgreSQL. A writer names a new edition after its commit; a reader asks for the
name before it reads. So whatever stands under the present name is at least as new as every commit that was named,
and a reader never sees less than the last write that it made itself. Names are random: one that was lost with the
cache never comes again.
"""

import secrets
import threading
import time

import redis
from django.core.cache import cache
from django_redis import get_redis_connection
from redis.connection import Connection

from kit import scope

# After a failure the cache is left alone for a moment; readers go to the database meanwhile.
REST_SECONDS = 1.0

_local = threading.local()
_rests_until = 0.0
# Scopes whose last edition could not be named: named before anyone of this process reads on.
_unnamed: set[str] = set()


def _key() -> str:
    return str(cache.make_key("edition"))


def _new_name() -> str:
    return secrets.token_hex(8)


def _ask(*command: str) -> bytes | None:
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
    made: Connection = get_redis_connection("default").connection_pool.make_connection()
    answer = _exchange(made, command)
    _local.connection = made
    return answer


def _exchange(connection: Connection, command: tuple[str, ...]) -> bytes | None:
    try:
        connection.send_command(*command, check_health=False)  # type: ignore[no-untyped-call] # the client is half typed
        answer: bytes | None = connection.read_response()
    except BaseException:
        # An answer that was not read would be taken for the next one's.
        connection.disconnect()  # type: ignore[no-untyped-call] # as above
        raise
    return answer


def present() -> str | None:
    """Tell the present edition of the scope, or nothing while the cache is away: then nothing ready may be served."""
    global _rests_until  # noqa: PLW0603 - one for the process
    schema_name = scope.current()
    if time.monotonic() < _rests_until:
        return None
    try:
        if schema_name in _unnamed:
            _ask("SET", _key(), _new_name())
            _unnamed.discard(schema_name)
        name = _ask("GET", _key())
        if name is None:
            _ask("SET", _key(), _new_name(), "NX")
            name = _ask("GET", _key())
    except (redis.RedisError, OSError):
        _rests_until = time.monotonic() + REST_SECONDS
        return None
    return name.decode() if name else None


def renew() -> None:
    """Name a new edition. Call after the commit of whatever readers may see. Never fails."""
    schema_name = scope.current()
    try:
        _ask("SET", _key(), _new_name())
        _unnamed.discard(schema_name)
    except (redis.RedisError, OSError):
        _unnamed.add(schema_name)
