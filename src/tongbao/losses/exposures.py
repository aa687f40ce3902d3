"""What an organisation owes whom, now: the part of its claims that nobody has paid yet."""

from collections.abc import Mapping

from msgspec import Struct

from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.losses.types import Default

Q = sql.load(__package__)


class Exposure(Struct, frozen=True, kw_only=True):
    """What an organisation owes and is owed by what nobody has paid yet.

    ``creditors``: what it owes each on balance, those that are in default themselves left out.
    ``owed`` sums what it owes, ``credits`` what it is owed; the difference is its debt.
    """

    owed: int
    credits: int
    creditors: Mapping[int, int]


def read(
    conn: Connection,
    organisation_id: int,
    clearing: int,
    operator_id: int,
    default: Default | None = None,
) -> Exposure:
    """Read whom ``organisation_id`` owes what; ``clearing`` is the balance of its account.

    It goes back to the newest window before which nothing was left to pay, or to the last run of
    its ``default``, which left nothing. Claims and counter-claims are set off pair by pair. All
    else (fees, what it has to set aside, shared losses, decided disputes, payments) is between it
    and the operator; what was owed to it before those windows is its credit.
    """
    since, carried, paid = _begin(conn, organisation_id, clearing, default)
    owes: dict[int, int] = {}
    solvent: set[int] = {operator_id}
    for other, amount, is_solvent in pairs(conn, organisation_id, since):
        owes[other] = amount - paid.get(other, 0)
        if is_solvent:
            solvent.add(other)
    claimed = sum(owes.values())
    owes[operator_id] = owes.get(operator_id, 0) + max(0, carried) - clearing - claimed
    owed = sum(amount for amount in owes.values() if amount > 0)
    credited = sum(-amount for amount in owes.values() if amount < 0)
    creditors = {
        who: amount for who, amount in sorted(owes.items()) if amount > 0 and who in solvent
    }
    return Exposure(owed=owed, credits=credited + max(0, carried), creditors=creditors)


def pairs(conn: Connection, organisation_id: int, since: int) -> list[tuple[int, int, bool]]:
    """Give whom it owes what on balance, by the claims of windows from ``since`` on.

    And whether that one is solvent: in no default itself, and not closed. Negative: it is owed.
    """
    values = {"organisation": organisation_id, "since": since}
    return conn.execute(Q.owed_by_pair, values).fetchall()


def _begin(
    conn: Connection, organisation_id: int, clearing: int, default: Default | None
) -> tuple[int, int, dict[int, int]]:
    """Give the first window to look at, what was owed to it before, and what of it is paid for."""
    if default is not None:
        last = conn.execute(Q.last_run, {"default_id": default.id}).fetchone()
        if last is not None:
            values = {"default_id": default.id, "run": last[0]}
            return last[1], 0, dict(conn.execute(Q.standing_of, values).fetchall())
    values = {"organisation": organisation_id, "clearing": clearing}
    row = conn.execute(Q.first_unsettled, values).fetchone()
    return (*row, {}) if row is not None else (0, 0, {})
