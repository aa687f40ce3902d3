"""The calls of the cashier's page: by whom, where, and once for each key."""

import csv
import io
import secrets
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from httpx import Response

from tests.web import phones
from tests.web.serving import NAMES, Served
from tests.world import broken_laws
from tongbao.access.member_sign_in import MemberEntered
from tongbao.kernel import clock
from tongbao.points import statements
from tongbao.till import payment_code, pins
from tongbao.web import who

_numbers = count(13_500_000_001)


def shopper(served: Served, **points: int) -> tuple[str, MemberEntered]:
    number = str(next(_numbers))
    entered = phones.enter(served.db, number)
    phones.give(served.db, served.world, entered.who.member_id, **points)
    return number, entered


def code_of(entered: MemberEntered, ahead: int = 0) -> str:
    step = payment_code.step_at(clock.now()) + ahead
    return payment_code.make(entered.secret, entered.who.device_id, step)


def call(
    served: Served, what: str, body: Any, key: str | None = None, outlet: str = "A"
) -> Response:
    return served.client.post(
        f"/till/at/{outlet}/{what}",
        json=body,
        headers={
            "Accept": "application/json",
            "Accept-Language": "en",
            "X-Proof": who.proof(served.client.cookies.get(who.COOKIE) or ""),
            "Idempotency-Key": key or secrets.token_urlsafe(12),
        },
        follow_redirects=False,
    )


def available(served: Served, entered: MemberEntered) -> int:
    return statements.balances(served.db, entered.who.member_id).available


def test_a_quote_says_whose_points_may_be_used_and_takes_none(served: Served) -> None:
    served.sign_in("cashier")
    number, entered = shopper(served, A=50, B=60)
    said = call(served, "quote", {"scanned": number, "amount": 8_000}).json()
    assert (said["points"], said["cash"], said["usable"]) == (8_000, 0, 8_000)
    assert sorted(part["issuer"] for part in said["here"]) == ["A", "B"]
    less = call(served, "quote", {"scanned": number, "amount": 20_000, "points": 1_000}).json()
    assert (less["cash"], less["earned"]) == (19_000, 190)
    assert available(served, entered) == 11_000


def test_the_same_key_pays_once_however_often_and_late(served: Served) -> None:
    served.sign_in("cashier")
    _, entered = shopper(served, B=60)
    body = {"scanned": code_of(entered), "amount": 5_000, "points": 5_000}
    key = secrets.token_urlsafe(12)
    with ThreadPoolExecutor(8) as pages:
        answers = list(pages.map(lambda _: call(served, "pay", body, key), range(8)))
    operations = {answer.json().get("operation") for answer in answers if answer.is_success}
    assert len(operations) == 1
    again = call(served, "pay", body, key)
    assert (again.status_code, again.json()["replayed"]) == (200, True)
    assert available(served, entered) == 1_000
    other = call(served, "pay", body | {"amount": 6_000}, key)
    assert (other.status_code, other.json()["code"]) == (422, "key-reused")


def test_a_code_is_good_once_and_a_refusal_stays(served: Served) -> None:
    served.sign_in("cashier")
    _, entered = shopper(served, B=60)
    body = {"scanned": code_of(entered), "amount": 1_000, "points": 1_000}
    assert call(served, "pay", body).status_code == 200
    key = secrets.token_urlsafe(12)
    for _ in range(2):
        refused = call(served, "pay", body, key)
        assert (refused.status_code, refused.json()["code"]) == (422, "payment-code-used")
        assert "Scan the new one" in refused.json()["text"]
    assert available(served, entered) == 5_000


def test_what_is_called_off_before_it_arrives_never_happens(served: Served) -> None:
    served.sign_in("cashier")
    _, entered = shopper(served, B=60)
    late = secrets.token_urlsafe(12)
    assert call(served, "reverse", {"original_key": late}).status_code == 200
    body = {"scanned": code_of(entered), "amount": 1_000, "points": 1_000}
    answer = call(served, "pay", body, late)
    assert (answer.status_code, answer.json()["code"]) == (422, "reversed")
    assert available(served, entered) == 6_000


