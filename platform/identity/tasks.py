"""Work of identity that no request waits for."""

from celery import shared_task
from django.conf import settings
from django.utils.module_loading import import_string

from identity import services
from kit.tasks import ScopedTask


@shared_task(base=ScopedTask, name=services.MAIL_RESET, ignore_result=True)
def mail_reset(*, email: str) -> bool:
    """Mail the way to a new password to whoever has an account under the e-mail."""
    site, organization, language = import_string(settings.SITE_OF)()
    return services.mail_reset(email=email, site=site, organization=organization, language=language)
