"""The trail of settlements: each change of state is written down, and announced if others care."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from psycopg.rows import class_row

from tongbao.alliance import organisations
from tongbao.clearing.types import Leg, Settlement, Step
from tongbao.events.outbox import Event, announce
from tongbao.events.types import LEG_TYPES, SETTLEMENT_TYPES, LegChanged, SettlementChanged
from tongbao.kernel import arrays, limits, sql
from tongbao.kernel.clock import micros
from tongbao.kernel.db import Connection

Q = sql.load(__package__, "settlement_queries.sql")


def settlement(
    conn: Connection, changed: Settlement, at: datetime, by: str, reason: str | None = None
) -> None:
    """Write down and announce the state that a settlement has now."""
    conn.execute(
        Q.write_steps,
        {
            "by": by,
            "at": at,
            "settlements": arrays.ints([changed.id]),
            "organisations": "{NULL}",
            "states": arrays.words([changed.state]),
            "attempts": "{NULL}",
            "paid": "{NULL}",
            "reasons": arrays.texts([reason]),
        },
    )
    known = SETTLEMENT_TYPES.get(changed.state)
    if known is not None:
        data = SettlementChanged(
            settlement=changed.id,
            state=changed.state,
            day=changed.business_date.isoformat(),
            through_window=changed.through_window,
            collections=changed.collections,
            to_collect=changed.to_collect,
            payouts=changed.payouts,
            to_pay=changed.to_pay,
            paid_in=changed.paid_in,
            paid_out=changed.paid_out,
            failed=changed.failed,
            written=micros(at),
        )
        owner = organisations.operator(conn).id
        announce(conn, [Event(owner, known, at, _say(data))], at)


def legs(
    conn: Connection, changed: Sequence[tuple[Leg, str | None]], at: datetime, by: str
) -> None:
    """Write down and announce the states that legs have now, each with its reason."""
    conn.execute(
        Q.write_steps,
        {
            "by": by,
            "at": at,
            "settlements": arrays.ints([leg.settlement_id for leg, _ in changed]),
            "organisations": arrays.ints([leg.organisation_id for leg, _ in changed]),
            "states": arrays.words([leg.state for leg, _ in changed]),
            "attempts": arrays.ints([leg.attempt for leg, _ in changed]),
            "paid": arrays.ints([leg.paid for leg, _ in changed]),
            "reasons": arrays.texts([reason for _, reason in changed]),
        },
    )
    announce(
        conn,
        [
            Event(leg.organisation_id, LEG_TYPES[leg.state], at, _say(_leg(leg, reason, at)))
            for leg, reason in changed
            if leg.state in LEG_TYPES
        ],
        at,
    )


def steps(conn: Connection, settlement_id: int, organisation_id: int | None = None) -> list[Step]:
    """Give the changes of a settlement and its legs, oldest first, at most a page of them.

    With ``organisation_id`` those of its leg alone.
    """
    values = {
        "settlement": settlement_id, "organisation": organisation_id, "limit": limits.PAGE,
    }  # fmt: skip
    with conn.cursor(row_factory=class_row(Step)) as cursor:
        return cursor.execute(Q.steps_of_settlement, values).fetchall()


def _leg(leg: Leg, reason: str | None, at: datetime) -> LegChanged:
    return LegChanged(
        settlement=leg.settlement_id,
        organisation=leg.organisation_id,
        state=leg.state,
        amount=leg.amount,
        paid=leg.paid,
        attempt=leg.attempt,
        reason=reason,
        written=micros(at),
    )


def _say(data: msgspec.Struct) -> str:
    return msgspec.json.encode(data).decode()
