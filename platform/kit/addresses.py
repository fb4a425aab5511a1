"""Whose address a request comes from: the one place that knows of proxies."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network


@lru_cache(maxsize=10_000)
def network(text: str) -> Network:
    """Read an address or a network in CIDR notation (RFC 4632).

    Raises:
        ValueError: it is neither, or has bits set behind its mask.
    """
    return ip_network(text.strip())


@lru_cache(maxsize=10_000)
def _read(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    # A dual-stack socket shows callers of IPv4 as addresses of IPv6.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def lies_in(address: str | None, networks: Iterable[str]) -> bool:
    """Tell whether an address lies in one of the networks."""
    read = _read(address or "")
    return read is not None and any(read in network(one) for one in networks)


def client_of(request: HttpRequest) -> str | None:
    """Tell the address of whoever sent the request; nothing if it came by a local socket.

    Proxies are believed if they are listed in TRUSTED_PROXIES: the client is the last address of `X-Forwarded-For`
    that is none of them. What anybody else says in the headers of proxies is taken out of the request.
    """
    peer = request.META.get("REMOTE_ADDR") or ""
    trusted: list[str] = settings.TRUSTED_PROXIES
    if not trusted or not lies_in(peer, trusted):
        request.META.pop("HTTP_X_FORWARDED_FOR", None)
        request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        return _told(peer)
    client = peer
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if _read(hop) is None:
            break
        client = hop
        if not lies_in(hop, trusted):
            break
    return _told(client)


def _told(text: str) -> str | None:
    address = _read(text)
    return str(address) if address else None
