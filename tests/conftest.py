"""Two organizations, migrated once a session; each test works in acme's schema and rolls back."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.core.cache import cache
from django.test import Client
from django.utils.timezone import now

from identity import keys, selectors as identity_selectors, tokens
from identity.models import User
from journal import origin, services as journal_services
from kit import scope
from tenants import selectors as tenant_selectors
from tenants.models import Organization
from tenants.services import Owner, create_organization, create_operator
from kit.actor import SYSTEM
from tests.factories import NOW, PASSWORD, make_member

type Json = dict[str, Any]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Provision the two organizations, and an operator, the way the product does."""
    with django_db_blocker.unblock():
        for slug, locale in (("acme", "es"), ("globex", "en")):
            owner = Owner(f"owner@{slug}.example", "Owner", PASSWORD)
            create_organization(slug=slug, name=slug.title(), owner=owner, at=NOW, locale=locale)
        create_operator(email="operator@aforo.example", name="Operator", password=PASSWORD, by=SYSTEM, at=NOW)


@pytest.fixture(autouse=True)
def _clean_process() -> Iterator[None]:
    """Forget what processes remember between requests: one test is not the next one's past."""
    yield
    tenant_selectors._known.clear()
    identity_selectors._standing.clear()
    keys._pairs.clear()
    journal_services._announced.clear()
    origin.begin(origin.NOWHERE)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Json]]:
    """Catch the jobs that are enqueued: (name, keyword arguments)."""
    jobs: list[tuple[str, Json]] = []

    def send_task(name: str, *_: Any, kwargs: Json | None = None, **__: Any) -> None:
        jobs.append((name, dict(kwargs or {})))

    monkeypatch.setattr(current_app, "send_task", send_task)
    return jobs


@pytest.fixture
def acme(db: None) -> Iterator[Organization]:
    """Work in acme's schema."""
    scope.enter(scope.PUBLIC)
    organization = Organization.objects.get(slug="acme")
    cache.clear()
    with scope.entered(organization.schema_name):
        yield organization


@pytest.fixture
def globex(acme: Organization) -> Organization:
    """The other organization. The test still works in acme's schema."""
    with scope.entered(scope.PUBLIC):
        return Organization.objects.get(slug="globex")


type Members = Callable[..., User]


@pytest.fixture
def member(acme: Organization) -> Members:
    """Make a member of an organization with a role: `member(acme, "organizer")`."""

    def make(organization: Organization, role: str, **fields: Any) -> User:
        with scope.entered(organization.schema_name):
            return make_member(role, **fields)

    return make


class Api:
    """A caller of one organization's REST API, with or without a token."""

    def __init__(self, slug: str, token: str = "") -> None:
        self.token = token
        self._client = Client(headers={"host": f"{slug}.localhost", **({"authorization": f"Bearer {token}"} if token else {})})

    def __call__(self, method: str, path: str, body: Any = None, **extra: Any) -> Any:
        """Call `/api/v1<path>`; give the response, its JSON at `.json()`."""
        content = {"data": body, "content_type": "application/json"} if body is not None else {}
        return getattr(self._client, method)(f"/api/v1{path}", **content, **extra)

    def get(self, path: str, **extra: Any) -> Any:
        return self("get", path, **extra)

    def post(self, path: str, body: Any = None, **extra: Any) -> Any:
        return self("post", path, {} if body is None else body, **extra)

    def patch(self, path: str, body: Any, **extra: Any) -> Any:
        return self("patch", path, body, **extra)

    def delete(self, path: str, **extra: Any) -> Any:
        return self("delete", path, **extra)


@pytest.fixture
def anonymous(acme: Organization) -> Api:
    return Api("acme")


type Callers = Callable[..., Api]


@pytest.fixture
def caller(member: Members, acme: Organization) -> Callers:
    """Make somebody who calls the API: `caller("organizer")`, `caller("admin", globex)`, `caller(user=somebody)`."""

    def make(role: str = "", organization: Organization = acme, *, user: User | None = None) -> Api:
        somebody = user or member(organization, role)
        with scope.entered(organization.schema_name):
            token = tokens.access_token(somebody, at=now())
        return Api(organization.slug, token)

    return make


@pytest.fixture
def later() -> Callable[[float], Any]:
    """Tell a moment some minutes after the tests' present."""
    return lambda minutes: NOW + timedelta(minutes=minutes)
