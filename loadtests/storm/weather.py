"""The storm itself: what is sent, who is killed, and what was heard in the end."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median

import redis
from django.conf import settings

from loadtests.storm.processes import Platform
from loadtests.storm.receiver import GONE, Flaky
from loadtests.storm.scene import Organization

# When of all entries such shares were accepted, the worker is killed, and Valkey flushed.
KILLS, FLUSH = (0.2, 0.4, 0.6), 0.5
CLOCK_SECONDS = 3.0
TRIES = 7
FAIR_SECONDS = 2.0
# A single entry that is not heard within these is not waited for.
UNHEARD_SECONDS = 60.0


@dataclass
class Told:
    """What came of it."""

    entries: int
    delivered: int = 0
    seconds: float = 0.0
    made_seconds: float = 0.0
    requests: int = 0
    duplicates: int = 0
    changed: int = 0
    # Signatures that were looked at, and those that were right.
    sampled: int = 0
    verified: int = 0
    kills: int = 0
    flushes: int = 0
    moved: int = 0
    is_given_up: bool = False
    single: list[float] = field(default_factory=list)
    waiting: tuple[int, int] = (0, 0)

    @property
    def faults(self) -> list[str]:
        """Say what must not be."""
        slow = median(self.single) if self.single else 0.0
        found = {
            f"{self.entries - self.delivered} entries were not delivered": self.delivered != self.entries,
            f"{self.changed} ids came with two bodies": self.changed,
            f"{self.sampled - self.verified} signatures were wrong": self.sampled != self.verified,
            "no signature was looked at": not self.sampled,
            "the endpoint that answered 410 was not given up": not self.is_given_up,
            f"a single entry was heard after {slow:.2f} s": slow >= FAIR_SECONDS,
        }
        return [what for what, is_so in found.items() if is_so]


class Storm:
    """A running platform, its organizations, and what is done to them."""

    def __init__(self, platform: Platform, flaky: Flaky, organizations: list[Organization], *, entries: int) -> None:
        """Take the scene; `entries` is how many there are in all."""
        self._platform, self._flaky, self._organizations = platform, flaky, organizations
        self.told = Told(entries)
        self._started = self._moved_at = time.monotonic()

    def _say(self, what: str) -> None:
        print(f"{time.monotonic() - self._started:7.1f} s  {what}", flush=True)

    def rage(self, *, seconds: float) -> None:
        """Have all entries made, and wait until they are delivered, or so long."""
        self._started = self._moved_at = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            making = pool.submit(self._make)
            while time.monotonic() - self._started < seconds and not (making.done() and self._is_over(making)):
                time.sleep(0.5)
                self._disturb()
                self._move_clock()
                self._verify()
        self._sum_up()

    def _make(self) -> None:
        share, rest = divmod(self.told.entries, len(self._organizations))
        for number, one in enumerate(self._organizations):
            one.make_events(share + (number < rest))
        self.told.made_seconds = time.monotonic() - self._started
        self._say(f"{self.told.entries:,} entries are made")

    def _taken(self) -> int:
        return sum(len(self._flaky.of(one.path).taken) for one in self._organizations)

    def _is_over(self, making: Future[None]) -> bool:
        """Tell whether everything was accepted, and the platform knows it. Raises what making raised."""
        making.result()
        return self._taken() >= self.told.entries and not any(one.waiting() for one in self._organizations)

    def _disturb(self) -> None:
        """Kill the worker and flush Valkey, when it is time."""
        told, taken = self.told, self._taken()
        if told.kills < len(KILLS) and taken >= self.told.entries * KILLS[told.kills]:
            self._platform.kill("webhooks")
            self._platform.start("webhooks")
            told.kills += 1
            self._say(f"{taken:,} accepted: the webhooks worker is killed, and another one started")
        if not told.flushes and taken >= self.told.entries * FLUSH:
            with redis.Redis.from_url(settings.REDIS_URL) as valkey:
                valkey.flushdb()
            told.flushes += 1
            self._say(f"{taken:,} accepted: Valkey is flushed")

    def _move_clock(self) -> None:
        if time.monotonic() < self._moved_at + CLOCK_SECONDS:
            return
        self._moved_at = time.monotonic()
        if moved := sum(one.move_clock() for one in self._organizations):
            self.told.moved += moved
            self._say(f"{self._taken():,} accepted; the clock of {moved} that wait for later attempts is moved")

    def _verify(self) -> None:
        of_path = {one.path: one for one in self._organizations}
        while self._flaky.samples:
            request = self._flaky.samples.popleft()
            if request.path != GONE:
                self.told.sampled += 1
                self.told.verified += of_path[request.path].has_signed(request)

    def _sum_up(self) -> None:
        """Compare what was accepted with what there is to be heard, by their ids."""
        told = self.told
        told.seconds = time.monotonic() - self._started
        for one in self._organizations:
            heard = self._flaky.of(one.path)
            told.delivered += len(one.entries() & heard.taken)
            told.requests += heard.requests
            told.duplicates += sum(webhook.again for webhook in heard.webhooks.values())
            told.changed += sum(webhook.is_changed for webhook in heard.webhooks.values())
        self._say(f"{told.delivered:,} of {told.entries:,} are delivered")

    def look_for(self, endpoint_id: str) -> None:
        """Ask the first organization whether its endpoint that is gone was given up."""
        self._organizations[0].log_in()
        self.told.is_given_up = self._organizations[0].is_given_up(endpoint_id)

    def be_fair(self) -> None:
        """Measure after how long a single entry is heard while another organization has many waiting."""
        crowd, single = self._organizations[:2]
        for one in (crowd, single):
            one.log_in()
        crowd.make_events(self.told.entries)
        before = self.told.entries - self._accepted_beyond(crowd)
        for _ in range(TRIES):
            self.told.single.append(self._heard_after(single))
            time.sleep(0.5)
        self.told.waiting = before, crowd.waiting()

    def _accepted_beyond(self, one: Organization) -> int:
        share = -(-self.told.entries // len(self._organizations))
        return max(len(self._flaky.of(one.path).taken) - share, 0)

    def _heard_after(self, one: Organization) -> float:
        """Make a single entry; give the seconds from asking for it until the receiver hears it the first time."""
        webhooks = self._flaky.of(one.path).webhooks
        before, started = len(webhooks), time.monotonic()
        one.make_events(1)
        _until(lambda: len(webhooks) > before, seconds=UNHEARD_SECONDS)
        return time.monotonic() - started


def _until(is_so: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.005)
