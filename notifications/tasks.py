"""Sending mails, in the background."""

from celery import shared_task
from django.utils.timezone import now

from kit.tasks import ScopedTask
from notifications import services


@shared_task(base=ScopedTask, name="notifications.deliver", ignore_result=True)
def deliver() -> int:
    """Send a batch of what is due."""
    return services.deliver()


@shared_task(base=ScopedTask, name="notifications.forget_old", ignore_result=True)
def forget_old() -> int:
    """Delete the mails that were kept long enough."""
    return services.forget_old(at=now())
