"""Routes of an organization's host."""

from django.urls import path
from django.views.generic import RedirectView

from attendance import pages
from config.api import api
from config.panel import panel
from config.urls import EVERYWHERE, NOTHING, Routes, by_first_word
from identity.api import jwks

_api, _app_name, _namespace = api.urls
urlpatterns: Routes = [
    # First, because most requests go there and routes are tried in turn.
    path("api/v1/", (by_first_word(_api), _app_name, _namespace)),
    *EVERYWHERE,
    # Until there is a front for attendees, the door leads to the documentation.
    path("", RedirectView.as_view(url="/api/v1/docs")),
    path(".well-known/jwks.json", jwks),
    path("tickets/<str:code>", pages.show),
    path("admin/", panel.urls),
    *NOTHING,
]
