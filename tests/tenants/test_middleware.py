"""Which host leads where, and at what cost."""

import contextlib
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kit import answers, scope
from tenants import selectors
from tenants.models import Organization
from tenants.services import add_domain, set_status
from tests.factories import make_event

EVENTS = "/api/v1/events"


def get(path: str = EVENTS, **headers: str) -> Any:
    return Client().get(path, headers=headers)


def test_a_host_leads_to_its_organization(acme: Organization, globex: Organization) -> None:
    make_event(name="Only at acme")
    assert get(host="acme.localhost").json()["total"] == 1
    assert get(host="ACME.localhost.:8000").json()["total"] == 1
    assert get(host="globex.localhost").json()["total"] == 0


def test_a_custom_domain_leads_to_its_organization(acme: Organization) -> None:
    make_event()
    assert get(host="events.acme.example").status_code == 404
    add_domain(organization=acme, host="events.acme.example")
    selectors._known.clear()
    assert get(host="events.acme.example").json()["total"] == 1


def test_the_api_host_takes_the_organization_from_the_header(acme: Organization) -> None:
    make_event()
    assert get(host="localhost", **{"x-tenant": "acme"}).json()["total"] == 1
    assert get(host="localhost", **{"x-tenant": "globex"}).json()["total"] == 0


@pytest.mark.parametrize("name", ["nobody", "", "t_acme", "public", "Acme", "acme'--", "a" * 300])
def test_an_unknown_name_in_the_header_is_a_404(acme: Organization, name: str) -> None:
    response = get(host="localhost", **{"x-tenant": name})
    assert (response.status_code, response.json()["code"]) == (404, "unknown_host")


@pytest.mark.parametrize("host", ["nobody.localhost", "localhost.evil.example", "t-acme.localhost", "public.localhost"])
def test_an_unknown_host_is_a_404_and_touches_no_tenant(acme: Organization, host: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = get(host=host)
    assert (response.status_code, response.json()["code"]) == (404, "unknown_host")
    assert not any("t_" in query["sql"] for query in queries if query["sql"].startswith("SET"))


def test_a_host_that_is_none_is_a_400(acme: Organization) -> None:
    response = get(host="acme_localhost/..")
    assert (response.status_code, response.json()["code"]) == (400, "malformed")


def test_a_header_that_contradicts_the_host_is_refused(acme: Organization, globex: Organization) -> None:
    response = get(host="acme.localhost", **{"x-tenant": "globex"})
    assert (response.status_code, response.json()["code"]) == (400, "malformed")
    assert get(host="acme.localhost", **{"x-tenant": "acme"}).status_code == 200


def test_the_public_host_has_no_tenant_routes(acme: Organization) -> None:
    response = get(host="localhost")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_the_door_leads_somewhere(acme: Organization) -> None:
    assert get("/", host="acme.localhost")["Location"] == "/api/v1/docs"
    assert get("/", host="localhost")["Location"] == "/admin/"
    assert get("/admin", host="acme.localhost")["Location"] == "/admin/"


def test_a_suspended_organization_is_refused_until_resumed(acme: Organization) -> None:
    assert get(host="acme.localhost").status_code == 200
    with scope.entered(scope.PUBLIC):
        set_status(organization_id=acme.pk, status=Organization.Status.SUSPENDED)
    selectors.forget("host:acme.localhost")
    response = get(host="acme.localhost")
    assert (response.status_code, response.json()["code"]) == (403, "organization_suspended")
    set_status(organization_id=acme.pk, status=Organization.Status.ACTIVE)
    selectors.forget("host:acme.localhost")
    assert get(host="acme.localhost").status_code == 200


def test_a_change_of_standing_forgets_what_is_remembered(
    acme: Organization, django_capture_on_commit_callbacks: Any
) -> None:
    get(host="acme.localhost")
    assert selectors.by_host("acme.localhost") is not None
    with django_capture_on_commit_callbacks(execute=True):
        set_status(organization_id=acme.pk, status=Organization.Status.SUSPENDED)
    response = get(host="acme.localhost")
    assert response.status_code == 403


def test_a_request_sets_the_search_path_at_most_once_and_reads_nothing_of_public(
    acme: Organization, globex: Organization
) -> None:
    get(host="acme.localhost")
    get(host="globex.localhost")
    for host, sets in (("acme.localhost", 1), ("acme.localhost", 0), ("globex.localhost", 1)):
        answers.forget_all()
        with CaptureQueriesContext(connection) as queries:
            assert get(host=host).status_code == 200
        found = [query["sql"] for query in queries if query["sql"].startswith("SET search_path")]
        assert len(found) == sets, found
        assert not any("public" in sql for sql in found)


def test_a_forgotten_table_fails_loudly(acme: Organization) -> None:
    """The search path of a tenant holds its schema alone: what lives in public is not there."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        assert cursor.fetchone() == (acme.schema_name,)
        cursor.execute("SELECT to_regclass('tenants_organization'), to_regclass('catalog_event') IS NOT NULL")
        assert cursor.fetchone() == (None, True)


def test_the_path_survives_a_rolled_back_savepoint(acme: Organization, globex: Organization) -> None:
    """A `SET` inside a savepoint is undone with it; the next statement must still meet the right schema."""
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        scope.enter(globex.schema_name)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        1 / 0  # noqa: B018 - the failure is the point
    scope.enter(acme.schema_name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        assert cursor.fetchone() == (acme.schema_name,)
