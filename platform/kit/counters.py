"""A cache of counters, for django-ratelimit: one command a count; by django-redis' way it takes ten times as long."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache.backends.base import BaseCache

from kit.valkey import AWAY, ask, is_resting, packed, rest

MAX_KNOWN = 50_000

# Counters that this process has counted in: they are there, so that `add` need not ask.
_known: dict[str, int] = {}
_local = threading.local()


@contextmanager
def at_once(counts: int) -> Iterator[None]:
    """Have a counter that is there count so many at once, for the length of a block in this thread."""
    _local.counts = counts
    try:
        yield
    finally:
        _local.counts = 1


class Counters(BaseCache):
    """Adds, counts and tells. While Valkey is away it tells nothing, which django-ratelimit understands."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        """Take Django's settings of a cache."""
        super().__init__(params)

    def validate_key(self, key: str) -> None:
        """Take every name: django-ratelimit makes them, of digests."""

    def add(self, key: str, value: Any, timeout: Any = 60, version: int | None = None) -> bool:
        """Begin a counter that is not there, for `timeout` seconds."""
        name = self.make_and_validate_key(key, version=version)
        if name in _known:
            return False
        if len(_known) >= MAX_KNOWN:
            _known.clear()
        is_new = _asked("SET", name, str(value), "EX", str(timeout), "NX") is not None
        if not is_resting():
            _known[name] = timeout
        return is_new

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int | None:  # type: ignore[override] # nothing while Valkey is away
        """Count. A counter that was lost with Valkey begins anew."""
        name = self.make_and_validate_key(key, version=version)
        delta *= getattr(_local, "counts", 1)
        count = _asked("INCRBY", name, str(delta))
        if count == delta:
            _asked("EXPIRE", name, str(_known.get(name, 60)))
        return count if isinstance(count, int) else None

    def get(self, key: str, default: Any = None, version: int | None = None) -> int | None:
        """Tell a count."""
        told = _asked("GET", self.make_and_validate_key(key, version=version))
        return int(told) if told is not None else (None if is_resting() else default)


def _asked(*command: str) -> Any:
    if is_resting():
        return None
    try:
        return ask(packed(*command))
    except AWAY:
        rest()
        return None


def forget_all() -> None:
    """Forget which counters are there."""
    _known.clear()
