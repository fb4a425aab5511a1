"""Provisioning: all or nothing."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from identity.models import User
from kit import scope
from kit.errors import Invalid
from tenants.messages import DomainTaken, SlugTaken
from tenants.models import Domain, Organization
from tenants.services import Owner, add_domain, create_organization, remove_domain
from tests.factories import NOW, PASSWORD

OWNER = Owner("Ana@Initech.example", "Ana", PASSWORD)


def schemas() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%'")
        return {row[0] for row in cursor.fetchall()}


def test_an_organization_gets_schema_domain_and_owner(acme: Organization) -> None:
    initech = create_organization(slug="initech", name="Initech", owner=OWNER, at=NOW)

    assert initech.schema_name in schemas()
    with scope.entered(scope.PUBLIC):
        domain = Domain.objects.get(tenant=initech)
    assert (domain.domain, domain.is_primary) == ("initech.localhost", True)
    with scope.entered(initech.schema_name):
        owner = User.objects.get()
    assert (owner.email, owner.role, owner.check_password(PASSWORD)) == ("ana@initech.example", "admin", True)
    assert scope.current() == acme.schema_name


@pytest.mark.parametrize(
    "slug", ["", "Acme", "a_b", "9lives", "public", "www", "-a", "a-", "a" * 41, "a b", "a;drop", "pg_toast"]
)
def test_what_cannot_name_an_organization_is_refused(acme: Organization, slug: str) -> None:
    before = schemas()
    with pytest.raises(Invalid) as refusal:
        create_organization(slug=slug, name="x", owner=OWNER, at=NOW)
    assert refusal.value.errors[0].pointer == "#/slug"
    assert schemas() == before


def test_a_taken_slug_is_refused_and_leaves_the_first_alone(acme: Organization) -> None:
    with pytest.raises(SlugTaken):
        create_organization(slug="acme", name="Another", owner=OWNER, at=NOW)
    with scope.entered(scope.PUBLIC):
        assert Organization.objects.filter(slug="acme").values_list("name", flat=True).get() == "Acme"


def test_a_failure_in_the_middle_leaves_nothing(acme: Organization) -> None:
    before = schemas()
    with pytest.raises(Invalid):
        create_organization(slug="initech", name="Initech", owner=Owner("a@b.example", "A", "short"), at=NOW)
    assert schemas() == before
    with scope.entered(scope.PUBLIC):
        assert not Organization.objects.filter(slug="initech").exists()
        assert not Domain.objects.filter(domain="initech.localhost").exists()


def test_domains_are_added_and_removed(acme: Organization, globex: Organization) -> None:
    domain = add_domain(organization=acme, host="Events.Acme.Example.")
    assert (domain.domain, domain.is_primary) == ("events.acme.example", False)
    with pytest.raises(DomainTaken):
        add_domain(organization=globex, host="events.acme.example")
    with pytest.raises(Invalid):
        add_domain(organization=globex, host="not a host")
    with pytest.raises(Invalid):
        add_domain(organization=globex, host="localhost")
    remove_domain(domain=domain)
    with scope.entered(scope.PUBLIC):
        assert set(acme.domains.values_list("domain", flat=True)) == {"acme.localhost"}
        primary = acme.domains.get()
    with pytest.raises(Invalid):
        remove_domain(domain=primary)


def test_the_command_creates_an_organization(
    acme: Organization, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AFORO_OWNER_PASSWORD", PASSWORD)
    call_command(
        "create_organization", "initech", name="Initech", owner="ana@initech.example", timezone="Europe/Berlin"
    )
    assert capsys.readouterr().out == "Initech answers at initech.localhost\n"
    with pytest.raises(CommandError, match="called initech already"):
        call_command("create_organization", "initech", name="Initech", owner="ana@initech.example")
    with pytest.raises(CommandError, match="Mars"):
        call_command("create_organization", "other", name="Other", owner="ana@initech.example", timezone="Mars/Base")
