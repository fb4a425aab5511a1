"""REST: events, sessions, and what they are planned with."""

from ninja import Router

from catalog.api import events, exchange, named, sessions

# In the order of the documentation. What has a fixed address comes before what takes an id.
routers: list[Router] = [exchange.router, events.router, sessions.router, *named.routers]

__all__ = ["routers"]
