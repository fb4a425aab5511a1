"""The journal's task: names are pinned, work is sent by name."""

from celery import shared_task
from django.utils.timezone import now

from journal import sealing, services
from kit.tasks import ScopedTask


@shared_task(base=ScopedTask, name=services.DISPATCH, ignore_result=True)
def dispatch() -> int:
    """Fan out what this schema's journal holds."""
    return services.dispatch()


@shared_task(base=ScopedTask, name=sealing.SEAL, ignore_result=True)
def seal() -> int:
    """Seal what this schema's journal holds."""
    return sealing.seal(at=now())
