"""Tasks over all organizations. They run in the public schema and send work to each tenant's own."""

import time
from collections.abc import Callable

import structlog
from celery import current_app, shared_task
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.utils.module_loading import import_string
from django.utils.timezone import now

from journal import selectors as journal
from kit import scope
from kit.cache import SHARED
from kit.tasks import ScopedTask
from tenants import selectors

log = structlog.get_logger()

# What the last sweep saw of all journals, for /metrics.
STATE_KEY = f"{SHARED}journals"
STATE_SECONDS = 600

type Sweep = Callable[[], bool]


@shared_task(base=ScopedTask, name="tenants.sweep", ignore_result=True)
def sweep() -> int:
    """Have each of `SWEEPS` look at every organization for what a crash left behind; tell how often one found any.

    One organization's trouble does not keep the others waiting.
    """
    sweeps: list[Sweep] = [import_string(path) for path in settings.SWEEPS]
    found = 0
    lags = []
    for schema_name in list(selectors.active_schemas()):
        try:
            with scope.entered(schema_name):
                lags.append(journal.lag(journal.DISPATCHER, at=now()))
                found += sum(look() for look in sweeps)
        except DatabaseError:
            log.exception("sweep_failed", schema=schema_name)
    behind = sum(lag > 0 for lag in lags)
    cache.set(STATE_KEY, {"at": time.time(), "lag_seconds": max(lags, default=0.0), "behind": behind}, STATE_SECONDS)
    return found


@shared_task(base=ScopedTask, name="tenants.send_to_all", ignore_result=True)
def send_to_all(*, name: str) -> int:
    """Send a task to every organization; give to how many."""
    schemas = list(selectors.active_schemas())
    for schema_name in schemas:
        current_app.send_task(name, kwargs={"schema_name": schema_name}, retry=False)
    return len(schemas)
