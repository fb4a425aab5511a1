"""Doors without a network: what they take along, what they bring back, and in whichever order."""

from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from django.utils.timezone import now
from hypothesis import given
from hypothesis import strategies as st

from attendance.models import CheckIn, Registration
from attendance.rules import Verdict
from attendance.rules.tickets import Claim, settle
from catalog.models import Event
from tests.conftest import Api, Callers
from tests.factories import NOW, happened, make_registration, soon


def scanned(registration: Registration, minutes_ago: float, nonce: str = "", **more: Any) -> dict[str, Any]:
    at = (now() - timedelta(minutes=minutes_ago)).isoformat()
    return {"code": registration.code, "scanned_at": at, "nonce": nonce or str(uuid4()), **more}


def upload(api: Api, event: Event, device: str, *items: dict[str, Any]) -> list[dict[str, Any]]:
    body = {"event_id": str(event.id), "device": device, "items": list(items)}
    answer = api.post("/tickets/validate/bulk", body)
    assert answer.status_code == 200, answer.content
    told: list[dict[str, Any]] = answer.json()["results"]
    return told


def test_each_scan_is_told_what_it_was(caller: Callers) -> None:
    event = soon(capacity=5)
    api, staff = caller("scanner"), caller("organizer")
    first, second, gone = (make_registration(event) for _ in range(3))
    staff.post(f"/registrations/{gone.id}/cancel")
    told = upload(
        api, event, "d1", scanned(first, 30), scanned(first, 20), scanned(second, 10), scanned(gone, 5),
        {**scanned(first, 1), "code": "0" * 12},
    )  # fmt: skip
    assert [one["verdict"] for one in told] == ["accepted", "duplicate", "accepted", "revoked", "unknown"]
    assert [one["index"] for one in told] == [0, 1, 2, 3, 4]
    assert happened().count("ticket.checked_in") == 2
    # The door knows by now.
    body = {"code": first.code, "event_id": str(event.id)}
    assert api.post("/tickets/validate", body).json()["verdict"] == "already_used"


def test_two_devices_conflict_and_the_earlier_scan_is_the_admission(caller: Callers) -> None:
    event = soon()
    api, registration = caller("scanner"), make_registration(soon())
    registration = make_registration(event)
    late = scanned(registration, 10)
    assert upload(api, event, "late", late)[0]["verdict"] == "accepted"
    early = upload(api, event, "early", scanned(registration, 20))[0]
    assert (early["verdict"], early["conflicts_with"]) == ("accepted", "late")
    again = upload(api, event, "late", late)[0]
    assert (again["verdict"], again["conflicts_with"], again["is_repeated"]) == ("conflict", "early", True)
    assert again["admitted_at"] == early["admitted_at"]
    assert happened().count("ticket.checked_in") == 1


def test_an_offline_scan_before_a_live_one_is_the_admission(caller: Callers) -> None:
    event = soon()
    api, registration = caller("scanner"), make_registration(event)
    body = {"code": registration.code, "event_id": str(event.id), "device": "live", "nonce": str(uuid4())}
    assert api.post("/tickets/validate", body).json()["verdict"] == "admitted"
    assert upload(api, event, "cellar", scanned(registration, 15))[0]["verdict"] == "accepted"
    assert set(CheckIn.objects.values_list("device", "verdict")) == {("cellar", "admitted"), ("live", "conflict")}


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_end_does_not_depend_on_the_order(caller: Callers, order: tuple[int, ...]) -> None:
    event = soon()
    api, registration = caller("scanner"), make_registration(event)
    devices = ("a", "b", "a", "c")
    uploads = [
        (device, scanned(registration, 40 - number, nonce=f"nonce-{number:03}"))
        for number, device in enumerate(devices)
    ]
    for number in order:
        device, item = uploads[number]
        upload(api, event, device, item)
    told = [upload(api, event, device, item)[0]["verdict"] for device, item in uploads]
    assert told == ["accepted", "conflict", "duplicate", "conflict"]
    assert CheckIn.objects.count() == 4


def test_what_was_taken_back_stays_so(caller: Callers) -> None:
    event = soon()
    api, staff, registration = caller("scanner"), caller("organizer"), make_registration(event)
    upload(api, event, "d1", scanned(registration, 20))
    assert staff.post(f"/tickets/{registration.id}/undo-check-in").json() == {"undone": 1}
    late = upload(api, event, "d2", scanned(registration, 10))[0]
    assert late["reason"] == "The check-in was taken back"
    body = {"code": registration.code, "event_id": str(event.id)}
    assert api.post("/tickets/validate", body).json()["verdict"] == "admitted"


def test_a_clock_that_is_ahead_loses_nothing(caller: Callers) -> None:
    event = soon()
    api, registration = caller("scanner"), make_registration(event)
    assert upload(api, event, "d1", scanned(registration, -600))[0]["verdict"] == "accepted"
    assert CheckIn.objects.get().scanned_at <= now()


def test_the_bundle_tells_what_was_revoked_since(caller: Callers) -> None:
    event = soon()
    door, staff = caller("scanner"), caller("organizer")
    first, second, third = (make_registration(event) for _ in range(3))
    whole = door.get(f"/events/{event.id}/offline-bundle").json()
    assert (whole["revoked"], len(whole["keys"]), len(whole["admits"])) == ([], 1, 1)
    assert whole["admits"][0]["tag"] == event.id.bytes[8:].hex()
    staff.post(f"/registrations/{first.id}/cancel")
    staff.post(f"/tickets/{second.id}/reissue")
    since = door.get(f"/events/{event.id}/offline-bundle?cursor={whole['cursor']}").json()
    expected = [{"ticket_id": str(first.id), "issue": 1}, {"ticket_id": str(second.id), "issue": 1}]
    assert sorted(since["revoked"], key=lambda one: one["ticket_id"]) == expected
    assert str(third.id) not in str(since)
    assert door.get(f"/events/{event.id}/offline-bundle").json()["revoked"] == since["revoked"]


@pytest.mark.parametrize("cursor", ["x", "-1", "1e3", "9" * 30, "²"])
def test_a_strange_cursor_is_refused(caller: Callers, cursor: str) -> None:
    answer = caller("scanner").get(f"/events/{soon().id}/offline-bundle?cursor={cursor}")
    assert answer.status_code in {400, 422}


claims = st.lists(
    st.builds(
        lambda nonce, device, minute: Claim(nonce, device, NOW + timedelta(minutes=minute)),
        st.uuids().map(str), st.sampled_from("abc"), st.integers(0, 5),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@given(claims, st.randoms())
def test_settling_depends_on_the_claims_alone(known: list[Claim], chance: Any) -> None:
    def told() -> dict[str, Verdict]:
        settle(known)
        return {claim.nonce: claim.verdict for claim in known}

    before = told()
    chance.shuffle(known)
    assert told() == before
    assert list(before.values()).count(Verdict.ADMITTED) == 1
