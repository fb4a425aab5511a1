"""The outermost layer: a request id, one log line, and no error page but problems."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import get_conditional_response

from kit import addresses, language, metrics, problems, requests
from kit.errors import Malformed, TooLarge
from kit.ids import new_id

log = structlog.get_logger()

HEADER = "X-Request-Id"
# Of the environment: the refusal of a request whose body was not read.
UNREAD = "aforo.unread"
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ERROR = 400

_NO_GZIP = re.compile(r"gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)")

# Addresses that take many things at once.
_BULK = re.compile(r"(/bulk|\.csv|\.ndjson)$")

type Handler = Callable[[Any], HttpResponseBase]


class Request(HttpRequest):
    """A request as it leaves `RequestMiddleware`."""

    request_id: str
    # When it came, by time.perf_counter.
    started: float
    # Whose it is; see kit.addresses.
    address: str | None
    # How much the caller may ask for in a minute, by class; see kit.throttling.
    limits: Mapping[str, int]
    quota: Any


class RequestMiddleware:
    """Name each request, log it once, and answer its errors as problems.

    Pages for people (the admin) keep the framework's own error pages.
    """

    def __init__(self, get_response: Handler) -> None:
        """Wrap the layers below."""
        self._below = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        """Handle one request."""
        request.started = time.perf_counter()
        request.request_id = request_id_of(request.META)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.request_id)
        language.begin(request.META)
        request.address = addresses.client_of(request)
        is_head = request.method == "HEAD"
        if is_head:
            # Whatever can be got can be asked about: routes know GET alone.
            request.method = "GET"
        response = self._answer(request)
        if "HTTP_IF_NONE_MATCH" in request.META and request.method == "GET" and "ETag" in response:
            response = self._unless_known(request, response)
        if (quota := getattr(request, "quota", None)) is not None:
            quota.tell(response)
        response[HEADER] = request.request_id
        if isinstance(response, HttpResponse):
            # Layers below may answer before the one that says how long the answer is.
            response.setdefault("Content-Length", str(len(response.content)))
        if is_head:
            _empty(response)
        seconds = time.perf_counter() - request.started
        metrics.observe(request, response, seconds=seconds)
        path = _without_secrets(request.path)
        requests.note(request, response, path=path, seconds=seconds)
        log.info(
            "request",
            method="HEAD" if is_head else request.method,
            path=path,
            status=response.status_code,
            ms=round(seconds * 1000, 2),
        )
        return response

    @staticmethod
    def _unless_known(request: Request, response: HttpResponseBase) -> HttpResponseBase:
        """Spare the caller an answer that it has: 304."""
        return get_conditional_response(request, response["ETag"], response=response) or response  # type: ignore[arg-type] # any response will do

    def _answer(self, request: Request) -> HttpResponseBase:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return problems.problem(request, Malformed("An address must not hold the NUL character"))
        if _length(request) > (settings.MAX_BULK_BODY if is_bulk(request.path) else settings.MAX_BODY):
            return problems.problem(request, TooLarge())
        if UNREAD in request.META:
            return problems.problem(request, request.META[UNREAD])
        response = self._below(request)
        is_page = request.path.startswith(settings.PAGE_PREFIXES)
        if response.status_code < _ERROR or is_page or not isinstance(response, HttpResponse):
            return response
        # What speaks JSON already says what it means; the framework's own errors are pages or plain text.
        is_said = response.get("Content-Type", "").startswith("application/")
        return response if is_said else problems.from_status(request, response)


class CompressionMiddleware(GZipMiddleware):
    """Compress longer answers, but for single things: their strong tag names the bytes as they are."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress, or leave alone."""
        is_strong = response.get("ETag", "").startswith('"')
        if not settings.GZIP or is_strong or _NO_GZIP.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
            return response
        return super().process_response(request, response)


def _without_secrets(path: str) -> str:
    return next((f"{prefix}***" for prefix in settings.SECRET_PREFIXES if path.startswith(prefix)), path)


def _empty(response: HttpResponseBase) -> None:
    """Leave the headers alone."""
    if isinstance(response, HttpResponse):
        response.content = b""
    elif isinstance(response, StreamingHttpResponse):
        response.streaming_content = iter(())


def request_id_of(meta: Mapping[str, Any]) -> str:
    """Give the id that a caller named a request by, or else a new one."""
    given = meta.get("HTTP_X_REQUEST_ID", "")
    return given if _ACCEPTED_ID.fullmatch(given) else str(new_id())


def is_bulk(path: str) -> bool:
    """Tell whether an address takes many things at once."""
    return _BULK.search(path) is not None


def _length(request: HttpRequest) -> int:
    declared = request.META.get("CONTENT_LENGTH") or "0"
    return int(declared) if declared.isdecimal() else 0
