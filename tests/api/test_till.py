"""The till over HTTP: payment codes, proofs, limits, offline tills, the review queue."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.api.conftest import Served
from tests.world import AT, broken_laws
from tongbao.access import devices
from tongbao.alliance import terminals
from tongbao.kernel import clock
from tongbao.kernel.settings import DEVELOPMENT_SECRET
from tongbao.members import identities
from tongbao.members import members as people
from tongbao.members.types import Identity
from tongbao.till import payment_code, pins
from tongbao.till.offline_till import OfflineTill
from tongbao.till.signed import Grant

CARD = {"card": "CARD000001"}
DEVICE = 1
SECRET = bytes(range(32))


def yuan(amount: int) -> dict[str, object]:
    return {"value": amount, "unit": "CNY"}


def points(amount: int) -> dict[str, object]:
    return {"value": amount, "unit": "PTS"}


def phone(served: Served) -> None:
    """Give the member with the card a device, the first one there is."""
    given = served.world.members[1], "phone", SECRET, AT
    assert devices.add(served.db, *given, key=DEVELOPMENT_SECRET) == DEVICE


def code(at: datetime | None = None) -> dict[str, str]:
    step = payment_code.step_at(at or clock.now())
    return {"code": payment_code.make(SECRET, DEVICE, step)}


def post(
    served: Served, path: str, body: Any, key: str, name: str = "A", **headers: str
) -> tuple[int, dict[str, Any]]:
    answer = served.client.post(path, json=body, headers=served.headers(name, key) | headers)
    return answer.status_code, answer.json()


def rich(served: Served, amount: int = 10_000) -> None:
    body = {"member": CARD, "outlet": "B", "points": points(amount)}
    assert post(served, "/v1/awards", body, "rich", "B")[0] == 201


def purchase(member: object, amount: int = 1_000, **more: object) -> dict[str, object]:
    return {
        "member": member, "outlet": "A", "amount": yuan(10_000), "points": points(amount),
    } | more  # fmt: skip


def test_a_payment_code_pays_once_and_a_repetition_is_answered_as_it_was(served: Served) -> None:
    phone(served)
    rich(served)
    shown = code()
    first = post(served, "/v1/purchases", purchase(shown), "p1")
    assert first[0] == 201, first
    assert post(served, "/v1/purchases", purchase(shown), "p1") == first
    status, said = post(served, "/v1/purchases", purchase(shown), "p2")
    assert (status, said["code"]) == (422, "payment-code-used")
    hold = {"member": shown, "outlet": "A", "points": points(1)}
    assert post(served, "/v1/holds", hold, "h1")[1]["code"] == "payment-code-used"
    assert broken_laws(served.db) == {}


def test_many_tills_with_one_code_at_once_are_paid_once(served: Served) -> None:
    phone(served)
    rich(served)
    shown = code()

    def attempt(n: int) -> tuple[int, dict[str, Any]]:
        return post(served, "/v1/purchases", purchase(shown), f"p{n}")

    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(attempt, range(48)))
    assert sorted(status for status, _ in told) == [201] + [422] * 47


def test_a_code_of_yesterday_and_a_wrong_one(served: Served) -> None:
    phone(served)
    rich(served)
    old = code(clock.now() - timedelta(hours=1))
    assert post(served, "/v1/purchases", purchase(old), "p1")[1]["code"] == "payment-code-expired"
    wrong = {"code": payment_code.make(bytes(32), DEVICE, 1)}
    status, said = post(served, "/v1/purchases", purchase(wrong), "p2")
    assert (status, said["code"]) == (404, "payment-code-unknown")
    for n in range(9):
        post(served, "/v1/purchases", purchase(wrong), f"w{n}")
    told = post(served, "/v1/purchases", purchase(code()), "p3")[1]
    assert told["code"] == "too-many-attempts"
    good = post(served, "/v1/purchases", purchase(code(), terminal="t2"), "p4")
    assert good[0] == 201, good


def test_who_stands_before_the_till(served: Served) -> None:
    phone(served)
    member = str(served.world.members[1])
    for n, (scanned, means) in enumerate([("CARD000001", "card"), (code()["code"], "code")]):
        told = post(served, "/v1/identifications", {"scanned": scanned, "outlet": "A"}, f"i{n}")
        assert told == (200, {"member": member, "means": means})
    nobody = post(served, "/v1/identifications", {"scanned": "CARD999", "outlet": "A"}, "i8")
    assert nobody[1]["code"] == "identity-not-found"
    foreign = post(served, "/v1/identifications", {"scanned": "CARD000001", "outlet": "B"}, "i9")
    assert foreign[1]["code"] == "outlet-not-found"
    both = {"code": "912345678988328889", "card": "CARD000001"}
    assert post(served, "/v1/purchases", purchase(both), "p1")[1]["code"] == "member-ambiguous"


def test_a_large_amount_needs_the_members_pin(served: Served) -> None:
    rich(served)
    served.db.execute(
        "UPDATE members.member SET enrolled_by = %s", (served.world.organisations["A"],)
    )
    assert post(served, "/v1/pins", {"member": CARD, "pin": "271828"}, "k1")[0] == 201
    again = post(served, "/v1/pins", {"member": CARD, "pin": "314159"}, "k2")
    assert again[1]["code"] == "pin-refused"
    asked = {"proof": "pin", "points": points(500), "by": "Lin", "reason": "safety"}
    assert post(served, "/v1/risk/proofs", asked, "k3", "operator")[0] == 201
    status, said = post(served, "/v1/purchases", purchase(CARD), "p1")
    assert (status, said["code"], said["facts"]["proof"]) == (422, "step-up-required", "pin")
    wrong = {"Member-Proof": "pin 000000"}
    assert post(served, "/v1/purchases", purchase(CARD), "p2", **wrong)[1]["code"] == "pin-refused"
    odd = {"Member-Proof": "face"}
    told = post(served, "/v1/purchases", purchase(CARD), "p3", **odd)
    assert (told[0], told[1]["code"]) == (400, "proof-malformed")
    right = {"Member-Proof": "pin 271828"}
    paid = post(served, "/v1/purchases", purchase(CARD), "p3", **right)
    assert paid[0] == 201, paid
    assert post(served, "/v1/purchases", purchase(CARD), "p3") == paid  # a repetition needs none


def test_a_member_unlocks_the_wallet_and_limits_it_with_a_proof(served: Served) -> None:
    rich(served)
    member = served.world.members[1]
    with served.db.transaction():
        pins.set_pin(served.db, member, "271828", bytes(16), AT)
        people.set_spend_lock(served.db, member, locked=True)
    assert post(served, "/v1/purchases", purchase(CARD), "p1")[1]["code"] == "spend-locked"
    path, right = f"/v1/members/{member}", {"Member-Proof": "pin 271828"}
    assert post(served, f"{path}/wake", None, "w1", "B")[1]["code"] == "proof-missing"
    assert post(served, f"{path}/wake", None, "w2", "B", **right)[0] == 201
    assert post(served, f"{path}/wake", None, "w2", "B")[0] == 201  # answered as it was
    assert post(served, f"{path}/wake", None, "w3", "C", **right)[0] == 404
    own = {"points": points(1_500)}
    assert post(served, f"{path}/own-limit", own, "o1", "B", **right)[0] == 201
    assert post(served, "/v1/purchases", purchase(CARD), "p2")[0] == 201
    status, said = post(served, "/v1/purchases", purchase(CARD), "p3")
    assert (status, said["code"]) == (422, "own-limit-exceeded")
    assert post(served, f"{path}/own-limit", {}, "o2", "B", **right)[0] == 201
    assert post(served, "/v1/purchases", purchase(CARD), "p4")[0] == 201


def test_a_one_time_code_is_the_stronger_proof_and_good_once(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    rich(served)
    known = Identity(kind="phone", value="+8613812345678")
    identities.add(served.db, served.world.members[1], known, AT, secret=DEVELOPMENT_SECRET)
    asked = {"proof": "otp", "points": points(500), "by": "Lin", "reason": "safety"}
    assert post(served, "/v1/risk/proofs", asked, "k1", "operator")[0] == 201
    where = {"phone": "138 1234 5678", "outlet": "A"}
    sent = post(served, "/v1/one-time-codes", where, "c1")
    assert sent == (201, {"done": True})
    assert post(served, "/v1/one-time-codes", where, "c1") == sent  # and nothing is sent again
    (record,) = [one for one in caplog.records if one.name == "tongbao.codes"]
    digits = record.getMessage()[-6:]
    right = {"Member-Proof": f"otp {digits}"}
    other = purchase({"card": "CARD000002"})
    assert post(served, "/v1/purchases", other, "p0", **right)[1]["code"] == "code-refused"
    paid = post(served, "/v1/purchases", purchase(CARD), "p1", **right)
    assert paid[0] == 201, paid
    assert post(served, "/v1/purchases", purchase(CARD), "p1", **right) == paid
    again = post(served, "/v1/purchases", purchase(CARD), "p2", **right)
    assert again[1]["code"] == "code-refused"
    soon = post(served, "/v1/one-time-codes", where, "c2")
    assert soon[1]["code"] == "too-many-attempts"


def test_limits_are_set_by_whom_they_bind_and_told_with_their_facts(served: Served) -> None:
    rich(served)
    limit = {
        "subject": "terminal", "measure": "spend", "span": "day", "uses": 1, "by": "Lin",
        "reason": "small shop",
    }  # fmt: skip
    status, made = post(served, "/v1/risk/limits", limit, "k1")
    assert (status, made["organisation"]) == (201, str(served.world.organisations["A"]))
    till: dict[str, Any] = {"terminal": "t1", "staff": "mei"}
    assert post(served, "/v1/purchases", purchase(CARD, **till), "p1")[0] == 201
    status, said = post(served, "/v1/purchases", purchase(CARD, **till), "p2")
    assert (status, said["code"]) == (422, "velocity-exceeded")
    assert (said["facts"]["subject"], said["facts"]["used"]) == ("terminal", 1)
    listed = served.client.get("/v1/risk/limits", headers=served.headers("A")).json()["data"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert served.client.get("/v1/risk/limits", headers=served.headers("B")).json()["data"] == []
    bad = post(served, "/v1/risk/limits", limit | {"uses": -1}, "k2")
    assert bad[0] == 400


def test_an_offline_till_gets_a_grant_and_brings_its_lines_home(served: Served) -> None:
    rich(served)
    with served.db.transaction():
        terminals.add(served.db, served.world.outlets["A"], "t1")
    till = OfflineTill(SECRET)
    where = {"outlet": "A", "terminal": "t1", "by": "Lin"}
    keyed = post(served, "/v1/terminal-keys", where | {"public_key": till.public_key}, "k1")
    assert keyed[0] == 201, keyed
    sizes = {
        "spend_points": points(5_000), "member_points": points(5_000),
        "award_amount": yuan(100_000),
        "valid_until": (clock.now() + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    status, granted = post(served, "/v1/allowances", where | sizes, "k2")
    assert status == 201, granted
    till.take(msgspec.convert(granted, Grant), keyed[1]["operators_key"])
    now = clock.now()
    lines = [
        till.spend("card", "CARD000001", 2_000, 1_000, now, reference="R1"),
        till.award("card", "CARD000002", 50_000, now),
        till.spend("card", "CARD000000", 2_000, 1_000, now),
    ]
    sent = msgspec.to_builtins(lines)
    sent[1]["amount"] = 99_999
    status, told = post(served, "/v1/offline-uploads", {"lines": sent}, "u1")
    assert status == 200, told
    paid, tampered, poor = told["lines"]
    assert (paid["operation"]["kind"], paid["operation"]["status"]) == ("advice", "posted")
    assert tampered["problem"]["code"] == "offline-line-tampered"
    assert poor["operation"]["status"] == "exception"
    assert post(served, "/v1/offline-uploads", {"lines": sent}, "u1") == (200, told)
    again = post(served, "/v1/offline-uploads", {"lines": msgspec.to_builtins(lines)}, "u2")[1]
    assert [one.get("replayed", False) for one in again["lines"]] == [True, False, True]
    assert [one["operation"]["status"] for one in again["lines"]] == [
        "posted", "posted", "exception",
    ]  # fmt: skip
    foreign = post(served, "/v1/offline-uploads", {"lines": sent[:1]}, "u3", "B")[1]
    assert foreign["lines"][0]["problem"]["code"] == "allowance-not-found"
    number = granted["allowance"]
    assert post(served, f"/v1/allowances/{number}/end", None, "e1", "B")[0] == 404
    assert post(served, f"/v1/allowances/{number}/end", None, "e2")[0] == 201
    assert broken_laws(served.db) == {}


NONSENSE: list[tuple[str, Any]] = [
    ("/v1/identifications", {"scanned": "\x00", "outlet": "A", "terminal": "t1"}),
    ("/v1/identifications", {"scanned": "9" * 80, "outlet": "A"}),
    ("/v1/identifications", {"scanned": "", "outlet": "A"}),
    ("/v1/one-time-codes", {"phone": "\x00", "outlet": "A"}),
    ("/v1/pins", {"member": CARD, "pin": "٢٧١٨٢٨"}),
    ("/v1/purchases", purchase({"code": "912345678988328889"}, terminal="\x00")),
    ("/v1/purchases", purchase({"code": "9\x00"})),
    ("/v1/purchases", purchase({"code": "9" * 100_000})),
    ("/v1/purchases", purchase(CARD, staff="\x00")),
    ("/v1/purchases", purchase(CARD, terminal="\ud7ff" * 65)),
    ("/v1/gifts", {"member": {"code": "912345678988328889"}, "to": CARD, "points": points(1)}),
    (
        "/v1/risk/limits",
        {
            "subject": "member", "measure": "spend", "span": "day", "uses": 1, "by": "L",
            "reason": "x", "valid_from": "2030-01-01T00:00:00",
        },
    ),
    ("/v1/risk/proofs", {"proof": "pin", "by": "\x00", "reason": "x"}),
    ("/v1/risk/proofs", {"proof": "pin", "by": "L", "reason": "x", "points": points(0)}),
    ("/v1/risk/items/1/decision", {"verdict": "cleared", "by": "", "reason": "x"}),
    (
        "/v1/terminal-keys",
        {"outlet": "A", "terminal": "t1", "public_key": "xyz", "by": "L"},
    ),
    ("/v1/offline-uploads", {"lines": []}),
    ("/v1/offline-uploads", {"lines": [{"allowance": 1}] * 2_000}),
    ("/v1/allowances/0/end", None),
]  # fmt: skip


def test_what_makes_no_sense_is_said_so_and_nothing_breaks(served: Served) -> None:
    for n, (path, body) in enumerate(NONSENSE):
        status, said = post(served, path, body, f"bad-{n}")
        assert 400 <= status < 500, (path, body, said)
        assert said["code"], (path, body)


def test_lines_of_any_time_and_any_member_are_answered(served: Served) -> None:
    with served.db.transaction():
        terminals.add(served.db, served.world.outlets["A"], "t1")
    till = OfflineTill(SECRET)
    where = {"outlet": "A", "terminal": "t1", "by": "Lin"}
    keyed = post(served, "/v1/terminal-keys", where | {"public_key": till.public_key}, "k1")[1]
    sizes = {
        "spend_points": points(5_000), "member_points": points(5_000),
        "award_amount": yuan(100_000),
        "valid_until": (clock.now() + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    granted = msgspec.convert(post(served, "/v1/allowances", where | sizes, "k2")[1], Grant)
    till.take(granted, keyed["operators_key"])
    till._check = lambda *_: None  # type: ignore[method-assign]
    shown = code()["code"]
    lines = [
        till.spend("code", shown, 2, 1, datetime(1, 1, 1, tzinfo=UTC)),
        till.spend("code", shown, 2, 1, datetime(9999, 12, 31, tzinfo=UTC)),
        till.spend("code", "\x00", 2, 1, clock.now()),
        till.spend("card", "\x00", 2, 1, clock.now()),
        till.spend("phone", "1", 2, 1, clock.now()),
        till.spend("card", "CARD000001", 1, 2, clock.now()),
        till.award("card", "CARD000001", 100, clock.now(), reference="\x00"),
    ]
    body = {"lines": msgspec.to_builtins(lines)}
    status, told = post(served, "/v1/offline-uploads", body, "u1")
    assert status == 200, told
    assert [one["problem"]["code"] for one in told["lines"]] == [
        "allowance-expired", "allowance-expired", "payment-code-malformed", "identity-malformed",
        "identity-malformed", "offline-line-malformed", "text-malformed",
    ]  # fmt: skip
