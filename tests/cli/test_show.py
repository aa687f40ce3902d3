"""``tongbao show`` explains members, organisations, operations and outlets."""

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.world import AT, SECRET, World, broken_laws, build, do, one
from tongbao.alliance.types import Terms
from tongbao.cli import app
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.ledger.seal import seal
from tongbao.points.operations import (
    Award,
    Capture,
    Gift,
    Hold,
    Line,
    Merge,
    Purchase,
    Refund,
    RefundLine,
)
from tongbao.points.outcome import Outcome

Told = dict[str, Outcome]


@pytest.fixture
def world(db: Connection) -> World:
    return build(
        db,
        {
            "A": Terms(expiry_months=12),
            "B": Terms(prepaid_share=1_000_000, credit_limit=100_000),
            "C": Terms(acceptance_fee=20_000),
        },
        people=4,
    )


@pytest.fixture
def told(db: Connection, world: World) -> Told:
    """Post a small story; give the outcomes by key."""
    a, b, c = (world.organisations[name] for name in "ABC")
    me, other, *_ = world.members
    lines = (Line(id="1", amount=15_000, item="coat"), Line(id="2", amount=5_000, item="scarf"))
    operations = [
        Award(key="a", scope=a, member=me, outlet=world.outlets["A"], points=5_000),
        Award(key="b", scope=b, member=me, outlet=world.outlets["B"], points=6_000),
        Purchase(
            key="c", scope=c, member=me, outlet=world.outlets["C"], amount=20_000, points=8_000,
            lines=lines, reference="R-1",
        ),
        Gift(key="g", scope=world.operator, member=me, to=other, points=1_000),
        Hold(key="h", scope=c, member=me, outlet=world.outlets["C"], points=700),
        Purchase(
            key="poor", scope=c, member=other, outlet=world.outlets["C"], amount=9_000,
            points=9_000,
        ),
    ]  # fmt: skip
    answers = {op.key: answer for op, answer in zip(operations, do(db, operations), strict=True)}
    back = (RefundLine(id="2", amount=5_000),)
    answers["r"] = one(
        db, Refund(key="r", scope=c, original=answers["c"].operation, lines=back),
        AT + timedelta(hours=1),
    )  # fmt: skip
    return answers


