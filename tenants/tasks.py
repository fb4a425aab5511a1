"""Tasks over all organizations. They run in the public schema and send work to each tenant's own."""

import time

import structlog
from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.utils.module_loading import import_string
from django.utils.timezone import now

from journal import selectors as journal
from kit import scope
from kit.cache import SHARED
from kit.sweeps import Look, answered
from kit.tasks import ScopedTask, enqueue
from tenants import selectors

log = structlog.get_logger()

SWEEP, SEND_TO_ALL = "tenants.sweep", "tenants.send_to_all"
# Organizations that one task looks at.
BATCH = 200

# What the last sweep saw of all journals, for /metrics.
STATE_KEY = f"{SHARED}journals"
STATE_SECONDS = 600


@shared_task(base=ScopedTask, name=SWEEP, ignore_result=True)
def sweep(*, after: int = 0, lag_seconds: float = 0, behind: int = 0) -> int:
    """Have each of `SWEEPS` look at organizations for what a crash left behind; tell how often one found any.

    So many organizations at a time, then another task for those after them: `after` is the last one's key,
    `lag_seconds` and `behind` what was seen of the journals before. One organization's trouble keeps no other waiting.
    """
    looks: list[Look] = [import_string(path) for path in settings.SWEEPS]
    questions = [look.asks for look in looks]
    schemas, found = selectors.active_schemas(after=after, limit=BATCH), 0
    for schema_name in schemas.values():
        try:
            with scope.entered(schema_name):
                if not any(answers := answered(questions)):
                    continue
                lag = journal.lag(journal.DISPATCHER, at=now())
                lag_seconds, behind = max(lag_seconds, lag), behind + (lag > 0)
                found += sum(look.then() for look, is_so in zip(looks, answers, strict=True) if is_so)
        except DatabaseError:
            log.exception("sweep_failed", schema=schema_name)
    if len(schemas) == BATCH:
        enqueue(SWEEP, after=max(schemas), lag_seconds=lag_seconds, behind=behind)
    else:
        cache.set(STATE_KEY, {"at": time.time(), "lag_seconds": lag_seconds, "behind": behind}, STATE_SECONDS)
    return found


@shared_task(base=ScopedTask, name=SEND_TO_ALL, ignore_result=True)
def send_to_all(*, name: str, after: int = 0) -> int:
    """Send a task to so many organizations, then another of this to go on with those after them; give to how many."""
    schemas = selectors.active_schemas(after=after, limit=BATCH)
    for schema_name in schemas.values():
        enqueue(name, schema_name=schema_name)
    if len(schemas) == BATCH:
        enqueue(SEND_TO_ALL, name=name, after=max(schemas))
    return len(schemas)
