"""The log that nothing escapes and nobody edits."""

import contextlib
from typing import Any

import pytest
from celery import current_app
from django.db import DatabaseError, connection, transaction
from django.test import override_settings
from django.utils.timezone import now

from journal import sealing, selectors, services
from journal.messages import EVENT_TYPES, EventType
from journal.models import Cursor, Entry
from journal.origin import Origin, begin
from kit import scope
from kit.actor import SYSTEM
from kit.ids import new_id
from tenants.models import Organization
from tenants.tasks import sweep
from tests.factories import NOW, make_event, make_member

HAPPENED = EventType("test.happened", "A thing of this test.", is_public=False)


def happen(**fields: Any) -> Entry:
    return services.record(HAPPENED, subject=None, by=SYSTEM, at=NOW, **fields)


def test_a_deed_and_its_entry_stand_together(acme: Organization) -> None:
    begin(Origin("req-1", "192.0.2.7"))
    organizer = make_member("organizer").actor
    event = services.record(
        HAPPENED, subject=make_event(), by=organizer, at=NOW, payload={"a": 1}, changes={"b": [1, 2]}
    )
    entry = Entry.objects.get(id=event.id)
    assert (entry.type, entry.subject_type, entry.payload, entry.changes) == (
        "test.happened",
        "event",
        {"a": 1},
        {"b": [1, 2]},
    )
    assert (entry.actor_kind, entry.actor_id, entry.actor_label) == ("user", organizer.id, organizer.email)
    assert (entry.request_id, entry.ip, entry.occurred_at) == ("req-1", "192.0.2.7", NOW)


def test_an_undone_deed_leaves_no_entry(acme: Organization) -> None:
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        happen()
        1 / 0  # noqa: B018 - the failure is the point
    assert not Entry.objects.filter(type="test.happened").exists()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE journal_entry SET payload = '{}'", "DELETE FROM journal_entry", "TRUNCATE journal_entry"],
)
def test_the_database_refuses_to_change_what_was_written(acme: Organization, statement: str) -> None:
    entry = happen(payload={"kept": True})
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Entry.objects.get(id=entry.id).payload == {"kept": True}


def test_readers_wait_for_transactions_that_may_still_commit_before(acme: Organization) -> None:
    """Our own transaction still runs, so what it wrote is not settled; nobody can be told of it yet."""
    entry = happen()
    assert not selectors.settled().filter(id=entry.id).exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selectors, "HORIZON", "9223372036854775807")
        assert selectors.settled().filter(id=entry.id).exists()


RECEIVED: list[list[str]] = []


def consume(entries: list[Entry]) -> None:
    RECEIVED.append([str(entry.id) for entry in entries])


def fail(entries: list[Entry]) -> None:
    raise ConnectionError(len(entries))


@pytest.mark.usefixtures("all_settled")
def test_dispatch_hands_each_entry_over_once(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 2)
    services.dispatch()
    RECEIVED.clear()
    entries = [happen() for _ in range(3)]
    with override_settings(JOURNAL_CONSUMERS=["tests.journal.test_services.consume"]):
        assert services.dispatch() == 3
        assert services.dispatch() == 0
    ordered = sorted(str(entry.id) for entry in entries)
    assert [ordered[:2], ordered[2:]] == RECEIVED


@pytest.mark.usefixtures("all_settled")
def test_a_consumer_that_fails_keeps_the_cursor(acme: Organization) -> None:
    services.dispatch()
    before = Cursor.objects.values().get(name=selectors.DISPATCHER)
    happen()
    with override_settings(JOURNAL_CONSUMERS=["tests.journal.test_services.fail"]), pytest.raises(ConnectionError):
        services.dispatch()
    assert Cursor.objects.values().get(name=selectors.DISPATCHER) == before
    assert services.dispatch() == 1


def test_a_deed_is_announced_after_commit_once_a_window(
    acme: Organization, sent: list[Any], monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        patch.setattr(services.announcing, "ask", lambda: None)
        happen()
        happen()
        services.send_announcements()
        assert sent == []
    services.send_announcements()
    assert sent == [("journal.dispatch", {"schema_name": acme.schema_name})]


@pytest.mark.usefixtures("all_settled")
def test_the_sweep_finds_what_a_killed_announcement_left_behind(
    acme: Organization,
    globex: Organization,
    sent: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    services.dispatch()

    def broken(*_: Any, **__: Any) -> None:
        raise ConnectionError("the broker is gone")

    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        patch.setattr(current_app, "send_task", broken)
        happen()
    assert sent == []

    sweep(schema_name="public")
    assert ("journal.dispatch", {"schema_name": acme.schema_name}) in sent
    services.dispatch()
    sent.clear()
    sweep(schema_name="public")
    assert ("journal.dispatch", {"schema_name": acme.schema_name}) not in sent


@pytest.mark.usefixtures("all_settled")
def test_an_organization_in_which_nothing_is_left_is_asked_by_one_statement(
    acme: Organization, globex: Organization, sent: list[Any], django_assert_num_queries: Any
) -> None:
    for one in (acme, globex):
        with scope.entered(one.schema_name):
            services.dispatch()
            sealing.seal(at=now())
    with scope.entered("public"):
        Organization.objects.count()
        # The organizations, and of each its search path and the questions.
        with django_assert_num_queries(1 + 2 * 2):
            assert sweep(schema_name="public") == 0
    assert sent == []


def test_every_type_has_a_description_and_public_ones_an_example(acme: Organization) -> None:
    for event_type in EVENT_TYPES.values():
        assert event_type.description.endswith("."), event_type.name
        assert event_type.example or not event_type.is_public, event_type.name
    with pytest.raises(ValueError, match="declared twice"):
        EventType("test.happened", "Again.")
    assert new_id() < new_id()


def test_an_entry_that_a_consumer_cannot_take_stops_no_other(
    acme: Organization, settings: Any, all_settled: None
) -> None:
    settings.JOURNAL_CONSUMERS = [f"{__name__}.stumbles", f"{__name__}.takes"]
    taken.clear()
    for number in range(3):
        happen(payload={"number": number})
    services.dispatch()
    assert taken == [("stumbles", 0), ("stumbles", 2), *(("takes", number) for number in range(3))]


taken: list[tuple[str, int]] = []


def stumbles(entries: list[Entry]) -> None:
    if any(entry.payload.get("number") == 1 for entry in entries):
        raise KeyError("number")
    taken.extend(("stumbles", entry.payload["number"]) for entry in entries if "number" in entry.payload)


def takes(entries: list[Entry]) -> None:
    taken.extend(("takes", entry.payload["number"]) for entry in entries if "number" in entry.payload)
