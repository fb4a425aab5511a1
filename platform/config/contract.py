"""The OpenAPI document: what the framework knows of each operation, and what all of them have in common.

Every operation tells who may call it, and each problem that it may answer with, by status and code.
"""

import re
from collections.abc import Iterator
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema
from ninja.operation import Operation as Route
from pydantic.json_schema import models_json_schema

from config.examples import show
from identity.authentication import Requires
from identity.rules import SCOPES, Operation, Role, permits
from journal.messages import EventType, PayloadSchema, public_types
from kit.errors import REGISTRY
from kit.idempotency import HEADER
from kit.middleware import is_bulk
from kit.problems import CONTENT_TYPE, STATUS

SCHEME = "BearerToken"
_UNCONTESTED = ("/categories", "/venues", "/rooms", "/speakers")
_NOUNS = f"(?:{'|'.join(noun[1:] for noun in _UNCONTESTED)})"
_SEAT = ("already_over", "already_registered", "bad_access_code", "overlaps", "registration_closed", "sold_out")
_CLASHES = ("capacity_below_seats_taken", "schedule_clash", "wrong_stage", "already_over")

# What operations refuse for reasons of their own: methods and addresses, and the codes.
OF_THEIR_OWN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("POST", r"/auth/register", ("email_taken",)),
    ("POST", r"/auth/(login|refresh|password/reset)", ("bad_login", "bad_token")),
    ("POST", r"/users", ("email_taken",)),
    ("POST|PATCH", r"/api-keys/\{.*", ("key_revoked",)),
    ("POST", r"/trusted-issuers", ("issuer_taken",)),
    ("POST|PUT|PATCH|DELETE", rf"/{_NOUNS}.*", ("name_taken", "in_use")),
    ("POST|PUT|PATCH|DELETE", r"/(events|sessions)(/\{[^}]*\})?(/sessions)?", _CLASHES),
    ("POST", r"/(events|sessions)/\{.*/(publish|suspend|resume|cancel|restore)", _CLASHES),
    ("POST", r".*/(register|reserve)", _SEAT),
    ("POST", r"/registrations/(\{.*/)?cancel", ("already_admitted", "already_over")),
    ("GET|POST", r"/tickets/\{.*", ("no_ticket",)),
    ("POST", r"/tickets/validate", ("nonce_reused",)),
    ("GET|POST|PATCH|DELETE", r"/webhooks/endpoints/\{.*", ("deleted",)),
    ("POST", r"/webhooks/endpoints", ("too_many_endpoints",)),
    ("POST", r"/notifications/mails/.*", ("not_sendable",)),
)
# What is there no more is told to whoever asks for it by its id.
_DELETABLE = re.compile(rf"/(events|sessions|{_NOUNS})/\{{")


def _codes(method: str, path: str, route: Route) -> Iterator[str]:
    """Name the problems that an operation may answer with."""
    yield from ("malformed", "not_found", "unknown_host", "organization_suspended", "invalid", "quota_exceeded")
    yield from ("internal_error", "unavailable")
    if _guard(route) is not None:
        yield from ("unauthenticated", "bad_token", "forbidden", "address_not_allowed")
    if method in {"POST", "PUT", "PATCH"}:
        yield from ("too_slow", "length_required", "too_large", "unsupported_media_type")
    if method == "POST":
        yield from ("bad_idempotency_key", "idempotency_key_in_use", "idempotency_key_reused")
        if is_bulk(path):
            yield "idempotency_key_missing"
    if _DELETABLE.match(path):
        yield "deleted"
        if method in {"PUT", "PATCH", "DELETE"}:
            yield "precondition_failed"
            if not path.startswith(_UNCONTESTED):
                yield "precondition_required"
    for methods, address, codes in OF_THEIR_OWN:
        if re.fullmatch(methods, method) and re.fullmatch(address, path):
            yield from codes


def _guard(route: Route) -> Requires | None:
    return next((one for one in route.auth_callbacks if isinstance(one, Requires)), None)


