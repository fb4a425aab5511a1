"""Routes of an organization's host."""

from django.urls import URLPattern, path
from django.views.generic import RedirectView

from attendance import pages
from config.api import api
from config.panel import panel
from config.urls import EVERYWHERE, NOTHING, Routes, by_words
from identity.api import jwks

_api, _app_name, _namespace = api.urls
_routes = by_words((str(route.pattern), route) for route in _api if isinstance(route, URLPattern))
urlpatterns: Routes = [
    # First, because most requests go there and routes are tried in turn.
    path("api/v1/", (_routes, _app_name, _namespace)),
    *EVERYWHERE,
    # Until there is a front for attendees, the door leads to the documentation.
    path("", RedirectView.as_view(url="/api/v1/docs")),
    path(".well-known/jwks.json", jwks),
    path("tickets/<str:code>", pages.show),
    path("admin/", panel.urls),
    *NOTHING,
]
