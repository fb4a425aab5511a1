"""The admin panels: one for the members of an organization, one for the platform's operators."""

from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite


class Panel(UnfoldAdminSite):
    """A panel on Unfold."""


panel = Panel(name="admin")
operator_panel = Panel(name="admin")


def title(request: HttpRequest) -> str:
    """Name the panel after the organization it belongs to."""
    tenant = getattr(request, "tenant", None)
    return f"{tenant.name}" if tenant else "Aforo operator"
