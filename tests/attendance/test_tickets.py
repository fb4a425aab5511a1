"""Tickets: their tokens, their pictures, their page, and what becomes of a lost one."""

import base64
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import Client
from structlog.testing import capture_logs

from attendance.models import Registration
from attendance.rules.tickets import TOKEN_LENGTH, Stub, read_token, signed_part, tag, write_token
from attendance.services import tickets
from identity import keys
from kit import scope
from tenants.models import Organization
from tests.conftest import Api, Callers
from tests.factories import happened, make_registration, soon


def token_of(api: Api, registration: Registration) -> str:
    token: str = api.get(f"/tickets/{registration.id}").json()["token"]
    return token


def test_a_token_says_what_it_admits_to_and_is_the_organizations(caller: Callers) -> None:
    registration = make_registration(soon())
    token = token_of(caller("organizer"), registration)
    assert len(token) == TOKEN_LENGTH
    read = read_token(token.lower())
    assert read is not None
    stub, packed, signature = read
    assert stub == Stub(registration.id, 1, tag(registration.pool_id))
    # As a device that is offline does it, with the published key alone.
    key = keys.jwks()["keys"][0]["x"]
    Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key + "=")).verify(signature, signed_part(packed))


@pytest.mark.parametrize("at", [0, 5, 20, 60, 145])
def test_a_token_changed_anywhere_is_nobodys(caller: Callers, at: int) -> None:
    token = token_of(caller("organizer"), make_registration(soon()))
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567":
        changed = token[:at] + letter + token[at + 1 :]
        assert changed == token or tickets.verified(changed) is None
    assert tickets.verified(token) is not None


@pytest.mark.parametrize("bad", ["", "x", "A" * 146, "A" * 10_000, "1" * 146, "é" * 146, "A" * 145 + "="])
def test_what_is_no_token_is_nobodys(acme: Organization, bad: str) -> None:
    assert tickets.verified(bad) is None


def test_another_organizations_token_is_nobodys(acme: Organization, globex: Organization, caller: Callers) -> None:
    packed = Stub(uuid4(), 1, bytes(8)).packed()
    with scope.entered(globex.schema_name):
        foreign = write_token(packed, keys.signing().private.sign(signed_part(packed)))
        assert tickets.verified(foreign) is not None
    assert tickets.verified(foreign) is None


def test_no_other_signature_of_the_key_is_a_tickets(acme: Organization) -> None:
    """The key signs access tokens as well: a signature without our words before it counts for nothing."""
    packed = Stub(uuid4(), 1, bytes(8)).packed()
    assert tickets.verified(write_token(packed, keys.signing().private.sign(packed))) is None


def test_the_qr_code_is_small_enough(caller: Callers) -> None:
    api, registration = caller("organizer"), make_registration(soon())
    svg = api.get(f"/tickets/{registration.id}/qr.svg")
    png = api.get(f"/tickets/{registration.id}/qr.png")
    assert (svg["Content-Type"], png["Content-Type"]) == ("image/svg+xml", "image/png")
    assert b'width="196" height="196"' in svg.content
    assert png.content.startswith(b"\x89PNG")
    assert int.from_bytes(png.content[16:20]) == int.from_bytes(png.content[20:24]) == 196


def test_who_waits_or_cancelled_has_no_ticket(caller: Callers) -> None:
    event = soon(capacity=1, has_waitlist=True)
    api = caller("organizer")
    seated, waits = make_registration(event), make_registration(event)
    assert api.get(f"/tickets/{waits.id}").json()["code"] == "no_ticket"
    api.post(f"/registrations/{seated.id}/cancel")
    assert api.get(f"/tickets/{seated.id}").json()["code"] == "no_ticket"
    assert api.get(f"/tickets/{waits.id}").status_code == 200


def test_a_ticket_is_shown_to_its_attendee_and_to_staff_alone(caller: Callers) -> None:
    event = soon()
    api = caller("attendee")
    mine = api.post(f"/events/{event.id}/register").json()["id"]
    assert api.get(f"/tickets/{mine}").status_code == 200
    for role in ("attendee", "scanner", "coordinator"):
        for what in ("", "/qr.svg", "/qr.png"):
            assert caller(role).get(f"/tickets/{mine}{what}").status_code == 404
        assert caller(role).post(f"/tickets/{mine}/reissue").status_code == 404


def test_a_ticket_issued_anew_takes_the_place_of_the_lost_one(caller: Callers) -> None:
    event = soon()
    api, door = caller("organizer"), caller("scanner")
    registration = make_registration(event)
    old = api.get(f"/tickets/{registration.id}").json()
    new = api.post(f"/tickets/{registration.id}/reissue").json()
    assert (new["issue"], new["id"]) == (2, old["id"])
    assert {new["code"], new["token"]}.isdisjoint({old["code"], old["token"]})
    at = {"event_id": str(event.id)}
    assert door.post("/tickets/validate", {"token": old["token"], **at}).json()["verdict"] == "revoked"
    assert door.post("/tickets/validate", {"code": old["code"], **at}).json()["verdict"] == "unknown"
    assert door.post("/tickets/validate", {"token": new["token"], **at}).json()["verdict"] == "admitted"
    assert "ticket.reissued" in happened()


def page(code: str) -> Any:
    return Client(headers={"host": "acme.localhost"}).get(f"/tickets/{code}")


def test_the_page_shows_the_ticket_to_whoever_has_its_address(acme: Organization, anonymous: Api) -> None:
    event = soon(name="Foro <b>&amp;", place="Ágora")
    who = {"name": "<script>alert(1)</script>", "email": "ana@example.com"}
    code = anonymous.post(f"/events/{event.id}/reserve", who).json()["code"]
    with capture_logs() as lines:
        shown = page(code.lower())
    text = shown.content.decode()
    assert shown.status_code == 200
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "data:image/svg+xml;base64," in text
    assert "Entrada" in text
    assert shown["Cache-Control"] == "private, no-store"
    assert shown["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in shown["Content-Security-Policy"]
    # Whoever reads the logs gets no ticket.
    assert code.lower() not in str(lines).lower()
    assert any(line.get("path") == "/tickets/***" for line in lines)


def test_the_page_of_no_ticket_says_so(acme: Organization) -> None:
    event = soon(capacity=1, has_waitlist=True)
    make_registration(event)
    waits = make_registration(event)
    for code in (waits.code, "0" * 12, "x", "%00"):
        assert page(code).status_code in {404, 400}
    assert "No hay tal entrada" in page(waits.code).content.decode()
