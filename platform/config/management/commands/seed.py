"""`manage.py seed`: two organizations to look at."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from config.demo import OPERATOR_EMAIL, PASSWORD
from config.demo.acme import ACME
from config.demo.globex import GLOBEX
from config.demo.planting import plant
from identity.models import User
from kit import scope
from kit.actor import SYSTEM
from tenants.services import create_operator


class Command(BaseCommand):
    """Plant the demonstration data, with its published passwords."""

    help = "Plant two organizations with believable conferences. Idempotent. Refuses outside debug."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--force", action="store_true", help="plant outside debug, too")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        """Run."""
        if not settings.DEBUG and not options["force"]:
            raise CommandError("Demonstration accounts have a published password: outside debug, say --force.")
        with scope.entered(scope.PUBLIC):
            if not User.objects.filter(email=OPERATOR_EMAIL).exists():
                create_operator(email=OPERATOR_EMAIL, name="Operator", password=PASSWORD, by=SYSTEM, at=now())
        for plan in (ACME, GLOBEX):
            started = time.monotonic()
            planted = plant(plan, at=now())
            self.stdout.write(
                f"{plan.slug}: {planted.events} events, {planted.sessions} sessions, {planted.speakers} speakers, "
                f"{planted.registrations} registrations ({time.monotonic() - started:.1f} s)"
            )
