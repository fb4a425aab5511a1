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

from kit import scope, valkey
from kit.valkey import AWAY, ask, is_resting, packed, rest, wake

# Scopes whose last edition could not be named: named before anyone of this process reads on.
_unnamed: set[str] = set()


def _key(schema_name: str) -> str:
    return f"{valkey.prefix()}:{schema_name}:edition"


def _new_name() -> str:
    return secrets.token_hex(8)


@lru_cache(maxsize=10_000)
def _question(schema_name: str) -> list[bytes]:
    """Write the command that every reader sends, once."""
    return packed("GET", _key(schema_name))


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
    if is_resting():
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
    try:
        if schema_name in _unnamed:
            _name_anew(schema_name)
        name = ask(_question(schema_name))
        if name is None:
            ask(packed("SET", _key(schema_name), _new_name(), "NX"))
            name = ask(_question(schema_name))
    except AWAY:
        rest()
        return None
    return name.decode() if isinstance(name, bytes) else None


def _name_anew(schema_name: str) -> None:
    ask(packed("SET", _key(schema_name), _new_name()))
    _unnamed.discard(schema_name)


def renew() -> None:
    """Name a new edition. Call after the commit of whatever readers may see. Never fails."""
    schema_name = scope.current()
    try:
        _name_anew(schema_name)
    except AWAY:
        _unnamed.add(schema_name)


def forget_all() -> None:
    """Forget what this process knows of the cache and of every scope."""
    wake()
    _unnamed.clear()
    _desks.clear()
