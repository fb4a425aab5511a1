"""The sweep's sides: what it costs the database to look at many organizations in which nothing is to be done."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import batched
from secrets import token_hex
from typing import Any

from django.db import connection, transaction

from kit import scope
from loadtests.bench.driver import Measured
from loadtests.bench.stage import Stage
from tenants import selectors
from tenants.models import Organization
from tenants.tasks import BATCH, sweep

IDLE = 1_000
# What sweeps read.
TABLES = (
    "journal_cursor", "journal_entry", "journal_seal", "catalog_seatpool", "catalog_event", "catalog_session",
    "webhooks_endpoint", "webhooks_delivery", "notifications_mail",
)  # fmt: skip
# Schemas that are made in one transaction: each table and index takes a lock.
_TOGETHER = 20


class Second(Measured):
    """A stretch of work of which it counts how often it fits into a second. `latencies` are those of its statements."""

    @property
    def rate(self) -> float:
        """Times a second."""
        return 1 / sum(self.latencies)


def plant_idle(pattern: str) -> list[Organization]:
    """Make organizations in which nothing happened: of the pattern's schema only the tables that sweeps read."""
    tag = token_hex(3)
    made = [
        Organization(slug=f"idle-{tag}-{number}", schema_name=f"idle_{tag}_{number}", name="Idle")
        for number in range(IDLE)
    ]
    quoted = connection.ops.quote_name
    with scope.entered(scope.PUBLIC), connection.cursor() as cursor:
        for some in batched(made, _TOGETHER):
            with transaction.atomic():
                for one in some:
                    cursor.execute(f"CREATE SCHEMA {quoted(one.schema_name)}")
                    for table in TABLES:
                        like = f"LIKE {quoted(pattern)}.{table} INCLUDING ALL"
                        cursor.execute(f"CREATE TABLE {quoted(one.schema_name)}.{table} ({like})")
        return list(Organization.objects.bulk_create(made))


@contextmanager
def _statements() -> Iterator[list[float]]:
    """Give how long each statement takes, in seconds, of those in the block."""
    took: list[float] = []

    def timed(execute: Callable[..., Any], *given: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*given)
        finally:
            took.append(time.perf_counter() - started)

    with connection.execute_wrapper(timed):
        yield took


def swept(stage: Stage, seconds: float) -> Measured:  # noqa: ARG001 - it is as long as it is
    """Sweep over many idle organizations in this process; give how often its statements fit into a second."""
    idle = stage.idle(plant_idle)
    after, last = min(idle) - 1, max(idle)
    found = 0
    with scope.entered(scope.PUBLIC), _statements() as took:
        while after < last:
            found += sweep(schema_name=scope.PUBLIC, after=after)
            after = max(selectors.active_schemas(after=after, limit=BATCH))
    print(f"  a sweep over {len(idle):,}: {len(took):,} statements, {sum(took):.2f} s", flush=True)
    return Second(sum(took), took, [f"{found} idle organizations had something to be done"] if found else [])


def second(stage: Stage, seconds: float) -> float:  # noqa: ARG001 - a row's sides are called alike
    """Give what the sweep is held against: once a second."""
    return 1.0
