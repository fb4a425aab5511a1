"""REST: who comes."""

from ninja import Router

from attendance.api import reading, registrations, tickets

# The busiest first.
routers: list[Router] = [registrations.router, tickets.router, reading.router]

__all__ = ["routers"]
