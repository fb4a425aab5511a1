"""Celery tasks that know whose data they touch, or do not run."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import celery
import structlog
from django.db import transaction
from django.utils.timezone import now

from kit import idempotency, requests, scope

# Of what is due sooner, a task is sent for that moment; the sweep finds the rest.
SOON = timedelta(seconds=60)


def enqueue(task: str, /, *, schema_name: str = "", seconds: float = 0, **given: Any) -> None:
    """Have a worker run a task, in the present schema or the one named, now or in so many seconds. Call after commit.

    Raises:
        kombu.exceptions.OperationalError: the broker does not answer.
    """
    told = {"schema_name": schema_name or scope.current(), **given}
    celery.current_app.send_task(task, kwargs=told, countdown=seconds or None, retry=False)


def enqueue_after_commit(task: str) -> None:
    """Have a worker run a task once the transaction stands. The sweep finds the work if the broker is away."""
    transaction.on_commit(partial(enqueue, task), robust=True)


def enqueue_if_due(task: str, due_at: datetime | None, *, at: datetime, within: timedelta = timedelta()) -> bool:
    """Have a worker run a task when something is due, if that is so or will be soon; tell whether it is."""
    if due_at is None or due_at > at + within:
        return False
    enqueue(task, seconds=max((due_at - at).total_seconds(), 0))
    return True


class ScopedTask(celery.Task):
    """A task that runs inside the schema named by its keyword argument `schema_name`, and refuses to run without.

    Raises:
        NoScope: `schema_name` is missing or empty.
    """

    abstract = True
    # Celery would check the arguments against the function's own, which never sees `schema_name`.
    typing = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Enter the schema, run, return to the one before."""
        schema_name = kwargs.pop("schema_name", None)
        if not schema_name or not isinstance(schema_name, str):
            msg = f"{self.name} was sent without schema_name"
            raise scope.NoScope(msg)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(task=self.name, tenant=schema_name)
        with scope.entered(schema_name):
            return super().__call__(*args, **kwargs)


@celery.shared_task(base=ScopedTask, name="kit.forget_answers", ignore_result=True)
def forget_answers() -> int:
    """Delete the answers of requests with an Idempotency-Key that were kept long enough."""
    return idempotency.forget_old(at=now())


@celery.shared_task(base=ScopedTask, name="kit.forget_requests", ignore_result=True)
def forget_requests() -> int:
    """Delete the log of partners' requests that was kept long enough."""
    return requests.forget_old(at=now())
