"""What entries say is what their types promise: in examples, in webhooks, and in whatever any test writes."""

import json
from typing import Any, get_args
from uuid import UUID

import jsonschema
import orjson
import pytest
from django.db import transaction

from attendance.messages import CheckInPayload, RegistrationPayload
from attendance.rules import RegistrationStatus
from catalog.messages import EVENT_UPDATED, EventPayload, SessionPayload
from catalog.rules import Status
from config.management.commands.openapi import contract
from identity.messages import UserPayload
from identity.rules import Role
from journal.messages import EVENT_TYPES, EventType, public_types
from journal.services import record
from kit.actor import SYSTEM
from tenants.models import Organization
from tests.conftest import Api
from tests.contracts.payloads import check_journals, check_payload
from tests.contracts.schemas import check
from tests.factories import NOW, make_event
from webhooks.rules import body_of

type Json = dict[str, Any]

REGISTERED = public_types()["registration.cancelled"].example


@pytest.mark.parametrize("name", sorted(public_types()))
def test_an_example_is_what_its_type_says(name: str) -> None:
    check_payload(name, public_types()[name].example)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({**REGISTERED, "more": 1}, "'more' was unexpected"),
        ({**REGISTERED, "attendee": {**REGISTERED["attendee"], "phone": ""}}, "'phone' was unexpected"),
        ({name: value for name, value in REGISTERED.items() if name != "session_id"}, "'session_id' is a required"),
        ({**REGISTERED, "event_id": "1"}, "is not a 'uuid'"),
        ({**REGISTERED, "event_id": None}, "is not of type 'string'"),
        ({**REGISTERED, "reason": None}, "is not of type 'string'"),
        ({**REGISTERED, "status": "gone"}, "'gone' is not one of"),
    ],
)
def test_a_payload_that_departs_is_found(wrong: Json, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check_payload("registration.cancelled", wrong)


@pytest.mark.parametrize("moment", ["yesterday", "2027-03-01", "2027-03-01T14:00:00", "2027-03-01 14:00:00+00:00", ""])
def test_a_moment_is_one_of_rfc_3339(moment: str) -> None:
    example = public_types()["ticket.checked_in"].example
    check_payload("ticket.checked_in", {**example, "scanned_at": "2027-03-01T14:00:00.25-05:00"})
    with pytest.raises(AssertionError, match="is not a 'date-time'"):
        check_payload("ticket.checked_in", {**example, "scanned_at": moment})


def test_what_may_be_left_out_and_what_may_be_null() -> None:
    check_payload("registration.cancelled", {name: value for name, value in REGISTERED.items() if name != "reason"})
    for payload in (RegistrationPayload, CheckInPayload):
        assert {"type": "null"} in payload.model_json_schema()["properties"]["session_id"]["anyOf"]


def test_what_a_test_writes_is_looked_at(acme: Organization) -> None:
    """Every test that uses the database is held to this afterwards, by the fixture `db`."""
    event = make_event()
    assert check_journals() == {"event.created", "event.published"}
    for payload, said in (({"name": event.name}, "required"), ({**EVENT_UPDATED.example, "more": 1}, "unexpected")):
        with transaction.atomic():
            record(EVENT_UPDATED, subject=event, by=SYSTEM, at=NOW, payload=payload)
            with pytest.raises(AssertionError, match=rf"event\.updated does not say so.*{said}"):
                check_journals()
            transaction.set_rollback(True)
    with transaction.atomic():
        record(EVENT_UPDATED, subject=None, by=SYSTEM, at=NOW, payload=EVENT_UPDATED.example)
        with pytest.raises(AssertionError, match=r"event\.updated of version 1"):
            check_journals()
        transaction.set_rollback(True)


def test_statuses_and_roles_are_those_of_the_rules() -> None:
    """The floor of messages does not see them: they are named there once more."""
    for payload in (EventPayload, SessionPayload):
        assert get_args(payload.model_fields["status"].annotation) == tuple(Status)
    assert get_args(RegistrationPayload.model_fields["status"].annotation) == tuple(RegistrationStatus)
    of_others = {Role.ANONYMOUS, Role.OPERATOR, Role.SYSTEM, Role.KEY}
    assert set(get_args(UserPayload.model_fields["role"].annotation)) == set(Role) - of_others


def test_a_public_type_declares_its_payload() -> None:
    known = set(EVENT_TYPES)
    with pytest.raises(ValueError, match=r"test\.untold declares no payload"):
        EventType("test.untold", "A thing that nobody could read.")
    assert set(EVENT_TYPES) == known


@pytest.mark.parametrize("name", sorted(public_types()))
def test_a_webhook_is_what_the_contract_says(name: str) -> None:
    content = contract()["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]
    check(content["example"], content)

    def told(*, thin: bool, **more: Any) -> Any:
        example = {**public_types()[name].example, **more}
        return orjson.loads(body_of(type_=name, occurred_at=NOW, subject_id=UUID(int=1), payload=example, thin=thin))

    for body in (told(thin=False), told(thin=True), told(thin=False, grown=True)):
        check(body, content)
    for member in (*public_types()[name].schema["required"], "id"):
        # With a member more: only `id` would be a thin one.
        short = told(thin=False, grown=True)
        del short["data"][member]
        with pytest.raises(jsonschema.ValidationError):
            check(short, content)


def test_the_list_of_types_tells_schemas_that_need_nothing_else(anonymous: Api) -> None:
    told = {one["name"]: one for one in anonymous.get("/event-types").json()}
    assert told.keys() == public_types().keys()
    for one in told.values():
        jsonschema.Draft202012Validator.check_schema(one["schema"])
        jsonschema.validate(one["example"], one["schema"])
        assert "#/components" not in json.dumps(one["schema"])
        assert one["schema"]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        # Contracts grow.
        jsonschema.validate({**one["example"], "more": 1}, one["schema"])
    with pytest.raises(jsonschema.ValidationError, match="'email' is a required property"):
        jsonschema.validate({**REGISTERED, "attendee": {"name": "Ana"}}, told["registration.cancelled"]["schema"])


def test_whoever_reads_a_null_is_told_what_it_means() -> None:
    for event_type in public_types().values():
        for name, member in event_type.schema["properties"].items():
            assert {"type": "null"} not in member.get("anyOf", ()) or member["description"], f"{event_type}: {name}"
