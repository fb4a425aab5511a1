"""From an entry to a receiver: signed, tried again, given up, left alone; the clock is an argument."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from journal import services as journal
from journal.models import Entry
from kit import vault
from kit.actor import SYSTEM
from tenants.models import Organization
from tests.factories import happened, make_event
from tests.webhooks.conftest import Endpoints
from tests.webhooks.receiver import Receiver, is_signed
from webhooks import services
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services import deliver, deliver_if_due, replay, replay_one, rotate_secret, settling, update_endpoint

pytestmark = pytest.mark.usefixtures("all_settled")


def dispatched() -> None:
    journal.dispatch()


def fails(receiver: Receiver, status: int = 500, **headers: str) -> None:
    receiver.answers = lambda _: (status, headers, b"no")


def test_an_entry_is_told_signed_under_its_id(acme: Organization, receiver: Receiver, endpoint: Endpoints) -> None:
    made = endpoint()
    event = make_event()
    dispatched()
    assert deliver() == 2
    entries = list(Entry.objects.filter(subject_id=event.id).order_by("id"))
    assert sorted(heard.id for heard in receiver.heard) == [str(entry.id) for entry in entries]
    for heard in receiver.heard:
        assert is_signed(heard, made.secret)
        assert not is_signed(heard, "whsec_" + "A" * 32)
        assert set(heard.body) == {"type", "timestamp", "data"}
        assert heard.body["data"]["id"] == str(event.id)
    assert {heard.body["type"] for heard in receiver.heard} == {"event.created", "event.published"}
    assert list(Delivery.objects.values_list("status", "attempts")) == [("delivered", 1)] * 2
    assert [one.is_success for one in Attempt.objects.all()] == [True, True]
    assert deliver() == 0


def test_only_what_was_asked_for_is_told(acme: Organization, receiver: Receiver, endpoint: Endpoints) -> None:
    mine, other = make_event(), make_event()
    endpoint(event_types=["event.suspended"], event_ids=[str(mine.id)], payload="thin")
    from catalog.services import suspend_event  # noqa: PLC0415

    for event in (mine, other):
        suspend_event(event_id=event.id, by=SYSTEM, at=now())
    dispatched()
    deliver()
    assert [heard.body["data"] for heard in receiver.heard] == [{"id": str(mine.id)}]


def test_a_failure_is_tried_again_by_the_schedule_and_given_up_at_its_end(
    acme: Organization, receiver: Receiver, endpoint: Endpoints
) -> None:
    endpoint(event_types=["event.created"])
    make_event()
    dispatched()
    fails(receiver)
    at = now()
    for number in range(1, 11):
        # Failures one behind the other leave it alone as well: late enough for both.
        due = Delivery.objects.get()
        at = max(due.next_attempt_at, at + timedelta(seconds=601))
        assert (due.status, due.attempts) == ("pending", number - 1)
        assert deliver(at=at) == 1
    assert Delivery.objects.get().status == "failed"
    assert deliver(at=at + timedelta(days=30)) == 0
    assert len(receiver.heard) == 10
    assert len({(heard.id, heard.raw) for heard in receiver.heard}) == 1
    assert list(Attempt.objects.order_by("id").values_list("number", "status", "response_head")) == [
        (number, 500, "no") for number in range(1, 11)
    ]


def test_nothing_is_tried_before_its_time(acme: Organization, receiver: Receiver, endpoint: Endpoints) -> None:
    endpoint(event_types=["event.created"])
    make_event()
    dispatched()
    fails(receiver, 429, **{"Retry-After": "120"})
    at = now()
    deliver(at=at)
    assert deliver(at=at + timedelta(seconds=119)) == 0
    receiver.answers = lambda _: (200, {}, b"")
    assert deliver(at=at + timedelta(seconds=121)) == 1
    assert Endpoint.objects.get().failures == 0


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 503])
def test_whatever_is_not_2xx_is_a_failure_and_redirects_are_not_followed(
    status: int, acme: Organization, receiver: Receiver, endpoint: Endpoints
) -> None:
    endpoint(event_types=["event.created"])
    make_event()
    dispatched()
    fails(receiver, status, Location=receiver.url + "/elsewhere")
    deliver()
    assert len(receiver.heard) == 1
    assert Attempt.objects.get().is_success is False


def test_an_endpoint_that_is_gone_is_given_up_and_the_organization_told(
    acme: Organization, receiver: Receiver, endpoint: Endpoints
) -> None:
    endpoint(event_types=["event.created"])
    make_event()
    dispatched()
    fails(receiver, 410)
    deliver()
    given_up = Endpoint.objects.get()
    assert (given_up.is_enabled, given_up.disabled_reason) == (False, "It answered that it is gone (410)")
    assert happened()[-1] == "endpoint.disabled"
    make_event()
    dispatched()
    assert deliver(at=now() + timedelta(days=1)) == 0


def test_an_endpoint_that_fails_for_five_days_is_given_up_and_nothing_of_it_is_lost(
    acme: Organization, receiver: Receiver, endpoint: Endpoints
) -> None:
    made = endpoint(event_types=["event.created"])
    make_event()
    dispatched()
    fails(receiver)
    at = now()
    deliver(at=at)
    Endpoint.objects.update(failing_since=at - timedelta(days=4, hours=23))
    deliver(at=at + timedelta(minutes=30))
    assert Endpoint.objects.get().is_enabled
    assert deliver(at=at + timedelta(hours=2)) == 1
    assert not Endpoint.objects.get().is_enabled
    receiver.answers = lambda _: (200, {}, b"")
    update_endpoint(endpoint_id=made.endpoint.id, changes={"is_enabled": True}, by=SYSTEM, at=at)
    assert deliver(at=at + timedelta(days=2)) == 1
    assert Delivery.objects.get().status == "delivered"


def test_a_dead_receiver_costs_one_attempt_at_a_time_and_comes_back(
    acme: Organization, receiver: Receiver, endpoint: Endpoints
) -> None:
    endpoint(event_types=["event.created"])
    for _ in range(10):
        make_event()
    dispatched()
    fails(receiver)
    at = now()
    assert deliver(at=at) == 10
    for _ in range(30):
        make_event()
    dispatched()
    assert deliver(at=at + timedelta(seconds=10)) == 0
    assert deliver(at=at + timedelta(seconds=700)) == 1
    assert deliver(at=at + timedelta(seconds=701)) == 0
    receiver.answers = lambda _: (200, {}, b"")
    # One to see whether it is back, and then the others.
    assert deliver(at=at + timedelta(seconds=1_400)) == 40
    assert not Delivery.objects.exclude(status="delivered").exists()


def test_what_is_slow_keeps_nothing_else_waiting(acme: Organization, receiver: Receiver, endpoint: Endpoints) -> None:
    count = 2 * services.delivering.BATCH
    quick = Receiver()
    is_all_heard = threading.Event()

    def slow(_: Any) -> Any:
        return (200, {}, b"") if is_all_heard.wait(10) else (500, {}, b"")

    def counting(_: Any) -> Any:
        if len(quick.heard) == count:
            is_all_heard.set()
        return 200, {}, b""

    receiver.answers, quick.answers = slow, counting
    endpoint(event_types=["event.created"])
    endpoint(event_types=["event.created"], url=quick.url)
    for _ in range(count):
        make_event()
    dispatched()
    assert deliver() == 2 * count
    quick.close()
    assert not Delivery.objects.exclude(status="delivered", attempts=1).exists()


def test_a_receiver_is_asked_no_faster_than_it_wants(
    acme: Organization, receiver: Receiver, endpoint: Endpoints
) -> None:
    endpoint(event_types=["event.created"], max_per_second=3)
    for _ in range(7):
        make_event()
    dispatched()
    at = now()
    sent = [deliver(at=at + timedelta(seconds=second)) for second in (0, 0.5, 1.1, 1.2, 2.3, 3.5)]
    assert sent == [3, 0, 3, 0, 1, 0]


def test_a_receiver_that_drips_is_cut_off(
    acme: Organization, receiver: Receiver, endpoint: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.delivering, "TOTAL_SECONDS", 0.3)
    endpoint(event_types=["event.created"])
    make_event()
    dispatched()

    def drips(_: Any) -> Any:
        time.sleep(1)
        return 200, {}, b""

    receiver.answers = drips
    started = time.monotonic()
    deliver()
    assert time.monotonic() - started < 0.9
    assert (Attempt.objects.get().status, Attempt.objects.get().error[:11]) == (None, "ReadTimeout")


def test_while_a_secret_takes_over_both_sign(acme: Organization, receiver: Receiver, endpoint: Endpoints) -> None:
    made = endpoint(event_types=["event.created"])
    at = now()
    rotated = rotate_secret(endpoint_id=made.endpoint.id, by=SYSTEM, at=at)
    make_event()
    dispatched()
    deliver()
    assert all(is_signed(receiver.heard[0], secret) for secret in (made.secret, rotated.secret))
    make_event()
    dispatched()
    Endpoint.objects.update(previous_until=at - timedelta(seconds=1))
    deliver()
    assert [is_signed(receiver.heard[1], secret) for secret in (made.secret, rotated.secret)] == [False, True]


def test_secrets_are_encrypted_where_they_lie(acme: Organization, endpoint: Endpoints) -> None:
    made = endpoint()
    stored = bytes(Endpoint.objects.get().secret)
    assert made.secret.encode() not in stored
    assert vault.opened(stored).decode() == made.secret
    services.delete_endpoint(endpoint_id=made.endpoint.id, by=SYSTEM, at=now())
    assert bytes(Endpoint.objects.get().secret) == b""


def test_a_worker_that_dies_leaves_its_claim_to_be_found_again(
    acme: Organization, receiver: Receiver, endpoint: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint(event_types=["event.created"])
    make_event()
    dispatched()
    at = now()

    def dies(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(services.delivering, "settle", dies)
        with pytest.raises(KeyboardInterrupt):
            deliver(at=at)
    assert Delivery.objects.get().status == "pending"
    assert deliver(at=at + timedelta(seconds=5)) == 0
    assert deliver(at=at + services.delivering.LEASE + timedelta(seconds=1)) == 1
    assert len({heard.id for heard in receiver.heard}) == 1
    assert len(receiver.heard) == 2


def test_an_entry_is_fanned_out_once_however_often_it_is_read(acme: Organization, endpoint: Endpoints) -> None:
    endpoint(event_types=["event.created"])
    make_event()
    entries = list(Entry.objects.all())
    services.fan_out(entries)
    services.fan_out(entries)
    assert Delivery.objects.count() == 1


def test_what_happened_before_an_endpoint_was_added_is_not_told(
    acme: Organization, receiver: Receiver, endpoint: Endpoints
) -> None:
    make_event(name="Before")
    services.add_endpoint(fields={"url": receiver.url, "event_types": ["event.created"]}, by=SYSTEM, at=now())
    make_event(name="After")
    dispatched()
    deliver()
    assert [heard.body["data"]["name"] for heard in receiver.heard] == ["After"]


def test_one_endpoint_whose_secret_cannot_be_read_keeps_the_others_from_nothing(
    acme: Organization, receiver: Receiver, endpoint: Endpoints
) -> None:
    endpoint(event_types=["event.created"])
    broken = endpoint(event_types=["event.created"])
    Endpoint.objects.filter(id=broken.endpoint.id).update(secret=b"sealed by nobody")
    make_event()
    dispatched()
    assert deliver() == 2
    assert len(receiver.heard) == 1
    assert Attempt.objects.get(endpoint_id=broken.endpoint.id).error.startswith("Its secret cannot be read")


def test_an_endpoint_that_is_deleted_while_it_is_told_undoes_nothing_of_the_others(
    acme: Organization, receiver: Receiver, endpoint: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint(event_types=["event.created"])
    going = endpoint(event_types=["event.created"]).endpoint
    make_event()
    dispatched()

    def deleted_before(*args: Any, **kwargs: Any) -> None:
        if Endpoint.objects.filter(id=going.id, deleted_at=None).exists():
            services.delete_endpoint(endpoint_id=going.id, by=SYSTEM, at=now())
        settling.settle(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(services.delivering, "settle", deleted_before)
        assert deliver() == 2
    assert list(Delivery.objects.exclude(endpoint=going).values_list("status", flat=True)) == ["delivered"]
    assert deliver(at=now() + timedelta(days=1)) == 0


def test_an_entry_of_a_type_that_nobody_knows_is_passed_over(acme: Organization, endpoint: Endpoints) -> None:
    endpoint()
    make_event()
    entries = list(Entry.objects.filter(type="event.created"))
    entries[0].type = "event.forgotten"
    services.fan_out(entries)
    assert not Delivery.objects.exists()


def test_the_sweep_finds_what_nobody_was_sent_for(
    acme: Organization, endpoint: Endpoints, sent: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    made = endpoint(event_types=["event.created"])
    make_event()
    with django_capture_on_commit_callbacks(execute=True):
        dispatched()
    assert ("webhooks.deliver", {"schema_name": acme.schema_name}) in sent
    sent.clear()
    assert deliver_if_due()
    assert sent == [("webhooks.deliver", {"schema_name": acme.schema_name})]
    update_endpoint(endpoint_id=made.endpoint.id, changes={"is_enabled": False}, by=SYSTEM, at=now())
    assert not deliver_if_due()


def test_replaying_sends_the_same_again_under_the_same_ids(
    acme: Organization, receiver: Receiver, endpoint: Endpoints
) -> None:
    begun = now() - timedelta(seconds=1)
    made = endpoint(event_types=["event.created"])
    stretch: dict[str, Any] = {"endpoint_id": made.endpoint.id, "until": None, "by": SYSTEM}
    make_event()
    dispatched()
    deliver()
    assert replay(**stretch, since=begun, only_failed=True, at=now()) == 0
    # The events are made at the tests' present, on the hour.
    since = Entry.objects.order_by("occurred_at").values_list("occurred_at", flat=True)[0]
    assert replay(**stretch, since=since, only_failed=False, at=now()) == 1
    assert deliver() == 1
    assert receiver.heard[0].raw == receiver.heard[1].raw
    assert receiver.heard[0].id == receiver.heard[1].id
    # What an endpoint missed while it was disabled is added.
    update_endpoint(endpoint_id=made.endpoint.id, changes={"is_enabled": False}, by=SYSTEM, at=now())
    make_event()
    dispatched()
    update_endpoint(endpoint_id=made.endpoint.id, changes={"is_enabled": True}, by=SYSTEM, at=now())
    assert replay(**stretch, since=since, only_failed=False, at=now()) == 2


def test_one_is_replayed_from_the_beginning_of_its_schedule(
    acme: Organization, receiver: Receiver, endpoint: Endpoints
) -> None:
    endpoint(event_types=["event.created"])
    make_event()
    dispatched()
    deliver()
    again = replay_one(delivery_id=Delivery.objects.get().id, at=now())
    assert (again.status, again.attempts) == ("pending", 0)
    assert deliver() == 1
    assert len(receiver.heard) == 2
