"""The provider's own OpenAPI files as a judge of what goes out and what comes back."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft7Validator

from .scripted import Received

API = Path(__file__).parents[3] / "shared" / "api"
PHONES, LOCATIONS = "apps/phone-system.json", "apps/locations.json"
PURCHASE = "/phone-system/numbers/location/{locationId}/purchase"
AVAILABLE = "/phone-system/numbers/location/{locationId}/available"
ACTIVE = "/phone-system/numbers/location/{locationId}"
POOLS = "/phone-system/number-pools"
SEARCH, LOCATION = "/locations/search", "/locations/{locationId}"

NEEDS_API = pytest.mark.skipif(not API.is_dir(), reason="the provider's OpenAPI files are not here: ../shared/api")


@cache
def document(path: Path) -> Any:
    return json.loads(path.read_text())


def resolve(schema: Any, home: Path) -> Any:
    """The schema with its references followed, and OpenAPI's `nullable` said in JSON Schema."""
    if isinstance(schema, list):
        return [resolve(one, home) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        file, _, pointer = schema["$ref"].partition("#")
        target = (home.parent / file).resolve() if file else home
        if not target.exists():
            target = API / "common" / target.name  # the files say ../common from where they were published
        found = document(target)
        for step in pointer.strip("/").split("/"):
            found = found[step]
        return resolve(found, target)
    plain = {key: resolve(value, home) for key, value in schema.items() if key not in ("example", "nullable")}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") else plain


def problems(schema: Any, value: Any, *, file: str) -> list[str]:
    return [problem.message for problem in Draft7Validator(resolve(schema, API / file)).iter_errors(value)]


def violations(reply: requests.Response, *, file: str, path: str, method: str = "get") -> list[str]:
    """How the reply differs from what is documented for its status; nothing where that has no schema."""
    operation = document(API / file)["paths"][path][method]
    content = operation["responses"].get(str(reply.status_code), {}).get("content")
    if not content:
        return []
    assert reply.headers["Content-Type"].startswith("application/json")
    return problems(content["application/json"]["schema"], reply.json(), file=file)


def request_violations(request: Received, *, file: str, path: str) -> list[str]:
    """How the request differs from what is documented; an undocumented field or parameter counts."""
    operation = document(API / file)["paths"][path].get(request.method.lower())
    if operation is None:
        return [f"{request.method} is not documented for {path}"]
    place = re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), request.path)
    found = [] if place else [f"{request.path} is not {path}"]
    declared = {(one["in"], one["name"]): one for one in operation["parameters"]}
    sent = {("query", name): text for name, text in request.query.items()}
    sent |= {key: request.headers[key[1]] for key in declared if key[0] == "header" and key[1] in request.headers}
    for key, text in sent.items():
        schema = declared[key]["schema"] if key in declared else False
        found += [f"{key[1]}: {words}" for words in problems(schema, typed(text, schema), file=file)]
    required = [key for key, one in declared.items() if one.get("required") and key[0] != "path"]
    found += [f"{name} is missing" for kind, name in required if (kind, name) not in sent]
    if not request.headers.get("Authorization", "").startswith("Bearer "):
        found.append("Authorization is no bearer token")
    return found + body_violations(request, operation, file=file)


def body_violations(request: Received, operation: Any, *, file: str) -> list[str]:
    if "requestBody" not in operation:
        return ["a body is not documented"] if request.body else []
    if request.headers.get("Content-Type") != "application/json":
        return ["Content-Type is not application/json"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    closed = {**resolve(schema, API / file), "additionalProperties": False}
    return problems(closed, request.json, file=file)


def typed(text: str, schema: Any) -> Any:
    """A parameter's text as the type that its schema names; the text itself where it can't be that."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    return text
