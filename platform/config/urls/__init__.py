"""Routes: what every host has, and who answers where."""

import re

from django.urls import ResolverMatch, URLPattern, URLResolver, path, re_path
from django.urls.resolvers import RoutePattern
from django.views.generic import RedirectView

from config import health, metrics
from kit import problems

type Routes = list[URLPattern | URLResolver]

EVERYWHERE: Routes = [
    path("health", health.health),
    path("ready", health.ready),
    path("metrics", metrics.metrics),
    path("problems/<slug:code>", problems.explain),
    path("admin", RedirectView.as_view(url="/admin/")),
]
# Last: an address that no route takes is answered as a problem, in debug as well.
NOTHING: Routes = [re_path(r"^.*$", problems.not_found)]


_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PARAMETER = re.compile(r"<uuidstr:(\w+)>")


class ByShape(URLResolver):
    """Routes that are found at once by the shape of an address: its words, with a star for each id.

    Tried in turn, as Django does, routes cost ten times the reading of a short body. Whatever has no known shape is
    looked for in Django's way.
    """

    def __init__(self, prefix: str, routes: tuple[Routes, str | None, str | None]) -> None:
        """Put routes below a prefix."""
        patterns, app_name, namespace = routes
        super().__init__(RoutePattern(prefix), patterns, app_name=app_name, namespace=namespace)
        self._shapes: dict[str, tuple[URLPattern, list[str]]] = {}
        for pattern in patterns:
            address = f"{prefix}{pattern.pattern}"
            shape = _PARAMETER.sub("*", address)
            if isinstance(pattern, URLPattern) and "<" not in shape:
                self._shapes.setdefault(shape, (pattern, _PARAMETER.findall(address)))

    def resolve(self, path: str) -> ResolverMatch:
        """Find the route of an address.

        Raises:
            Resolver404: there is none.
        """
        known = self._shapes.get(_ID.sub("*", path))
        if known is None or "*" in path:
            return super().resolve(path)
        pattern, names = known
        ids = dict(zip(names, _ID.findall(path), strict=True))
        return ResolverMatch(
            pattern.callback, (), ids, pattern.name, [self.app_name or ""], [self.namespace or ""],
            str(pattern.pattern), captured_kwargs=ids, extra_kwargs={},
        )  # fmt: skip
