"""Telling endpoints, in the background."""

from celery import shared_task
from django.utils.timezone import now

from kit.tasks import ScopedTask
from webhooks import services


@shared_task(base=ScopedTask, name="webhooks.deliver", ignore_result=True)
def deliver() -> int:
    """Send a batch of what is due."""
    return services.deliver()


@shared_task(base=ScopedTask, name="webhooks.forget_old", ignore_result=True)
def forget_old() -> int:
    """Delete what was told long enough ago."""
    return services.forget_old(at=now())
