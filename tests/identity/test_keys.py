"""Signing keys: rotated, retired, and learned of by other processes."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.timezone import now

from attendance.selectors import known
from attendance.services.tickets import token_of, verified
from identity import keys, tokens
from identity.models import SigningKey
from kit import vault
from tenants.models import Organization
from tests.conftest import Api, Members
from tests.factories import make_event, make_registration


def rotate(*options: str) -> str:
    out = StringIO()
    call_command("rotate_keys", "acme", *options, stdout=out)
    return out.getvalue()


def published() -> list[str]:
    keys_ = Client(headers={"host": "acme.localhost"}).get("/.well-known/jwks.json").json()["keys"]
    return [key["kid"] for key in keys_]


def test_a_new_key_signs_and_the_old_one_still_verifies(acme: Organization, member: Members) -> None:
    user = member(acme, "organizer")
    registration = make_registration(make_event())
    before, ticket = tokens.access_token(user, at=now()), token_of(known(registration.id, at=now()))
    (old,) = published()
    assert "0 retired" in rotate()
    assert len(published()) == 2
    assert keys.signing().kid != old
    after = tokens.access_token(user, at=now())
    for token in (before, after):
        assert Api("acme", token).get("/users/me").status_code == 200
    assert verified(ticket) is not None
    assert verified(token_of(known(registration.id, at=now()))) is not None


def test_a_retired_key_is_worth_nothing(acme: Organization, member: Members) -> None:
    user = member(acme, "organizer")
    registration = make_registration(make_event())
    before, ticket = tokens.access_token(user, at=now()), token_of(known(registration.id, at=now()))
    assert Api("acme", before).get("/users/me").status_code == 200
    assert "1 retired" in rotate("--retire")
    assert len(published()) == 1
    assert Api("acme", before).get("/users/me").status_code == 401
    assert verified(ticket) is None
    assert Api("acme", tokens.access_token(user, at=now())).get("/users/me").status_code == 200


def test_a_process_learns_of_a_key_that_another_made(
    acme: Organization, member: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = member(acme, "organizer")
    keys.pairs()
    read_at, stale = keys._pairs[acme.schema_name]
    keys.create()
    token = tokens.access_token(user, at=now())
    keys._pairs[acme.schema_name] = (read_at, stale)
    assert Api("acme", token).get("/users/me").status_code == 401, "looked for just now"
    keys._pairs[acme.schema_name] = (read_at - keys.RELOAD_SECONDS - 1, stale)
    assert Api("acme", token).get("/users/me").status_code == 200


def test_unknown_organizations_are_named(acme: Organization) -> None:
    before = SigningKey.objects.count()
    with pytest.raises(CommandError, match="nobody"):
        call_command("rotate_keys", "acme", "nobody")
    assert SigningKey.objects.count() == before


def test_what_an_older_key_of_the_installation_sealed_is_opened(settings: Any) -> None:
    sealed = vault.sealed(b"secret")
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEY_FALLBACKS = "another" * 6, [settings.ENCRYPTION_KEY]
    assert vault.opened(sealed) == b"secret"
    assert vault.opened(vault.sealed(b"new")) == b"new"
