"""Routes of an organization's host."""

from django.urls import path

from config.api import api
from config.panel import panel
from config.urls import EVERYWHERE, NOTHING, Routes
from identity.api import jwks

urlpatterns: Routes = [
    *EVERYWHERE,
    path("api/v1/", api.urls),
    path(".well-known/jwks.json", jwks),
    path("admin/", panel.urls),
    *NOTHING,
]
