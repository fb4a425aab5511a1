"""Routes of an organization's host."""

from django.conf import settings
from django.urls import path
from django.views.generic import RedirectView

from attendance import pages as tickets
from config.api import api
from config.panel import panel
from config.urls import EVERYWHERE, NOTHING, ByShape, Routes
from identity import pages as accounts
from identity.api.accounts import jwks
from notifications import pages as mails

urlpatterns: Routes = [
    # First, because most requests go there and routes are tried in turn.
    ByShape("api/v1/", api.urls),
    *EVERYWHERE,
    # Until there is a front for attendees, the door leads to the documentation.
    path("", RedirectView.as_view(url="/api/v1/docs" if settings.DOCS else "/admin/")),
    path(".well-known/jwks.json", jwks),
    path("tickets/<str:code>", tickets.show),
    path("password/<str:token>", accounts.reset_password),
    path("unsubscribe/<str:token>", mails.unsubscribe),
    path("dev/mails", RedirectView.as_view(url="/dev/mails/")),
    path("dev/mails/", mails.list_mails),
    path("dev/mails/<str:name>", mails.show_mail),
    path("admin/", panel.urls),
    *NOTHING,
]
