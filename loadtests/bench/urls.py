"""The tenant's routes, and those of the references."""

from django.urls import path

from config.urls import Routes, tenant
from loadtests.bench import references

urlpatterns: Routes = [
    path("bench/empty", references.empty),
    path("bench/textbook/events/<uuid:event_id>/sessions/<uuid:session_id>/register", references.textbook),
    *tenant.urlpatterns,
]
