"""Routes of the public host: the operator's."""

from django.urls import path

from config.panel import operator_panel
from config.urls import EVERYWHERE, NOTHING, Routes

urlpatterns: Routes = [*EVERYWHERE, path("admin/", operator_panel.urls), *NOTHING]
