"""Every failure of a ninja API, answered as one problem."""

import re
from collections.abc import Callable
from functools import wraps
from inspect import unwrap
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.operation import Operation

from kit import problems
from kit.errors import FieldError, InternalError, Invalid, Malformed, Refusal, TooLarge, Unauthenticated, Unavailable

log = structlog.get_logger()

type Run = Callable[..., HttpResponseBase]

_BODY = "body"
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def install(api: NinjaAPI) -> NinjaAPI:
    """Make the API answer each failure in our one vocabulary, in production and in debug alike."""
    answers: dict[type[Exception], Any] = {
        Refusal: problems.problem,
        ValidationError: _invalid,
        HttpError: _http_error,
        AuthenticationError: _unauthenticated,
        Http404: problems.not_found,
        RequestDataTooBig: _too_large,
        OperationalError: unavailable,
        InterfaceError: unavailable,
        Exception: _broken,
    }
    for failure, answer in answers.items():
        api.add_exception_handler(failure, answer)
    return api


def admitted(operation: Operation, request: HttpRequest, do: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Do a part of an operation's work past the framework: admit the caller first, and tell failures as it would."""
    try:
        for admit in operation.auth_callbacks:
            admit(request)
        return do()
    except Exception as error:  # noqa: BLE001 - as said
        failed: HttpResponse = operation.api.on_exception(request, error)
        return failed


def strict(api: NinjaAPI) -> None:
    """Have every operation refuse query parameters that it does not know. Comes before the routers, which take it over.

    A misspelt filter would otherwise be dropped, and the list be taken for what was asked.
    """
    api.add_decorator(_strict, mode="view")


def _strict(run: Run) -> Run:
    operation: Operation = unwrap(run).__self__
    known = {
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in model.__ninja_flatten_map__
    }

    @wraps(run)
    def checked(request: HttpRequest, **path: Any) -> HttpResponseBase:
        unknown = [name for name in request.GET if name not in known] if request.META.get("QUERY_STRING") else []
        if not unknown:
            return run(request, **path)

        def refuse() -> HttpResponseBase:
            why = f"there are {', '.join(sorted(known))}" if known else "there are none here"
            raise Invalid.of([FieldError(f"?{name}", "unknown_parameter", why) for name in unknown])

        return admitted(operation, request, refuse)

    return checked


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """Tell the caller to come back: the database does not answer."""
    log.error("database_unavailable", error=str(error))
    return problems.problem(request, Unavailable("The database does not answer"))


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problems.problem(request, Invalid.of([field_error(fault) for fault in error.errors]))


def field_error(fault: dict[str, Any]) -> FieldError:
    """Say in our words what pydantic found: `loc` begins with where it read, and the endpoint's name for it."""
    source, *path = fault["loc"]
    # The endpoint's own parameter may stand first: the caller never wrote its name.
    own = path[1:]
    if source == _BODY:
        pointer = "#" + "".join(f"/{_escaped(part)}" for part in own)
    else:
        pointer = f"?{own[0] if own and isinstance(own[0], str) else path[0]}"
    return FieldError(
        pointer, _NOT_WORD.sub("_", str(fault["type"]).lower()), str(fault["msg"]).removeprefix("Value error, ")
    )


def _escaped(part: object) -> str:
    """Escape one step of a JSON pointer (RFC 6901)."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, Refusal):
        return problems.problem(request, error.__cause__)
    refusal = problems.BY_STATUS.get(error.status_code, Malformed)
    return problems.problem(request, refusal(str(error)))


def _unauthenticated(request: HttpRequest, _: AuthenticationError) -> HttpResponse:
    return problems.problem(request, Unauthenticated())


def _too_large(request: HttpRequest, _: RequestDataTooBig) -> HttpResponse:
    return problems.problem(request, TooLarge())


def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("request_broken", exc_info=error)
    return problems.problem(request, InternalError())
