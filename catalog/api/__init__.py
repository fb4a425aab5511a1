"""REST: events, sessions, and what they are planned with."""

from ninja import Router

from catalog.api import events, exchange, named, sessions

# The busiest first.
routers: list[Router] = [events.router, sessions.router, exchange.router, *named.routers]

__all__ = ["routers"]
