"""What a new contract breaks of an old one: what callers do today and could not do, or would not find, tomorrow."""

from collections.abc import Iterable, Iterator
from typing import Any

type Json = dict[str, Any]

_JSON = "application/json"
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")


def breaks(old: Json, new: Json) -> list[str]:
    """Name each break: operations, parameters, members, values and event types that were there or were not asked for.

    What may be sent may grow and must not shrink; what is answered may grow and must not lose a member.
    """
    return [*_operations(old, new), *_webhooks(old, new)]


def _webhooks(old: Json, new: Json) -> Iterator[str]:
    """Name what was sent and is not now: whoever hears a webhook reads it as one reads an answer."""
    for name, webhook in old.get("webhooks", {}).items():
        if name not in new.get("webhooks", {}):
            yield f"webhook {name}: gone"
            continue
        said, says = (_body(one["post"]["requestBody"]) for one in (webhook, new["webhooks"][name]))
        if said is not None:
            lost = ["sends no JSON"] if says is None else _poorer(said, says, old, new, "body")
            yield from (f"webhook {name}: {what}" for what in lost)


def _operations(old: Json, new: Json) -> Iterator[str]:
    for path, methods in old["paths"].items():
        for method, operation in methods.items():
            place, present = f"{method.upper()} {path}", new["paths"].get(path, {}).get(method)
            if present is None:
                yield f"{place}: gone"
                continue
            for what in _operation(operation, present, old, new):
                yield f"{place}: {what}"


def _operation(old: Json, new: Json, olds: Json, news: Json) -> Iterator[str]:
    if old["operationId"] != new["operationId"]:
        yield f"named {new['operationId']} instead of {old['operationId']}"
    yield from _asked(_parameters(old), _parameters(new), olds, news)
    taken, takes = _body(old.get("requestBody", {})), _body(new.get("requestBody", {}))
    if takes is not None and taken is None:
        yield "a body is asked for"
    if takes is not None and taken is not None:
        yield from _narrower(taken, takes, olds, news, "body")
    for status, answer in old["responses"].items():
        if status.startswith("2") and status not in new["responses"]:
            yield f"does not answer {status} any longer"
        elif status.startswith("2") and (given := _body(answer)) is not None:
            gives = _body(new["responses"][status])
            yield from ["answers no JSON"] if gives is None else _poorer(given, gives, olds, news, "answer")
    scopes, left = _scopes(old), _scopes(new)
    if gone := sorted(scopes - left):
        yield f"not granted to {', '.join(gone)} any longer"


def _asked(before: dict[str, Json], after: dict[str, Json], olds: Json, news: Json) -> Iterator[str]:
    for name, parameter in before.items():
        if name not in after:
            yield f"parameter {name} is gone"
        else:
            yield from _narrower(parameter["schema"], after[name]["schema"], olds, news, f"parameter {name}")
    for name, parameter in after.items():
        if parameter.get("required") and not before.get(name, {}).get("required"):
            yield f"parameter {name} is required"


def _parameters(operation: Json) -> dict[str, Json]:
    return {one["name"]: one for one in operation.get("parameters", ())}


def _body(holder: Json) -> Json | None:
    schema: Json | None = holder.get("content", {}).get(_JSON, {}).get("schema")
    return schema


def _scopes(operation: Json) -> set[str]:
    named = [scope for way in operation.get("security", ()) for scopes in way.values() for scope in scopes]
    return {*named, *(["strangers"] if {} in operation.get("security", ()) else [])}


def _resolved(schema: Json, document: Json) -> Json:
    """Write a schema out, with what it is made of."""
    named = document["components"]["schemas"]
    parts = [named[schema["$ref"].rpartition("/")[2]]] if "$ref" in schema else schema.get("allOf", [])
    whole: Json = {}
    for part in (*(_resolved(part, document) for part in parts), schema):
        members = whole.get("properties", {}) | part.get("properties", {})
        required = [*whole.get("required", ()), *part.get("required", ())]
        whole |= {name: value for name, value in part.items() if name not in {"$ref", "allOf"}}
        whole |= {"properties": members, "required": required} if members or required else {}
    return whole


