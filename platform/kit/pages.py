"""Pages for people, each behind an address that is a right by itself: to a ticket, a password, a subscription."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language

type Words = Mapping[str, Mapping[str, str]]

_HEADERS = {
    # The address must not be kept, indexed, or told to others.
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


def page(
    request: HttpRequest,
    template: str,
    told: Mapping[str, Any],
    *,
    words: Words,
    allows: str,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Write a page, which extends `kit/page.html`, in the present language. It may load nothing but what `allows` says.

    `words` are those of each language, `allows` a directive of the Content-Security-Policy.
    """
    language = get_language() or "en"
    present = {
        "language": language,
        "words": words.get(language, words["en"]),
        "organization": request.tenant.name,  # type: ignore[attr-defined] # the tenancy middleware has set it
    }
    policy = f"default-src 'none'; style-src 'unsafe-inline'; {allows}"
    content = render_to_string(template, {**present, **told}, request)
    return HttpResponse(content, status=status, headers={**_HEADERS, "Content-Security-Policy": policy})
