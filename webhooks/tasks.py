"""Telling endpoints, in the background."""

from celery import shared_task

from kit.tasks import ScopedTask
from webhooks import services


@shared_task(base=ScopedTask, name="webhooks.deliver", ignore_result=True)
def deliver() -> int:
    """Send a batch of what is due."""
    return services.deliver()
