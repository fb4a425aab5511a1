"""Refusals as HTTP: `application/problem+json` (RFC 9457)."""

from collections.abc import Sequence
from html import escape
from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from kit.errors import (
    REGISTRY,
    Conflict,
    Deleted,
    FieldError,
    Forbidden,
    InternalError,
    Kind,
    LengthRequired,
    Malformed,
    MediaType,
    MethodNotAllowed,
    NotFound,
    Refusal,
    TooLarge,
    TooSlow,
    Unauthenticated,
    Unavailable,
)
from kit.language import explained, present, told

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5

STATUS: dict[Kind, HTTPStatus] = {
    Kind.MALFORMED: HTTPStatus.BAD_REQUEST,
    Kind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.METHOD: HTTPStatus.METHOD_NOT_ALLOWED,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.GONE: HTTPStatus.GONE,
    Kind.PRECONDITION_FAILED: HTTPStatus.PRECONDITION_FAILED,
    Kind.PRECONDITION_REQUIRED: HTTPStatus.PRECONDITION_REQUIRED,
    Kind.TOO_SLOW: HTTPStatus.REQUEST_TIMEOUT,
    Kind.LENGTH_REQUIRED: HTTPStatus.LENGTH_REQUIRED,
    Kind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Kind.MEDIA_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    Kind.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}

# What a bare status of the framework means in our vocabulary.
BY_STATUS: dict[int, type[Refusal]] = {
    STATUS[refusal.kind]: refusal
    for refusal in (
        Malformed,
        Unauthenticated,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        Conflict,
        Deleted,
        TooSlow,
        LengthRequired,
        TooLarge,
        MediaType,
        InternalError,
        Unavailable,
    )
}


def members_of(refusal: Refusal, *, errors: Sequence[FieldError] = ()) -> dict[str, Any]:
    """Write a refusal that stands within an answer, with the faults as they are to be pointed at there."""
    said = {"code": refusal.code, "title": refusal.title, "detail": str(refusal)}
    return told({**said, "errors": [error.as_dict() for error in errors], **refusal.extra})


def body_of(refusal: Refusal, *, page: str, instance: str, request_id: str | None) -> dict[str, Any]:
    """Write a refusal as the members of a problem; `page` explains it, unless it is explained elsewhere."""
    return told(
        {
            "type": refusal.type or page,
            "title": refusal.title,
            "status": STATUS[refusal.kind].value,
            "detail": str(refusal),
            "instance": instance,
            "code": refusal.code,
            "request_id": request_id,
            "errors": [error.as_dict() for error in refusal.errors],
            **refusal.extra,
        }
    )


def problem(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Render a refusal for HTTP, with the headers that its status asks for."""
    status = STATUS[refusal.kind]
    page = f"{request.scheme}://{request.META.get('HTTP_HOST', 'localhost')}/problems/{refusal.code}"
    body = body_of(refusal, page=page, instance=request.path, request_id=getattr(request, "request_id", None))
    response = HttpResponse(orjson.dumps(body, option=orjson.OPT_UTC_Z), status=status, content_type=CONTENT_TYPE)
    response["Content-Language"] = present()
    patch_vary_headers(response, ("Accept-Language",))
    if status is HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="aforo"'
    retry_after = RETRY_AFTER_SECONDS if status is HTTPStatus.SERVICE_UNAVAILABLE else refusal.retry_after
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def from_status(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Say in our words what the framework answered in its own, keeping the headers that matter."""
    refusal = BY_STATUS.get(response.status_code)
    if refusal is None:
        return response
    said = problem(request, refusal())
    if "Allow" in response:
        said["Allow"] = response["Allow"]
    return said


def not_found(request: HttpRequest, *_: object, **__: object) -> HttpResponse:
    """Answer every path that no route takes."""
    return problem(request, NotFound(f"No route takes {request.path}"))


def explain(request: HttpRequest, code: str) -> HttpResponse:
    """Show the page that a problem's `type` points at."""
    refusal = REGISTRY.get(code)
    if refusal is None:
        return problem(request, NotFound(f"No problem has the code {code}"))
    status = STATUS[refusal.kind]
    title, text = explained(code, refusal.title, refusal.__doc__ or "")
    page = (
        f"<!doctype html><html lang={present()}><meta charset=utf-8><title>{escape(code)}</title>"
        f"<h1>{escape(title)}</h1>"
        f"<p><code>{escape(code)}</code>, HTTP {status.value} {escape(status.phrase)}</p>"
        f"<p>{escape(text)}</p>"
    )
    return HttpResponse(page)
