"""Celery tasks that know whose data they touch, or do not run."""

from typing import Any

import celery
import structlog
from django.utils.timezone import now

from kit import idempotency, requests, scope


def enqueue(task: str, /, *, schema_name: str = "", seconds: float = 0, **given: Any) -> None:
    """Have a worker run a task, in the present schema or the one named, now or in so many seconds. Call after commit.

    Raises:
        kombu.exceptions.OperationalError: the broker does not answer.
    """
    told = {"schema_name": schema_name or scope.current(), **given}
    celery.current_app.send_task(task, kwargs=told, countdown=seconds or None, retry=False)


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
