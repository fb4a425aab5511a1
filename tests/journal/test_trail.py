"""The audit trail, as admins read it."""

import csv
from io import StringIO

from identity import services
from journal.messages import EventType
from journal.models import Entry
from journal.services import record
from kit.actor import SYSTEM
from tenants.models import Organization
from tests.conftest import Api, Callers, Members
from tests.factories import NOW, make_event

NOTED = EventType("test.noted", "A thing of this test.", is_public=False)


def test_the_trail_is_listed_and_filtered(acme: Organization, caller: Callers, member: Members) -> None:
    organizer = member(acme, "organizer")
    made = caller(user=organizer).post("/categories", {"name": "=cmd()"}, headers={"x-request-id": "req-7"})
    caller("attendee").post("/categories", {"name": "x"})
    admin = caller("admin")
    everything = admin.get("/audit-log").json()["items"]
    assert [entry["type"] for entry in everything[:2]] == ["access.denied", "category.created"]
    created = everything[1]
    assert (created["actor_kind"], created["actor_label"]) == ("user", organizer.email)
    assert (created["request_id"], created["ip"]) == ("req-7", "127.0.0.1")
    for query in (
        "type=category.created", f"actor_id={organizer.id}", "request_id=req-7", f"subject_id={made.json()['id']}",
        "subject_type=category&actor_kind=user&ip=127.0.0.1",
    ):  # fmt: skip
        assert admin.get(f"/audit-log?{query}").json()["items"] == [created], query
    assert admin.get("/audit-log?since=2100-01-01T00:00:00Z").json()["items"] == []
    assert admin.get("/audit-log?until=2001-01-01T00:00:00Z").json()["items"] == []
    assert admin.get("/audit-log?type=' OR 1=1").json()["items"] == []


def test_the_trail_comes_in_stretches_and_as_a_table(acme: Organization, caller: Callers) -> None:
    for number in range(5):
        record(NOTED, subject=None, by=SYSTEM, at=NOW, payload={"n": number, "formula": "=1+1"})
    admin = caller("admin")
    first = admin.get("/audit-log?type=test.noted&limit=2").json()
    rest = admin.get(f"/audit-log?type=test.noted&limit=9&after={first['next']}").json()
    assert [one["payload"]["n"] for one in first["items"] + rest["items"]] == [4, 3, 2, 1, 0]
    text = b"".join(admin.get("/audit-log.csv?type=test.noted").streaming_content).decode()
    rows = list(csv.DictReader(StringIO(text)))
    assert [row["payload"] for row in rows] == [f'{{"n":{n},"formula":"=1+1"}}' for n in (4, 3, 2, 1, 0)]
    assert Entry.objects.filter(type="test.noted").count() == len(rows)


def test_only_admins_and_keys_with_the_scope_read_it(acme: Organization, caller: Callers) -> None:
    key = services.create_key(fields={"name": "SIEM", "scopes": ["audit:read"]}, by=SYSTEM, at=NOW)
    for path in ("/audit-log", "/audit-log.csv", "/audit-log.ndjson"):
        for role in ("organizer", "coordinator", "scanner", "attendee"):
            assert caller(role).get(path).status_code == 403
        assert Api("acme", key.secret).get(path).status_code == 200


def test_refused_writes_of_staff_and_keys_are_in_it(acme: Organization, caller: Callers) -> None:
    event = make_event(stage=None)
    path = f"/events/{event.id}"
    key = services.create_key(fields={"name": "CRM", "scopes": ["events:write"]}, by=SYSTEM, at=NOW)
    for api in (caller("organizer"), Api("acme", key.secret)):
        assert api.patch(path, {"name": "New"}, seen='"99"').status_code == 412
        assert api.patch(path, {"name": ""}).status_code == 422
        entry = Entry.objects.filter(type="write.refused").latest("id")
        assert entry.payload == {"method": "PATCH", "path": f"/api/v1{path}", "status": 412}
    assert entry.actor_kind == "key"
    assert Entry.objects.filter(type="write.refused").count() == 2
