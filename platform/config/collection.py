"""The contract as a collection of requests, for Postman and for Bruno, which imports it (collection format 2.1)."""

import json
from typing import Any
from urllib.parse import quote

type Json = dict[str, Any]

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_JSON = "application/json"
_VARIABLES = {"url": "http://acme.localhost:8000", "token": ""}


def collection(document: Json) -> Json:
    """Make a collection of a contract: a folder for each tag, a request for each operation, with its example."""
    folders: dict[str, list[Json]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["Other"])[0]
            folders.setdefault(tag, []).append(_item(method.upper(), path, operation))
    return {
        "info": {"name": document["info"]["title"], "schema": SCHEMA, "description": document["info"]["description"]},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [{"key": name, "value": value} for name, value in _VARIABLES.items()],
        "item": [{"name": tag, "item": items} for tag, items in sorted(folders.items())],
    }


def _item(method: str, path: str, operation: Json) -> Json:
    request: Json = {"method": method, "url": _url(path, operation), "header": _headers(operation)}
    if operation["security"] == []:
        request["auth"] = {"type": "noauth"}
    content = operation.get("requestBody", {}).get("content", {})
    if _JSON in content:
        body = content[_JSON].get("example", {})
        request["body"] = {"mode": "raw", "raw": _pretty(body), "options": {"raw": {"language": "json"}}}
    elif content:
        request["body"] = {"mode": "raw", "raw": ""}
    told = {"name": operation["summary"], "request": {**request, "description": operation.get("description", "")}}
    return {**told, "event": [_keeping_the_token()]} if operation["operationId"] == "login" else told


def _url(path: str, operation: Json) -> Json:
    steps = [f":{step[1:-1]}" if step.startswith("{") else step for step in path.strip("/").split("/")]
    asked = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    # What is not required is there, and switched off.
    query = [
        {
            "key": one["name"], "value": str(one["schema"].get("default") or ""),
            "disabled": not one.get("required", False), "description": one.get("description", ""),
        }
        for one in asked
    ]  # fmt: skip
    named = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"]
    sent = "&".join(f"{one['key']}={quote(one['value'])}" for one in query if not one["disabled"])
    raw = "{{url}}/" + "/".join(steps) + (f"?{sent}" if sent else "")
    return {
        "raw": raw, "host": ["{{url}}"], "path": steps, "query": query,
        "variable": [{"key": name, "value": ""} for name in named],
    }  # fmt: skip


def _headers(operation: Json) -> list[Json]:
    """Give the headers that an operation knows: a random key for what asks for one, any version where one is."""
    values = {"Idempotency-Key": "{{$guid}}", "If-Match": "*"}
    return [
        {"key": one["name"], "value": values.get(one["name"], ""), "disabled": not one.get("required", False)}
        for one in operation.get("parameters", ())
        if one["in"] == "header"
    ]


def _keeping_the_token() -> Json:
    """Have a login's answer fill the variable that the other requests show."""
    lines = ["const told = pm.response.json();", "pm.collectionVariables.set('token', told.access_token);"]
    return {"listen": "test", "script": {"type": "text/javascript", "exec": lines}}


def _pretty(body: Any) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)
