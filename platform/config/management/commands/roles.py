"""`manage.py roles`: write the table of roles to docs/roles.md."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from identity.rules import GRANTS, MEMBER_ROLES, SCOPES, Role

PAGE = settings.ROOT / "docs" / "roles.md"
_COLUMNS = (*MEMBER_ROLES, Role.ANONYMOUS, Role.OPERATOR)


def document() -> str:
    """Render the table."""
    head = "| operation | " + " | ".join(_COLUMNS) + " |"
    rows = [
        f"| `{operation}` | " + " | ".join("yes" if role in roles else "" for role in _COLUMNS) + " |"
        for operation, roles in GRANTS.items()
    ]
    scopes = [
        f"| `{scope}` | {', '.join(f'`{operation}`' for operation in sorted(operations))} |"
        for scope, operations in SCOPES.items()
    ]
    return "\n".join(
        [
            "# Who may do what",
            "",
            "Written by `manage.py roles` from `identity.rules`, which REST and the admin panels ask.",
            "Coordinators act on the events assigned to them, attendees on what is their own.",
            "Operators live in the public schema and belong to no organization.",
            "",
            head,
            "| --- |" + " --- |" * len(_COLUMNS),
            *rows,
            "",
            "API keys have scopes in place of a role. Every key may do `answers:read`, `requests:read`, `usage:read`,",
            "which are about its own requests.",
            "",
            "| scope | operations |",
            "| --- | --- |",
            *scopes,
            "",
        ]
    )


class Command(BaseCommand):
    """Write the table."""

    help = "Write the tables of roles and scopes to docs/roles.md."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        """Run."""
        PAGE.write_text(document())
        self.stdout.write(f"wrote {PAGE.name}")
