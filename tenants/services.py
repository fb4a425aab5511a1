"""Provisioning and standing of organizations. Everything here works in the public schema."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django_tenants.utils import quote_schema_name

from identity import keys
from identity.rules import Role
from identity.services import create_user
from kit import scope
from kit.actor import SYSTEM, Actor
from kit.errors import FieldError, Invalid, NotFound
from tenants import rules, selectors
from tenants.messages import DomainTaken, SlugTaken, bad_limits, bad_slug, bad_timezone
from tenants.models import Domain, Organization


@dataclass(frozen=True, slots=True)
class Owner:
    """The first admin of an organization."""

    email: str
    name: str
    password: str


def create_organization(
    *, slug: str, name: str, owner: Owner, at: datetime, locale: str = "en", timezone: str = "UTC"
) -> Organization:
    """Create an organization with its schema, its domain `<slug>.<base domain>` and its first admin.

    All or nothing: one transaction, DDL included. A process killed in the middle leaves no trace.

    Raises:
        Invalid: the slug cannot name an organization, the time zone is unknown, or the owner's password is weak.
        SlugTaken: it names one already.
    """
    if not rules.is_slug(slug):
        raise bad_slug(slug)
    if not rules.is_timezone(timezone):
        raise bad_timezone(timezone)
    organization = Organization(
        slug=slug, schema_name=rules.schema_name(slug), name=name, locale=locale, timezone=timezone
    )
    with scope.entered(scope.PUBLIC), transaction.atomic():
        _insert(organization)
        _add_domain(organization, f"{slug}.{settings.BASE_DOMAIN}")
        _create_schema(organization.schema_name)
        with scope.entered(organization.schema_name):
            keys.create()
            create_user(email=owner.email, name=owner.name, password=owner.password, role=Role.ADMIN, by=SYSTEM, at=at)
    _forget(organization)
    return organization


def _insert(organization: Organization) -> None:
    try:
        with transaction.atomic():
            organization.save(force_insert=True)
    except (IntegrityError, ValidationError) as error:
        raise SlugTaken(f"An organization is called {organization.slug} already") from error


def _create_schema(schema_name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {quote_schema_name(schema_name)}")
    call_command("migrate_schemas", tenant=True, schema_name=schema_name, interactive=False, verbosity=0)
    # The command leaves the connection in the public schema with a path of its own.
    scope.enter(scope.PUBLIC)


def add_domain(*, organization: Organization, host: str, is_primary: bool = False) -> Domain:
    """Let an organization answer under one more host.

    Raises:
        Invalid: not a host name.
        DomainTaken: it leads somewhere already.
    """
    with scope.entered(scope.PUBLIC), transaction.atomic():
        domain = _add_domain(organization, host, is_primary=is_primary)
    _forget(organization)
    return domain


def _add_domain(organization: Organization, host: str, *, is_primary: bool = True) -> Domain:
    host = rules.host_of(host)
    if not rules.HOST.fullmatch(host) or host in settings.PUBLIC_HOSTS:
        raise Invalid(
            "Not a host", errors=[FieldError("#/domain", "bad_host", "give a host name, such as events.example.com")]
        )
    domain = Domain(tenant=organization, domain=host, is_primary=is_primary)
    try:
        with transaction.atomic():
            domain.save()
    except IntegrityError as error:
        raise DomainTaken(f"{host} is taken") from error
    return domain


def remove_domain(*, domain: Domain) -> None:
    """Stop answering under a host.

    Raises:
        Invalid: it is the organization's primary one.
    """
    if domain.is_primary:
        raise Invalid("The primary domain cannot be removed; make another one primary first")
    with scope.entered(scope.PUBLIC):
        domain.delete()
    _forget(domain.tenant, domain.domain)


def update_organization(*, organization_id: int, changes: dict[str, Any]) -> Organization:
    """Change an organization's name, locale, time zone, plan, limits or status.

    Raises:
        NotFound: no such organization.
        Invalid: there is no such time zone, or no such limits.
    """
    if faults := rules.faults_of(changes.get("limits", {})):
        raise bad_limits(faults)
    if not rules.is_timezone(changes.get("timezone", "UTC")):
        raise bad_timezone(changes["timezone"])
    with scope.entered(scope.PUBLIC), transaction.atomic():
        organization: Organization | None = (
            Organization.objects.select_for_update(no_key=True).filter(pk=organization_id).first()
        )
        if organization is None:
            raise NotFound("No such organization")
        for field, value in changes.items():
            setattr(organization, field, value)
        organization.save(update_fields=[*changes, "updated_at"])
    _forget(organization)
    return organization


def set_status(*, organization_id: int, status: Organization.Status) -> Organization:
    """Suspend an organization, or serve it again. Felt by every process within seven seconds.

    Raises:
        NotFound: no such organization.
    """
    return update_organization(organization_id=organization_id, changes={"status": status})


def _forget(organization: Organization, *hosts: str) -> None:
    with scope.entered(scope.PUBLIC):
        domains: QuerySet[Domain, str] = Domain.objects.filter(tenant=organization).values_list("domain", flat=True)
        addresses = [f"slug:{organization.slug}", *(f"host:{host}" for host in (*domains, *hosts))]
    transaction.on_commit(lambda: selectors.forget(*addresses))


def create_operator(*, email: str, name: str, password: str, by: Actor, at: datetime) -> None:
    """Give a platform operator an account in the public schema.

    Raises:
        EmailTaken: the e-mail has one.
        Invalid: the password is weak.
    """
    with scope.entered(scope.PUBLIC):
        create_user(email=email, name=name, password=password, role=Role.OPERATOR, by=by, at=at)
