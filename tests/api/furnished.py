"""An alliance in which everybody has one of everything, to try another's with."""

from datetime import timedelta
from typing import Any, get_args

from msgspec import Struct

from tests.api.conftest import Served, token
from tests.world import AT, one
from tongbao.access.roles import OPERATOR_ROLES, Role
from tongbao.alliance import collateral, terminals
from tongbao.clearing import settlements, windows
from tongbao.desk import exceptions
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.losses import decide, default
from tongbao.points.operations import Award, Hold, ProposeAdjustment, Purchase
from tongbao.reconcile import disputes
from tongbao.reconcile.types import Opening

UNKNOWN = "999999999999"
NOWHERE = "nowhere"


class Thing(Struct, frozen=True):
    """What a parameter names: another's, and nobody's."""

    theirs: str
    nobodys: str = UNKNOWN


def furnish(served: Served) -> dict[str, Thing]:
    """Give B's things by the names of the parameters that name them; A has nothing to do with it.

    B owes C, has settled, disputes and is in default, with a hold and a pending award at its till.
    """
    db, b = served.db, served.world.organisations["B"]
    operations = _sell(db, served)
    with db.transaction():
        proposal = collateral.propose_deposit(db, b, 500, by="Lin", reason="in", at=AT)
        item = exceptions.raise_item(db, "bank", b, "line 1", {"amount": 1}, AT)
        terminals.add(db, served.world.outlets["B"], "till")
        window = windows.close(db, clock.now())
        settlement = settlements.propose(
            db, business_date=AT.date(), organisations=[b], by="Lin", at=clock.now()
        )
        opening = Opening(
            kind="claim", creditor_id=b, debtor_id=served.world.organisations["C"], amount=1,
            reason="wrong", evidence="a receipt", operation_id=operations["purchase"],
        )  # fmt: skip
        dispute = disputes.open_dispute(db, opening, by="Lin", at=clock.now())
    with db.transaction():
        declared = default.propose(db, b, by="Lin", reason="late", at=clock.now())
        fallen = decide.approve(db, declared.id, by="Wu", at=clock.now()).default
    assert fallen is not None
    return {
        "organisation": Thing(str(b)),
        "counterparty": Thing(str(b)),
        "outlet": Thing("B", NOWHERE),
        "terminal": Thing("till", NOWHERE),
        "proposal": Thing(str(proposal.id)),
        "item": Thing(str(item.id)),
        "dispute": Thing(str(dispute.id)),
        "default": Thing(str(fallen.id)),
        "window": Thing(str(window.id), str(window.id)),
        "settlement": Thing(str(settlement.id), str(settlement.id)),
        "adjustment": Thing(str(operations["adjustment"])),
        "hold_id": Thing(str(operations["hold"])),
        "award_id": Thing(str(operations["pending"])),
        "original": Thing(str(operations["purchase"])),
        "reconciliation": Thing(_reconcile(served)),
        "key_id": Thing(served.tokens["B"].split("_")[1]),
        "member_id": Thing(str(served.world.members[0])),
        "operation_id": Thing(str(operations["purchase"])),
        "allowance_id": Thing(_allow(served)),
        "staff_id": Thing(_employ(served)),
        "webhook_id": Thing(_listen(served)),
        "event_id": Thing("evt_1_1", "evt_1_1"),
        "item_id": Thing(UNKNOWN),
        "month": Thing("2026-05", "2026-05"),
    }


def _sell(db: Connection, served: Served) -> dict[str, int]:
    """Let B give points, spend some of C's, hold some, and propose to give more."""
    who, outlets = served.world.organisations, served.world.outlets
    member = served.world.members[0]
    till: dict[str, Any] = {"scope": who["B"], "member": member, "outlet": outlets["B"]}
    made = [
        Award(key="c", scope=who["C"], member=member, outlet=outlets["C"], points=1_000),
        Purchase(key="p", amount=900, points=900, **till),
        Award(key="a", points=1_000, **till),
        Hold(key="h", points=500, **till),
        Award(key="r", points=700, release_at=clock.now() + timedelta(days=30), **till),
    ]
    outcomes = [one(db, operation, clock.now()) for operation in made]
    proposed = one(
        db,
        ProposeAdjustment(
            key="adj", scope=who["B"], member=member, organisation=who["B"], points=5,
            reason="sorry", by="Lin",
        ),
    )  # fmt: skip
    _, purchase, _, hold, pending = (outcome.operation for outcome in outcomes)
    return {
        "purchase": purchase, "hold": hold, "pending": pending, "adjustment": proposed.operation,
    }  # fmt: skip


def _reconcile(served: Served) -> str:
    headers = served.headers("B") | {"Tongbao-Actor": "Lin"}
    answer = served.client.post(
        "/v1/reconciliations",
        params={"day": "2026-05-01", "name": "day.csv"},
        content=b"type,receipt,outlet,amount\nsale,1,B,9.00\n",
        headers=headers,
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _allow(served: Served) -> str:
    _at_till(served, "terminal-keys", public_key="ab" * 32)
    until = (clock.now() + timedelta(hours=1)).isoformat()
    some = {"value": 1}
    made = _at_till(
        served, "allowances", spend_points=some, member_points=some, award_amount=some,
        valid_until=until,
    )  # fmt: skip
    return str(made["allowance"])


def _employ(served: Served) -> str:
    body = {"login": "lin@example.cn", "name": "Lin", "role": "cashier"}
    answer = served.client.post("/v1/staff", json=body, headers=served.headers("B", "staff"))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["staff"]["id"])


def _listen(served: Served) -> str:
    body = {"url": "https://shop.example/hook", "name": "shop"}
    answer = served.client.post("/v1/webhooks", json=body, headers=served.headers("B", "hook"))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _at_till(served: Served, path: str, **body: Any) -> Any:
    said = {"outlet": "B", "terminal": "till", "by": "Lin"} | body
    answer = served.client.post(f"/v1/{path}", json=said, headers=served.headers("B", path))
    assert answer.status_code == 201, answer.text
    return answer.json()


def keys_of_roles(served: Served) -> dict[Role, str]:
    """Give a token for each role: the operator's own at the operator, the others at A."""
    own, other = served.world.operator, served.world.organisations["A"]
    return {
        role: token(served.db, own if role in OPERATOR_ROLES else other, role)
        for role in get_args(Role)
    }
