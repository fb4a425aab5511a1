"""Passwords: guessed, changed, forgotten."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import tokens as django_tokens
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from identity import selectors, services, tasks
from identity.messages import BadToken
from identity.models import User
from identity.services.logins import MAX_FAILURES, MAX_FAILURES_IN_ALL
from identity.services.passwords import reset_token
from journal import services as journal
from kit import scope
from notifications import services as notifications
from tenants.models import Organization
from tests.conftest import Api, Members
from tests.factories import PASSWORD, happened

NEW = "a-better-horse-battery"


@pytest.fixture(autouse=True)
def _one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the counters' clock."""
    moment = now().timestamp()
    monkeypatch.setattr("django_ratelimit.core.time", SimpleNamespace(time=lambda: moment))


def login(api: Api, email: str, password: str = PASSWORD, **extra: Any) -> Any:
    return api.post("/auth/login", {"email": email, "password": password}, **extra)


@pytest.fixture
def user(acme: Organization, member: Members) -> User:
    return member(acme, "organizer")


@pytest.mark.parametrize("is_there", [True, False])
def test_guessing_one_account_ends_whether_it_exists_or_not(anonymous: Api, user: User, is_there: bool) -> None:  # noqa: FBT001 - of pytest
    email = user.email if is_there else "nobody@example.com"
    told = [login(anonymous, email, "wrong").status_code for _ in range(MAX_FAILURES + 1)]
    assert told == [401] * MAX_FAILURES + [429]
    refused = login(anonymous, email)
    assert (refused.status_code, refused.json()["violated-policies"]) == (429, ["failures"])
    assert 1 <= int(refused["Retry-After"]) <= 900
    # Somebody else, from elsewhere, is not locked out by it.
    elsewhere = login(anonymous, email, REMOTE_ADDR="192.0.2.1")
    assert elsewhere.status_code == (200 if is_there else 401)
    assert happened().count("login.failed") == (MAX_FAILURES if is_there else 0)


def test_guessing_from_many_addresses_ends_as_well(anonymous: Api, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("identity.services.logins.check_password", lambda *_: False)
    for number in range(MAX_FAILURES_IN_ALL):
        assert login(anonymous, user.email, "wrong", REMOTE_ADDR=f"192.0.2.{number}").status_code == 401
    assert login(anonymous, user.email, REMOTE_ADDR="198.51.100.1").status_code == 429


def test_logging_in_well_is_not_counted(anonymous: Api, user: User) -> None:
    assert {login(anonymous, user.email).status_code for _ in range(MAX_FAILURES + 2)} == {200}


def test_the_panel_counts_with_the_api(acme: Organization, anonymous: Api, user: User) -> None:
    client = Client(headers={"host": "acme.localhost"})
    form = {"username": user.email.upper(), "password": "wrong"}
    for number in range(MAX_FAILURES):
        if number % 2:
            login(anonymous, user.email, "wrong")
        else:
            assert client.post("/admin/login/", form).status_code == 200
    page = client.post("/admin/login/?next=/admin/", {**form, "password": PASSWORD})
    assert page.status_code == 429
    assert "Too many logins" in page.content.decode()
    assert login(anonymous, user.email).status_code == 429


def test_an_unknown_account_costs_the_same_statements(anonymous: Api, user: User) -> None:
    login(anonymous, "nobody@example.com", "wrong")
    counted = []
    for email in (user.email, "nobody@example.com"):
        with CaptureQueriesContext(connection) as queries:
            assert login(anonymous, email, "wrong").status_code == 401
        words = [query["sql"].split()[0] for query in queries if "SAVEPOINT" not in query["sql"]]
        counted.append([word for word in words if word != "SET"])
    assert counted[0] == counted[1]


def test_ones_own_password_is_changed_and_ends_every_session(anonymous: Api, user: User) -> None:
    grant = login(anonymous, user.email).json()
    api = Api("acme", grant["access_token"])
    wrong = api.post("/users/me/password", {"current_password": "wrong", "password": NEW})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "#/current_password")
    weak = api.post("/users/me/password", {"current_password": PASSWORD, "password": "1234567890"})
    assert (weak.status_code, weak.json()["errors"][0]["pointer"]) == (422, "#/password")
    assert api.post("/users/me/password", {"current_password": PASSWORD, "password": NEW}).status_code == 204
    # The token at hand is of the same second; one of the second before is refused.
    user.refresh_from_db()
    assert user.tokens_since is not None
    second = int(user.tokens_since.timestamp())
    assert selectors.actor_for(user.id, issued_at=second - 1) is None
    assert selectors.actor_for(user.id, issued_at=second) is not None
    assert anonymous.post("/auth/refresh", {"refresh_token": grant["refresh_token"]}).status_code == 401
    assert login(anonymous, user.email).status_code == 401
    assert login(anonymous, user.email, NEW).status_code == 200


