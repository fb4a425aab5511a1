from collections.abc import Callable, Iterator
from typing import Any

import pytest

from journal import services as journal
from kit.actor import SYSTEM
from tests.factories import NOW
from tests.webhooks.receiver import Receiver
from webhooks.services import Made, add_endpoint

type Endpoints = Callable[..., Made]


@pytest.fixture(autouse=True)
def _loopback_is_allowed(settings: Any) -> None:
    settings.EGRESS_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def endpoint(receiver: Receiver) -> Endpoints:
    """Add an endpoint that leads to the receiver, by the fields given. What happened before is not its business."""

    def make(**fields: Any) -> Made:
        journal.dispatch()
        return add_endpoint(fields={"url": receiver.url, **fields}, by=SYSTEM, at=NOW)

    return make
