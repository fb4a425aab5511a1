"""Work of identity that no request waits for."""

from celery import shared_task
from django.utils.timezone import now

from identity import services
from kit.tasks import ScopedTask


@shared_task(base=ScopedTask, name=services.MAIL_RESET, ignore_result=True)
def mail_reset(*, email: str) -> bool:
    """Have the way to a new password mailed to whoever has an account under the e-mail."""
    return services.mail_reset(email=email, at=now())
