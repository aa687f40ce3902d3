"""Defaults: declared and lifted by two people, covered by the waterfall as often as needed."""

from collections import defaultdict
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg.rows import class_row

from tongbao.alliance import organisations
from tongbao.alliance.types import Organisation
from tongbao.clearing import legs, windows
from tongbao.desk import people, proposals
from tongbao.desk.proposals import Proposal
from tongbao.kernel import arrays, limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound, Refused
from tongbao.ledger import accounts, lock
from tongbao.losses import booking, exposures
from tongbao.losses.plan import find_open, outstanding, plan
from tongbao.losses.types import STEPS, Default, Plan, Run, Share

Q = sql.load(__package__)

_LAST: Final = 2**63 - 1

DECLARE: Final = "declare-default"
LIFT: Final = "lift-default"
REINSTATE: Final = "reinstate"


class DefaultNotFound(NotFound):
    code = "default-not-found"
    text = "there is no default {default}"


class NotInDefault(Refused):
    code = "not-in-default"
    text = "organisation {organisation} is not in default"


class AlreadyInDefault(Conflict):
    code = "already-in-default"
    text = "organisation {organisation} is in default already"


class DefaultNotRepaid(Refused):
    code = "default-not-repaid"
    text = "organisation {organisation} still owes {debt} fen, and {borne} fen that others bore"


class DefaultNotSettled(Refused):
    code = "default-not-settled"
    text = "clearing window {window}, in which the loss was covered, is open; close it first"


def propose(
    conn: Connection, organisation_id: int, *, by: str, reason: str, at: datetime
) -> Proposal:
    """Propose to declare an organisation defaulted; keeps what it would cost as of now.

    Refuses ``already-in-default``, ``operator-stays``, ``organisation-not-found``,
    ``organisation-closed``, ``operator-missing`` and ``text-malformed``.
    """
    organisation = organisations.lock_open(conn, organisation_id)
    if organisation.status == "defaulted":
        raise AlreadyInDefault(organisation=organisation_id)
    expected = plan(conn, organisation_id, at)
    terms = {"owed": expected.owed, "loss": expected.loss}
    return proposals.propose(conn, DECLARE, organisation_id, terms, by=by, reason=reason, at=at)


def declare(conn: Connection, proposal: Proposal, at: datetime) -> tuple[Default, Run | None]:
    """Do what was approved: contain the organisation, and let the waterfall bear what it owes.

    From this commit on it issues nothing, is paid nothing and takes nothing out; its points stay
    good. A leg that it did not pay is ended first. Postings wait until this transaction ends.
    Nothing owed: no run. Refuses ``already-in-default`` and what ``set_status`` refuses.
    """
    assert proposal.organisation_id is not None and proposal.decided_by is not None
    who = proposal.organisation_id
    organisation = organisations.lock_open(conn, who)
    if organisation.status == "defaulted":
        raise AlreadyInDefault(organisation=who)
    organisations.set_status(conn, who, "defaulted")  # holds postings and bookings off
    _end_legs(conn, who, proposal.decided_by, at)
    values = {
        "organisation": who,
        "reason": proposal.reason,
        "declared_by": proposal.proposed_by,
        "approved_by": proposal.decided_by,
        "at": at,
    }
    (default_id,) = conn.execute(Q.write_default, values).fetchone() or (0,)
    default = get(conn, default_id)
    run = _run(conn, default, at, proposal.decided_by)
    return default, run


def suspend(conn: Connection, organisation_id: int) -> Organisation:
    """Stop an organisation from issuing; its points stay good.

    Refuses ``already-in-default``, because two people lift a default, and what
    ``organisations.set_status`` refuses.
    """
    if organisations.lock_open(conn, organisation_id).status == "defaulted":
        raise AlreadyInDefault(organisation=organisation_id)
    return organisations.set_status(conn, organisation_id, "suspended")


def cover(conn: Connection, organisation_id: int, *, by: str, at: datetime) -> Run | None:
    """Let the waterfall bear what a defaulter owes by now; None when it owes nothing.

    Its points are still spent after the declaration, and each time it owes again. Postings wait
    until this transaction ends. Refuses ``not-in-default``, ``organisation-not-found``,
    ``organisation-closed`` and ``text-malformed``.
    """
    by = people.name(by)
    default = lock_open(conn, organisation_id)
    lock.fence_closing(conn)  # before the settlements' locks, as whoever books payments
    _end_legs(conn, organisation_id, by, at)
    return _run(conn, default, at, by)


def propose_lift(
    conn: Connection, organisation_id: int, *, by: str, reason: str, at: datetime
) -> Proposal:
    """Propose to lift a default; refuses what ``lift`` refuses, so that it is known now."""
    _check_repaid(conn, lock_open(conn, organisation_id))
    return proposals.propose(conn, LIFT, organisation_id, {}, by=by, reason=reason, at=at)


def lift(conn: Connection, proposal: Proposal, at: datetime) -> Default:
    """Do what was approved: end a default whose loss was repaid. It is suspended from then on.

    Refuses ``not-in-default``, ``default-not-repaid`` while it owes anything or others have not
    been given back what they bore, and ``default-not-settled`` in the window of the last run.
    """
    assert proposal.organisation_id is not None and proposal.decided_by is not None
    default = lock_open(conn, proposal.organisation_id)
    organisations.set_status(conn, default.organisation_id, "suspended")  # holds postings off
    _check_repaid(conn, default)
    conn.execute(Q.lift_default, {"id": default.id, "by": proposal.decided_by, "at": at})
    return get(conn, default.id)


