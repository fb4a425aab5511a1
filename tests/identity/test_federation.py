"""Tokens of an issuer that the organization trusts, as of an identity provider that it had before."""

import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils.timezone import now
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from identity import selectors
from identity.models import TrustedIssuer, User
from identity.services import federation
from journal.models import Entry
from kit import scope
from tenants.models import Organization
from tests.conftest import Api, Callers, Members
from tests.factories import happened

ISSUER = "https://project.supabase.example/auth/v1"
RSA_KEY = rsa.generate_private_key(65_537, 2_048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = Ed25519PrivateKey.generate()
PUBLIC: dict[str, tuple[Any, str, str]] = {
    "r": (RSA_KEY, "RS256", RSAAlgorithm.to_jwk(RSA_KEY.public_key())),
    "e": (EC_KEY, "ES256", ECAlgorithm.to_jwk(EC_KEY.public_key())),
    "o": (ED_KEY, "EdDSA", OKPAlgorithm.to_jwk(ED_KEY.public_key())),
}
JWKS = {"keys": [{**json.loads(jwk), "kid": kid, "alg": alg, "use": "sig"} for kid, (_, alg, jwk) in PUBLIC.items()]}
NEW = {
    "issuer": ISSUER,
    "jwks": JWKS,
    "audience": "authenticated",
    "role_claim": "app_metadata.role",
    "roles": {"manager": "organizer", "door": "scanner"},
}


def token(email: str, *, key: str = "e", **changes: Any) -> str:
    private, algorithm, _ = PUBLIC[key]
    claims = {
        "iss": ISSUER, "aud": "authenticated", "sub": "8f3a", "email": email, "iat": now(),
        "exp": now() + timedelta(hours=1), **changes,
    }  # fmt: skip
    return jwt.encode(claims, private, algorithm=algorithm, headers={"kid": key})


@pytest.fixture
def issuer(caller: Callers) -> dict[str, Any]:
    answer = caller("admin").post("/trusted-issuers", NEW)
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.parametrize("key", PUBLIC)
def test_a_member_comes_in_with_the_issuers_token(issuer: Any, acme: Organization, member: Members, key: str) -> None:
    user = member(acme, "coordinator")
    me = Api("acme", token(user.email.upper(), key=key)).get("/users/me")
    assert (me.status_code, me.json()["id"]) == (200, str(user.id))


def test_roles_come_from_the_map_or_else_from_the_account(issuer: Any, acme: Organization, member: Members) -> None:
    user = member(acme, "attendee")
    manager = Api("acme", token(user.email, app_metadata={"role": "manager"}))
    assert manager.post("/categories", {"name": "One"}).status_code == 201
    for claims in ({"role": "authenticated"}, {"app_metadata": "manager"}, {"app_metadata": {"role": "owner"}}):
        assert Api("acme", token(user.email, **claims)).post("/categories", {"name": "x"}).status_code == 403
    assert User.objects.get(id=user.id).role == "attendee"


def test_nobody_is_let_in_who_has_no_account_unless_accounts_are_opened(issuer: Any, caller: Callers) -> None:
    stranger = Api("acme", token("new@example.com", name="New Person", app_metadata={"role": "door"}))
    assert stranger.get("/users/me").status_code == 401
    caller("admin").patch(f"/trusted-issuers/{issuer['id']}", {"opens_accounts": True})
    me = stranger.get("/users/me").json()
    assert (me["email"], me["name"], me["role"]) == ("new@example.com", "New Person", "scanner")
    assert not User.objects.get(email="new@example.com").has_usable_password()
    assert Entry.objects.filter(type="user.created", payload__email="new@example.com").exists()


def test_what_is_wrong_with_a_token_is_refused(issuer: Any, acme: Organization, member: Members) -> None:
    email = member(acme, "admin").email
    mine = ec.generate_private_key(ec.SECP256R1())
    claims = {
        "iss": ISSUER,
        "aud": "authenticated",
        "sub": "1",
        "email": email,
        "iat": now(),
        "exp": now() + timedelta(hours=1),
    }
    public = RSA_KEY.public_key().public_numbers().n.to_bytes(256)
    hostile = {
        "another issuer": token(email, iss="https://other.example"),
        "no issuer": token(email, iss=""),
        "another audience": token(email, aud="anon"),
        "expired": token(email, exp=now() - timedelta(seconds=1)),
        "of the future": token(email, iat=now() + timedelta(hours=1)),
        "no e-mail": token(""),
        "an e-mail that is no text": jwt.encode(
            {**claims, "email": [email]}, EC_KEY, algorithm="ES256", headers={"kid": "e"}
        ),
        "an unproven e-mail": token(email, email_verified=False),
        "another key": jwt.encode(claims, mine, algorithm="ES256", headers={"kid": "e"}),
        "an unknown key": jwt.encode(claims, EC_KEY, algorithm="ES256", headers={"kid": "x"}),
        "no key": jwt.encode(claims, EC_KEY, algorithm="ES256"),
        "another kind of key": jwt.encode(claims, EC_KEY, algorithm="ES256", headers={"kid": "r"}),
        "none": jwt.encode(claims, "", algorithm="none", headers={"kid": "e"}),
        "hmac with the public key": jwt.encode(claims, public, algorithm="HS256", headers={"kid": "r"}),
    }
    before = Entry.objects.count(), User.objects.count()
    for kind, one in hostile.items():
        assert Api("acme", one).get("/users/me").status_code == 401, kind
    assert (Entry.objects.count(), User.objects.count()) == before
    assert Api("acme", token(email)).get("/users/me").status_code == 200


def test_it_is_trusted_by_one_organization_alone(issuer: Any, globex: Organization, member: Members) -> None:
    email = member(globex, "admin", email="both@example.com").email
    assert Api("globex", token(email)).get("/users/me").status_code == 401
    with scope.entered(globex.schema_name):
        assert not TrustedIssuer.objects.exists()


def test_trust_ends(issuer: Any, acme: Organization, caller: Callers, member: Members) -> None:
    user = member(acme, "organizer")
    api, admin, path = Api("acme", token(user.email)), caller("admin"), f"/trusted-issuers/{issuer['id']}"
    assert api.get("/users/me").status_code == 200
    assert admin.patch(path, {"is_active": False}).status_code == 200
    assert api.get("/users/me").status_code == 401
    assert admin.patch(path, {"is_active": True}).status_code == 200
    admin.patch(f"/users/{user.id}", {"is_active": False})
    assert api.get("/users/me").status_code == 401
    admin.patch(f"/users/{user.id}", {"is_active": True})
    selectors.forget(user.id)
    assert api.get("/users/me").status_code == 200
    assert admin.delete(path).status_code == 204
    assert api.get("/users/me").status_code == 401
    assert [name for name in happened() if name.startswith("issuer")] == [
        "issuer.added", "issuer.updated", "issuer.updated", "issuer.removed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"jwks": {}}, "#/jwks"),
        ({"jwks": {"keys": []}}, "#/jwks"),
        ({"jwks": {"keys": "x"}}, "#/jwks"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "1"}]}}, "#/jwks"),
        ({"jwks": {"keys": [json.loads(RSAAlgorithm.to_jwk(RSA_KEY))]}}, "#/jwks"),
        ({"roles": {"a": "operator"}}, "#/roles/a"),
        ({"audience": ""}, "#/audience"),
        ({"email_claim": "a..b"}, "#/email_claim"),
        ({"jwks_url": "http://169.254.169.254/"}, "#/jwks_url"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_bad_issuer_is_refused_at_its_field(caller: Callers, change: dict[str, Any], pointer: str) -> None:
    answer = caller("admin").post("/trusted-issuers", {**NEW, **change})
    assert (answer.status_code, {one["pointer"] for one in answer.json()["errors"]}) == (422, {pointer})
    assert not TrustedIssuer.objects.exists()


def test_admins_alone_keep_them_and_each_once(issuer: Any, caller: Callers) -> None:
    again = caller("admin").post("/trusted-issuers", NEW)
    assert (again.status_code, again.json()["code"]) == (409, "issuer_taken")
    for role in ("organizer", "attendee"):
        assert caller(role).get("/trusted-issuers").status_code == 403
        assert caller(role).post("/trusted-issuers", NEW).status_code == 403
    (listed,) = caller("admin").get("/trusted-issuers").json()
    assert listed == issuer


def test_a_token_is_looked_at_once_in_a_while(issuer: Any, acme: Organization, member: Members) -> None:
    api = Api("acme", token(member(acme, "organizer").email))
    api.get("/users/me")
    assert len(federation._seen) == 1
    (seen,) = federation._seen.values()
    api.get("/users/me")
    assert [*federation._seen.values()] == [seen]