def test_the_present_password_is_not_guessed_with_a_stolen_token(anonymous: Api, user: User) -> None:
    api = Api("acme", login(anonymous, user.email).json()["access_token"])
    body = {"current_password": "wrong", "password": NEW}
    told = [api.post("/users/me/password", body).status_code for _ in range(MAX_FAILURES + 1)]
    assert told == [422] * MAX_FAILURES + [429]


@pytest.fixture
def mailed(anonymous: Api, user: User, sent: list[Any], all_settled: None) -> str:
    """Have a reset mailed, by the task; give the token."""
    assert anonymous.post("/auth/password/forgot", {"email": user.email.upper()}).status_code == 202
    (kwargs,) = [kwargs for name, kwargs in sent if name == "identity.mail_reset"]
    assert kwargs == {"schema_name": "t_acme", "email": user.email}
    assert tasks.mail_reset(schema_name="t_acme", email=kwargs["email"])
    journal.dispatch()
    notifications.deliver()
    (message,) = mail.outbox
    assert message.to == [user.email]
    found = re.search(r"http://acme\.localhost/password/(\S+)", str(message.body))
    assert found is not None
    return found[1]


def test_a_forgotten_password_is_reset_once(anonymous: Api, user: User, mailed: str) -> None:
    assert "Acme" in mail.outbox[0].subject
    old = login(anonymous, user.email).json()["refresh_token"]
    weak = anonymous.post("/auth/password/reset", {"token": mailed, "password": "short"})
    assert (weak.status_code, weak.json()["errors"][0]["pointer"]) == (422, "#/password")
    assert anonymous.post("/auth/password/reset", {"token": mailed, "password": NEW}).status_code == 204
    again = anonymous.post("/auth/password/reset", {"token": mailed, "password": PASSWORD})
    assert (again.status_code, again.json()["code"]) == (401, "bad_token")
    assert login(anonymous, user.email, NEW).status_code == 200
    assert anonymous.post("/auth/refresh", {"refresh_token": old}).status_code == 401


def test_nobody_learns_who_has_an_account(anonymous: Api, user: User, sent: list[Any]) -> None:
    known = anonymous.post("/auth/password/forgot", {"email": user.email})
    unknown = anonymous.post("/auth/password/forgot", {"email": "nobody@example.com"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, b"")
    assert len([name for name, _ in sent if name == "identity.mail_reset"]) == 2
    assert tasks.mail_reset(schema_name="t_acme", email="nobody@example.com") is False
    assert happened() == []


def test_nobodys_mailbox_is_filled(user: User) -> None:
    assert [tasks.mail_reset(schema_name="t_acme", email=user.email) for _ in range(5)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert happened().count("user.password_asked_for") == 3


@pytest.mark.parametrize("token", ["", "x", "0" * 32, f"{'0' * 32}-abc-def", "\x00", "ñ-ñ", "-" * 100])
def test_a_token_that_is_none_is_refused(anonymous: Api, acme: Organization, token: str) -> None:
    answer = anonymous.post("/auth/password/reset", {"token": token, "password": NEW})
    assert answer.status_code in {400, 401, 422}
    assert Client(headers={"host": "acme.localhost"}).get(f"/password/{token or 'x'}").status_code in {200, 400, 404}


def test_a_token_ages_and_is_good_at_home_alone(
    anonymous: Api, globex: Organization, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = reset_token(user)
    assert Api("globex").post("/auth/password/reset", {"token": token, "password": NEW}).status_code == 401
    late = now() + timedelta(minutes=61)
    monkeypatch.setattr(django_tokens.PasswordResetTokenGenerator, "_now", lambda _: late.replace(tzinfo=None))
    assert anonymous.post("/auth/password/reset", {"token": token, "password": NEW}).status_code == 401


def test_the_page_of_the_mail_sets_it(acme: Organization, anonymous: Api, user: User, mailed: str) -> None:
    client = Client(headers={"host": "acme.localhost"}, enforce_csrf_checks=True)
    page = client.get(f"/password/{mailed}")
    assert page.status_code == 200
    assert "Una nueva contraseña" in page.content.decode()
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("private, no-store", "no-referrer")
    path = f"/password/{mailed}"
    assert client.post(path, {"password": NEW}).status_code == 403
    token = page.context["csrf_token"]
    weak = client.post(path, {"password": "short", "csrfmiddlewaretoken": token})
    assert (weak.status_code, 'role="alert"' in weak.content.decode()) == (422, True)
    done = client.post(path, {"password": NEW, "csrfmiddlewaretoken": token})
    assert (done.status_code, "guardada" in done.content.decode()) == (200, True)
    assert client.post(path, {"password": PASSWORD, "csrfmiddlewaretoken": token}).status_code == 404
    assert login(anonymous, user.email, NEW).status_code == 200


def test_a_closed_account_gets_no_mail(acme: Organization, user: User) -> None:
    token = reset_token(user)
    User.objects.filter(id=user.id).update(is_active=False)
    assert tasks.mail_reset(schema_name="t_acme", email=user.email) is False
    with pytest.raises(BadToken):
        services.reset_password(token=token, password=NEW, at=now())
    assert scope.current() == acme.schema_name
