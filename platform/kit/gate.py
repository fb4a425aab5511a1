"""The gate before the application: whoever has used up a quota is refused here, before anything is looked up.

Refusing through every layer costs as much as a short answer, and whoever floods would have that of everybody's time.
The gate knows callers by what they send, unread; `kit.throttling` shuts it for those whom it refuses.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

import orjson
import structlog

from kit import language
from kit.errors import Kind, Refusal
from kit.metrics import REFUSED
from kit.middleware import HEADER, is_bulk, request_id_of
from kit.problems import CONTENT_TYPE, body_of

log = structlog.get_logger()

MINUTE = 60
POLICY = "minute"
MAX_REMEMBERED = 10_000
# Refusals are told together, this often.
TOLD_EVERY = 1.0

_CALLER = "aforo.caller"
_SHOWN = ("HTTP_HOST", "HTTP_X_TENANT", "HTTP_AUTHORIZATION", "HTTP_X_FORWARDED_FOR", "REMOTE_ADDR")

type Environ = dict[str, Any]
type Application = Callable[[Environ, Any], Iterable[bytes]]


class Class(StrEnum):
    """What sort of work a request asks for. Each has a limit of its own."""

    READ = "read"
    WRITE = "write"
    SEARCH = "search"
    BULK = "bulk"
    GRAPHQL = "graphql"
    LOGIN = "login"


class TooManyRequests(Refusal):
    """The quota of a policy is used up; `violated-policies` names it. `Retry-After` says when there is more."""

    kind, code, title = Kind.TOO_MANY, "quota_exceeded", "The quota is used up"
    type = "https://iana.org/assignments/http-problem-types#quota-exceeded"


def too_many(limit: int, *, seconds: int, policy: str = POLICY, detail: str = "") -> TooManyRequests:
    """Refuse somebody who has done as much as a policy allows, for so many seconds."""
    return TooManyRequests(
        detail or f"{limit} requests in {MINUTE} s are what there is of this sort",
        extra={"violated-policies": [policy]},
        retry_after=max(seconds, 1),
    )


def fields(limit: int, *, remaining: int, seconds: int) -> dict[str, str]:
    """Write a policy, and what is left of it for so many seconds, as answers carry them."""
    return {
        "RateLimit-Policy": f'"{POLICY}";q={limit};w={MINUTE}',
        "RateLimit": f'"{POLICY}";r={remaining};t={seconds}',
    }


def class_of(environ: Mapping[str, Any]) -> Class:
    """Tell what sort of work a request asks for."""
    path = environ["PATH_INFO"]
    if is_bulk(path):
        return Class.BULK
    if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return Class.WRITE
    return Class.SEARCH if path.endswith("/search") or "search=" in environ.get("QUERY_STRING", "") else Class.READ


# Callers and classes, with the moment when it opens again, and the limit.
_shut: dict[tuple[Any, ...], tuple[float, int]] = {}
_told_at, _untold = 0.0, 0


def shut(environ: Mapping[str, Any], of: Class, *, limit: int, seconds: int) -> None:
    """Refuse a caller's requests of a class from now on, for so many seconds."""
    caller = environ.get(_CALLER)
    if caller is None:
        return
    if len(_shut) >= MAX_REMEMBERED:
        _shut.clear()
    _shut[*caller, of] = time.monotonic() + seconds, limit


def open_all() -> None:
    """Refuse nobody."""
    _shut.clear()


def gated(application: Application) -> Application:
    """Put the gate before a WSGI application."""

    def serve(environ: Environ, start_response: Any) -> Iterable[bytes]:
        caller = environ[_CALLER] = tuple(map(environ.get, _SHOWN))
        # A page of another site would not be shown the refusal without what the layers behind add to it.
        if _shut and "HTTP_ORIGIN" not in environ:
            known = _shut.get((*caller, class_of(environ)))
            if known is not None and known[0] > time.monotonic():
                return _refuse(environ, start_response, known)
        return application(environ, start_response)

    return serve


def _refuse(environ: Environ, start_response: Any, known: tuple[float, int]) -> Iterable[bytes]:
    language.begin(environ)
    until, limit = known
    seconds = max(math.ceil(until - time.monotonic()), 1)
    request_id = request_id_of(environ)
    refusal = too_many(limit, seconds=seconds)
    body = orjson.dumps(body_of(refusal, page="", instance=environ["PATH_INFO"], request_id=request_id))
    headers = [
        ("Content-Type", CONTENT_TYPE),
        ("Content-Length", str(len(body))),
        ("Content-Language", language.present()),
        ("Retry-After", str(seconds)),
        *fields(limit, remaining=0, seconds=seconds).items(),
        ("X-Content-Type-Options", "nosniff"),
        (HEADER, request_id),
    ]
    REFUSED.inc()
    _tell()
    start_response("429 Too Many Requests", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _tell() -> None:
    """Log how many were refused, once a second: a line each would cost more than refusing them."""
    global _told_at, _untold  # noqa: PLW0603 - one for the process; a number lost between threads does no harm
    _untold += 1
    now = time.monotonic()
    if now - _told_at >= TOLD_EVERY:
        log.info("refused_at_the_gate", count=_untold)
        _told_at, _untold = now, 0
