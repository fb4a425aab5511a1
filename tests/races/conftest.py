"""An organization of its own, really committed: races need transactions that see each other."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Thread
from threading import Event as Signal
from typing import Any

import pytest
from django.db import connection, transaction

from kit import scope
from tenants.rules import CUSTOM, MAX_LIMIT, PLANS
from tenants.services import Owner, create_organization, update_organization
from tests.contracts.payloads import check_journals
from tests.factories import NOW, PASSWORD

SCHEMA = "t_arena"
# A storm comes from one address.
UNLIMITED = {"plan": CUSTOM, "limits": dict.fromkeys(PLANS["free"], MAX_LIMIT)}


@pytest.fixture(scope="session")
def _arena_schema(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        owner = Owner("owner@arena.example", "Owner", PASSWORD)
        made = create_organization(slug="arena", name="Arena", owner=owner, at=NOW)
        update_organization(organization_id=made.pk, changes=UNLIMITED)
    yield
    with django_db_blocker.unblock():
        check_journals(which="true")


@pytest.fixture
def arena(_arena_schema: None, django_db_blocker: Any) -> Iterator[str]:
    """Work in the arena's schema, with commits that last. Each test makes events of its own."""
    with django_db_blocker.unblock(), scope.entered(SCHEMA):
        yield SCHEMA


@contextmanager
def uncommitted[T](write: Callable[[], T]) -> Iterator[list[T]]:
    """Write in the arena, in a transaction that commits only when the block ends; give what `write` gave."""
    written, may_commit, made = Signal(), Signal(), list[T]()

    def work() -> None:
        scope.enter(SCHEMA)
        with transaction.atomic():
            made.append(write())
            written.set()
            may_commit.wait(timeout=30)
        connection.close()

    thread = Thread(target=work)
    thread.start()
    written.wait(timeout=30)
    try:
        yield made
    finally:
        may_commit.set()
        thread.join()


type AtOnce = Callable[..., list[Any]]


@pytest.fixture
def at_once(arena: str) -> AtOnce:
    """Run callables at the same instant, each on a thread and connection of its own; give results or errors."""

    def run(*jobs: Callable[[], Any]) -> list[Any]:
        barrier = Barrier(len(jobs))

        def work(job: Callable[[], Any]) -> Any:
            try:
                scope.enter(arena)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                barrier.wait(timeout=30)
                return job()
            except Exception as error:  # noqa: BLE001 - refusals are results here
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(len(jobs)) as pool:
            return list(pool.map(work, jobs))

    return run
