"""What all routes have in common: problems, versions, request ids, packing, lists, ETags."""

import gzip

import pytest
import zstandard
from litestar import Request, get
from litestar.testing import create_test_client

from tests.api.conftest import Served
from tongbao.api import etags, listing
from tongbao.api.problems import on_refusal
from tongbao.kernel.errors import Refusal
from tongbao.kernel.texts import ChoiceMalformed


@pytest.fixture
def served(shared: Served) -> Served:
    """Share one service: nothing here is told of by another test."""
    return shared


def test_a_problem_says_code_facts_request_and_where_to_read(served: Served) -> None:
    body = {"member": {"card": "NOBODY01"}, "outlet": "A", "amount": {"value": 1}}
    headers = served.headers("A", "1") | {"X-Request-Id": "till-7.0001"}
    answer = served.client.post("/v1/awards", json=body, headers=headers)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/v1/docs/refusals#identity-not-found",
        "title": "identity not found",
        "status": 404,
        "code": "identity-not-found",
        "detail": "no member has this card",
        "request_id": "till-7.0001",
        "facts": {"kind": "card"},
    }
    page = served.client.get(answer.json()["type"])
    assert 'id="identity-not-found"' in page.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nowhere", 404, "route-not-found"),
        ("DELETE", "/v1/purchases", 405, "method-not-allowed"),
        ("GET", "/nowhere", 404, "route-not-found"),
    ],
)
def test_what_the_framework_refuses_is_a_problem_too(
    served: Served, method: str, path: str, status: int, code: str
) -> None:
    answer = served.client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert ("POST" in answer.headers.get("allow", "")) is (status == 405)


def test_a_body_that_is_wrong_is_told_where(served: Served) -> None:
    body = {"member": {"card": "CARD000001"}, "outlet": "A", "points": {"value": -1}}
    answer = served.client.post("/v1/awards", json=body, headers=served.headers("A", "1"))
    said = answer.json()
    (wrong,) = said["facts"]["errors"]
    assert (wrong["source"], wrong["key"]) == ("body", "points.value")
    assert ">= 0" in wrong["message"]
    assert said["detail"] == f"points.value: {wrong['message']}"


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "request-malformed"),
        (b"", "application/json", 400, "request-malformed"),
        (b"[]", "application/json", 400, "request-malformed"),
        (b'{"member":{},"outlet":"A","mistake":1}', "application/json", 400, "request-malformed"),
        (b"\xff\xfe", "application/json", 400, "request-malformed"),
        (b" " * 10_000_001, "application/json", 413, "body-too-large"),
        (b"<x/>", "application/xml", 415, "body-type-unknown"),
    ],
)
def test_a_wrong_body_is_refused(
    served: Served, content: bytes, kind: str, status: int, code: str
) -> None:
    headers = served.headers("A", "1") | {"Content-Type": kind}
    answer = served.client.post("/v1/awards", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_a_packed_body_is_refused(served: Served) -> None:
    headers = served.headers("A", "1") | {
        "Content-Type": "application/json", "Content-Encoding": "gzip",
    }  # fmt: skip
    answer = served.client.post("/v1/awards", content=gzip.compress(b"{}"), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "body-type-unknown")


def test_the_version_is_said_and_an_unknown_one_refused(served: Served) -> None:
    plain = served.client.get("/v1/health")
    asked = served.client.get("/v1/health", headers={"Tongbao-Version": "2026-11-01"})
    assert plain.headers["tongbao-version"] == asked.headers["tongbao-version"] == "2026-11-01"
    strange = {b"tongbao-version": b"2020-01-01\xff"}
    wrong = served.client.get("/v1/health", headers=strange)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "version-unknown")
    assert wrong.headers["tongbao-version"] == "2026-11-01"


def test_large_answers_are_packed_as_the_caller_likes(served: Served) -> None:
    plain = served.client.get("/v1/docs/openapi.json", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    for coding, unpack in (
        ("zstd", lambda packed: zstandard.ZstdDecompressor().decompressobj().decompress(packed)),
        ("gzip", gzip.decompress),
    ):
        headers = {"Accept-Encoding": coding}
        with served.client.stream("GET", "/v1/docs/openapi.json", headers=headers) as answer:
            packed = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == coding
        assert unpack(packed) == plain.content


def test_a_list_goes_on_where_it_was_whatever_is_written_meanwhile() -> None:
    rows = list(range(10, 0, -1))
    seen, cursor = [], None
    for _ in range(4):
        last = listing.after("numbers", cursor, int)
        rows.insert(0, rows[0] + 1)  # the newest comes first
        found = [row for row in rows if last is None or row < last][:4]
        page = listing.page("numbers", found, 3, str, lambda row: row)
        seen += page.data
        cursor = page.next
    assert seen == [*map(str, range(11, 1, -1)), "1"]
    assert cursor is None


@pytest.mark.parametrize("cursor", ["", "é", "AAAA", "=", "WyJvdGhlciIsMV0=", "WyJuIiwieCJd"])
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    with pytest.raises(listing.CursorMalformed):
        listing.after("n", cursor, int)


def test_only_what_can_be_expanded_is() -> None:
    assert listing.expanded("lots,holds", ("lots", "holds", "identities")) == {"lots", "holds"}
    assert listing.expanded(None, ("lots",)) == listing.expanded("", ("lots",)) == set()
    with pytest.raises(ChoiceMalformed):
        listing.expanded("lots,secrets", ("lots",))


def test_who_changes_something_must_have_seen_it_as_it_is() -> None:
    shown = {"name": "Lin", "open": True}

    @get("/thing")
    async def read(request: Request) -> object:  # type: ignore[type-arg]
        request.state.request_id = "test-0001"
        return etags.answer(request, shown)

    @get("/change")
    async def change(request: Request) -> str:  # type: ignore[type-arg]
        request.state.request_id = "test-0001"
        etags.check(request, shown)
        return "changed"

    with create_test_client([read, change], exception_handlers={Refusal: on_refusal}) as client:
        seen = client.get("/thing")
        tag = seen.headers["etag"]
        assert seen.json() == shown
        unchanged = client.get("/thing", headers={"If-None-Match": f'"other", {tag}'})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert client.get("/change").status_code == 428
        assert client.get("/change", headers={"If-Match": '"other"'}).status_code == 412
        for good in (tag, "*", f'"other", {tag}'):
            assert client.get("/change", headers={"If-Match": good}).text == "changed"


@pytest.mark.parametrize(
    "path",
    ["/v1/exceptions?kind=a%00b", "/v1/proposals?kind=%00", "/v1/outlets/a%00b", "/v1/ready?%00"],
)
def test_a_parameter_with_the_character_that_no_text_has_makes_no_sense(
    served: Served, path: str
) -> None:
    answer = served.client.get(path, headers=served.headers("operator"))
    assert (answer.status_code, answer.json()["code"]) == (400, "request-malformed")
    twice = served.client.get("/v1/exceptions?kind=a%2500b", headers=served.headers("operator"))
    assert twice.json()["data"] == []
