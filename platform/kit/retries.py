"""When what failed is tried again."""

from datetime import datetime, timedelta
from typing import Final

# Standard Webhooks 1.0. Seconds from one attempt to the next, the first at once.
DELAYS: Final = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
MAX_DELAY = timedelta(hours=24)
# Spreads attempts that failed together: up to a tenth of the delay is added.
JITTER = 0.1


def next_attempt(attempts: int, *, at: datetime, drawn: float, retry_after: int | None = None) -> datetime | None:
    """Tell when to try again after so many attempts, or not at all.

    `drawn` is a number from 0 to 1, `retry_after` how many seconds the other end asks to be left alone for.
    """
    if attempts >= len(DELAYS):
        return None
    delay = timedelta(seconds=DELAYS[attempts] * (1 + JITTER * drawn))
    if retry_after is not None:
        delay = max(delay, min(timedelta(seconds=retry_after), MAX_DELAY))
    return at + delay
