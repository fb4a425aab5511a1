"""The scope a thread works in: one PostgreSQL schema, named, never guessed.

Caches, tasks, logs and keys are separated by scope. Whoever needs one and has none is refused, so
forgetting to enter a scope is an error and never a read of somebody else's data.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

PUBLIC = "public"


class _Connection(threading.local):
    """This thread's connection, found once: Django's own proxy looks for it whenever it is asked for anything."""

    def __init__(self) -> None:
        self.own = connections[DEFAULT_DB_ALIAS]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)


# django-tenants' backend, which the stubs do not know.
connection: Any = _Connection()


class NoScope(RuntimeError):  # noqa: N818 - the name is the refusal itself
    """Work that belongs to a scope was started without one."""


def current() -> str:
    """Name the schema that this thread's connection works in.

    Raises:
        NoScope: the connection has none.
    """
    name: str | None = connection.own.schema_name
    if not name:
        msg = "no schema is entered on this thread"
        raise NoScope(msg)
    return name


def enter(name: str) -> None:
    """Point this thread at the schema, alone on its search path, until another is entered.

    Entering the schema that is already entered costs nothing: no `SET`, no cleared caches.
    """
    if connection.schema_name != name or connection.include_public_schema:
        connection.set_schema(name, include_public=False)


def one_statement() -> AbstractContextManager[None]:
    """Run one statement that must be whole: by itself a transaction, within one behind a savepoint."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


@contextmanager
def entered(name: str) -> Iterator[None]:
    """Work in the schema for the length of a block, then return to the one before."""
    before = current()
    enter(name)
    try:
        yield
    finally:
        enter(before)
