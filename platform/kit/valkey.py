"""Single commands to Valkey on a connection of each thread's own: a fifth of what the client's way costs.

For what stands in the path of every request; all else goes through Django's cache.
"""

import threading
import time
from typing import Any

import redis
from django.conf import settings
from django_redis import get_redis_connection
from redis.connection import Connection

# After a failure Valkey is left alone for a moment, so that no request waits for it in vain.
REST_SECONDS = 1.0
AWAY = (redis.RedisError, OSError)

_local = threading.local()
_rests_until = 0.0

type Reply = bytes | int | None


def prefix() -> str:
    """Begin the names of everything that is ours."""
    caches: dict[str, dict[str, Any]] = settings.CACHES
    return str(caches["default"]["KEY_PREFIX"])


def packed(*command: str) -> list[bytes]:
    """Write a command as the protocol wants it (RESP)."""
    parts = [f"${len(part.encode())}\r\n{part}\r\n" for part in command]
    return [f"*{len(parts)}\r\n{''.join(parts)}".encode()]


def is_resting() -> bool:
    """Tell whether Valkey failed just now."""
    return time.monotonic() < _rests_until


def rest() -> None:
    """Leave Valkey alone for a moment."""
    global _rests_until  # noqa: PLW0603 - one for the process
    _rests_until = time.monotonic() + REST_SECONDS


def wake() -> None:
    """Ask Valkey again at once."""
    global _rests_until  # noqa: PLW0603 - one for the process
    _rests_until = 0.0


def ask(command: list[bytes]) -> Reply:
    """Run one command.

    Raises:
        redis.RedisError, OSError: Valkey does not answer.
    """
    kept: Connection | None = getattr(_local, "connection", None)
    if kept is not None:
        try:
            return _exchange(kept, command)
        except AWAY:
            # It may be the connection alone: a server that was started again, a quiet hour behind a firewall.
            _local.connection = None
    # Not out of the pool: that counts what it ever gave, and gives no more after a hundred.
    pool = get_redis_connection("default").connection_pool
    made: Connection = pool.connection_class(**pool.connection_kwargs)
    answer = _exchange(made, command)
    _local.connection = made
    return answer


def _exchange(connection: Connection, command: list[bytes]) -> Reply:
    try:
        connection.send_packed_command(command, check_health=False)  # type: ignore[no-untyped-call] # half typed
        answer: Reply = connection.read_response()
    except BaseException:
        # An answer that was not read would be taken for the next one's.
        connection.disconnect()  # type: ignore[no-untyped-call] # as above
        raise
    return answer
