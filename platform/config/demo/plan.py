"""The shape of the demonstration data: what an organization's texts fill in."""

from dataclasses import dataclass, field

from catalog.rules import Admission, Status


@dataclass(frozen=True, slots=True)
class Place:
    """A venue with its rooms."""

    name: str
    city: str
    latitude: float
    longitude: float
    rooms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventPlan:
    """An event: `day` is its start, in days from the planting; `places` indexes the organization's."""

    name: str
    description: str
    category: str
    status: Status
    day: int
    place: int
    capacity: int
    registered: int
    titles: tuple[str, ...]
    admission: Admission = Admission.EVENT
    has_waitlist: bool = False
    resources: str = ""


@dataclass(frozen=True, slots=True)
class OrganizationPlan:
    """An organization and all its texts."""

    slug: str
    name: str
    locale: str
    timezone: str
    access_code: str
    affiliations: tuple[str, ...]
    bio: str
    speakers: tuple[str, ...]
    given_names: tuple[str, ...]
    family_names: tuple[str, ...]
    places: tuple[Place, ...]
    plan: str
    limits: dict[str, int] = field(default_factory=dict)
    events: tuple[EventPlan, ...] = field(default_factory=tuple)
