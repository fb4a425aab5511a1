"""Two organizations, migrated once a session; each test works in acme's schema and rolls back."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from celery import current_app
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import setup_databases, teardown_databases
from django.utils.timezone import now

from identity import keys, tokens
from identity import selectors as identity_selectors
from identity.models import User
from identity.services import federation
from journal import origin
from journal import selectors as journal_selectors
from journal import services as journal_services
from kit import answers, counters, editions, gate, scope, throttling, valkey
from kit.actor import SYSTEM
from kit.ids import new_id
from kit.middleware import is_bulk
from tenants import selectors as tenant_selectors
from tenants.models import Organization
from tenants.services import Owner, create_operator, create_organization
from tests.contracts import harvest
from tests.contracts.documented import check_documented, operation_of
from tests.contracts.payloads import check_journals
from tests.factories import NOW, PASSWORD, make_member
from tests.live import live_platform, platform

__all__ = ["live_platform", "platform"]

# A machine that is busy is no failure.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")

type Json = dict[str, Any]


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """Make a database of this process's own, with the two organizations and an operator.

    In place of pytest-django's: that makes none where only tests without its markers are chosen, and those of
    tests/races commit by themselves.
    """
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default": True})
        for slug, locale in (("acme", "es"), ("globex", "en")):
            owner = Owner(f"owner@{slug}.example", "Owner", PASSWORD)
            create_organization(slug=slug, name=slug.title(), owner=owner, at=NOW, locale=locale)
        create_operator(email="operator@aforo.example", name="Operator", password=PASSWORD, by=SYSTEM, at=NOW)
    yield
    with django_db_blocker.unblock():
        # The clerks of desks keep their connections for as long as their process lives.
        others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
        with connection.cursor() as cursor:
            cursor.execute(f"{others} AND pid <> pg_backend_pid()")
        teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True)
def _clean_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget what processes and the cache remember: one test is not the next one's past."""
    for alias in ("default", "counters"):
        monkeypatch.setattr(caches[alias], "key_prefix", f"test-{new_id()}")
    yield
    tenant_selectors._known.clear()
    identity_selectors._standing.clear()
    identity_selectors.forget_keys()
    keys._pairs.clear()
    tokens.forget_all()
    federation.forget_all()
    answers.forget_all()
    editions.forget_all()
    counters.forget_all()
    gate.open_all()
    throttling.forget_all()
    journal_services._unannounced.clear()
    origin.begin(origin.NOWHERE)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Json]]:
    """Catch the jobs that are enqueued: (name, keyword arguments). Announcements are sent at once."""
    jobs: list[tuple[str, Json]] = []

    def send_task(name: str, args: Any = (), kwargs: Json | None = None, **_: Any) -> None:
        jobs.append((name, dict(kwargs or {})))

    monkeypatch.setattr(current_app, "send_task", send_task)
    monkeypatch.setattr(journal_services.announcing, "ask", journal_services.send_announcements)
    return jobs


@pytest.fixture
def all_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every entry for settled, since a test never commits. What settles is proven in tests/races."""
    monkeypatch.setattr(journal_selectors, "HORIZON", "9223372036854775807")


@pytest.fixture
def cache_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Point the cache at a port where nothing listens; give how it comes back."""
    kept, here = caches["default"], caches.settings["default"]["LOCATION"]
    del caches["default"]
    caches.settings["default"]["LOCATION"] = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(valkey, "_local", type(valkey._local)())

    def come_back() -> None:
        caches.settings["default"]["LOCATION"] = here
        caches["default"] = kept
        valkey.wake()

    yield come_back
    come_back()


@pytest.fixture
def db(db: None) -> Iterator[None]:
    """As pytest-django's. What the test wrote to journals is then held against what their types say."""
    yield
    if connection.connection is not None and not connection.needs_rollback:
        check_journals()


@pytest.fixture
def acme(db: None) -> Iterator[Organization]:
    """Work in acme's schema."""
    scope.enter(scope.PUBLIC)
    organization = Organization.objects.get(slug="acme")
    with scope.entered(organization.schema_name):
        yield organization


@pytest.fixture
def globex(acme: Organization) -> Organization:
    """The other organization. The test still works in acme's schema."""
    with scope.entered(scope.PUBLIC):
        organization: Organization = Organization.objects.get(slug="globex")
        return organization


type Members = Callable[..., User]


@pytest.fixture
def member(acme: Organization) -> Members:
    """Make a member of an organization with a role: `member(acme, "organizer")`."""

    def make(organization: Organization, role: str, **fields: Any) -> User:
        with scope.entered(organization.schema_name):
            return make_member(role, **fields)

    return make


def committed() -> None:
    """Do what waits for the commit, which never comes: a test's transaction is rolled back."""
    waiting, connection.run_on_commit = connection.run_on_commit, []
    for _, act, *_ in waiting:
        act()


class Api:
    """A caller of one organization's REST API, with or without a token."""

    def __init__(self, slug: str, token: str = "") -> None:
        self.token = token
        self._client = Client(
            headers={"host": f"{slug}.localhost", **({"authorization": f"Bearer {token}"} if token else {})}
        )

    def __call__(self, method: str, path: str, body: Any = None, **extra: Any) -> Any:
        """Call `/api/v1<path>`; give the response, its JSON at `.json()`."""
        content = {"data": body, "content_type": "application/json", **extra} if body is not None else extra
        if method == "post" and is_bulk(path.partition("?")[0]):
            # Asked for there; a test that means another one says so.
            content["headers"] = {"idempotency-key": str(uuid4()), **extra.get("headers", {})}
        committed()
        response = getattr(self._client, method)(f"/api/v1{path}", **content)
        committed()
        check_documented(method, f"/api/v1{path}", response)
        harvest.note(operation_of(method, f"/api/v1{path}"), body, response)
        return response

    def get(self, path: str, **extra: Any) -> Any:
        return self("get", path, **extra)

    def post(self, path: str, body: Any = None, **extra: Any) -> Any:
        return self("post", path, {} if body is None else body, **extra)

    def put(self, path: str, body: Any, *, seen: str | None = "*") -> Any:
        return self("put", path, body, headers=_if_match(seen))

    def patch(self, path: str, body: Any, *, seen: str | None = "*") -> Any:
        return self("patch", path, body, headers=_if_match(seen))

    def delete(self, path: str, *, seen: str | None = "*") -> Any:
        return self("delete", path, headers=_if_match(seen))


def _if_match(seen: str | None) -> dict[str, str]:
    """Name the version that a writer saw: any, unless a test says which."""
    return {} if seen is None else {"if-match": seen}


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


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell how many calls tests/isolation made, in whichever process."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    probes = sum(
        value for report in reports for name, value in getattr(report, "user_properties", ()) if name == "probes"
    )
    if probes:
        terminalreporter.write_line(
            f"isolation: {probes} probes with another tenant's credentials, ids, cursors, keys, tags"
        )
