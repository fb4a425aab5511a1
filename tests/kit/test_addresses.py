"""Whose address a request comes from."""

from typing import Any

import pytest
from django.test import RequestFactory

from kit.addresses import client_of


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        ([], "192.0.2.1", "198.51.100.1", "192.0.2.1"),
        (["10.0.0.0/8"], "192.0.2.1", "198.51.100.1", "192.0.2.1"),
        (["10.0.0.0/8"], "10.0.0.1", "198.51.100.1", "198.51.100.1"),
        (["10.0.0.0/8"], "10.0.0.1", "198.51.100.66, 198.51.100.1", "198.51.100.1"),
        (["10.0.0.0/8"], "10.0.0.1", "198.51.100.66, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (["10.0.0.0/8"], "10.0.0.1", "", "10.0.0.1"),
        (["10.0.0.0/8"], "10.0.0.1", "made up, 10.0.0.2", "10.0.0.2"),
        (["10.0.0.0/8"], "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        (["10.0.0.0/8"], "::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        (["::1"], "::1", " 198.51.100.1 ", "198.51.100.1"),
        ([], "", "198.51.100.1", None),
    ],
)
def test_only_trusted_proxies_are_believed(
    settings: Any, trusted: list[str], peer: str, forwarded: str, client: str | None
) -> None:
    settings.TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"x-forwarded-for": forwarded})
    assert client_of(request) == client


def test_what_strangers_say_of_the_scheme_is_taken_out(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.1"]
    for peer, is_believed in (("192.0.2.1", False), ("10.0.0.1", True)):
        request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"x-forwarded-proto": "https"})
        client_of(request)
        assert ("HTTP_X_FORWARDED_PROTO" in request.META) == is_believed
