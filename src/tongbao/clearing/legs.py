"""Legs of settlements: what the bank has moved, refused, or is asked to move once more.

The position and the money move in one transaction: the booking in the journal, the leg and its
settlement. A settlement is locked while one of its legs changes.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from psycopg.rows import class_row

from tongbao.clearing import settlements, trail
from tongbao.clearing.types import Leg, LegState
from tongbao.desk import people
from tongbao.kernel import arrays, limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound

Q = sql.load(__package__, "settlement_queries.sql")

BANK: Final = "bank"
"""Who has done what the bank has reported."""

UNFINISHED: Final[tuple[LegState, ...]] = ("open", "instructed", "partly_paid", "rejected")
"""States in which a leg may still be paid."""

GIVEN_UP: Final[tuple[LegState, ...]] = ("failed", "dropped")
"""States in which what is left of a leg stays in the position."""

_END_TO_END: Final = re.compile(r"TB([0-9]{1,10})-([0-9]{1,19})-([0-9]{1,10})")
PAYABLE: Final[tuple[LegState, ...]] = ("instructed", "partly_paid")
"""States in which the bank moves money for a leg."""

LAST: Final = 2**31 - 1
"""Largest id of a settlement."""

LAST_ORGANISATION: Final = 2**63 - 1
"""Largest id of an organisation."""


class LegNotFound(NotFound):
    code = "leg-not-found"
    text = "organisation {organisation} has no leg in settlement {settlement}"


class LegStateRefused(Conflict):
    code = "leg-state"
    text = (
        "the leg of organisation {organisation} in settlement {settlement} is {state}, "
        "so it cannot be {wanted}"
    )


class Change(Struct, frozen=True):
    """What becomes of a leg: as it was, as it is then, and why."""

    former: Leg
    leg: Leg
    reason: str | None


class _Sums:
    """What all changes together add to one settlement."""

    __slots__ = ("failed", "finished", "paid_in", "paid_out")

    def __init__(self) -> None:
        self.paid_in = self.paid_out = self.finished = self.failed = 0


def reject_leg(
    conn: Connection,
    settlement_id: int,
    organisation_id: int,
    *,
    reason: str,
    at: datetime,
    attempt: int | None = None,
    by: str = BANK,
) -> Leg:
    """Note that the bank refuses a leg, or the rest of it: it may be instructed again, or fail.

    ``attempt`` is the one refused, the newest unless told; of an earlier one, or told twice, it
    changes nothing. Refuses ``leg-not-found``, ``leg-state`` and ``text-malformed``.
    """
    leg = _take(conn, settlement_id, organisation_id)
    reason = texts.line("reason", reason, limits.TEXT)
    if attempt is not None and attempt > leg.attempt:
        raise LegNotFound(organisation=organisation_id, settlement=settlement_id)
    if (attempt is not None and attempt < leg.attempt) or leg.state == "rejected":
        return leg
    _check(leg, PAYABLE, "rejected")
    refused = replace(leg, state="rejected")
    apply(conn, [Change(leg, refused, reason)], at, people.name(by))
    return refused


def reinstruct_leg(
    conn: Connection,
    settlement_id: int,
    organisation_id: int,
    *,
    at: datetime,
    by: str,
    reason: str | None = None,
) -> Leg:
    """Ask the bank once more for a leg that it has refused, under a new end-to-end id.

    Refuses ``leg-not-found``, ``leg-state`` and ``text-malformed``.
    """
    leg = _take(conn, settlement_id, organisation_id)
    _check(leg, ("rejected",), "instructed again")
    why = None if reason is None else texts.line("reason", reason, limits.TEXT)
    state: LegState = "partly_paid" if leg.paid else "instructed"
    again = replace(leg, state=state, attempt=leg.attempt + 1)
    apply(conn, [Change(leg, again, why)], at, people.name(by))
    return again


def fail_leg(
    conn: Connection,
    settlement_id: int,
    organisation_id: int,
    *,
    reason: str,
    at: datetime,
    by: str,
) -> Leg:
    """Give a leg up: what is left of it stays in the position, for the next settlement.

    A leg that was not instructed yet is dropped. Given up before: it is given as it is. Refuses
    ``leg-not-found``, ``leg-state`` (it is paid) and ``text-malformed``.
    """
    leg = _take(conn, settlement_id, organisation_id)
    reason = texts.line("reason", reason, limits.TEXT)
    if leg.state in ("failed", "dropped"):
        return leg
    _check(leg, UNFINISHED, "given up")
    given_up = replace(leg, state="dropped" if leg.state == "open" else "failed")
    apply(conn, [Change(leg, given_up, reason)], at, people.name(by))
    return given_up


def get(conn: Connection, settlement_id: int, organisation_id: int) -> Leg:
    """Give the leg of an organisation in a settlement; refuses ``leg-not-found``."""
    found = read(conn, {(settlement_id, organisation_id)})
    if not found:
        raise LegNotFound(organisation=organisation_id, settlement=settlement_id)
    return found[settlement_id, organisation_id]


def find(conn: Connection, end_to_end_id: str) -> Leg | None:
    """Give the leg that an end-to-end id names, whichever attempt; None where it names none."""
    match = _END_TO_END.fullmatch(end_to_end_id)
    if match is None:
        return None
    settlement, organisation, attempt = (int(number) for number in match.groups())
    leg = read(conn, {(settlement, organisation)}).get((settlement, organisation))
    return leg if leg is not None and 1 <= attempt <= leg.attempt else None


def of_organisation(
    conn: Connection, organisation_id: int, *, before: int = LAST, limit: int = limits.PAGE
) -> list[Leg]:
    """Give an organisation's legs in settlements with ids below ``before``, newest first."""
    values = {
        "organisation": organisation_id, "before": before, "limit": min(limit, limits.PAGE),
    }  # fmt: skip
    with conn.cursor(row_factory=class_row(Leg)) as cursor:
        return cursor.execute(Q.legs_of_organisation, values).fetchall()


