"""Routes are found by shape as Django would find them by trying each."""

from uuid import uuid4

import pytest
from django.urls import Resolver404, URLResolver, get_resolver, reverse

from config.urls import ByShape, tenant

ID = "01a1fdae-9cfb-7081-9e7a-e96cd991982e"


def by_shape() -> ByShape:
    (found,) = [one for one in tenant.urlpatterns if isinstance(one, ByShape)]
    return found


def test_each_route_is_found_as_django_finds_it() -> None:
    resolver = by_shape()
    assert len(resolver._shapes) > 50
    for shape in resolver._shapes:
        address = shape
        while "*" in address:
            address = address.replace("*", str(uuid4()), 1)
        quick, slow = resolver.resolve(address), URLResolver.resolve(resolver, address)
        assert (quick.func, quick.kwargs, quick.args) == (slow.func, slow.kwargs, slow.args), address
        assert (quick.namespace, quick.app_names) == (slow.namespace, slow.app_names)


@pytest.mark.parametrize(
    "address",
    [
        "api/v1/events/*", "api/v1/events/*/register", "api/v1/nothing", "api/v1/events/x", "events",
        f"api/v1/events/{ID.upper()}", f"api/v1/events/{ID}/", f"api/v1/events/{ID}{ID}",
        f"api/v1/events/{ID}x/register",
    ],
)  # fmt: skip
def test_what_has_no_shape_is_not_there(address: str) -> None:
    with pytest.raises(Resolver404):
        by_shape().resolve(address)


def test_names_lead_back() -> None:
    assert reverse("api:openapi-json", urlconf="config.urls.tenant") == "/api/v1/openapi.json"
    assert get_resolver("config.urls.tenant").resolve("/api/v1/docs").url_name == "openapi-view"
