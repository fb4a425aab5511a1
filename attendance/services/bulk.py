"""Registering many people in one call: one statement for all of them, the capacity exact."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from attendance.services import registering, seating
from attendance.services.seating import Ask, Attendee, Found
from kit.actor import Actor
from kit.errors import Refusal
from kit.many import Outcome


@dataclass(frozen=True, slots=True)
class Item:
    """Somebody to register."""

    event_id: UUID
    session_id: UUID | None
    attendee: Attendee


def register_many(
    items: Sequence[Item | Refusal], *, is_atomic: bool, is_dry: bool = False, by: Actor, at: datetime
) -> list[Outcome]:
    """Register people in their order: all or none if `is_atomic`, else whoever can be. A dry run writes nothing.

    Whoever is registered already is found, and takes no second seat; so is whoever comes twice. An item may be the
    refusal to read it.
    """
    plan = _Plan(items, by=by, at=at)
    with transaction.atomic():
        found = dict[int, Found]()
        for part in plan.parts():
            found |= dict(zip(part, seating.take_seats(list(part.values())), strict=True))
        outcomes = [plan.outcome(number, found) for number in range(len(items))]
        is_lost = is_atomic and any(outcome.refusal for outcome in outcomes)
        if is_dry or is_lost:
            transaction.set_rollback(True)
    # What was sound is skipped where others were not, but for whoever was registered before.
    return [Outcome() if is_lost and not outcome.refusal and not outcome.is_found else outcome for outcome in outcomes]


class _Plan:
    """Who asks for which seat, by the number of the item; each attendee once a pool."""

    def __init__(self, items: Sequence[Item | Refusal], *, by: Actor, at: datetime) -> None:
        self._by = by
        self._refusals: dict[int, Refusal] = {}
        # Items that name somebody whom an earlier one names for the same seats.
        self._same: dict[int, int] = {}
        self.asks: dict[int, Ask] = {}
        first: dict[tuple[UUID, str], int] = {}
        rights: dict[UUID, Refusal | None] = {}
        for number, item in enumerate(items):
            if isinstance(item, Refusal):
                self._refusals[number] = item
                continue
            if (refusal := self._right(item, rights)) is not None:
                self._refusals[number] = refusal
                continue
            ask = seating.ask(
                item.attendee, event_id=item.event_id, session_id=item.session_id,
                by=by, at=at,
            )  # fmt: skip
            same = first.setdefault((ask["pool_id"], ask["email"]), number)
            if same == number:
                self.asks[number] = ask
            else:
                self._same[number] = same

    def parts(self) -> Iterator[dict[int, Ask]]:
        """Cut what is asked for, in its order, wherever somebody asks for other seats again."""
        part, emails = dict[int, Ask](), set[str]()
        for number, ask in self.asks.items():
            if ask["email"] in emails:
                yield part
                part, emails = {}, set()
            part[number] = ask
            emails.add(ask["email"])
        if part:
            yield part

    def _right(self, item: Item, rights: dict[UUID, Refusal | None]) -> Refusal | None:
        """Ask once an event whether it is the caller's to look after."""
        if item.event_id not in rights:
            rights[item.event_id] = None
            try:
                registering.check_right(item.attendee, event_id=item.event_id, by=self._by)
            except Refusal as refusal:
                rights[item.event_id] = refusal
        return rights[item.event_id]

    def outcome(self, number: int, found: dict[int, Found]) -> Outcome:
        """Tell what became of an item."""
        if number in self._refusals:
            return Outcome(refusal=self._refusals[number])
        first = self._same.get(number, number)
        ask, one = self.asks[first], found[first]
        if one.status is not None:
            more = {"registration_status": one.status, "waitlist_position": one.position}
            return Outcome(ask["id"], is_found=first != number, more=more)
        if one.existing_id is not None:
            return Outcome(one.existing_id, is_found=True)
        try:
            return Outcome(refusal=next(registering.against(ask, one, by=self._by)))
        except Refusal as refusal:
            return Outcome(refusal=refusal)
