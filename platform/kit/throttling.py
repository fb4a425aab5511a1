"""Rate limits: how much one credential, or one address, may ask for in a minute. Counted by django-ratelimit in Valkey.

`request.limits` says how much of each class, and whoever resolves a caller says who it is (`count`). Answers carry what
is left in the fields of the IETF's draft (draft-ietf-httpapi-ratelimit-headers-10); an answer that the caller has
already (304) costs nothing. While Valkey is away nobody is counted: who is known passes, and so does reading.
"""

import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from django_ratelimit.core import get_usage

from kit import counters, gate, scope
from kit.actor import Actor
from kit.errors import Refusal, Unavailable
from kit.gate import MINUTE, Class, class_of, too_many
from kit.middleware import Request

# A household or a server of IPv6 has 64 bits of addresses to itself.
IPV6_PREFIX = 64
REDUCED = 10
# Whoever asks for much is counted several at once: a process takes a two-hundredth of what was counted, and gives
# it out without asking. Each number is given out once, so nobody passes a limit; what a process took and nobody there
# asked for is lost to its caller.
AT_ONCE = 200
MAX_STOCKS = 10_000

type Limits = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Usage:
    """What has been used of a limit. `resets_in` is seconds."""

    limit: int
    used: int
    resets_in: int

    @property
    def remaining(self) -> int:
        """Tell what is left."""
        return max(self.limit - self.used, 0)


@dataclass(slots=True)
class Quota:
    """One caller's quota for the class of one request, as it is known so far."""

    of: Class
    whose: str
    limit: int
    usage: Usage | None
    is_counted: bool
    refusal: Refusal | None = None

    def tell(self, response: HttpResponseBase) -> None:
        """Write into an answer what is left, having counted it if that waited for the answer."""
        if self.usage is None:
            return
        if not self.is_counted and response.status_code != HTTPStatus.NOT_MODIFIED:
            self.is_counted = True
            self.usage = used(self.of, self.whose, limit=self.limit, counts=True) or self.usage
        for name, value in gate.fields(
            self.limit, remaining=self.usage.remaining, seconds=self.usage.resets_in
        ).items():
            response[name] = value


@dataclass(slots=True)
class _Stock:
    """Numbers of a counter that this process took at once and has not given out; good until the counter's end nears."""

    until: float
    last: int = 0
    numbers: list[int] = field(default_factory=list)


_stocks: dict[tuple[str, str, str, int], _Stock] = {}


def forget_all() -> None:
    """Forget what was taken at once."""
    _stocks.clear()


# Mails that somebody asked for, to one address: nobody's mailbox is filled from here.
MAX_MAILS, MAIL_SECONDS = 3, 3_600


def is_mailed_too_often(of: str, email: str, *, most: int = MAX_MAILS) -> bool:
    """Count a mail of a kind that somebody asked for, and tell whether it is one too many to its recipient."""
    usage = used(of, opaque(email), limit=most, seconds=MAIL_SECONDS, counts=True)
    return usage is not None and usage.used > usage.limit


def used(of: str, whose: str, *, limit: int, seconds: int = MINUTE, counts: bool = False) -> Usage | None:
    """Tell what somebody has used, having counted one more if asked; nothing while Valkey is away."""
    if not counts:
        return _asked(of, whose, limit, seconds, counts=False)
    name, present = (scope.current(), of, whose, seconds), time.monotonic()
    stock = _stocks.get(name)
    if stock is None or stock.until <= present:
        stock = _Stock(until=present)
    with suppress(IndexError):
        return Usage(limit, stock.numbers.pop(), math.ceil(stock.until - present) + 1)
    size = 1 + stock.last // AT_ONCE
    with counters.at_once(size):
        usage = _asked(of, whose, limit, seconds, counts=True)
    if usage is None:
        return None
    # A counter that has only just begun counted one.
    first = usage.used - size + 1 if usage.used >= size else usage.used
    # Told in whole seconds: in the last of them each is counted by itself.
    stock.until, stock.last = present + usage.resets_in - 1, usage.used
    stock.numbers += range(usage.used, first, -1)
    if len(_stocks) >= MAX_STOCKS:
        _stocks.clear()
    _stocks[name] = stock
    return Usage(limit, first, usage.resets_in)


def _asked(of: str, whose: str, limit: int, seconds: int, *, counts: bool) -> Usage | None:
    told: dict[str, Any] | None = get_usage(
        None, group=of, key=lambda *_: whose, rate=(limit, seconds), increment=counts
    )
    if told is None or told["time_left"] < 0:
        return None
    return Usage(limit, told["count"], told["time_left"])


def of_address(request: Request) -> str:
    """Name the address of a request for counting."""
    if not request.address:
        return "address:none"
    network = ip_network(request.address)
    return f"address:{network.supernet(new_prefix=IPV6_PREFIX) if network.version == 6 else request.address}"  # noqa: PLR2004 - IPv6


def credential(by: Actor) -> str:
    """Name a known caller for counting."""
    return f"{by.kind}:{by.id}"


def opaque(text: str) -> str:
    """Name what must not be read in Valkey."""
    return sha256(text.encode()).hexdigest()[:32]


def count(request: Request, whose: str, *, is_known: bool, rate_class: str = "", of: Class | None = None) -> None:
    """Count a request for its caller. One request is counted once, however many ask.

    Raises:
        TooManyRequests: the quota is used up.
        Unavailable: nobody can be counted now, and this caller would write unknown.
    """
    limits: Limits | None = getattr(request, "limits", None)
    if not settings.RATE_LIMITS or limits is None:
        return
    quota: Quota | None = getattr(request, "quota", None)
    if quota is None:
        quota = request.quota = _quota(request, whose, limits, of=of or class_of(request.META), rate_class=rate_class)
        quota.refusal = _refusal(quota, is_known=is_known)
        if quota.usage is not None and quota.refusal is not None and of is None:
            gate.shut(request.META, quota.of, limit=quota.limit, seconds=max(quota.usage.resets_in, 1))
    if quota.refusal is not None:
        raise quota.refusal


def _quota(request: Request, whose: str, limits: Limits, *, of: Class, rate_class: str) -> Quota:
    limit = limit_of(limits, of, rate_class)
    # Whoever may be told that nothing is new is counted when the answer is known.
    is_counted = "HTTP_IF_NONE_MATCH" not in request.META
    return Quota(of, whose, limit, used(of, whose, limit=limit, counts=is_counted), is_counted)


def _refusal(quota: Quota, *, is_known: bool) -> Refusal | None:
    usage = quota.usage
    if usage is None:
        passes = is_known or quota.of in (Class.READ, Class.SEARCH)
        return None if passes else Unavailable("Requests cannot be counted right now; whoever is known may go on")
    if usage.used < usage.limit or (quota.is_counted and usage.used == usage.limit):
        return None
    quota.is_counted = True
    return too_many(usage.limit, seconds=usage.resets_in)


def limit_of(limits: Limits, of: Class, rate_class: str = "") -> int:
    """Tell how many requests of a class a caller has in a minute."""
    return max(limits[of] // REDUCED, 1) if rate_class == "reduced" else limits[of]
