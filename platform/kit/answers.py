"""Answers: bytes, made once and served while they are good.

`answer` makes one straight from rows, past ninja's and pydantic's own serialization, which costs more than the query.
`ready` keeps what a route answers to the public in the process's memory under the scope's edition (`kit.editions`).
The memory is bounded whatever callers ask for, and one thread makes an answer while the others wait for it.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from kit import conditional, editions, scope
from kit.middleware import Handler, Request

JSON = "application/json"
MAX_BYTES = 64 * 1024 * 1024
MAX_QUERY = 300
WAIT_SECONDS = 2.0
# What the clock alone changes, and what a lost edition would hide, is never older than this.
MAX_SECONDS = 10.0

type Run = Callable[..., Any]
# Scope, path and query.
type Key = tuple[str, str, str]


class Answer(HttpResponse):
    """A response that says until when it is good, the clock alone considered."""

    good_until: datetime | None = None


def answer(
    data: Any,
    *,
    status: int = HTTPStatus.OK,
    version: int | None = None,
    link: str = "",
    good_until: datetime | None = None,
) -> Answer:
    """Render rows: dictionaries and lists of what JSON knows, UUIDs and aware times. Times come out in UTC."""
    return rendered(
        written(data),
        status=status, version=version, link=link, good_until=good_until,
    )  # fmt: skip


def written(data: Any) -> bytes:
    """Write rows as the body of an answer."""
    return orjson.dumps(data, option=orjson.OPT_UTC_Z)


def rendered(
    body: bytes,
    *,
    content_type: str = JSON,
    status: int = HTTPStatus.OK,
    version: int | None = None,
    link: str = "",
    good_until: datetime | None = None,
) -> Answer:
    """Answer with bytes as they are, under a tag of theirs."""
    response = Answer(body, content_type=content_type, status=status)
    response["ETag"] = conditional.etag(body, version=version)
    # Whoever keeps it asks again whether it is still so, and is told 304 if it is.
    response["Cache-Control"] = "no-cache"
    if link:
        response["Link"] = link
    response.good_until = good_until
    return response


def listed(request: HttpRequest, page: dict[str, Any], *, good_until: Any = None) -> Answer:
    """Answer with a part of a list, and link to the next."""
    link = ""
    if page.get("next"):
        parameters = [(name, value) for name, values in request.GET.lists() for value in values if name != "after"]
        link = f'<{request.path}?{urlencode([*parameters, ("after", page["next"])])}>; rel="next"'
    return answer(page, link=link, good_until=good_until)


@dataclass(frozen=True, slots=True)
class _Kept:
    edition: str
    until: float
    body: bytes
    headers: dict[str, str]


_kept: OrderedDict[Key, _Kept] = OrderedDict()
_kept_bytes = 0
_guard = threading.Lock()
_makers = [threading.Lock() for _ in range(64)]


def forget_all() -> None:
    """Empty the memory."""
    global _kept_bytes  # noqa: PLW0603 - one for the process
    with _guard:
        _kept.clear()
        _kept_bytes = 0


def ready(is_public: Callable[[HttpRequest], bool]) -> Callable[[Run], Run]:
    """Keep what a route answers, for whoever sees what the public sees: `is_public` says of a request whether it does.

    Decorates the whole operation (`ninja.decorators.decorate_view`), so a ready answer parses and queries nothing.
    """

    def decorate(run: Run) -> Run:
        @wraps(run)
        def serve(request: Request, *args: Any, **kwargs: Any) -> Any:
            key = _key(request)
            if len(key[-1]) > MAX_QUERY or not is_public(request):
                return run(request, *args, **kwargs)
            edition = editions.present(key[0], since=request.started)
            if edition is None:
                return run(request, *args, **kwargs)
            found = _find(key, edition)
            if found is not None:
                return found
            maker = _makers[hash(key) % len(_makers)]
            # Whoever waits too long makes its own: a slow query must not hold the others' threads for ever.
            is_mine = maker.acquire(timeout=WAIT_SECONDS)
            try:
                found = _find(key, edition)
                return found if found is not None else _keep(key, edition, run(request, *args, **kwargs))
            finally:
                if is_mine:
                    maker.release()

        return serve

    return decorate


class ReadyMiddleware:
    """Serve what is kept to whoever shows no credential, before a route is even looked for.

    Stands inside the layer that enters the scope. Whatever is not kept goes on to its route, which may keep it.
    """

    def __init__(self, get_response: Handler) -> None:
        """Wrap the layers below."""
        self._below = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        """Handle one request."""
        if request.method == "GET" and "HTTP_AUTHORIZATION" not in request.META:
            key = _key(request)
            if key in _kept:
                edition = editions.present(key[0], since=request.started)
                found = _find(key, edition) if edition else None
                if found is not None:
                    return found
        return self._below(request)


def _key(request: HttpRequest) -> Key:
    return scope.current(), request.path_info, request.META.get("QUERY_STRING", "")


def _find(key: Key, edition: str) -> HttpResponse | None:
    kept = _kept.get(key)
    if kept is None or kept.edition != edition or kept.until < time.monotonic():
        return None
    # Somebody may have dropped it meanwhile, which does not make it worse.
    with suppress(KeyError):
        _kept.move_to_end(key)
    return HttpResponse(kept.body, headers=kept.headers)


def _cost(body: bytes) -> int:
    """Count what an answer takes, the bookkeeping with it."""
    return len(body) + 1_000


def _keep(key: Key, edition: str, response: Any) -> Any:
    global _kept_bytes  # noqa: PLW0603 - one for the process
    if not isinstance(response, Answer) or response.status_code != HTTPStatus.OK:
        return response
    seconds = MAX_SECONDS
    if response.good_until is not None:
        seconds = min(seconds, response.good_until.timestamp() - time.time())
    if seconds <= 0:
        return response
    body, headers = response.content, dict(response.items())
    with _guard:
        old = _kept.pop(key, None)
        _kept_bytes += _cost(body) - (_cost(old.body) if old else 0)
        _kept[key] = _Kept(edition, time.monotonic() + seconds, body, headers)
        while _kept_bytes > MAX_BYTES:
            _, dropped = _kept.popitem(last=False)
            _kept_bytes -= _cost(dropped.body)
    return response
