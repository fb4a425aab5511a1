"""The contract's examples: every operation that speaks JSON has one, and each is what its schemas say."""

from datetime import timedelta
from typing import Any

import jsonschema
import pytest

from config.examples import examples
from tenants.models import Organization
from tests.conftest import Callers
from tests.contracts.schemas import answered, check, operations, taken
from tests.factories import make_event, make_session


def _speaking() -> dict[str, list[dict[str, Any]]]:
    """Give what is said of the JSON that each operation takes, and answers with when it succeeds."""
    told = {}
    for name, operation in operations().items():
        statuses = [int(status) for status in operation["responses"] if status.startswith("2")]
        told[name] = [content for content in (taken(name), *(answered(name, one) for one in statuses)) if content]
    return {name: contents for name, contents in told.items() if contents}


def test_every_operation_that_speaks_json_has_an_example() -> None:
    without = [name for name, contents in _speaking().items() if not any("example" in one for one in contents)]
    assert without == [], "run `make examples`"
    assert set(examples()) <= set(operations())


def test_every_body_that_is_asked_for_has_an_example() -> None:
    asked = [name for name in operations() if operations()[name].get("requestBody", {}).get("required") and taken(name)]
    assert [name for name in asked if "example" not in (taken(name) or {})] == []


@pytest.mark.parametrize("name", sorted(_speaking()))
def test_an_example_is_what_its_schemas_say(name: str) -> None:
    for content in _speaking()[name]:
        if "example" in content:
            check(content["example"], content)


def test_an_example_that_is_wrong_is_found() -> None:
    content = answered("login", 200)
    assert content is not None
    for wrong in ({}, {**content["example"], "expires_in": "soon"}, {**content["example"], "user": None}):
        with pytest.raises(jsonschema.ValidationError):
            check(wrong, content)


def test_what_else_the_examples_show(caller: Callers, acme: Organization) -> None:
    """Call what no other test calls in a way that is good to read."""
    api, admin = caller("organizer"), caller("admin")
    assert api.get("/event-types").status_code == 200
    event = make_event(admission="session")
    session = make_session(event)
    coordinator = admin.post(
        "/users", {"email": "cora@acme.example", "name": "Cora", "role": "coordinator", "password": "correct horse 9"}
    ).json()
    assert api.put(f"/events/{event.id}/coordinators", {"user_ids": [coordinator["id"]]}).status_code == 200
    assert api.post(f"/sessions/{session.id}/publish", {"stage": "on_sale"}).status_code == 200
    assert api.post(f"/sessions/{session.id}/suspend").status_code == 200
    assert api.post(f"/sessions/{session.id}/resume").status_code == 200
    starts_at = event.starts_at.isoformat()
    ends_at = (event.starts_at + timedelta(minutes=45)).isoformat()
    item = {"event_id": str(event.id), "title": "Opening", "capacity": 20, "starts_at": starts_at, "ends_at": ends_at}
    many = api.post("/sessions/bulk", {"mode": "atomic", "items": [{**item, "client_ref": "row-1"}]})
    assert (many.status_code, [one["status"] for one in many.json()["results"]]) == (200, ["created"])