def test_a_pin_proves_and_is_neither_kept_nor_part_of_what_was_asked(served: Served) -> None:
    served.sign_in("cashier")
    number, entered = shopper(served, B=60)
    with served.db.transaction():
        pins.set_pin(served.db, entered.who.member_id, "271828", bytes(16), clock.now())
    body = {"scanned": number, "amount": 1_000, "points": 1_000}
    key = secrets.token_urlsafe(12)
    wrong = call(served, "pay", body | {"pin": "314159"}, key)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "pin-refused")
    assert call(served, "pay", body | {"pin": "271828"}, key).status_code == 200
    assert call(served, "pay", body, key).json()["replayed"]


def test_a_hold_is_captured_in_part_and_the_rest_is_free(served: Served) -> None:
    served.sign_in("cashier")
    number, entered = shopper(served, B=60)
    held = call(served, "hold", {"scanned": number, "points": 4_000, "reference": "Table 7"}).json()
    assert "Table 7" in served.get("/till/at/A/holds").text
    assert "Table 7" not in served.get("/till/at/A/holds?until=2026-01-01").text
    assert "Table 7" in served.get("/till/at/A/holds?format=csv").text
    body = {"hold": held["operation"], "points": 2_500, "cash": 500}
    assert call(served, "capture", body).json()["spent"] == 2_500
    assert available(served, entered) == 6_000 - 2_500 + 5
    held = call(served, "hold", {"scanned": number, "points": 1_000}).json()
    assert call(served, "void", {"hold": held["operation"]}).status_code == 200
    assert broken_laws(served.db) == {}


def test_a_sale_is_refunded_in_parts_and_never_beyond_it(served: Served) -> None:
    served.sign_in("cashier")
    number, entered = shopper(served, B=60)
    sold = call(served, "pay", {"scanned": number, "amount": 10_000, "points": 6_000}).json()
    original = sold["operation"]
    back = call(served, "refund", {"original": original, "amount": 2_500}).json()
    assert (back["spent"], back["cash"]) == (-1_500, -1_000)
    page = served.get(f"/till/at/A/receipts/{original}").text
    assert 'data-left="7500"' in page
    assert f"<dd>{NAMES['cashier']}</dd>" in page
    more = call(served, "refund", {"original": original, "amount": 7_501})
    assert (more.status_code, more.json()["code"]) == (422, "refund-exceeds-sale")
    assert "¥75.00" in more.json()["text"]
    assert call(served, "refund", {"original": original}).status_code == 200
    assert available(served, entered) == 6_000
    assert "data-call" not in served.get(f"/till/at/A/receipts/{original}").text
    assert broken_laws(served.db) == {}


def test_receipts_are_listed_found_by_their_numbers_narrowed_and_saved(served: Served) -> None:
    served.sign_in("cashier")
    number, _ = shopper(served, A=90)
    sold = {"scanned": number, "amount": 1_000, "points": 1_000}
    first, second, _ = (
        call(served, "pay", sold | {"reference": name}).json()["operation"]
        for name in ("R-901", "R-902", "S-903")
    )
    assert call(served, "refund", {"original": second, "amount": 500}).status_code == 200
    page = served.get("/till/at/A/receipts").text
    assert all(name in page for name in ("R-901", "R-902", "S-903"))
    assert f'href="/till/at/A/receipts/{first}"' in page
    for whole in ("R-901", first):  # one receipt is shown at once
        there = served.get(f"/till/at/A/receipts?search={whole}")
        assert there.headers["location"] == f"/till/at/A/receipts/{first}"
    some = served.get("/till/at/A/receipts?search=R-90").text
    assert ("R-902" in some, "S-903" in some) == (True, False)
    assert "R-901" not in served.get("/till/at/A/receipts?kind=refund").text
    nothing = served.get("/till/at/A/receipts?until=2020-01-01").text
    assert "Nothing fits what you look for" in nothing
    # What was given is told beside what was spent.
    given = call(served, "pay", {"scanned": number, "amount": 5_000, "points": 0})
    assert given.json()["earned"] == 50
    rows = csv.DictReader(
        io.StringIO(served.get("/till/at/A/receipts?format=csv").text.removeprefix("\ufeff"))
    )
    told = {row["Operation"]: row["Points earned"] for row in rows}
    assert (told[given.json()["operation"]], told[first]) == ("0.50", "")
    saved = served.get("/till/at/A/receipts?search=R-901&format=csv")
    assert saved.headers["content-type"].startswith("text/csv")
    assert "R-901" in saved.text
    assert "R-902" not in saved.text


