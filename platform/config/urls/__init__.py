"""Routes: what every host has, and who answers where."""

from collections.abc import Iterable

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


def by_words(routes: Iterable[tuple[str, URLPattern]]) -> Routes:
    """Put routes below the words that they share, so that an address is compared with few of them.

    Routes are tried in turn, and each costs as much as reading a short body.
    """
    words: dict[str, list[tuple[str, URLPattern]]] = {}
    for address, route in routes:
        word, slash, rest = address.partition("/")
        # What ends here stands by itself; the space keeps it apart from what goes on.
        words.setdefault(word + slash if slash else f"{word} {len(words)}", []).append((rest, route))
    return [
        path(word, include(by_words(below)))
        if word.endswith("/")
        else path(word.partition(" ")[0], below[0][1].callback, name=below[0][1].name)
        for word, below in words.items()
    ]
