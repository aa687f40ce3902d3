"""Recoveries: what a defaulter has left goes back up the waterfall, the last bearers first."""

from collections import defaultdict
from datetime import datetime

import msgspec
from psycopg.rows import class_row

from tongbao.alliance import organisations
from tongbao.desk import people
from tongbao.kernel import limits, once, sql
from tongbao.kernel.amounts import AmountOutOfRange
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused
from tongbao.ledger import accounts, lock
from tongbao.losses import booking
from tongbao.losses.default import columns, in_order, lock_open
from tongbao.losses.plan import outstanding
from tongbao.losses.types import STEPS, Default, Recovery, Share
from tongbao.losses.waterfall import share_out

Q = sql.load(__package__)


class NothingToRecover(Refused):
    code = "nothing-to-recover"
    text = "organisation {organisation} has {free} fen to repay with, {borne} fen are to be repaid"


def repay(amount: int, borne: list[Share]) -> list[Share]:
    """Give who gets what of ``amount`` (fen) back, in the order in which it is repaid. Pure.

    The last step of the waterfall is repaid first; within a step all in proportion to what they
    bore. Nobody gets more than it bore.
    """
    repaid: list[Share] = []
    for step in reversed(STEPS):
        bearers = [share for share in in_order(borne) if share.step == step]
        limits_ = [share.amount for share in bearers]
        parts = share_out(amount, limits_, limits_)
        for share, part in zip(bearers, parts, strict=True):
            if part:
                repaid.append(msgspec.structs.replace(share, amount=part))
                amount -= part
    return repaid


def recover(
    conn: Connection, organisation_id: int, paid_in: int, reference: str, *, by: str, at: datetime
) -> Recovery:
    """Book what a defaulter has paid (fen; zero: nothing) and repay others with what it has then.

    What it owes by itself is paid first. What is repaid goes into the position of who bore it,
    into its next settlement. ``reference`` is the bank's: the same again does nothing. Postings
    wait until this transaction ends. Refuses ``not-in-default``, ``amount-out-of-range``,
    ``key-malformed``, ``key-reused``, ``text-malformed`` and, when nothing was paid and nothing
    can be repaid, ``nothing-to-recover``.
    """
    once.check(reference)
    by = people.name(by)
    if type(paid_in) is not int or not 0 <= paid_in <= limits.AMOUNT:
        shown = repr(paid_in)[:40]
        raise AmountOutOfRange(name="amount", amount=shown, least=0, most=limits.AMOUNT)
    default = lock_open(conn, organisation_id)
    before = _find(conn, default, reference, paid_in)
    if before is not None:
        return before
    lock.fence_closing(conn)
    free = accounts.balances(conn, organisation_id)["clearing"] + paid_in
    left = outstanding(conn, default)
    shares = repay(max(0, free), left)
    if not paid_in and not shares:
        owed = sum(share.amount for share in left)
        raise NothingToRecover(organisation=organisation_id, free=max(0, free), borne=owed)
    return _book(conn, default, paid_in, reference, shares, at, by)


def recoveries(conn: Connection, default: Default) -> list[Recovery]:
    """Give the recoveries of a default with who was repaid, oldest first."""
    shares: dict[int, list[Share]] = defaultdict(list)
    for recovery, step, who, amount in conn.execute(Q.repayments_of, {"default_id": default.id}):
        shares[recovery].append(Share(step=step, organisation_id=who, amount=amount))
    with conn.cursor(row_factory=class_row(Recovery)) as cursor:
        found = cursor.execute(Q.recoveries_of, {"default_id": default.id}).fetchall()
    return [msgspec.structs.replace(one, shares=_last_first(shares[one.recovery])) for one in found]


def _last_first(shares: list[Share]) -> list[Share]:
    return sorted(shares, key=lambda one: (-STEPS.index(one.step), one.organisation_id))


def _book(
    conn: Connection,
    default: Default,
    paid_in: int,
    reference: str,
    shares: list[Share],
    at: datetime,
    by: str,
) -> Recovery:
    (number,) = conn.execute(Q.next_recovery, {"default_id": default.id}).fetchone() or (0,)
    operation_id = booking.book_repayments(
        conn,
        organisations.operator(conn).id,
        default.organisation_id,
        f"recovery:{default.id}:{number}",
        paid_in,
        shares,
        at,
        default=default.id,
        recovery=number,
        by=by,
    )
    recovery = Recovery(
        default_id=default.id,
        recovery=number,
        operation_id=operation_id,
        reference=reference,
        paid_in=paid_in,
        by=by,
        at=at,
        shares=shares,
    )
    row = msgspec.structs.asdict(recovery)
    del row["shares"], row["replayed"]
    conn.execute(Q.write_recovery, row)
    values = {"default_id": default.id, "recovery": number, **columns(shares)}
    conn.execute(Q.write_repayments, values)
    return recovery


def _find(conn: Connection, default: Default, reference: str, paid_in: int) -> Recovery | None:
    values = {"default_id": default.id, "reference": reference}
    row = conn.execute(Q.find_recovery, values).fetchone()
    if row is None:
        return None
    found = next(one for one in recoveries(conn, default) if one.recovery == row[0])
    if found.paid_in != paid_in:
        raise once.KeyReused
    return msgspec.structs.replace(found, replayed=True)
