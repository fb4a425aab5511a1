"""The journal's task: names are pinned, work is sent by name."""

from celery import shared_task

from journal import services
from kit.tasks import ScopedTask


@shared_task(base=ScopedTask, name=services.DISPATCH, ignore_result=True)
def dispatch() -> int:
    """Fan out what this schema's journal holds."""
    return services.dispatch()
