"""Problems in Spanish: every one, and every detail that a refusal in the source tells."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from config.spanish import said
from config.spanish.details import DETAILS
from config.spanish.problems import PROBLEMS
from kit import gate
from kit.errors import REGISTRY
from tenants.models import Organization
from tests.conftest import Callers
from tests.factories import make_event

REFUSALS = {refusal.__name__ for refusal in REGISTRY.values()}
PLACES = ("platform", "catalog", "attendance", "tenants", "webhooks", "notifications")
# Told to operators in the panel and on the command line alone, which speak English.
OF_OPERATORS = {Path("tenants/services.py"), Path("tenants/messages.py"), Path("tenants/rules.py")}
# What the holes of templates are filled with here.
FILLER = "7"


def test_every_problem_has_a_title_and_a_page() -> None:
    assert set(PROBLEMS) == set(REGISTRY)


def template(node: ast.expr) -> str | None:
    """Give a text as written, with something in each hole; nothing if it is not written there."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else FILLER for part in node.values)
    return None


def written(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            given = node.args[2:3] if name == "FieldError" else node.args[:1] if name in REFUSALS else []
            yield from filter(None, map(template, given))
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "why":
            parts = [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
            yield from filter(None, map(template, parts))
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "next_step":
                    yield from filter(None, [template(value)])


def details() -> set[str]:
    found = set()
    for place in PLACES:
        for file in (settings.ROOT / place).rglob("*.py"):
            if file.relative_to(settings.ROOT) not in OF_OPERATORS:
                found |= set(written(ast.parse(file.read_text())))
    return found


def test_every_detail_in_the_source_is_translated() -> None:
    found = details()
    assert len(found) > 60
    assert {text for text in found if said(text) == text} == set()


@pytest.mark.parametrize(("english", "spanish"), DETAILS)
def test_a_template_says_itself_and_keeps_its_holes(english: str, spanish: str) -> None:
    assert english.count("{}") == spanish.count("{}")
    assert said(english.replace("{}", FILLER)) == spanish.replace("{}", FILLER)


def test_what_callers_wrote_stays_as_they_wrote_it(acme: Organization) -> None:
    assert said("The nonce {} %s was used for another ticket") == "El nonce {} %s se usó para otra entrada"
    assert said("Something else") == "Something else"


def ask(path: str, language: str, **more: Any) -> Any:
    return Client(headers={"host": "acme.localhost", "accept-language": language}).get(path, **more)


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("es", "No existe tal cosa aquí"),
        ("es-CO,es;q=0.9,en;q=0.8", "No existe tal cosa aquí"),
        ("fr, es;q=0.5", "No existe tal cosa aquí"),
        ("en, es;q=0.9", "There is no such thing here"),
        ("en;q=0.1, es;q=0.9", "No existe tal cosa aquí"),
        ("fr", "There is no such thing here"),
        ("*", "There is no such thing here"),
        ("nonsense;;q=x", "There is no such thing here"),
    ],
)
def test_the_caller_chooses_the_language(acme: Organization, language: str, title: str) -> None:
    answer = ask("/api/v1/nothing", language)
    told = answer.json()
    assert (told["title"], told["code"]) == (title, "not_found")
    assert answer["Content-Language"] == ("es" if title.startswith("No") else "en")
    assert "Accept-Language" in answer["Vary"]


def test_the_next_caller_is_not_told_in_the_language_of_the_last(acme: Organization) -> None:
    assert ask("/api/v1/nothing", "es").json()["title"] == "No existe tal cosa aquí"
    answer = Client(headers={"host": "acme.localhost"}).get("/api/v1/nothing")
    assert answer.json()["title"] == "There is no such thing here"


def test_faults_rules_and_items_are_told_in_spanish(acme: Organization, caller: Callers) -> None:
    spanish = {"accept-language": "es"}
    organizer = caller("organizer")
    told = organizer.post("/categories", {"name": "", "color": "red"}, headers=spanish).json()
    assert {one["pointer"]: one["detail"] for one in told["errors"]} == {
        "#/name": "Debería tener al menos 1 carácter",
        "#/color": "No se conoce este campo",
    }
    assert told["detail"] == "; ".join(f"{one['pointer']}: {one['detail']}" for one in told["errors"])
    event = make_event(stage=None)
    trial = organizer.post(f"/events/{event.id}/register?dry_run=true", {}, headers=spanish).json()
    assert trial["refused_by"][0] == {
        "code": "registration_closed",
        "title": "La inscripción no está abierta",
        "detail": "La inscripción no está abierta",
        "next_step": "Su estado dice cuándo volver: presale u on_sale",
    }
    bulk = organizer.post("/events/bulk", {"items": [{"name": "x"}]}, headers=spanish).json()
    assert bulk["results"][0]["error"]["errors"][0]["detail"] == "Falta"


def test_pages_of_problems_are_in_spanish(acme: Organization) -> None:
    page = ask("/problems/sold_out", "es").content.decode()
    assert "<html lang=es>" in page
    assert "Todos los cupos están tomados" in page
    assert "Every seat" in ask("/problems/sold_out", "en").content.decode()


def test_the_gate_speaks_spanish_as_well() -> None:
    environ = {"PATH_INFO": "/", "REQUEST_METHOD": "GET", "HTTP_ACCEPT_LANGUAGE": "es"}
    (body,) = gate._refuse(environ, lambda *_: None, (9e9, 5))
    assert "La cuota está agotada" in body.decode()
    assert "5 solicitudes en 60 s" in body.decode()
