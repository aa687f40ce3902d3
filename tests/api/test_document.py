"""The OpenAPI document: complete, true of every route, and readable without a network."""

import re
from collections.abc import Iterator
from typing import Any, get_type_hints

import msgspec
import pytest

from tests.api.conftest import Served
from tongbao.access import keys
from tongbao.access.roles import SCOPES
from tongbao.api import app, document
from tongbao.api.schemas import structs_of
from tongbao.kernel import clock
from tongbao.kernel.settings import Settings

MADE = app.make(Settings())
DOCUMENT = document.of(MADE)
OPERATIONS = [
    pytest.param(method, path, operation, id=operation["operationId"])
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]


def refs(said: Any) -> Iterator[str]:
    """Find what a part of the document refers to."""
    if isinstance(said, dict):
        for name, value in said.items():
            if name == "$ref":
                yield value
            else:
                yield from refs(value)
    elif isinstance(said, list):
        for one in said:
            yield from refs(one)


def test_the_document_is_whole() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    ids = [operation["operationId"] for item in DOCUMENT["paths"].values()
           for operation in item.values()]  # fmt: skip
    assert len(ids) == len(set(ids))
    for ref in set(refs(DOCUMENT)):
        found: Any = DOCUMENT
        for part in ref.removeprefix("#/").split("/"):
            found = found[part]
    assert [name for name in DOCUMENT["components"]["schemas"] if not name.isidentifier()] == []
    assert "``" not in msgspec.json.encode(DOCUMENT).decode()


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_operation_is_described(method: str, path: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    names = {one.get("name", one.get("$ref", "").rpartition("/")[2])
             for one in operation["parameters"]}  # fmt: skip
    assert set(re.findall(r"{(\w+)}", path)) <= names
    good = [status for status in operation["responses"] if status < "4"]
    assert good
    for status in good:
        for kind, content in operation["responses"][status].get("content", {}).items():
            # What is no JSON has no schema: it is bytes, as its media type says.
            assert content["schema"] or not kind.endswith("json"), status


def test_every_time_says_that_it_is_one_and_those_that_are_sent_have_a_zone() -> None:
    times = [
        (name, field, shown)
        for name, schema in DOCUMENT["components"]["schemas"].items()
        for field, shown in schema.get("properties", {}).items()
        if field.endswith(("_at", "since", "valid_from", "valid_until"))
        if "'string'" in str(shown)
    ]
    assert len(times) > 100
    silent = [one[:2] for one in times if "'format': 'date" not in str(one[2])]
    assert silent == []
    naive = []
    for name, _, body in bodies():
        for kind in structs_of([body], set()):
            for field, told in get_type_hints(kind, include_extras=True).items():
                if "datetime.datetime" in str(told) and "tz=True" not in str(told):
                    naive.append((name, kind.__name__, field))
    assert naive == []


def bodies() -> Iterator[tuple[str, Any, Any]]:
    """Give each body of JSON or form that the document shows: its operation, example and type."""
    shown = {
        operation["operationId"]: content
        for item in DOCUMENT["paths"].values()
        for operation in item.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    }
    for route in MADE.routes:
        for handler in getattr(route, "route_handlers", ()):
            found = handler.parsed_fn_signature.parameters.get("data")
            name = f"{handler.fn.__module__.rpartition('.')[2]}_{handler.fn.__name__}"
            if found is not None and name in shown and "schema" in shown[name]:
                yield name, shown[name].get("example"), handler.opt.get("form", found.annotation)


def test_every_body_has_an_example_that_is_one() -> None:
    wrong = {}
    for name, example, body in bodies():
        try:
            msgspec.convert(example, body)
        except msgspec.ValidationError as error:
            wrong[name] = (str(error), example)
    assert wrong == {}
    assert len([*bodies()]) > 80


def faults(
    shared: Served, method: str, path: str, operation: dict[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Do to a route what can be done wrong to all of them, and give the answers."""
    url = re.sub(r"{\w+}", "1", path)
    good = {"Authorization": f"Bearer {shared.tokens['operator']}", "Idempotency-Key": "k"}

    def send(**more: Any) -> Any:
        return shared.client.request(method, url, **more)

    yield "plain", send(headers=good)
    yield "version", send(headers=good | {"Tongbao-Version": "1999-01-01"})
    yield "other", send(headers=good | {"Authorization": f"Bearer {shared.tokens['A']}"})
    if operation["security"]:
        yield "nobody", send(headers={"Idempotency-Key": "k"})
        yield "wrong key", send(headers=good | {"Authorization": "Bearer tbk_1_" + "x" * 43})
    if method != "get":
        typed = good | {"Content-Type": "application/json"}
        yield "garbage", send(headers=typed, content=b"{")
        yield "empty", send(headers=typed, content=b"{}")
        yield "keyless", send(headers=typed | {"Idempotency-Key": ""}, content=b"{}")
        yield "type", send(headers=typed | {"Content-Type": "text/html"}, content=b"{}")
        yield "packed", send(headers=typed | {"Content-Encoding": "gzip"}, content=b"{}")
    else:
        yield "parameter", send(headers=good, params={"limit": "many", "cursor": "x"})


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_route_documents_each_status_that_it_gives(
    shared: Served, method: str, path: str, operation: dict[str, Any]
) -> None:
    undocumented = {
        fault: (answer.status_code, answer.text[:200])
        for fault, answer in faults(shared, method, path, operation)
        if str(answer.status_code) not in operation["responses"] or answer.status_code >= 500
    }
    assert undocumented == {}


def test_a_key_without_the_scope_is_told_so_by_every_route(shared: Served) -> None:
    wrong = {}
    for route in shared.client.app.routes:
        for handler in getattr(route, "route_handlers", ()):
            scope = getattr(handler, "opt", {}).get("scope")
            if scope is None:
                continue
            others = [one for one in SCOPES if one != scope]
            _, key = keys.create(shared.db, shared.world.operator, "admin", "less", "x" * 43,
                                 by="Lin", at=clock.now(), scopes=others)  # fmt: skip
            url = re.sub(r"{\w+:\w+}", "1", re.sub(r"{\w+:date}", "2026-05-01", route.path))
            for method in handler.http_methods:
                answer = shared.client.request(
                    str(method), url, headers={"Authorization": f"Bearer {key}"}
                )
                if (answer.status_code, answer.json()["code"]) != (403, "scope-missing"):
                    wrong[f"{method} {url}"] = answer.text
    assert wrong == {}


def test_the_reference_is_read_without_a_network(shared: Served) -> None:
    page = shared.client.get("/v1/docs")
    assert page.headers["content-type"].startswith("text/html")
    for operation in ("sales_purchase", "members_enrol", "quotes_quote"):
        assert f'id="{operation}"' in page.text
    assert not re.findall(r"(?:src|href)=[\"']https?:", page.text)
    assert "<script" not in page.text
    served = shared.client.get("/v1/docs/openapi.json")
    assert served.json() == document.of(shared.client.app)
    assert "insufficient-points" in shared.client.get("/v1/docs/refusals").text
