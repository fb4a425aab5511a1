"""Endpoints, what they are to be told, and telling them."""

from webhooks.services.delivering import deliver, deliver_if_due
from webhooks.services.endpoints import Made, add_endpoint, delete_endpoint, rotate_secret, update_endpoint
from webhooks.services.fanning import fan_out, forget_old, replay, replay_one
from webhooks.services.trying import try_endpoint

__all__ = [
    "Made", "add_endpoint", "delete_endpoint", "deliver", "deliver_if_due", "fan_out", "forget_old", "replay",
    "replay_one", "rotate_secret", "try_endpoint", "update_endpoint",
]  # fmt: skip
