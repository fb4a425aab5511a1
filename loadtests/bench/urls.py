"""The tenant's routes, and those of the references."""

from django.urls import path

from config.urls import Routes, tenant
from loadtests.bench import references

# The references stand where the API stands.
urlpatterns: Routes = [
    tenant.urlpatterns[0],
    path("bench/empty", references.empty),
    path("bench/empty-for-staff", references.empty_for_staff),
    path("bench/empty-for-known", references.empty_for_known),
    path("bench/empty-recorded", references.empty_recorded),
    path("bench/api/", references.api.urls),
    path("bench/events", references.events),
    path("bench/textbook/events/<uuid:event_id>/sessions/<uuid:session_id>/register", references.textbook),
    *tenant.urlpatterns[1:],
]
