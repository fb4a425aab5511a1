"""The scope a thread works in: one PostgreSQL schema, named, never guessed.

Caches, tasks, logs and keys are separated by scope. Whoever needs one and has none is refused, so
forgetting to enter a scope is an error and never a read of somebody else's data.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from django.db import connection as _connection
from django.db import transaction

PUBLIC = "public"

# django-tenants' backend, which the stubs do not know.
connection: Any = _connection


class NoScope(RuntimeError):  # noqa: N818 - the name is the refusal itself
    """Work that belongs to a scope was started without one."""


def current() -> str:
    """Name the schema that this thread's connection works in.

    Raises:
        NoScope: the connection has none.
    """
    name: str | None = connection.schema_name
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
