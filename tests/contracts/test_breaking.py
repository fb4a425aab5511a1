"""What breaks callers is found by comparing two contracts, and what does not is let pass."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config.breaking import breaks
from config.management.commands import openapi
from config.management.commands.openapi import SNAPSHOT, contract

type Json = dict[str, Any]

CONTRACT = contract()
EVENTS, EVENT = "/api/v1/events", "/api/v1/events/{event_id}"


def _schema(document: Json, name: str) -> Json:
    schema: Json = document["components"]["schemas"][name]
    return schema


def _data(document: Json, name: str) -> Json:
    """Give what is said of the data of a webhook."""
    body = document["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]["schema"]
    data: Json = body["properties"]["data"]
    return data


def _changed(change: Callable[[Json], Any]) -> Json:
    document = copy.deepcopy(CONTRACT)
    change(document)
    return document


BREAKING: list[tuple[Callable[[Json], Any], str]] = [
    (lambda d: d["paths"].pop(EVENT), f"GET {EVENT}: gone"),
    (lambda d: d["paths"][EVENT].pop("delete"), f"DELETE {EVENT}: gone"),
    (lambda d: d["webhooks"].pop("event.created"), "webhook event.created: gone"),
    (lambda d: d["paths"][EVENTS]["get"].update(operationId="events"), "named events instead of list_events"),
    (lambda d: d["paths"][EVENTS]["get"].update(parameters=[]), "parameter page is gone"),
    (
        lambda d: d["paths"][EVENTS]["get"]["parameters"].append(
            {"in": "query", "name": "new", "required": True, "schema": {"type": "string"}}
        ),
        "parameter new is required",
    ),
    (lambda d: d["paths"][EVENTS]["post"]["responses"].pop("201"), "does not answer 201"),
    (lambda d: d["paths"][EVENTS]["post"].update(security=[]), "not granted to events:write"),
    (lambda d: _schema(d, "EventDetailOut")["properties"].pop("name"), "answer/name: gone"),
    (lambda d: _schema(d, "EventDetailOut")["required"].remove("name"), "answer/name: not always there"),
    (
        lambda d: _schema(d, "EventDetailOut")["properties"].update(name={"type": "integer"}),
        "answer/name: may be integer",
    ),
    (lambda d: _schema(d, "EventIn")["properties"].pop("place"), "body/place: gone"),
    (lambda d: _schema(d, "EventIn")["required"].append("place"), "body/place: required"),
    (lambda d: _schema(d, "EventIn")["properties"]["name"].update(maxLength=3), "body/name: maxLength 3"),
    (lambda d: _schema(d, "EventIn")["properties"].update(name={"type": "integer"}), "body/name: no string any longer"),
    (
        lambda d: _schema(d, "PublishIn")["properties"]["stage"].update(enum=["teaser"]),
        "no presale, on_sale any longer",
    ),
    (lambda d: _schema(d, "EventPayload")["properties"].pop("name"), "webhook event.created: body/data/name: gone"),
    (
        lambda d: _schema(d, "EventPayload")["required"].remove("name"),
        "webhook event.deleted: body/data/name: not always there",
    ),
    (
        lambda d: _schema(d, "EventPayload")["properties"].update(
            name={"anyOf": [{"type": "string"}, {"type": "null"}]}
        ),
        "webhook event.created: body/data/name: may be null",
    ),
    (
        lambda d: _schema(d, "AttendeePayload")["properties"].pop("email"),
        "webhook registration.cancelled: body/data/attendee/email: gone",
    ),
    (lambda d: _schema(d, "ThinData")["properties"].pop("id"), "webhook ticket.reissued: body/data/id: gone"),
    (
        lambda d: _data(d, "session.created")["anyOf"][0]["allOf"].pop(0),
        "webhook session.created: body/data/id: gone",
    ),
    (lambda d: _data(d, "session.created")["anyOf"].pop(0), "webhook session.created: body/data/title: gone"),
    (
        lambda d: _data(d, "session.created")["anyOf"].append({"type": "object"}),
        "webhook session.created: body/data/id: gone",
    ),
    (lambda d: _data(d, "session.created").update(anyOf=[{"type": "string"}]), "body/data: may be string"),
    (
        lambda d: d["webhooks"]["event.created"]["post"]["requestBody"].update(content={}),
        "webhook event.created: sends no JSON",
    ),
]

HARMLESS: list[Callable[[Json], Any]] = [
    lambda _: None,
    lambda d: d["paths"].update({"/api/v1/new": d["paths"][EVENT]}),
    lambda d: d["webhooks"].update({"event.new": d["webhooks"]["event.created"]}),
    lambda d: _schema(d, "EventOut")["properties"].update(new={"type": "string"}),
    lambda d: _schema(d, "EventPayload")["properties"].update(new={"type": "string"}),
    lambda d: _schema(d, "CancellationPayload")["required"].append("reason"),
    lambda d: _data(d, "session.created")["anyOf"].reverse(),
    lambda d: _schema(d, "EventIn")["properties"].update(new={"type": "string"}),
    lambda d: _schema(d, "EventIn")["properties"]["name"].update(maxLength=9_999),
    lambda d: _schema(d, "EventIn")["required"].clear(),
    lambda d: d["paths"][EVENTS]["get"].update(summary="Another"),
]


@pytest.mark.parametrize(("change", "said"), BREAKING)
def test_a_break_is_named(change: Callable[[Json], Any], said: str) -> None:
    found = breaks(CONTRACT, _changed(change))
    assert any(said in one for one in found), found


@pytest.mark.parametrize("change", HARMLESS)
def test_what_grows_breaks_nobody(change: Callable[[Json], Any]) -> None:
    assert breaks(CONTRACT, _changed(change)) == []


def test_a_contract_that_breaks_callers_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    before = SNAPSHOT.read_bytes()
    monkeypatch.setattr(openapi, "contract", lambda: _changed(lambda d: d["paths"].pop(EVENT)))
    with pytest.raises(CommandError, match=r"DELETE .*: gone"):
        call_command("openapi")
    assert SNAPSHOT.read_bytes() == before
