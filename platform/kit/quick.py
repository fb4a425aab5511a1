"""Reading bodies past the framework, on the few routes where that is much of the cost."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja.decorators import decorate_view
from ninja.operation import Operation
from pydantic import BaseModel, ValidationError

from kit.api import admitted
from kit.json import NUL

type View = Callable[..., Any]


def reads_quickly[Run: View](view: Run) -> Run:
    """Read the body of a route ourselves where all is well: the framework's way costs more than taking a seat does.

    For views of ids in the path and one body called `payload`, which give a response. Stands below the router's
    decorator. A query, another type of content, a body that cannot be read: whatever is odd goes the framework's way,
    which says in our one vocabulary what is wrong.
    """
    parameters = signature(view).parameters
    schema: type[BaseModel] = parameters["payload"].annotation
    ids = [name for name, parameter in parameters.items() if parameter.annotation is UUID]

    def decorate(usual: View) -> View:
        # A bound method, by which ninja's decorators are told of their operation.
        operation: Operation = usual.__self__  # type: ignore[attr-defined] # as said

        @wraps(usual)
        def run(request: HttpRequest, **path: Any) -> HttpResponseBase:
            payload = _read(request, schema)
            if payload is None:
                usually: HttpResponseBase = usual(request, **path)
                return usually
            read = {**{name: UUID(path[name]) for name in ids}, "payload": payload}
            return admitted(operation, request, lambda: view(request, **read))

        return run

    return decorate_view(decorate)(view)


def _read(request: HttpRequest, schema: type[BaseModel]) -> BaseModel | None:
    if request.META.get("QUERY_STRING") or request.content_type != "application/json":
        return None
    try:
        body = request.body
        return None if NUL in body else schema.model_validate(orjson.loads(body))
    except (orjson.JSONDecodeError, ValidationError, RequestDataTooBig):
        return None
