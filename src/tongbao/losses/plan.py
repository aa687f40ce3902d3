"""Plan a default: who would bear what an organisation owes, as things stand."""

from collections.abc import Iterator
from datetime import datetime

from psycopg.rows import class_row

from tongbao.alliance import organisations
from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection
from tongbao.ledger import accounts
from tongbao.losses import exposures
from tongbao.losses.types import Cap, Default, Plan, Share, Source
from tongbao.losses.waterfall import waterfall

Q = sql.load(__package__)


def plan(conn: Connection, organisation_id: int, at: datetime) -> Plan:
    """Give who would bear what the organisation owes, if its default were booked now.

    Of one in default already: what covering it again would book. Call it in a transaction that
    sees one snapshot; the booking itself plans again with postings held off. Refuses
    ``organisation-not-found``, ``operator-missing`` and, for the operator, ``operator-stays``.
    """
    who = organisations.get(conn, organisation_id)
    operator_id = organisations.operator(conn).id
    if who.id == operator_id:
        raise organisations.OperatorStays(wanted="defaulted")
    default = find_open(conn, organisation_id)
    mine = accounts.balances(conn, organisation_id)
    if mine["clearing"] >= 0:
        return Plan(organisation_id=organisation_id, owed=0, loss=0, shares=[])
    exposure = exposures.read(conn, organisation_id, mine["clearing"], operator_id, default)
    sources = [
        Source(step="own_credits", organisation_id=organisation_id, limit=exposure.credits),
        Source(step="own_block", organisation_id=organisation_id, limit=mine["prepaid"]),
        Source(step="collateral", organisation_id=organisation_id, limit=mine["collateral"]),
        Source(step="own_guarantee", organisation_id=organisation_id, limit=mine["guarantee"]),
        Source(
            step="first_loss",
            organisation_id=operator_id,
            limit=accounts.balances(conn, operator_id)["first_loss"],
        ),
        *(
            Source(step="creditors", organisation_id=creditor, limit=amount, weight=amount)
            for creditor, amount in exposure.creditors.items()
        ),
        Source(step="operator", organisation_id=operator_id),
    ]
    members = survivors(conn, organisation_id, default.declared_at if default else at)
    sources += [source for member in members for source in _of_member(member)]
    caps = {member.organisation_id: member.cap for member in members}
    for member_id, amount in _borne(conn, default):
        if member_id in caps:
            caps[member_id] -= amount
    return Plan(
        organisation_id=organisation_id,
        owed=exposure.owed,
        loss=-mine["clearing"],
        shares=waterfall(exposure.owed, sources, caps),
    )


def survivors(conn: Connection, defaulter: int, when: datetime) -> list[Cap]:
    """Give the members of the guarantee fund but ``defaulter``, by what ruled at ``when``."""
    values = {"ruled_at": when, "statuses": arrays.words(("active", "suspended"))}
    return [
        Cap(organisation_id=who, required=required, cap=cap, contributed=contributed)
        for who, required, cap, contributed in conn.execute(Q.list_members, values)
        if who != defaulter
    ]


def find_open(conn: Connection, organisation_id: int) -> Default | None:
    """Give the default of an organisation that is not lifted; None where there is none."""
    with conn.cursor(row_factory=class_row(Default)) as cursor:
        return cursor.execute(Q.find_open_default, {"organisation": organisation_id}).fetchone()


def outstanding(conn: Connection, default: Default) -> list[Share]:
    """Give what others than the defaulter have borne of a default and were not repaid."""
    return [
        Share(step=step, organisation_id=who, amount=amount)
        for step, who, amount in conn.execute(Q.outstanding, {"default_id": default.id})
    ]


def _borne(conn: Connection, default: Default | None) -> list[tuple[int, int]]:
    """Give what each member bore of a default under its cap, in runs before."""
    if default is None:
        return []
    return conn.execute(Q.borne_with_caps, {"default_id": default.id}).fetchall()


def _of_member(member: Cap) -> Iterator[Source]:
    who, cap = member.organisation_id, member.cap
    yield Source(step="guarantee", organisation_id=who, limit=member.contributed, weight=cap)
    yield Source(step="mutual", organisation_id=who, limit=cap, weight=cap)
