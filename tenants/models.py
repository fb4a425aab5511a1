"""Organizations and the hosts they answer under."""

from typing import ClassVar

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

from tenants import rules


class Organization(TenantMixin):
    """A tenant: one company, one schema."""

    class Status(models.TextChoices):
        """Whether the organization is served."""

        ACTIVE = "active"
        SUSPENDED = "suspended"

    class Locale(models.TextChoices):
        """The language that people of the organization are addressed in."""

        SPANISH = "es", "Español"
        ENGLISH = "en", "English"

    slug = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    locale = models.CharField(max_length=5, choices=Locale.choices, default=Locale.ENGLISH)
    timezone = models.CharField(max_length=60, default="UTC")
    plan = models.CharField(
        max_length=20, choices=[(plan, plan) for plan in (*rules.PLANS, rules.CUSTOM)], default="free"
    )
    # Requests in a minute by class, for the plan `custom`.
    limits = models.JSONField(default=dict, db_default={}, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # Provisioning is a service: saving a row must never run DDL.
    auto_create_schema = False
    auto_drop_schema = False

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):
    """A host that leads to an organization. The primary one is shown to people."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(is_primary=True), name="one_primary_domain_per_organization"
            ),
        ]
