"""What a dispute is about: its operation, and how much of its claim or fee is left."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection
from tongbao.ledger.movements import M
from tongbao.ledger.types import Transfer
from tongbao.reconcile.refusals import DisputeNothing
from tongbao.reconcile.types import Sides

Q = sql.load(__package__, "dispute_queries.sql")

KINDS: Final = ("claim", "acceptance-fee", "issue-fee", "missing")
FEES: Final = {
    "acceptance-fee": M.ACCEPTANCE_FEE_BACK,
    "issue-fee": M.ISSUE_FEE_BACK,
}
"""Kinds of disputes with the operator, and the movement that gives the fee back."""


class Disputed(Struct, frozen=True, kw_only=True):
    """An operation as a dispute sees it; ``life``: the member, and those it has lived on as."""

    owner_id: int
    effective_at: datetime
    life: list[int]


def operation(conn: Connection, sides: Sides) -> Disputed:
    """Give the disputed operation; refuses ``dispute-nothing`` when there is none."""
    given = {"operation": sides.operation_id}
    row = None
    if sides.operation_id is not None and 0 < sides.operation_id < 2**63:
        row = conn.execute(Q.disputed_operation, given).fetchone()
    if row is None:
        raise DisputeNothing(operation=sides.operation_id, kind=sides.kind)
    life = [owner for (owner,) in conn.execute(Q.life_of, given)]
    return Disputed(owner_id=row[0], effective_at=row[1], life=life)


def left(conn: Connection, sides: Sides, life: list[int]) -> int:
    """Give what is left (fen) of the claim or fee; refuses ``dispute-nothing`` for nothing.

    What refunds and reversals gave back is off it.
    """
    values = {
        "operation": sides.operation_id,
        "creditor": sides.creditor_id,
        "debtor": sides.debtor_id,
        "life": arrays.ints(life),
    }
    row = conn.execute(Q.worth, values).fetchone()
    assert row is not None, "sums of nothing are zero"
    amount = int(dict(zip(KINDS, row, strict=False))[sides.kind])
    if amount <= 0:
        raise DisputeNothing(operation=sides.operation_id, kind=sides.kind)
    return amount


def transfer(sides: Sides, amount: int) -> Transfer:
    """Give what a dispute that is upheld moves: from the debtor's clearing, or the fee back."""
    movement = FEES.get(sides.kind, M.DISPUTE)
    return Transfer(movement, sides.debtor_id, sides.creditor_id, amount)
