"""What others rely on by name: a change of these is a change of a promise."""

import re
from typing import Any

from celery import current_app
from django.conf import settings
from django.test import Client

from config.api import api
from config.collection import collection
from config.management.commands import roles
from config.management.commands.openapi import COLLECTION, SNAPSHOT, contract, rendered
from journal.messages import EVENT_TYPES, public_types
from kit.errors import REGISTRY
from tenants.models import Organization


def test_the_rest_contract_is_the_committed_one() -> None:
    assert rendered(contract()) == SNAPSHOT.read_bytes(), "run `make openapi` and commit docs/openapi.json"
    assert rendered(collection(contract())) == COLLECTION.read_bytes(), "run `make openapi` and commit the collection"


def test_the_contract_and_its_page_are_served(acme: Organization) -> None:
    client = Client(headers={"host": "acme.localhost"})
    assert client.get("/api/v1/openapi.json").json()["openapi"].startswith("3.1")
    assert client.get("/api/v1/docs")["Content-Type"].startswith("text/html")


def test_task_names_are_pinned() -> None:
    current_app.loader.import_default_modules()
    assert {name for name in current_app.tasks if not name.startswith("celery.")} == {
        "attendance.cancel_called_off",
        "attendance.check_seats",
        "attendance.send_codes",
        "identity.mail_reset",
        "journal.dispatch",
        "journal.seal",
        "kit.forget_answers",
        "kit.forget_requests",
        "notifications.deliver",
        "notifications.forget_old",
        "tenants.send_to_all",
        "tenants.sweep",
        "webhooks.deliver",
        "webhooks.forget_old",
    }


def test_what_beat_sends_is_accepted(sent: list[Any]) -> None:
    current_app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        current_app.tasks[entry["task"]].apply_async(kwargs=entry["kwargs"])
    assert sent == [
        ("tenants.sweep", {"schema_name": "public"}),
        ("tenants.send_to_all", {"schema_name": "public", "name": "attendance.check_seats"}),
        ("tenants.send_to_all", {"schema_name": "public", "name": "kit.forget_answers"}),
        ("tenants.send_to_all", {"schema_name": "public", "name": "webhooks.forget_old"}),
        ("tenants.send_to_all", {"schema_name": "public", "name": "notifications.forget_old"}),
        ("tenants.send_to_all", {"schema_name": "public", "name": "kit.forget_requests"}),
    ]


def test_public_event_types_are_pinned() -> None:
    assert sorted(name for name, event_type in EVENT_TYPES.items() if event_type.is_public) == [
        "category.created", "category.deleted", "category.restored", "category.updated",
        "endpoint.disabled", "event.cancelled",
        "event.created", "event.deleted", "event.published", "event.restored", "event.resumed", "event.suspended",
        "event.updated", "registration.cancelled", "registration.confirmed", "registration.promoted",
        "registration.waitlisted", "room.created", "room.deleted", "room.restored", "room.updated", "session.cancelled",
        "session.created", "session.deleted", "session.published", "session.restored", "session.resumed",
        "session.suspended", "session.updated", "speaker.created", "speaker.deleted", "speaker.restored",
        "speaker.updated", "ticket.check_in_undone", "ticket.checked_in", "ticket.reissued",
        "user.created", "user.updated", "venue.created", "venue.deleted", "venue.restored",
        "venue.updated",
    ]  # fmt: skip


def test_every_problem_has_a_page(acme: Organization) -> None:
    for code in REGISTRY:
        page = Client(headers={"host": "acme.localhost"}).get(f"/problems/{code}")
        assert page.status_code == 200, code
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
    assert Client(headers={"host": "acme.localhost"}).get("/problems/nothing").status_code == 404


def test_the_table_of_roles_is_the_documented_one() -> None:
    assert roles.document() == roles.PAGE.read_text(), "run `manage.py roles` and commit docs/roles.md"


def test_every_link_of_the_docs_leads_somewhere() -> None:
    pages = [*settings.ROOT.glob("*.md"), *settings.ROOT.glob("docs/**/*.md"), *settings.ROOT.glob("loadtests/*.md")]
    assert len(pages) > 8
    for page in pages:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_no_two_schemas_have_one_name() -> None:
    """The contract has one schema of a name: of two that share it, one would be told in the other's words."""
    known: dict[str, tuple[Any, str]] = {}
    for event_type in public_types().values():
        said = event_type.payload.model_json_schema()
        for name, one in {**said.pop("$defs", {}), event_type.payload.__name__: said}.items():
            before, where = known.setdefault(name, (one, event_type.name))
            assert one == before, f"{name} of {where} and of {event_type}"
    for _, router in api._routers:
        for view in router.path_operations.values():
            for route in view.operations:
                answers = [model for model in route.response_models.values() if hasattr(model, "model_json_schema")]
                for model in (*route.models, *answers):
                    for name, said in model.model_json_schema().get("$defs", {}).items():
                        before, where = known.setdefault(name, (said, route.view_func.__name__))
                        assert said == before, f"{name} of {where} and of {route.view_func.__name__}"
    assert len(known) > 60
