"""Events and sessions as iCalendar (RFC 5545)."""

from collections.abc import Iterable
from typing import Any

from icalendar import Calendar
from icalendar import Event as Entry

from catalog.rules import Status

CONTENT_TYPE = "text/calendar; charset=utf-8"
_STATUS = {Status.CANCELLED: "CANCELLED", Status.SUSPENDED: "TENTATIVE", Status.TEASER: "TENTATIVE"}


def calendar(events: Iterable[dict[str, Any]], *, name: str) -> bytes:
    """Write events, and the sessions that were expanded in them, as one calendar. Versions are its sequence numbers."""
    made = _empty(name)
    for event in events:
        made.add_component(_entry(event, summary=event["name"], place=event["place"]))
        for session in event.get("sessions", ()):
            made.add_component(_of_session(session, event))
    return _written(made)


def calendar_of_session(session: dict[str, Any], event: dict[str, Any], *, name: str) -> bytes:
    """Write one session of an event as a calendar."""
    made = _empty(name)
    made.add_component(_of_session(session, event))
    return _written(made)


def _empty(name: str) -> Calendar:
    made = Calendar()
    made.add("prodid", "-//Aforo//Aforo 1.0//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", " ".join(name.split()))
    return made


def _written(made: Calendar) -> bytes:
    body: bytes = made.to_ical()
    return body


def _of_session(session: dict[str, Any], event: dict[str, Any]) -> Entry:
    place = ", ".join(part for part in (session["room"], event["place"]) if part)
    return _entry(session, summary=f"{event['name']}: {session['title']}", place=place)


def _entry(row: dict[str, Any], *, summary: str, place: str) -> Entry:
    entry = Entry()
    entry.add("uid", f"{row['id']}@aforo")
    entry.add("dtstamp", row["updated_at"])
    entry.add("created", row["created_at"])
    entry.add("last-modified", row["updated_at"])
    entry.add("sequence", row["version"])
    entry.add("dtstart", row["starts_at"])
    entry.add("dtend", row["ends_at"])
    entry.add("summary", summary)
    entry.add("status", _STATUS.get(row["status"], "CONFIRMED"))
    for field, value in (
        ("location", place),
        ("description", row.get("description") or row["resources"]),
        ("categories", [row["category"]] if row.get("category") else None),
    ):
        if value:
            entry.add(field, value)
    if row.get("latitude") is not None and row.get("longitude") is not None:
        entry.add("geo", (row["latitude"], row["longitude"]))
    return entry
