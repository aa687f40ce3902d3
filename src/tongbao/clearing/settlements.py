"""Settlements: positions up to a closed window are proposed, approved by somebody else, instructed.

What the bank then says about each leg is in ``legs.py``.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final, get_args

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.alliance.organisations import OrganisationNotFound
from tongbao.alliance.types import Cycle
from tongbao.clearing import trail, windows
from tongbao.clearing.types import Leg, Settlement, Skipped, State
from tongbao.desk import people
from tongbao.desk.proposals import SamePerson
from tongbao.kernel import arrays, limits, lists, once, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound, Refused

Q = sql.load(__package__, "settlement_queries.sql")

LOCK: Final = 7_407_012
"""Key of the advisory lock of the one who proposes."""

SCHEDULED: Final[tuple[Cycle, ...]] = ("daily", "weekly", "monthly")
"""Cycles that come due by themselves."""

_LAST: Final = 2**31 - 1
_BANK_DESK: Final = "bank desk"


class SettlementNotFound(NotFound):
    code = "settlement-not-found"
    text = "there is no settlement {settlement}"


class SettlementState(Conflict):
    code = "settlement-state"
    text = "settlement {settlement} is {state}, so it cannot be {wanted}"


class SettlementOutdated(Refused):
    code = "settlement-outdated"
    text = (
        "{count} positions have changed since settlement {settlement} was proposed, "
        "the first that of organisation {first}; reject it and propose anew"
    )


class WindowOpen(Refused):
    code = "window-open"
    text = "clearing window {window} is open; close it before it is settled"


class NoWindowClosed(Refused):
    code = "no-window-closed"
    text = "no clearing window is closed yet"


class _Totals(Struct, frozen=True):
    collections: int
    to_collect: int
    payouts: int
    to_pay: int
    legs: int
    skipped: int


def propose(
    conn: Connection,
    *,
    business_date: date,
    through_window: int | None = None,
    cycles: Collection[Cycle] | None = None,
    organisations: Collection[int] | None = None,
    by: str,
    at: datetime,
) -> Settlement:
    """Propose to pay what is owed in all windows up to ``through_window`` (the newest closed one).

    Who is due: the ``organisations`` named, or those whose contract has one of ``cycles``, or
    whoever's cycle comes due by itself. Organisations with an unfinished leg, settled further
    already, or in default are skipped (``skipped`` lists them); who is in default and named may
    pay, but is paid nothing. Nobody pays zero; with nobody to pay the settlement is settled at
    once. The same asked again, while it is neither rejected nor failed, is the same settlement.
    Refuses ``window-not-found``, ``window-open``, ``no-window-closed``, ``text-malformed``,
    ``choice-malformed``, ``list-too-long``, ``organisation-not-found`` and ``operator-missing``.
    """
    assert cycles is None or organisations is None, "due by cycle or by name"
    by = people.name(by)
    conn.execute(Q.one_proposer, {"lock": LOCK})
    through = _closed_window(conn, through_window)
    due = _due(conn, cycles, organisations)
    like = {"business_date": business_date, "through": through, "asked": due["asked"]}
    known = conn.execute(Q.settlement_like, like).fetchone()
    if known is not None:
        return get(conn, known[0])
    (number,) = conn.execute(Q.write_settlement, {**like, "by": by, "at": at}).fetchone() or (0,)
    with conn.cursor(row_factory=class_row(_Totals)) as cursor:
        values = {**due, "settlement": number, "through": through, "at": at}
        totals = cursor.execute(Q.write_legs, values).fetchone()
    assert totals is not None, "sums are one row"
    conn.execute(
        Q.complete_settlement,
        {
            "settlement": number,
            "at": at,
            "collections": totals.collections,
            "to_collect": totals.to_collect,
            "payouts": totals.payouts,
            "to_pay": totals.to_pay,
            "skipped": totals.skipped,
            "legs": totals.legs,
        },
    )
    made = get(conn, number)
    trail.settlement(conn, made, at, by, None if totals.legs else "nobody is owed anything")
    return made


def approve(conn: Connection, settlement_id: int, *, by: str, at: datetime) -> Settlement:
    """Approve a proposed settlement; the one who proposed it may not.

    What each is owed is compared with the ledger again. Approved by the same person before: it is
    given as it is. Refuses ``settlement-not-found``, ``same-person``, ``settlement-outdated``,
    ``settlement-state`` and ``text-malformed``.
    """
    by = people.name(by)
    found = lock(conn, settlement_id)
    if found.approved_by is not None and people.same(found.approved_by, by):
        return found
    _check(found, "proposed", "approved")
    if people.same(found.proposed_by, by):
        raise SamePerson(by=by)
    values = {"settlement": settlement_id, "through": found.through_window}
    moved = conn.execute(Q.moved_since_proposed, values).fetchall()
    if moved:
        raise SettlementOutdated(settlement=settlement_id, count=len(moved), first=moved[0][0])
    conn.execute(Q.approve_settlement, {"id": settlement_id, "by": by, "at": at})
    return _changed(conn, settlement_id, at, by)


def reject(
    conn: Connection, settlement_id: int, *, by: str, at: datetime, reason: str
) -> Settlement:
    """Reject a proposed settlement; its legs are dropped, and the same may be proposed anew.

    Whoever proposed it may take it back so. Refuses ``settlement-not-found``,
    ``settlement-state`` and ``text-malformed``.
    """
    by, reason = people.name(by), texts.line("reason", reason, limits.TEXT)
    found = lock(conn, settlement_id)
    if found.state == "rejected":
        return found
    _check(found, "proposed", "rejected")
    conn.execute(Q.reject_settlement, {"id": settlement_id, "at": at})
    conn.execute(Q.drop_legs, {"id": settlement_id})
    return _changed(conn, settlement_id, at, by, reason)


def instruct(
    conn: Connection, settlement_id: int, *, at: datetime, by: str = _BANK_DESK
) -> list[Leg]:
    """Note that the bank is told to move the money; give the legs that it is told of.

    Asked again it gives the same legs, as they are now. Refuses ``settlement-not-found``,
    ``settlement-state`` and ``text-malformed``.
    """
    by = people.name(by)
    found = lock(conn, settlement_id)
    if found.instructed_at is None:
        _check(found, "approved", "instructed")
        conn.execute(Q.instruct_settlement, {"id": settlement_id, "at": at})
        conn.execute(Q.instruct_legs, {"id": settlement_id})
        _changed(conn, settlement_id, at, by)
    return [leg for leg in legs(conn, settlement_id) if leg.state != "dropped"]


def get(conn: Connection, settlement_id: int) -> Settlement:
    """Give a settlement by its id; refuses ``settlement-not-found``."""
    found = find(conn, settlement_id)
    if found is None:
        raise SettlementNotFound(settlement=settlement_id)
    return found


def find(conn: Connection, settlement_id: int) -> Settlement | None:
    """Give a settlement by its id; None where there is none."""
    if not 0 < settlement_id <= _LAST:
        return None
    with conn.cursor(row_factory=class_row(Settlement)) as cursor:
        return cursor.execute(Q.get_settlement, {"id": settlement_id}).fetchone()


def listed(
    conn: Connection,
    *,
    state: State | None = None,
    before: int = _LAST,
    limit: int = limits.PAGE,
) -> list[Settlement]:
    """Give at most ``limit`` settlements with ids below ``before``, newest first."""
    if state is not None:
        texts.choice("state", state, get_args(State))
    values = {"state": state, "before": before, "limit": min(limit, limits.PAGE)}
    with conn.cursor(row_factory=class_row(Settlement)) as cursor:
        return cursor.execute(Q.newest_settlements, values).fetchall()


def of_window(conn: Connection, window_id: int) -> list[Settlement]:
    """Give the settlements whose last window is this one, oldest first."""
    with conn.cursor(row_factory=class_row(Settlement)) as cursor:
        return cursor.execute(Q.settlements_of_window, {"window": window_id}).fetchall()


def legs(conn: Connection, settlement_id: int) -> list[Leg]:
    """Give all legs of a settlement, by organisation; refuses ``settlement-not-found``."""
    get(conn, settlement_id)
    with conn.cursor(row_factory=class_row(Leg)) as cursor:
        return cursor.execute(Q.legs_of_settlement, {"settlement": settlement_id}).fetchall()


def legs_after(
    conn: Connection, settlement_id: int, after: int = 0, limit: int = limits.PAGE
) -> list[Leg]:
    """Give at most ``limit`` legs of organisations with ids above ``after``, in their order.

    Refuses ``settlement-not-found``.
    """
    get(conn, settlement_id)
    values = {"settlement": settlement_id, "after": after, "limit": min(limit, limits.PAGE)}
    with conn.cursor(row_factory=class_row(Leg)) as cursor:
        return cursor.execute(Q.some_legs_of_settlement, values).fetchall()


def skipped(conn: Connection, settlement_id: int) -> list[Skipped]:
    """Give who was due and got no leg, by organisation; refuses ``settlement-not-found``."""
    get(conn, settlement_id)
    with conn.cursor(row_factory=class_row(Skipped)) as cursor:
        return cursor.execute(Q.skipped_of_settlement, {"settlement": settlement_id}).fetchall()


def lock(conn: Connection, settlement_id: int) -> Settlement:
    """Keep others from changing a settlement and its legs until this transaction ends; give it.

    Refuses ``settlement-not-found``.
    """
    if 0 < settlement_id <= _LAST:
        lock_all(conn, [settlement_id])
    return get(conn, settlement_id)


def lock_all(conn: Connection, settlement_ids: Iterable[int]) -> None:
    """Lock many settlements at once, in the order of their ids."""
    conn.execute(Q.lock_settlements, {"ids": arrays.ints(settlement_ids)})


def _check(found: Settlement, state: State, wanted: State) -> None:
    if found.state != state:
        raise SettlementState(settlement=found.id, state=found.state, wanted=wanted)


def _changed(
    conn: Connection, settlement_id: int, at: datetime, by: str, reason: str | None = None
) -> Settlement:
    now = get(conn, settlement_id)
    trail.settlement(conn, now, at, by, reason)
    return now


def _closed_window(conn: Connection, through: int | None) -> int:
    if through is None:
        newest = windows.newest_closed(conn)
        if newest is None:
            raise NoWindowClosed
        return newest.id
    if windows.get(conn, through).closed_at is None:
        raise WindowOpen(window=through)
    return through


def _due(
    conn: Connection, cycles: Collection[Cycle] | None, named: Collection[int] | None
) -> dict[str, Any]:
    """Say who is due, as parameters; ``asked`` is the same text whenever the same is asked."""
    if named is not None:
        lists.check("organisations", named, limits.BULK)
        ids = sorted(set(named))
        _check_known(conn, ids)
        mark = once.fingerprint(ids).hex()
        return {"named": arrays.ints(ids), "cycles": None, "asked": f"organisations {mark}"}
    wanted = sorted(set(SCHEDULED if cycles is None else cycles))
    for cycle in wanted:
        texts.choice("cycle", cycle, get_args(Cycle))
    return {"named": None, "cycles": arrays.words(wanted), "asked": " ".join(wanted)}


def _check_known(conn: Connection, ids: Sequence[int]) -> None:
    unknown = conn.execute(Q.first_unknown, {"ids": arrays.ints(ids)}).fetchone()
    if unknown is not None:
        raise OrganisationNotFound(organisation=unknown[0])
