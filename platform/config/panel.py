"""The admin panels: one for the members of an organization, one for the platform's operators."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from unfold.sites import UnfoldAdminSite

from attendance.admin import CheckInAdmin, RegistrationAdmin
from attendance.models import CheckIn, Registration
from catalog.admin import CategoryAdmin, EventAdmin, RoomAdmin, SessionAdmin, SpeakerAdmin, VenueAdmin
from catalog.models import Category, Event, Room, Session, Speaker, Venue
from identity.admin import ApiKeyAdmin, UserAdmin
from identity.models import ApiKey, User
from identity.services import check_attempts, note_failed_login, note_login
from journal.admin import EntryAdmin
from journal.models import Entry
from kit.errors import Refusal
from kit.middleware import Request
from kit.problems import STATUS
from kit.throttling import of_address
from notifications.admin import MailAdmin, StyleAdmin
from notifications.models import Mail, Style
from tenants.admin import DomainAdmin, OrganizationAdmin
from tenants.models import Domain, Organization
from webhooks.admin import AttemptAdmin, EndpointAdmin
from webhooks.models import Attempt, Endpoint


class Panel(UnfoldAdminSite):
    """A panel whose logins are recorded as those of the API are."""

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Ask who it is, and note the answer. Too many wrong passwords are refused, as they are by the API."""
        name, address = request.POST.get("username", ""), of_address(cast("Request", request))
        if request.method == "POST":
            try:
                check_attempts(name, address=address)
            except Refusal as refusal:
                messages.error(request, str(refusal))
                request.method = "GET"
                refused: HttpResponse = super().login(request, extra_context)
                refused.status_code = STATUS[refusal.kind]
                return refused
        answer: HttpResponse = super().login(request, extra_context)
        if request.method == "POST":
            if isinstance(request.user, User):
                note_login(request.user, at=now())
            else:
                note_failed_login(email=name, at=now(), address=address)
        return answer


# Both are called `admin`: each stands alone in the routes of its hosts.
panel = Panel(name="admin")
operator_panel = Panel(name="admin")

for model, page in (
    (Event, EventAdmin),
    (Session, SessionAdmin),
    (Category, CategoryAdmin),
    (Venue, VenueAdmin),
    (Room, RoomAdmin),
    (Speaker, SpeakerAdmin),
    (Registration, RegistrationAdmin),
    (CheckIn, CheckInAdmin),
    (User, UserAdmin),
    (ApiKey, ApiKeyAdmin),
    (Endpoint, EndpointAdmin),
    (Attempt, AttemptAdmin),
    (Mail, MailAdmin),
    (Style, StyleAdmin),
    (Entry, EntryAdmin),
):
    panel.register(model, page)

for model, page in ((Organization, OrganizationAdmin), (Domain, DomainAdmin), (User, UserAdmin)):
    operator_panel.register(model, page)


def title(request: HttpRequest) -> str:
    """Name the panel after the organization it belongs to."""
    tenant = getattr(request, "tenant", None)
    return str(tenant.name) if tenant else "Aforo operator"
