"""Routes of the public host: the operator's."""

from django.urls import path
from django.views.generic import RedirectView

from config.panel import operator_panel
from config.urls import EVERYWHERE, NOTHING, Routes

urlpatterns: Routes = [
    *EVERYWHERE,
    path("", RedirectView.as_view(url="/admin/")),
    path("admin/", operator_panel.urls),
    *NOTHING,
]
