"""Sessions, CSRF protection and messages for the pages that need them: the panel's. The API has none of them."""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

from kit.middleware import Handler
from tenants.middleware import LocalizationMiddleware


class PagesMiddleware:
    """Django's layers for browsers, around the pages for people alone."""

    def __init__(self, get_response: Handler) -> None:
        """Wrap the layers below, once bare and once behind Django's."""
        self._bare = get_response
        self._csrf = CsrfViewMiddleware(AuthenticationMiddleware(MessageMiddleware(get_response)))
        self._paged = cast("Handler", LocalizationMiddleware(cast("Handler", SessionMiddleware(self._csrf))))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handle one request."""
        return self._paged(request) if _is_page(request) else self._bare(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Have the token of a page's form checked."""
        return self._csrf.process_view(request, view, args, kwargs) if _is_page(request) else None


def _is_page(request: HttpRequest) -> bool:
    return request.path.startswith(settings.PAGE_PREFIXES)
