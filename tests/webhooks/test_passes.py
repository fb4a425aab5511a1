"""A pass among slow answers: what is late is no failure behind the others, and the next pass need not wait."""

import time
from typing import Any

import pytest
from celery import current_app

from journal import services as journal
from kit import scope, turns
from kit.turns import turn
from tenants.models import Organization
from tests.factories import make_event
from tests.webhooks.conftest import Endpoints
from tests.webhooks.receiver import Heard, Receiver
from webhooks.models import Delivery, Endpoint
from webhooks.rules import THRESHOLD
from webhooks.services import deliver, delivering

pytestmark = pytest.mark.usefixtures("all_settled")

SLOW = THRESHOLD + 2


def due(count: int) -> None:
    for _ in range(count):
        make_event()
    journal.dispatch()


def test_slow_failures_do_not_count_against_an_endpoint_that_takes_others_meanwhile(
    acme: Organization, receiver: Receiver, endpoint: Endpoints
) -> None:
    def answers(_: Heard) -> tuple[int, dict[str, str], bytes]:
        if (number := len(receiver.heard)) > SLOW:
            return 200, {}, b""
        # One behind the other, so that each is written down by itself.
        time.sleep(0.3 + number * 0.05)
        return 500, {}, b""

    receiver.answers = answers
    endpoint(event_types=["event.created"])
    due(3 * SLOW)
    deliver()
    assert Delivery.objects.filter(status="pending", attempts=1).count() == SLOW
    assert Endpoint.objects.values_list("failures", "resting_until").get() == (0, None)


def test_failures_that_begin_after_the_last_success_count(
    acme: Organization, receiver: Receiver, endpoint: Endpoints
) -> None:
    receiver.answers = lambda _: (200 if len(receiver.heard) == 1 else 500, {}, b"")
    endpoint(event_types=["event.created"])
    due(delivering.EACH + 2 * SLOW)
    deliver()
    assert Endpoint.objects.get().failures >= THRESHOLD


@pytest.mark.parametrize("is_broken", [False, True])
def test_while_a_pass_waits_for_what_is_slow_another_is_sent_for(
    acme: Organization,
    receiver: Receiver,
    endpoint: Endpoints,
    sent: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_broken: bool,
) -> None:
    seen: list[Any] = []

    def answers(_: Heard) -> tuple[int, dict[str, str], bytes]:
        time.sleep(1)
        seen.append(list(sent))
        return 200, {}, b""

    def broken(*_: Any, **__: Any) -> None:
        raise ConnectionError("the broker is gone")

    receiver.answers = answers
    endpoint(event_types=["event.created"])
    due(delivering.EACH + 1)
    sent.clear()
    monkeypatch.setattr(delivering, "PASS_SECONDS", 0.1)
    if is_broken:
        monkeypatch.setattr(current_app, "send_task", broken)
        with pytest.raises(ConnectionError):
            deliver()
    else:
        assert deliver() == delivering.EACH
    assert Delivery.objects.filter(status="delivered").count() == delivering.EACH
    assert seen[-1] == ([] if is_broken else [("webhooks.deliver", {"schema_name": acme.schema_name})])


def test_an_organization_has_one_pass_that_claims_and_two_that_wait(
    acme: Organization, receiver: Receiver, endpoint: Endpoints
) -> None:
    endpoint(event_types=["event.created"])
    due(1)
    name, most = "webhooks.deliver", delivering.PASSES
    with turn(name, of=most) as first:
        assert first
        assert deliver() == 0
        first.is_open = False
        with turn(name, of=most) as second, scope.entered("public"), turn(name) as other:
            assert second
            assert other, "other organizations have turns of their own"
            second.is_open = False
            with scope.entered(acme.schema_name), turn(name, of=most) as third:
                assert third
                third.is_open = False
                assert deliver() == 0
    assert not turns._turns
    assert deliver() == 1
