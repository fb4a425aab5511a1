"""Whatever a test of attendance did: every counter equals its rows afterwards."""

from collections.abc import Iterator

import pytest

from attendance import selectors
from tenants.models import Organization


@pytest.fixture(autouse=True)
def _nothing_drifts(request: pytest.FixtureRequest) -> Iterator[None]:
    acme: Organization | None = request.getfixturevalue("acme") if "acme" in request.fixturenames else None
    yield
    if acme is not None:
        assert selectors.drift() == []
