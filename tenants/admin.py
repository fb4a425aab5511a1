"""Organizations in the operator's panel."""

from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from kit.actor import Actor
from kit.admin import ServiceAdmin, ServiceForm
from tenants import services
from tenants.models import Domain, Organization
from tenants.services import Owner

_CHANGED = ("name", "locale", "timezone", "plan", "limits")
_OWNER_FIELDS = ("owner_email", "owner_name", "owner_password")


class OrganizationForm(ServiceForm):
    """An organization; a new one with its first admin."""

    owner_email = forms.EmailField(widget=UnfoldAdminEmailInputWidget)
    owner_name = forms.CharField(widget=UnfoldAdminTextInputWidget, max_length=200)
    owner_password = forms.CharField(widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}))

    class Meta:
        model = Organization
        fields = ("slug", "name", "locale", "timezone")


class OrganizationChangeForm(ServiceForm):
    """What can change of an organization."""

    class Meta:
        model = Organization
        fields = _CHANGED


class OrganizationAdmin(ServiceAdmin):
    """The organizations of this installation."""

    list_display = ("name", "slug", "status", "plan", "locale", "timezone", "created_at")
    list_filter = ("status", "plan", "locale")
    search_fields = ("name", "slug", "domains__domain")
    actions = ("suspend", "resume")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """Ask for the first admin of a new organization."""
        form = OrganizationChangeForm if obj else OrganizationForm
        return super().get_form(request, obj, change, form=form, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Organization | None = None) -> tuple[str, ...]:  # noqa: ARG002 - Django's signature
        """Give the fields of the form at hand."""
        return (
            ("name", "locale", "timezone", "plan", "limits")
            if obj
            else ("slug", "name", "locale", "timezone", *_OWNER_FIELDS)
        )

    def create(self, fields: dict[str, Any], *, by: Actor, at: datetime) -> Organization:  # noqa: ARG002 - the panel's signature
        """Provision an organization."""
        owner = Owner(*(fields.pop(name) for name in _OWNER_FIELDS))
        return services.create_organization(**fields, owner=owner, at=at)

    def update(self, row: Organization, changes: dict[str, Any], *, by: Actor, at: datetime) -> Organization:  # noqa: ARG002 - the panel's signature
        """Change an organization."""
        return services.update_organization(organization_id=row.pk, changes=changes)

    @admin.action(description="Suspend", permissions=["change"])
    def suspend(self, request: HttpRequest, rows: QuerySet[Organization]) -> None:
        """Stop serving the chosen organizations."""
        self.each(request, rows, partial(_set_status, Organization.Status.SUSPENDED), "Suspended")

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, rows: QuerySet[Organization]) -> None:
        """Serve the chosen organizations again."""
        self.each(request, rows, partial(_set_status, Organization.Status.ACTIVE), "Resumed")


def _set_status(status: Organization.Status, row: Organization, **_: Any) -> None:
    services.set_status(organization_id=row.pk, status=status)


class DomainForm(ServiceForm):
    """A host of an organization."""

    class Meta:
        model = Domain
        fields = ("tenant", "domain")


class DomainAdmin(ServiceAdmin):
    """The hosts that lead to organizations."""

    form = DomainForm
    list_display = ("domain", "tenant", "is_primary")
    list_select_related = ("tenant",)
    search_fields = ("domain", "tenant__name")
    actions = ("remove",)

    def has_change_permission(self, request: HttpRequest, obj: Domain | None = None) -> bool:
        """Let hosts be added and removed, not changed; the list's action asks without a row."""
        return obj is None and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Domain | None = None) -> bool:  # noqa: ARG002 - Django's signature
        """Leave removal to the action, which asks the service."""
        return False

    def create(self, fields: dict[str, Any], *, by: Actor, at: datetime) -> Domain:  # noqa: ARG002 - the panel's signature
        """Add a host."""
        return services.add_domain(organization=fields["tenant"], host=fields["domain"])

    @admin.action(description="Remove", permissions=["change"])
    def remove(self, request: HttpRequest, rows: QuerySet[Domain]) -> None:
        """Stop answering under the chosen hosts."""
        self.each(request, rows, lambda row, **_: services.remove_domain(domain=row), "Removed")