def propose_reinstatement(
    conn: Connection, organisation_id: int, *, by: str, reason: str, at: datetime
) -> Proposal:
    """Propose that a suspended organisation may issue again.

    Refuses ``organisation-not-found``, ``organisation-status-refused`` unless it is suspended.
    """
    _check_suspended(conn, organisation_id)
    return proposals.propose(conn, REINSTATE, organisation_id, {}, by=by, reason=reason, at=at)


def reinstate(conn: Connection, proposal: Proposal) -> Organisation:
    """Do what was approved: let a suspended organisation be active again."""
    assert proposal.organisation_id is not None
    _check_suspended(conn, proposal.organisation_id)
    return organisations.set_status(conn, proposal.organisation_id, "active")


def get(conn: Connection, default_id: int) -> Default:
    """Give a default by its id; refuses ``default-not-found``."""
    found = None
    if 0 < default_id < 2**63:
        with conn.cursor(row_factory=class_row(Default)) as cursor:
            found = cursor.execute(Q.get_default, {"id": default_id}).fetchone()
    if found is None:
        raise DefaultNotFound(default=default_id)
    return found


def listed(
    conn: Connection,
    organisation_id: int | None = None,
    *,
    only_open: bool = False,
    before: int = _LAST,
    limit: int = limits.PAGE,
) -> list[Default]:
    """Give at most ``limit`` defaults with ids below ``before``, newest first."""
    values = {
        "organisation": organisation_id,
        "open": only_open,
        "before": before,
        "limit": min(limit, limits.PAGE),
    }
    with conn.cursor(row_factory=class_row(Default)) as cursor:
        return cursor.execute(Q.list_defaults, values).fetchall()


def runs(conn: Connection, default: Default) -> list[Run]:
    """Give the runs of a default with their shares, oldest first."""
    shares: dict[int, list[Share]] = defaultdict(list)
    for run, step, who, amount in conn.execute(Q.shares_of, {"default_id": default.id}):
        shares[run].append(Share(step=step, organisation_id=who, amount=amount))
    with conn.cursor(row_factory=class_row(Run)) as cursor:
        found = cursor.execute(Q.runs_of, {"default_id": default.id}).fetchall()
    return [msgspec.structs.replace(run, shares=in_order(shares[run.run])) for run in found]


def in_order(shares: list[Share]) -> list[Share]:
    """Give shares in the order of the waterfall."""
    return sorted(shares, key=lambda share: (STEPS.index(share.step), share.organisation_id))


def lock_open(conn: Connection, organisation_id: int) -> Default:
    """Keep others from changing a default until this transaction ends; refuses ``not-in-default``.

    Refuses ``organisation-not-found`` and ``organisation-closed``, too.
    """
    organisations.lock_open(conn, organisation_id)
    default = find_open(conn, organisation_id)
    if default is None:
        raise NotInDefault(organisation=organisation_id)
    return default


def _run(conn: Connection, default: Default, at: datetime, by: str) -> Run | None:
    planned = plan(conn, default.organisation_id, at)
    if not planned.loss:
        return None
    operator_id = organisations.operator(conn).id
    (number,) = conn.execute(Q.next_run, {"default_id": default.id}).fetchone() or (0,)
    operation_id = booking.book_shares(
        conn,
        operator_id,
        default.organisation_id,
        f"default:{default.id}:{number}",
        planned.shares,
        at,
        default=default.id,
        run=number,
        by=by,
    )
    run = _described(conn, default, planned, operation_id, number, at, by)
    row = msgspec.structs.asdict(run)
    row.pop("shares")
    conn.execute(Q.write_run, row)
    conn.execute(Q.write_shares, {"default_id": default.id, "run": number, **columns(run.shares)})
    paid = exposures.pairs(conn, default.organisation_id, run.window_id)
    values = {
        "organisations": arrays.ints(who for who, _, _ in paid),
        "owes": arrays.ints(owes for _, owes, _ in paid),
    }
    conn.execute(Q.write_standing, {"default_id": default.id, "run": number, **values})
    return run


def _described(
    conn: Connection,
    default: Default,
    planned: Plan,
    operation_id: int,
    number: int,
    at: datetime,
    by: str,
) -> Run:
    return Run(
        default_id=default.id,
        run=number,
        operation_id=operation_id,
        window_id=windows.current(conn).id,  # nobody closes it: postings are held off
        owed=planned.owed,
        loss=planned.loss,
        by=by,
        at=at,
        shares=planned.shares,
    )


def columns(shares: list[Share]) -> dict[str, Any]:
    """Give shares as columns for SQL."""
    return {
        "steps": arrays.words(share.step for share in shares),
        "organisations": arrays.ints(share.organisation_id for share in shares),
        "amounts": arrays.ints(share.amount for share in shares),
    }


def _end_legs(conn: Connection, organisation_id: int, by: str, at: datetime) -> None:
    """End the leg that the defaulter has not paid, or was not paid; what is left of it stays."""
    values = {"organisation": organisation_id}
    for (settlement_id,) in conn.execute(Q.unfinished_leg, values).fetchall():
        legs.fail_leg(conn, settlement_id, organisation_id, reason="in default", at=at, by=by)


def _check_repaid(conn: Connection, default: Default) -> None:
    left = sum(share.amount for share in outstanding(conn, default))
    debt = max(0, -accounts.balances(conn, default.organisation_id)["clearing"])
    if left or debt:
        raise DefaultNotRepaid(organisation=default.organisation_id, debt=debt, borne=left)
    last = conn.execute(Q.last_run, {"default_id": default.id}).fetchone()
    current = windows.current(conn).id
    if last is not None and last[1] == current:
        raise DefaultNotSettled(window=current)


def _check_suspended(conn: Connection, organisation_id: int) -> None:
    organisation = organisations.lock_open(conn, organisation_id)
    if organisation.status != "suspended":
        raise organisations.OrganisationStatusRefused(
            organisation=organisation_id, status=organisation.status, wanted="active"
        )
