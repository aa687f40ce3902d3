"""What of an operation an organisation may dispute: its claims with others, its fees."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from tongbao.alliance import organisations
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.reconcile import worth
from tongbao.reconcile.refusals import DisputeNothing, DisputeTooLate
from tongbao.reconcile.types import DisputeKind, Sides
from tongbao.reconcile.worth import Q

_FEES: Final[tuple[DisputeKind, ...]] = ("acceptance-fee", "issue-fee")


class Disputable(Struct, frozen=True, kw_only=True):
    """Something that may be disputed with ``debtor_id``, and at most how much of it (fen)."""

    kind: DisputeKind
    debtor_id: int
    most: int


def disputable(
    conn: Connection, operation_id: int, organisation_id: int, at: datetime
) -> list[Disputable]:
    """Give what an organisation may dispute of an operation, after what refunds gave back.

    Refuses ``dispute-nothing`` where nothing is left that concerns it, ``dispute-too-late``.
    """
    sides = Sides(kind="claim", creditor_id=organisation_id, debtor_id=0, operation_id=operation_id)
    disputed = worth.operation(conn, sides)
    values = {"operation": operation_id, "organisation": organisation_id}
    others = [row[0] for row in conn.execute(Q.claims_with, values)]
    asked: list[tuple[DisputeKind, int]] = [("claim", other) for other in others]
    operator = organisations.operator(conn).id
    if organisation_id != operator:
        asked += [(kind, operator) for kind in _FEES]
    found = []
    for kind, debtor in asked:
        one = Sides(
            kind=kind, creditor_id=organisation_id, debtor_id=debtor, operation_id=operation_id
        )
        try:
            most = worth.left(conn, one, disputed.life)
        except DisputeNothing:
            continue
        found.append(Disputable(kind=kind, debtor_id=debtor, most=most))
    if not found:
        raise DisputeNothing(operation=operation_id, kind="claim")
    if at - disputed.effective_at > limits.DISPUTE:
        raise DisputeTooLate(operation=operation_id, days=limits.DISPUTE.days)
    return found