def apply(conn: Connection, changes: Sequence[Change], at: datetime, by: str) -> None:
    """Write what becomes of legs, advance their settlements, and leave the trail of both."""
    last = {(c.leg.settlement_id, c.leg.organisation_id): c.leg for c in changes}
    conn.execute(
        Q.change_legs,
        {
            "settlements": arrays.ints([settlement for settlement, _ in last]),
            "organisations": arrays.ints([organisation for _, organisation in last]),
            "paid": arrays.ints([leg.paid for leg in last.values()]),
            "states": arrays.words([leg.state for leg in last.values()]),
            "attempts": arrays.ints([leg.attempt for leg in last.values()]),
        },
    )
    trail.legs(conn, [(change.leg, change.reason) for change in changes], at, by)
    sums = _sums(changes)
    advanced = conn.execute(
        Q.advance_settlements,
        {
            "at": at,
            "ids": arrays.ints(sums),
            "paid_in": arrays.ints([one.paid_in for one in sums.values()]),
            "paid_out": arrays.ints([one.paid_out for one in sums.values()]),
            "finished": arrays.ints([one.finished for one in sums.values()]),
            "failed": arrays.ints([one.failed for one in sums.values()]),
        },
    ).fetchall()
    for settlement_id, changed in sorted(advanced):
        if changed:
            trail.settlement(conn, settlements.get(conn, settlement_id), at, by)


def _sums(changes: Iterable[Change]) -> dict[int, _Sums]:
    found: dict[int, _Sums] = {}
    for change in changes:
        leg = change.leg
        sums = found.setdefault(leg.settlement_id, _Sums())
        paid = leg.paid - change.former.paid
        if leg.amount < 0:
            sums.paid_in += paid
        else:
            sums.paid_out += paid
        sums.finished += (change.former.state in UNFINISHED) - (leg.state in UNFINISHED)
        sums.failed += (leg.state in GIVEN_UP) - (change.former.state in GIVEN_UP)
    return found


def _take(conn: Connection, settlement_id: int, organisation_id: int) -> Leg:
    """Lock a settlement and give one of its legs."""
    settlements.lock(conn, settlement_id)
    return get(conn, settlement_id, organisation_id)


def read(conn: Connection, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Leg]:
    """Give the legs of these (settlement, organisation), as far as there are such."""
    pairs = [pair for pair in wanted if 0 < pair[0] <= LAST and 0 < pair[1] <= LAST_ORGANISATION]
    values = {
        "settlements": arrays.ints([settlement for settlement, _ in pairs]),
        "organisations": arrays.ints([organisation for _, organisation in pairs]),
    }
    with conn.cursor(row_factory=class_row(Leg)) as cursor:
        found = cursor.execute(Q.some_legs, values).fetchall()
    return {(leg.settlement_id, leg.organisation_id): leg for leg in found}


def _check(leg: Leg, states: Sequence[LegState], wanted: str) -> None:
    if leg.state not in states:
        raise not_now(leg, wanted)


def not_now(leg: Leg, wanted: str) -> LegStateRefused:
    """Say that a leg cannot be ``wanted`` as it stands."""
    return LegStateRefused(
        organisation=leg.organisation_id,
        settlement=leg.settlement_id,
        state=leg.state,
        wanted=wanted,
    )
