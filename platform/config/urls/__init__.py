"""Routes: what every host has, and who answers where."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from config import health
from kit import problems

type Routes = list[URLPattern | URLResolver]

EVERYWHERE: Routes = [
    path("health", health.health),
    path("ready", health.ready),
    path("problems/<slug:code>", problems.explain),
    path("admin", RedirectView.as_view(url="/admin/")),
]
# Last: an address that no route takes is answered as a problem, in debug as well.
NOTHING: Routes = [re_path(r"^.*$", problems.not_found)]


def by_first_word(routes: Routes) -> Routes:
    """Put routes below their first words, so that an address is compared with those of its own word alone."""
    words: dict[str, Routes] = {}
    for route in routes:
        word, slash, rest = str(route.pattern).partition("/")
        known = words.setdefault(word + slash, [])
        known.append(path(rest, route.callback, name=route.name) if slash and isinstance(route, URLPattern) else route)
    return [
        route
        for word, below in words.items()
        for route in ([path(word, include(below))] if word.endswith("/") else below)
    ]