def call(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(
        app,
        ["show", *arguments],
        env={"TONGBAO_DATABASE_URL": url, "TONGBAO_IDENTITY_SECRET": SECRET},
        catch_exceptions=False,
    )


def read(url: str, *arguments: str) -> dict[str, Any]:
    result = call(url, *arguments, "--json")
    assert result.exit_code == 0
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_a_statement_has_lots_history_and_a_running_balance(
    db: Connection, world: World, told: Told, database_url: str
) -> None:
    statement = read(database_url, "member", str(world.members[0]))
    balances = told["r"].balances
    assert balances is not None
    assert statement["balances"]["available"] == balances.available
    assert statement["balances"]["held"] == 700
    history = statement["history"]
    assert [entry["kind"] for entry in history] == [
        "refund", "hold", "gift", "purchase", "award", "award",
    ]  # fmt: skip
    assert history[0]["balance"] == balances.available
    for newer, older in pairwise(history):
        assert newer["balance"] - newer["wallet"] == older["balance"]
    assert history[-1]["balance"] == history[-1]["wallet"] == 5_000
    lots = {lot["code"]: lot for lot in statement["lots"]}
    assert sum(lot["available"] for lot in lots.values()) == balances.available
    assert sum(lot["held"] for lot in lots.values()) == 700
    assert statement["holds"][0]["remaining"] == 700
    assert broken_laws(db) == {}


def test_a_gift_is_in_the_history_of_who_received_it(
    world: World, told: Told, database_url: str
) -> None:
    giver, receiver, *_ = world.members
    statement = read(database_url, "member", str(receiver))
    assert [(e["kind"], e["owner_id"], e["wallet"]) for e in statement["history"]] == [
        ("gift", giver, 1_000)
    ]


def test_the_history_of_merged_memberships_is_shown_with_the_survivor(
    db: Connection, world: World, told: Told, database_url: str
) -> None:
    old, middle, new, last = world.members
    operator = world.operator
    do(db, [Merge(key="m1", scope=operator, member=old, into=middle)])
    c = world.organisations["C"]
    do(db, [
        Capture(key="cap", scope=c, hold=told["h"].operation, points=500),
        Merge(key="m2", scope=operator, member=middle, into=new),
        Award(key="n", scope=c, member=new, outlet=world.outlets["C"], points=300),
        Award(key="l", scope=c, member=last, outlet=world.outlets["C"], points=900),
    ])  # fmt: skip
    by_old, by_new = (read(database_url, "member", str(who)) for who in (old, new))
    assert by_old["asked"] == old
    assert by_old["member"]["id"] == new
    assert by_old["merged"] == [old, middle]
    assert by_old["history"] == by_new["history"]
    assert len(by_new["history"]) == 6 + len(["m1", "cap", "m2", "n"])
    history = by_new["history"]
    for newer, older in pairwise(history):
        assert newer["balance"] - newer["wallet"] == older["balance"]
    assert history[-1]["balance"] == history[-1]["wallet"]
    assert "lives on here" in call(database_url, "member", str(old)).stdout
    assert broken_laws(db) == {}


def test_a_member_is_found_by_what_it_is_known_by(
    world: World, told: Told, database_url: str
) -> None:
    statement = read(database_url, "member", "card:card 000001")
    assert statement["member"]["id"] == world.members[1]


def test_an_operation_is_explained_transfer_by_transfer_and_lot_by_lot(
    db: Connection, world: World, told: Told, database_url: str
) -> None:
    with db.transaction():
        seal(db, AT)
    paid = told["c"]
    explanation = read(database_url, "operation", str(paid.operation))
    assert [
        (t["movement"], t["from_code"], t["to_code"], t["amount"]) for t in explanation["transfers"]
    ] == [
        ("redeem", None, "A", 5_000),
        ("redeem", None, "B", 3_000),
        ("claim", "A", "C", 5_000),
        ("claim_reserve", "B", "C", 3_000),
        ("acceptance_fee", "C", "operator", 160),
        ("award", "C", None, 120),
    ]
    assert all(t["meaning"] for t in explanation["transfers"])
    assert {lot["issuer"]: (lot["points"], lot["reserve"]) for lot in explanation["lots"]} == {
        "A": (-5_000, 0),
        "B": (-3_000, -3_000),
        "C": (120, 0),
    }
    assert [(c["issuer"], c["amount"]) for c in explanation["claims"]] == [
        (claim.issuer, claim.amount) for claim in paid.claims
    ]
    assert explanation["relatives"] == [
        {
            "id": told["r"].operation, "kind": "refund", "before": False,
            "points": explanation["relatives"][0]["points"],
            "cash": explanation["relatives"][0]["cash"],
            "effective_at": "2026-05-01T05:00:00Z",
        }
    ]  # fmt: skip
    assert explanation["record"]["key"] == "c"
    assert explanation["record"]["answer"]["operation"] == paid.operation
    assert explanation["operation"]["data"]["reference"] == "R-1"
    assert explanation["batch"]["position"] == 1
    text = call(database_url, "operation", str(paid.operation)).stdout
    assert "claim_reserve: money set aside" in text
    assert "sealed as 1" in text


def test_a_refund_names_its_original_and_counters_its_claims(told: Told, database_url: str) -> None:
    explanation = read(database_url, "operation", str(told["r"].operation))
    assert [(r["id"], r["before"]) for r in explanation["relatives"]] == [
        (told["c"].operation, True)
    ]
    assert all(claim["amount"] < 0 for claim in explanation["claims"])
    assert "waits for its seal" in call(database_url, "operation", str(told["r"].operation)).stdout


def test_a_refused_operation_is_explained_by_its_record(told: Told, database_url: str) -> None:
    number = str(told["poor"].operation)
    explanation = read(database_url, "operation", number)
    assert explanation["operation"] is None
    assert explanation["record"]["refused"]
    assert "insufficient-points: " in call(database_url, "operation", number).stdout


def test_an_organisation_shows_its_headroom_and_who_owes_it(
    world: World, told: Told, database_url: str
) -> None:
    stands = read(database_url, "organisation", "B")
    assert stands == read(database_url, "organisation", str(world.organisations["B"]))
    assert stands["headroom"] is not None
    circulation = stands["circulation"]
    assert -stands["balances"]["issued"] == sum(
        circulation[state] for state in ("available", "held", "pending")
    )
    redeemer = read(database_url, "organisation", "C")
    assert redeemer["headroom"] is None
    assert {c["code"]: c["due"] for c in redeemer["counterparties"]}["A"] > 0
    text = call(database_url, "organisation", "B").stdout
    assert "prepaid" in text and "headroom" in text


def test_an_outlet_shows_where_it_stands_and_what_it_did(
    world: World, told: Told, database_url: str
) -> None:
    stands = read(database_url, "outlet", "C")
    assert stands["outlet"]["organisation"] == "C"
    assert stands["region_name"] == "长宁区"
    assert {each["kind"] for each in stands["operations"]} == {"purchase", "hold", "refund"}
    assert "Shanghai Mall" in call(database_url, "outlet", "C").stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["member", "999999"], "member-not-found"),
        (["member", "somebody"], "number-malformed"),
        (["member", "9223372036854775808"], "member-not-found"),
        (["member", "9" * 40], "number-malformed"),
        (["member", "card:NOBODY99"], "identity-not-found"),
        (["member", "phone:12"], "identity-malformed"),
        (["operation", "0"], "operation-not-found"),
        (["operation", "9223372036854775807"], "operation-not-found"),
        (["operation", "9223372036854775808"], "operation-not-found"),
        (["operation", "x"], "number-malformed"),
        (["organisation", "nobody"], "organisation-not-found"),
        (["organisation", "a b"], "code-malformed"),
        (["organisation", "9223372036854775808"], "organisation-not-found"),
        (["outlet", "nowhere"], "outlet-not-found"),
    ],
)
def test_what_is_not_there_is_refused(arguments: list[str], code: str, database_url: str) -> None:
    with pytest.raises(Refusal) as refused:
        call(database_url, *arguments)
    assert refused.value.code == code
