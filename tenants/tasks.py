"""Tasks over all organizations. They run in the public schema and send work to each tenant's own."""

import structlog
from celery import shared_task
from django.db import DatabaseError

from journal.services import dispatch_if_behind
from kit import scope
from kit.tasks import ScopedTask
from tenants import selectors

log = structlog.get_logger()


@shared_task(base=ScopedTask, name="tenants.sweep_journals", ignore_result=True)
def sweep_journals() -> int:
    """Find every organization whose journal holds entries that nobody was told of, and have them dispatched.

    One organization's trouble does not keep the others waiting.
    """
    found = 0
    for schema_name in list(selectors.active_schemas()):
        try:
            with scope.entered(schema_name):
                found += dispatch_if_behind()
        except DatabaseError:
            log.exception("sweep_failed", schema=schema_name)
    return found
