"""A day through the API alone: merchants join, sell, are settled by two people, and read of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.api.conftest import token
from tests.api.office import Office
from tests.world import AT, SECRET, broken_laws
from tongbao.alliance import organisations
from tongbao.api import app
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.members import members
from tongbao.members.keys import normalise
from tongbao.members.types import Identity
from tongbao.sandbox import bank

CARD = {"card": "CARD000001"}


@pytest.fixture
def client(db: Connection, database_url: str) -> Iterator[TestClient[Litestar]]:
    with TestClient(app.make(Settings(database_url=database_url))) as served:
        yield served


@pytest.fixture
def operator(db: Connection, client: TestClient[Litestar]) -> Office:
    """Give the operator, who is all there is, and a member."""
    with db.transaction():
        made = organisations.register(db, "operator", "Operator", "operator", AT)
        card = Identity(kind="card", value="CARD000001")
        members.enrol_many(db, [[normalise(card, SECRET)]], AT)
    return Office(client, token(db, made.id, "admin"))


def join(operator: Office, client: TestClient[Litestar], name: str) -> tuple[str, Office]:
    """Register a merchant with a contract, an outlet, a bank account and a key; give its id."""
    made = operator.send("organisations", code=name, name=f"Merchant {name}")
    who: str = made["id"]
    operator.send(
        f"organisations/{who}/contracts",
        valid_from="2000-01-01T00:00:00Z",
        terms={"acceptance_fee": 20_000, "credit_limit": 100_000_000},
    )
    operator.send("outlets", code=name, name=name, organisation=who, site="SH-1", format="cinema")
    open_account(operator, who, f"62220000{who}", mandate=f"M-{who}")
    key = operator.send("keys", organisation=who, role="manager", name="office")
    return who, Office(client, key["token"])


def open_account(operator: Office, who: str, number: str, mandate: str | None = None) -> None:
    details = {"number": number, "name": f"Account of {who}", "cnaps": "103100000026"}
    if mandate is not None:
        details |= {"mandate": mandate, "signed_on": "2000-01-01"}
    proposal = operator.send(
        f"organisations/{who}/bank-accounts", details=details, valid_from="2000-01-01"
    )
    refused = operator.try_to(f"proposals/{proposal['id']}/approve", by=" lin ")
    assert (refused.status_code, refused.json()["code"]) == (422, "same-person")
    approved = operator.send(f"proposals/{proposal['id']}/approve", by="Wu")
    assert (approved["state"], approved["decided_by"]) == ("approved", "Wu")


def test_merchants_join_sell_are_settled_and_read_their_statements(
    db: Connection, client: TestClient[Litestar], operator: Office, tmp_path: Path
) -> None:
    operator.send("sites", code="SH-1", name="Shanghai Mall", kind="mall", region="310105")
    operator.send("formats", code="cinema", name="Cinema", mcc="7832")
    (own,) = [one["id"] for one in operator.get("organisations")["data"]]
    open_account(operator, own, "110900000001")
    issuer, a = join(operator, client, "A")
    redeemer, c = join(operator, client, "C")

    a.send("awards", member=CARD, outlet="A", points={"value": 10_000})
    bill: dict[str, Any] = {"amount": {"value": 20_000}, "points": {"value": 8_000}}
    c.send("purchases", member=CARD, outlet="C", **bill)
    window = operator.send("windows/close")["id"]
    (owed,) = a.get(f"windows/{window}/claims")["data"]
    assert (owed["debtor"], owed["creditor"]) == (issuer, redeemer)
    assert owed["net"] == {"value": 8_000, "unit": "CNY"}

    settlement = operator.send("settlements")
    number = settlement["id"]
    assert operator.try_to(f"settlements/{number}/approve", by="LIN").status_code == 422
    operator.send(f"settlements/{number}/approve", by="Wu")
    legs = operator.send(f"settlements/{number}/instruct")["data"]
    assert {one["organisation"]: one["amount"]["value"] for one in legs} == {
        issuer: -8_000, redeemer: 7_840,
    }  # fmt: skip
    planned = operator.send(f"settlements/{number}/files")
    assert planned["left_out"] == []
    written = []
    for file in planned["files"]:
        path = tmp_path / f"{file['message_id']}.xml"
        path.write_bytes(operator.fetch(f"files/{file['id']}/content"))
        written.append(path)
    assert any(b"pain.001" in path.read_bytes() for path in written)

    answered = bank.respond(written, tmp_path / "answers", seed=1, rejects=0)
    camt = answered.files[-1]
    imported = operator.upload("bank-reports", camt.read_bytes(), name=camt.name)
    assert imported["report"]["name"] == camt.name
    assert [one["what"] for one in imported["counts"]] == ["matched by end_to_end"]
    assert operator.upload("bank-reports", camt.read_bytes())["replayed"]
    assert operator.get(f"settlements/{number}")["state"] == "settled"
    leg = c.get(f"settlements/{number}/legs/{redeemer}")
    assert (leg["state"], leg["left"]["value"]) == ("paid", 0)
    explained = c.get(f"settlements/{number}/legs/{redeemer}/explanation")
    assert sum(part["amount"]["value"] for part in explained["windows"]) == 7_840
    (single,) = c.get(
        f"windows/{window}/organisations/{redeemer}/claims",
        kind="claim_due", counterparty=issuer,
    )["data"]  # fmt: skip
    assert single["amount"]["value"] == 8_000

    operator.send("windows/close")
    stated = a.get(f"organisations/{issuer}/statement", window=f"{window}-{window + 1}")
    (position,) = (one for one in stated["accounts"] if one["account"] == "position")
    assert (position["opening"], position["closing"]) == (0, 0)
    paper = f"organisations/{issuer}/statement?window={window}&format=pdf&language=en"
    assert a.fetch(paper).startswith(b"%PDF")
    assert b"claims_owed" in a.fetch(f"organisations/{issuer}/statement?window=1&format=csv")
    assert broken_laws(db) == {}
