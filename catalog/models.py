"""The catalogue's tables."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, Q

from catalog.rules import MAX_CAPACITY, Admission, Life, Stage, Status
from kit.ids import new_id
from kit.models import DeletableRow

_STAGES = [(stage.value, stage.value) for stage in Stage]
HTTP_URL = URLValidator(schemes=["http", "https"])


class SeatPool(models.Model):
    """The seats of one event or session, and all that decides whether one may be taken.

    One narrow row, so that taking a seat is one statement on one row. It has the id of the event or session
    that it belongs to. The catalogue writes what is offered; attendance counts what is taken.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event_id = models.UUIDField()
    capacity = models.PositiveIntegerField()
    has_waitlist = models.BooleanField(default=False)
    is_open = models.BooleanField(default=False)
    closes_at = models.DateTimeField()
    access_code = models.CharField(max_length=50, null=True)  # noqa: DJ001 - none is not the empty code
    # When it begins, if nobody may hold a seat of another pool at that time: of sessions.
    starts_at = models.DateTimeField(null=True)
    seats_taken = models.PositiveIntegerField(default=0)
    # How many wait, and the number that the latest of them got, which only grows.
    waiting = models.PositiveIntegerField(default=0, db_default=0)
    waitlist_tail = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(seats_taken__gte=0, seats_taken__lte=F("capacity")), name="seats_taken_within_capacity"
            ),
            models.CheckConstraint(condition=Q(capacity__lte=MAX_CAPACITY), name="capacity_within_reason"),
        ]
        indexes: ClassVar = [models.Index(fields=["event_id"], name="seatpool_event")]

    def __str__(self) -> str:
        return f"{self.seats_taken} of {self.capacity}"

    @property
    def seats_left(self) -> int:
        """Count the free seats."""
        return self.capacity - self.seats_taken


class Named(DeletableRow):
    """A plain thing with a name, that events and sessions are planned with."""

    name = models.CharField(max_length=200)

    class Meta:
        abstract = True


class Category(Named):
    """What sort of event it is, in the organization's own words."""

    class Meta:
        verbose_name_plural = "categories"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], condition=Q(deleted_at=None), name="one_category_of_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Venue(Named):
    """A building or site that has rooms."""

    address = models.CharField(max_length=500, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], condition=Q(deleted_at=None), name="one_venue_of_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Room(Named):
    """A room, of a venue or by itself. Two sessions never share one at a time."""

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, null=True, blank=True, related_name="rooms")
    capacity = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["venue", "name"],
                condition=Q(deleted_at=None),
                nulls_distinct=False,
                name="one_room_of_a_name_in_a_venue",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.venue}, {self.name}" if self.venue else self.name


class Speaker(Named):
    """Who speaks at sessions, at one at a time."""

    affiliation = models.CharField(max_length=200, blank=True)
    bio = models.TextField(blank=True)
    image_url = models.CharField(max_length=2_000, blank=True, default="", db_default="", validators=[HTTP_URL])

    def __str__(self) -> str:
        return self.name


class Staged(DeletableRow):
    """What events and sessions share: a span of time and a life."""

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    resources = models.TextField(blank=True)
    stage = models.CharField(max_length=10, choices=_STAGES, default=Stage.DRAFT, editable=False)
    suspended_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    pool = models.OneToOneField(SeatPool, on_delete=models.PROTECT, editable=False, related_name="+")

    class Meta:
        abstract = True

    @property
    def own_life(self) -> Life:
        """Give the facts that decide the status, as far as this row holds them."""
        return Life(
            stage=Stage(self.stage),
            is_suspended=self.suspended_at is not None,
            is_cancelled=self.cancelled_at is not None,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
        )


class Event(Staged):
    """Something people attend."""

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True)
    place = models.CharField(max_length=500, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    image_url = models.CharField(max_length=2_000, blank=True, validators=[HTTP_URL])
    admission = models.CharField(
        max_length=10, choices=[(admission.value, admission.value) for admission in Admission], default=Admission.EVENT
    )
    has_waitlist = models.BooleanField(default=False)
    access_code = models.CharField(max_length=50, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    coordinators = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="coordinated_events")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="event_ends_after_start"),
            models.CheckConstraint(condition=Q(pool_id=F("id")), name="event_pool_has_its_id"),
            models.CheckConstraint(condition=Q(stage__in=list(Stage)), name="event_stage_is_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["starts_at", "id"], condition=Q(deleted_at=None), name="event_agenda"),
            models.Index(fields=["updated_at", "id"], name="event_changes"),
        ]

    def __str__(self) -> str:
        return self.name

    # Capacity and seats taken of the sessions together, where a selector counted them.
    session_seats: tuple[int, int] | None = None

    @property
    def capacity(self) -> int:
        """Count the seats: the event's own, or its sessions' together, as its admission says."""
        return self.session_seats[0] if self.session_seats else self.pool.capacity

    @property
    def seats_taken(self) -> int:
        """Count the seats taken, of the same."""
        return self.session_seats[1] if self.session_seats else self.pool.seats_taken

    @property
    def seats_left(self) -> int:
        """Count the free seats."""
        return self.capacity - self.seats_taken

    @property
    def life(self) -> Life:
        """Give the facts that decide the status."""
        return self.own_life

    def status(self, *, at: datetime) -> Status:
        """Tell the status at a moment."""
        return self.life.status(at=at)


class Session(Staged):
    """A part of an event with a title, a time and a room."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="sessions")
    title = models.CharField(max_length=200)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, blank=True)
    speakers = models.ManyToManyField(Speaker, blank=True)
    presenter = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_start"),
            models.CheckConstraint(condition=Q(pool_id=F("id")), name="session_pool_has_its_id"),
            models.CheckConstraint(condition=Q(stage__in=list(Stage)), name="session_stage_is_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["event", "starts_at", "id"], condition=Q(deleted_at=None), name="session_agenda"),
            models.Index(fields=["updated_at", "id"], name="session_changes"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def life(self) -> Life:
        """Give the facts that decide the status, the event's among them."""
        return self.own_life.within(self.event.life)

    def status(self, *, at: datetime) -> Status:
        """Tell the status at a moment."""
        return self.life.status(at=at)


class Booking(models.Model):
    """A room or a speaker, held for the time of a session that stands: neither deleted nor cancelled.

    Ids are unique over all tables, so one exclusion constraint guards rooms and speakers alike. It is written
    in SQL (migration 0003): `EXCLUDE USING gist` over the resource and the span of time, end excluded.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="bookings")
    resource_id = models.UUIDField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.resource_id} from {self.starts_at} to {self.ends_at}"


class VectorField(models.Field):  # type: ignore[type-arg] # it is never read into Python
    """A `tsvector`, written and matched in SQL alone."""

    def db_type(self, connection: object) -> str:  # noqa: ARG002 - Django's signature
        """Name the column's type."""
        return "tsvector"


class EventText(models.Model):
    """What is searched of an event, folded: without case and accents."""

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True, related_name="+")
    # The name as it sorts.
    name_key = models.TextField()
    vector = VectorField()
    # Who may find it, so that a search looks nowhere else: anyone, or staff while it is not deleted.
    is_public = models.BooleanField()
    is_listed = models.BooleanField()

    class Meta:
        indexes: ClassVar = [GinIndex(fields=["vector"], name="event_text_vector")]

    def __str__(self) -> str:
        return self.name_key
