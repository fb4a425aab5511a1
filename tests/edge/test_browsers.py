"""What browsers and clients that compress are served."""

import gzip
from typing import Any

from django.test import Client

from catalog.models import Category
from tenants.models import Organization
from tests.factories import make_event, make_named

ORIGIN = "https://www.acme.example"


def test_no_other_site_may_call_unless_it_is_listed(acme: Organization, settings: Any) -> None:
    client = Client(headers={"host": "acme.localhost", "origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in client.get("/api/v1/events")
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    answer = client.get("/api/v1/events")
    assert answer["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Credentials" not in answer
    assert {"etag", "ratelimit", "retry-after"} <= set(answer["Access-Control-Expose-Headers"].split(", "))
    refused = client.get("/api/v1/users/me")
    assert (refused.status_code, refused["Access-Control-Allow-Origin"]) == (401, ORIGIN)
    other = client.get("/api/v1/events", headers={"origin": "https://attacker.example"})
    assert "Access-Control-Allow-Origin" not in other
    assert "Access-Control-Allow-Origin" not in client.get("/admin/login/")


def test_a_preflight_is_answered_before_anything_is_asked(acme: Organization, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    asked = {"access-control-request-method": "PATCH", "access-control-request-headers": "if-match, authorization"}
    client = Client(headers={"host": "acme.localhost", "origin": ORIGIN, **asked})
    answer = client.options("/api/v1/events")
    assert answer.status_code == 200
    assert "PATCH" in answer["Access-Control-Allow-Methods"]
    assert {"if-match", "authorization", "idempotency-key"} <= set(answer["Access-Control-Allow-Headers"].split(", "))


def test_long_lists_are_compressed_and_single_things_keep_their_tag(acme: Organization, settings: Any) -> None:
    event = make_event(description="x" * 5_000)
    for _ in range(5):
        make_named(Category)
    client = Client(headers={"host": "acme.localhost", "accept-encoding": "gzip"})
    packed = client.get("/api/v1/categories")
    plain = client.get("/api/v1/categories", headers={"accept-encoding": "identity"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert int(packed["Content-Length"]) == len(packed.content) < len(plain.content)
    assert packed["ETag"] == plain["ETag"]
    assert "Accept-Encoding" in packed["Vary"]
    assert client.get("/api/v1/categories", headers={"if-none-match": packed["ETag"]}).status_code == 304
    one = client.get(f"/api/v1/events/{event.id}")
    assert ("Content-Encoding" in one, one["ETag"].startswith('"')) == (False, True)
    for unwanted in ("gzip;q=0", "br, gzip; q=0.000, *"):
        answer = client.get("/api/v1/categories", headers={"accept-encoding": unwanted})
        assert "Content-Encoding" not in answer
    settings.GZIP = False
    assert "Content-Encoding" not in client.get("/api/v1/categories")


def test_answers_tell_browsers_to_be_careful(acme: Organization) -> None:
    client = Client(headers={"host": "acme.localhost"})
    for path in ("/api/v1/events", "/api/v1/nothing", "/admin/login/", "/problems/not_found", "/health"):
        answer = client.get(path)
        assert answer["X-Content-Type-Options"] == "nosniff", path
        assert answer["X-Frame-Options"] == "DENY", path
        assert answer["Referrer-Policy"] == "same-origin", path
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert "Set-Cookie" not in answer or path.startswith("/admin/"), path
