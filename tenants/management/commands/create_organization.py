"""`manage.py create_organization acme --name "Acme" --owner ana@acme.example`."""

import os
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from kit.errors import Refusal
from tenants.models import Organization
from tenants.rules import PLANS
from tenants.services import Owner, create_organization, update_organization


class Command(BaseCommand):
    """Create an organization: schema, domain and first admin."""

    help = "Create an organization with its schema, its domain and its first admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug", help="short name: the organization answers at <slug>.<base domain>")
        parser.add_argument("--name", required=True)
        parser.add_argument("--owner", required=True, help="e-mail of the first admin")
        parser.add_argument("--owner-name", default="Admin")
        parser.add_argument("--locale", choices=Organization.Locale.values, default="en")
        parser.add_argument("--timezone", default="UTC")
        parser.add_argument("--plan", choices=[*PLANS], default="free", help="its rate limits")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        """Run."""
        password = os.environ.get("AFORO_OWNER_PASSWORD") or getpass("Password of the first admin: ")
        try:
            organization = create_organization(
                slug=options["slug"],
                name=options["name"],
                owner=Owner(options["owner"], options["owner_name"], password),
                at=now(),
                locale=options["locale"],
                timezone=options["timezone"],
            )
            update_organization(organization_id=organization.pk, changes={"plan": options["plan"]})
        except Refusal as refusal:
            reasons = "; ".join(error.detail for error in refusal.errors)
            raise CommandError(f"{refusal}{': ' if reasons else ''}{reasons}") from refusal
        self.stdout.write(f"{organization.name} answers at {organization.slug}.{settings.BASE_DOMAIN}")