def _problems(method: str, path: str, route: Route) -> dict[int, Any]:
    """Describe the problems of an operation, by status."""
    by_status: dict[int, list[str]] = {}
    for code in _codes(method, path, route):
        by_status.setdefault(STATUS[REGISTRY[code].kind].value, []).append(code)
    return {
        status: {
            "description": "; ".join(f"`{code}`: {REGISTRY[code].title}" for code in codes),
            "x-problem-codes": codes,
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, codes in sorted(by_status.items())
    }


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    """Name who may call: bearers of a token or a key with one of the scopes, and strangers if they may."""
    scopes = [name for name, allowed in SCOPES.items() if operation in allowed]
    named = [{SCHEME: scopes}]
    return [{}, *named] if permits(Role.ANONYMOUS, operation) else named


_TEXT = {"type": "string"}
_ID = {"type": "string", "format": "uuid"}
_SCHEMAS: dict[str, Any] = {
    "FieldError": {
        "type": "object",
        "description": "One fault of one field: `pointer` is a JSON pointer into the body, or `?name` for a parameter.",
        "required": ["pointer", "code", "detail"],
        "properties": {"pointer": _TEXT, "code": _TEXT, "detail": _TEXT},
    },
    "Problem": {
        "type": "object",
        "description": "Why a request was not granted (RFC 9457). `code` never changes; `type` explains it.",
        "required": ["type", "title", "status", "detail", "instance", "code", "request_id", "errors"],
        "properties": {
            "type": {"type": "string", "format": "uri"}, "title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT,
            "instance": _TEXT, "code": _TEXT, "request_id": _TEXT,
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
        },
    },
    "WebhookSubject": {
        "type": "object",
        "description": "Which thing a webhook is about.",
        "required": ["id"],
        "properties": {"id": _ID},
    },
    "ThinData": {
        "type": "object",
        "description": 'All that is told to an endpoint of `"payload": "thin"`: which thing it is about.',
        "required": ["id"],
        "properties": {"id": _ID},
        "additionalProperties": False,
    },
}  # fmt: skip


def _named(name: str) -> dict[str, str]:
    return {"$ref": REF_TEMPLATE.format(model=name)}


def _payloads() -> dict[str, Any]:
    """Describe the payloads of all public types, by name."""
    models = {one.payload.__name__: one.payload for one in public_types().values()}
    _, described = models_json_schema(
        [(models[name], "validation") for name in sorted(models)],
        ref_template=REF_TEMPLATE, schema_generator=PayloadSchema,
    )  # fmt: skip
    schemas: dict[str, Any] = described["$defs"]
    return schemas


def _webhook(event_type: EventType) -> dict[str, Any]:
    """Describe what is sent when something of a type happened."""
    data = {"id": "0195b1c2-0000-7000-8000-000000000002", **event_type.example}
    example = {"type": event_type.name, "timestamp": "2027-03-01T14:00:00Z", "data": data}
    full = {"allOf": [_named("WebhookSubject"), _named(event_type.payload.__name__)]}
    schema = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": event_type.name},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {
                "description": f"Version {event_type.version} of the payload.",
                "anyOf": [full, _named("ThinData")],
            },
        },
    }
    return {
        "post": {
            "operationId": f"on_{event_type.name.replace('.', '_')}",
            "summary": event_type.description,
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}},
            "responses": {"2XX": {"description": "It was taken. Anything else is tried again."}},
        }
    }


class Contract(NinjaAPI):
    """An API that documents itself whole."""

    def get_openapi_operation_id(self, operation: Route) -> str:
        """Name an operation after its view: names are unique, and generated clients are called by them."""
        return operation.view_func.__name__

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Write the document."""
        prefix = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        document: OpenAPISchema = super().get_openapi_schema(path_prefix=prefix)
        routes = {
            (method, path): route
            for _, router in self._routers
            for path, view in router.path_operations.items()
            for route in view.operations
            for method in route.methods
        }
        for (method, path), route in routes.items():
            plain = _plain(path)
            told = document["paths"][f"{prefix.rstrip('/')}{plain}"][method.lower()]
            for status, problem in _problems(method, plain, route).items():
                _add(told["responses"], status, problem)
            guard = _guard(route)
            for content in told.get("requestBody", {}).get("content", {}).values():
                # What a left out body stands for: `required` says it may be left out, and generators stumble over more.
                content["schema"].pop("default", None)
            show(told)
            told["security"] = _security(guard.operation) if guard else []
            # Parameters may be one for many operations: each is told in a copy.
            told["parameters"] = [
                {**one, "required": is_bulk(plain)} if one["name"] == HEADER else one
                for one in told.get("parameters", ())
            ]
        document["components"]["securitySchemes"] = {
            SCHEME: {
                "type": "http",
                "scheme": "bearer",
                "description": "An access token (`POST /auth/login`), or an API key with one of the scopes listed.",
            }
        }
        document["components"]["schemas"] |= _SCHEMAS | _payloads()
        document["webhooks"] = {name: _webhook(one) for name, one in public_types().items()}
        return document


def _plain(path: str) -> str:
    return path.replace("{uuidstr:", "{")


def _add(responses: dict[Any, Any], status: int, problem: dict[str, Any]) -> None:
    """Put a problem beside what an operation answers with the same status in its own words, as bulk calls do."""
    there = responses.get(status) or responses.get(str(status))
    if there is None:
        responses[status] = problem
        return
    there["description"] = f"{there['description']}; {problem['description']}"
    there["x-problem-codes"] = problem["x-problem-codes"]
    there["content"] = {**there.get("content", {}), **problem["content"]}