def test_a_till_sees_its_own_outlet_and_no_other(served: Served) -> None:
    served.sign_in("cashier")
    number, entered = shopper(served, B=60)
    body = {"scanned": number, "amount": 1_000, "points": 1_000}
    assert call(served, "pay", body, outlet="B").status_code in (404, 422)
    assert call(served, "quote", body, outlet="B").status_code == 404
    for path in ("", "/holds", "/receipts"):
        assert served.get(f"/till/at/B{path}").status_code == 404
    (theirs,) = served.db.execute(
        "SELECT max(id) FROM ledger.operation WHERE organisation_id = %s",
        (served.world.organisations["B"],),
    ).fetchone() or (0,)
    assert served.get(f"/till/at/A/receipts/{theirs}").status_code == 404
    refused = call(served, "refund", {"original": str(theirs)})
    assert (refused.status_code, refused.json()["code"]) == (422, "operation-not-found")
    assert available(served, entered) == 6_000


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"scanned": "13500000000"},
        {"scanned": 1, "amount": 1, "points": 0},
        {"scanned": "1", "amount": "1", "points": 0},
        {"scanned": "1", "amount": 1, "points": 0, "more": 1},
    ],
)
def test_what_cannot_be_read_is_refused(served: Served, body: Any) -> None:
    served.sign_in("cashier")
    answer = call(served, "pay", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "call-malformed")


def test_amounts_and_people_that_cannot_be_are_refused_in_words(served: Served) -> None:
    served.sign_in("cashier")
    number, _ = shopper(served, B=1)
    for body, status in (
        ({"scanned": number, "amount": -1, "points": 0}, 422),
        ({"scanned": number, "amount": 10**30, "points": 0}, 422),
        ({"scanned": number, "amount": 100, "points": 101}, 422),
        ({"scanned": number, "amount": 1_000, "points": 900}, 422),
        ({"scanned": "13400000000", "amount": 100, "points": 0}, 422),
        ({"scanned": "x" * 5_000, "amount": 100, "points": 0}, 400),
        ({"scanned": "", "amount": 100, "points": 0}, 400),
    ):
        answer = call(served, "pay", body)
        assert answer.status_code == status, (body, answer.text)
        assert answer.json()["text"]
    missing = served.client.post(
        "/till/at/A/pay",
        json={"scanned": number, "amount": 100, "points": 0},
        headers={
            "Accept": "application/json",
            "X-Proof": who.proof(served.client.cookies.get(who.COOKIE) or ""),
        },
    )
    assert (missing.status_code, missing.json()["code"]) == (400, "key-malformed")


def test_a_call_without_a_session_or_its_proof_changes_nothing(served: Served) -> None:
    number, entered = shopper(served, B=6)
    body = {"scanned": number, "amount": 100, "points": 100}
    served.sign_in(None)
    answer = call(served, "pay", body)
    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-first")
    served.sign_in("cashier")
    answer = served.client.post(
        "/till/at/A/pay", json=body, headers={"Accept": "application/json", "X-Proof": "0" * 32}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "form-foreign")
    assert available(served, entered) == 600
