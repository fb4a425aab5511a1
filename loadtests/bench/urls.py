"""The tenant's routes, and those of the references."""

from django.urls import path

from config.urls import Routes, tenant
from loadtests.bench import references

urlpatterns: Routes = [
    path("bench/empty", references.empty),
    path("bench/textbook/<uuid:event_id>", references.textbook),
    *tenant.urlpatterns,
]
