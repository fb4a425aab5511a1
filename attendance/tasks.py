"""Work of attendance that no request waits for."""

import structlog
from celery import shared_task
from django.utils.timezone import now

from attendance import selectors, services
from kit import scope
from kit.tasks import ScopedTask

log = structlog.get_logger()


@shared_task(base=ScopedTask, name="attendance.send_codes", ignore_result=True)
def send_codes(*, email: str) -> int:
    """Have the codes of a guest's registrations mailed."""
    return services.send_codes(email=email, at=now())


@shared_task(base=ScopedTask, name="attendance.cancel_called_off", ignore_result=True)
def cancel_called_off() -> int:
    """Cancel the registrations of whatever was called off, batch by batch; what a crash leaves, the next run finds."""
    return services.cancel_called_off(at=now())


@shared_task(base=ScopedTask, name="attendance.check_seats", ignore_result=True)
def check_seats() -> int:
    """Compare counters with rows, and say loudly what differs."""
    found = selectors.drift()
    for one in found:
        log.error(
            "seats_drifted", schema=scope.current(), pool_id=str(one.pool_id), seats_taken=one.seats_taken,
            waiting=one.waiting, waitlist_tail=one.waitlist_tail,
        )  # fmt: skip
    return len(found)
