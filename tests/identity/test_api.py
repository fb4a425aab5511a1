"""Accounts, logins and tokens, over HTTP."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.test import Client
from django.utils.timezone import now

from identity import keys, selectors, tokens
from identity.models import RefreshToken, SigningKey, User
from identity.services import update_user
from journal.models import Entry
from kit.actor import SYSTEM
from tenants.models import Organization
from tests.conftest import Api, Callers, Members
from tests.factories import PASSWORD, happened

NEW = {"email": "Ana@Example.com", "name": "  Ana Gil ", "password": PASSWORD}


def test_an_account_is_opened_and_logged_in(anonymous: Api) -> None:
    response = anonymous.post("/auth/register", NEW)
    grant = response.json()
    assert response.status_code == 201
    assert grant["user"]["email"] == "ana@example.com"
    assert (grant["user"]["name"], grant["user"]["role"]) == ("Ana Gil", "attendee")
    assert (grant["token_type"], grant["expires_in"]) == ("Bearer", 900)
    assert User.objects.get(email="ana@example.com").password.startswith("argon2$argon2id$")
    me = Api("acme", grant["access_token"]).get("/users/me")
    assert (me.status_code, me.json()["email"]) == (200, "ana@example.com")
    assert happened()[-1] == "user.created"


def test_an_email_has_one_account_in_any_case(anonymous: Api) -> None:
    anonymous.post("/auth/register", NEW)
    response = anonymous.post("/auth/register", {**NEW, "email": "ANA@example.COM"})
    assert (response.status_code, response.json()["code"]) == (409, "email_taken")
    assert User.objects.filter(email="ana@example.com").count() == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "not an e-mail"}, "#/email"),
        ({"name": "   "}, "#/name"),
        ({"password": "short"}, "#/password"),
        ({"password": "1234567890123"}, "#/password"),
        ({"password": "x" * 1_001}, "#/password"),
        ({"role": "admin"}, "#/role"),
    ],
)
def test_a_bad_account_is_refused_at_its_field(anonymous: Api, change: dict[str, str], pointer: str) -> None:
    before = User.objects.count()
    response = anonymous.post("/auth/register", {**NEW, **change})
    assert response.status_code == 422
    assert {error["pointer"] for error in response.json()["errors"]} == {pointer}
    assert User.objects.count() == before


def login(anonymous: Api, email: str, password: str = PASSWORD) -> Any:
    return anonymous.post("/auth/login", {"email": email, "password": password})


def test_a_login_gives_tokens_and_is_recorded(anonymous: Api, acme: Organization, member: Members) -> None:
    user = member(acme, "organizer")
    response = login(anonymous, user.email.upper())
    assert response.status_code == 200
    claims = jwt.decode(response.json()["access_token"], options={"verify_signature": False})
    assert (claims["iss"], claims["aud"]) == (f"urn:aforo:{acme.schema_name}", "urn:aforo:api")
    assert (claims["sub"], claims["role"], claims["exp"] - claims["iat"]) == (str(user.id), "organizer", 900)
    user.refresh_from_db()
    assert user.last_seen_at is not None
    assert happened() == ["user.logged_in"]


def test_every_failed_login_sounds_the_same(anonymous: Api, acme: Organization, member: Members) -> None:
    user, gone = member(acme, "admin"), member(acme, "admin", is_active=False)
    answers = [
        login(anonymous, user.email, "wrong-password-1"),
        login(anonymous, "nobody@example.com"),
        login(anonymous, gone.email),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert happened() == ["login.failed", "login.failed"]
    assert not RefreshToken.objects.exists()


def test_a_member_of_one_organization_is_nobody_at_another(
    anonymous: Api, globex: Organization, member: Members
) -> None:
    assert login(anonymous, member(globex, "admin").email).status_code == 401


def test_a_refresh_token_is_good_once_and_reuse_revokes_the_family(anonymous: Api) -> None:
    first = anonymous.post("/auth/register", NEW).json()["refresh_token"]
    second = anonymous.post("/auth/refresh", {"refresh_token": first}).json()["refresh_token"]
    assert first != second
    reused = anonymous.post("/auth/refresh", {"refresh_token": first})
    assert (reused.status_code, reused.json()["code"]) == (401, "bad_token")
    assert anonymous.post("/auth/refresh", {"refresh_token": second}).status_code == 401
    assert happened()[-1] == "token.reused"


def test_a_logout_ends_the_session_and_is_idempotent(anonymous: Api) -> None:
    token = anonymous.post("/auth/register", NEW).json()["refresh_token"]
    for _ in range(2):
        assert anonymous.post("/auth/logout", {"refresh_token": token}).status_code == 204
    assert anonymous.post("/auth/refresh", {"refresh_token": token}).status_code == 401
    assert anonymous.post("/auth/logout", {"refresh_token": "afr_unknown"}).status_code == 204


def test_an_expired_refresh_token_is_refused(anonymous: Api) -> None:
    token = anonymous.post("/auth/register", NEW).json()["refresh_token"]
    RefreshToken.objects.update(expires_at=now() - timedelta(seconds=1))
    assert anonymous.post("/auth/refresh", {"refresh_token": token}).status_code == 401


def test_a_deactivated_member_is_out_at_once(
    anonymous: Api, acme: Organization, member: Members, caller: Callers
) -> None:
    user = member(acme, "organizer")
    token = login(anonymous, user.email).json()["refresh_token"]
    api = caller(user=user)
    assert api.get("/users/me").status_code == 200
    update_user(user_id=user.id, changes={"is_active": False}, by=SYSTEM, at=now())
    selectors.forget(user.id)
    assert api.get("/users/me").status_code == 401
    assert anonymous.post("/auth/refresh", {"refresh_token": token}).status_code == 401


def test_a_changed_role_is_felt_without_a_new_token(acme: Organization, member: Members, caller: Callers) -> None:
    user = member(acme, "organizer")
    api = caller(user=user)
    update_user(user_id=user.id, changes={"role": "attendee"}, by=SYSTEM, at=now())
    assert api.post("/events", {}).status_code == 403


def test_another_scheme_than_bearer_is_refused(acme: Organization) -> None:
    client = Client(headers={"host": "acme.localhost", "authorization": "Basic YTpi"})
    assert client.get("/api/v1/events").status_code == 401


def test_the_keys_are_published_and_verify_our_tokens(acme: Organization, member: Members) -> None:
    response = Client(headers={"host": "acme.localhost"}).get("/.well-known/jwks.json")
    (key,) = response.json()["keys"]
    assert set(key) == {"kty", "crv", "use", "alg", "kid", "x"}
    token = tokens.access_token(member(acme, "admin"), at=now())
    assert jwt.decode(token, jwt.PyJWK(key), algorithms=["EdDSA"], audience=tokens.AUDIENCE)["role"] == "admin"


def test_people_change_their_own_name_and_nothing_else(caller: Callers) -> None:
    api = caller("attendee")
    assert api.patch("/users/me", {"name": "New Name"}).json()["name"] == "New Name"
    assert api.patch("/users/me", {"role": "admin"}).status_code == 422
    assert happened() == ["user.updated"]


def test_private_keys_are_encrypted_at_rest(acme: Organization) -> None:
    stored = bytes(SigningKey.objects.get().private_key)
    assert keys.signing().private.private_bytes_raw() not in stored


def test_a_denial_of_somebody_known_is_recorded(caller: Callers, anonymous: Api) -> None:
    assert anonymous.post("/events", {}).status_code == 401
    assert caller("attendee").post("/events", {}).status_code == 403
    assert happened() == ["access.denied"]
    assert Entry.objects.get(type="access.denied").payload == {"method": "POST", "path": "/api/v1/events"}