def _forms(schema: Json, document: Json) -> dict[str, list[Json]]:
    """Give the forms that a value may have, by type. There may be many of one: a webhook's data are full or thin."""
    whole = _resolved(schema, document)
    options = whole.get("anyOf") or whole.get("oneOf")
    if not options:
        return {whole.get("type", "any"): [whole]}
    forms: dict[str, list[Json]] = {}
    for option in options:
        for name, found in _forms(option, document).items():
            forms.setdefault(name, []).extend(found)
    return forms


def _least(breaks_of_each: Iterable[Iterable[str]]) -> list[str]:
    """Give the breaks from the form that is nearest."""
    return min(map(list, breaks_of_each), key=len)


def _narrower(old: Json, new: Json, olds: Json, news: Json, place: str) -> Iterator[str]:
    """Name what could be sent and is refused now."""
    before, after = _forms(old, olds), _forms(new, news)
    for name in () if "any" in after else before:
        if name not in after:
            yield f"{place}: no {name} any longer"
    for name in before.keys() & after.keys():
        for was in before[name]:
            yield from _least(_narrower_form(was, becomes, olds, news, place) for becomes in after[name])


def _narrower_form(old: Json, new: Json, olds: Json, news: Json, place: str) -> Iterator[str]:
    yield from _fewer_values(old, new, place)
    for name in new.get("required", ()):
        if name not in old.get("required", ()):
            yield f"{place}/{name}: required"
    members = new.get("properties", {})
    for name, member in old.get("properties", {}).items():
        if name in members:
            yield from _narrower(member, members[name], olds, news, f"{place}/{name}")
        elif new.get("additionalProperties") is False:
            yield f"{place}/{name}: gone"
    if "items" in old and "items" in new:
        yield from _narrower(old["items"], new["items"], olds, news, f"{place}/items")


def _fewer_values(old: Json, new: Json, place: str) -> Iterator[str]:
    if "enum" in new and (gone := [str(value) for value in old.get("enum", ["others"]) if value not in new["enum"]]):
        yield f"{place}: no {', '.join(gone)} any longer"
    for bounds, sign in ((_UPPER, 1), (_LOWER, -1)):
        for bound in bounds:
            if bound in new and (bound not in old or sign * new[bound] < sign * old[bound]):
                yield f"{place}: {bound} {new[bound]}"
    if new.get("pattern") not in (None, old.get("pattern")):
        yield f"{place}: another pattern"


def _poorer(old: Json, new: Json, olds: Json, news: Json, place: str) -> Iterator[str]:
    """Name what was answered and is not now."""
    before, after = _forms(old, olds), _forms(new, news)
    for name in () if "any" in before else after:
        if name not in before:
            yield f"{place}: may be {name}"
    found: dict[str, None] = {}
    for name in before.keys() & after.keys():
        # Each form of before is there still, and each of now is one that readers know.
        for was in before[name]:
            found |= dict.fromkeys(_least(_poorer_form(was, one, olds, news, place) for one in after[name]))
        for becomes in after[name]:
            found |= dict.fromkeys(_least(_poorer_form(one, becomes, olds, news, place) for one in before[name]))
    yield from found


def _poorer_form(old: Json, new: Json, olds: Json, news: Json, place: str) -> Iterator[str]:
    members = new.get("properties", {})
    for member, schema in old.get("properties", {}).items():
        if member not in members:
            yield f"{place}/{member}: gone"
            continue
        if member in old.get("required", ()) and member not in new.get("required", ()):
            yield f"{place}/{member}: not always there"
        yield from _poorer(schema, members[member], olds, news, f"{place}/{member}")
    if "items" in old and "items" in new:
        yield from _poorer(old["items"], new["items"], olds, news, f"{place}/items")
