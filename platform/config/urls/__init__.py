"""Routes: what every host has, and who answers where."""

from django.urls import URLPattern, URLResolver, path, re_path
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
