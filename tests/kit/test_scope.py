"""No scope, no work."""

import pytest
from django.core.cache import cache

from journal.tasks import dispatch
from kit import scope
from kit.cache import scoped_key, unscoped_key
from tenants.models import Organization


def test_cache_keys_carry_the_scope(acme: Organization, globex: Organization) -> None:
    cache.set("greeting", "from acme")
    with scope.entered(globex.schema_name):
        assert cache.get("greeting") is None
        cache.set("greeting", "from globex")
    assert cache.get("greeting") == "from acme"


def test_shared_keys_say_so(acme: Organization, globex: Organization) -> None:
    cache.set("shared:greeting", "for all")
    with scope.entered(globex.schema_name):
        assert cache.get("shared:greeting") == "for all"


def test_a_key_can_be_read_back(acme: Organization) -> None:
    assert unscoped_key(scoped_key("a:b:c", "aforo", 1)) == "a:b:c"


def test_without_a_scope_a_key_is_refused(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(scope.connection.own, "schema_name", None)
        with pytest.raises(scope.NoScope):
            scoped_key("greeting", "aforo", 1)


@pytest.mark.parametrize("kwargs", [{}, {"schema_name": ""}, {"schema_name": None}, {"schema_name": 7}])
def test_a_task_without_a_schema_refuses(acme: Organization, kwargs: dict[str, object]) -> None:
    with pytest.raises(scope.NoScope):
        dispatch(**kwargs)


def test_a_task_works_in_its_schema_and_leaves_it(acme: Organization, globex: Organization) -> None:
    dispatch(schema_name=globex.schema_name)
    assert scope.current() == acme.schema_name
