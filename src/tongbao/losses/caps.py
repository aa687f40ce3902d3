"""Caps: what members of the guarantee fund have to contribute, and the most they bear."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from tongbao.alliance import organisations
from tongbao.desk import proposals
from tongbao.desk.proposals import Proposal
from tongbao.kernel import arrays, limits, sql
from tongbao.kernel.amounts import AmountOutOfRange, share_half_up
from tongbao.kernel.db import Connection
from tongbao.ledger import accounts
from tongbao.losses.types import Cap, Fund
from tongbao.losses.waterfall import share_out

Q = sql.load(__package__)

CAP: Final = "guarantee-cap"
ASSESS: Final = "guarantee-assess"
_ALL: Final = ("active", "suspended", "defaulted", "closed")
_TIMES: Final = 100


class Rule(Struct, frozen=True, kw_only=True):
    """How contributions are assessed.

    The fund has to hold ``share`` (parts per million) of the ``largest`` largest exposures; each
    member's part is in proportion to its own exposure, and ``least`` (fen) at least. Its cap is
    ``times`` its part.
    """

    largest: int = 2
    share: int = limits.RATE
    least: int = 0
    times: int = 1


def assess(exposures: Mapping[int, int], rule: Rule) -> dict[int, int]:
    """Give what each organisation has to contribute, by its exposure (fen). Pure.

    An exposure of zero or less is none: such an organisation contributes ``least``.
    """
    most = sorted((exposure for exposure in exposures.values() if exposure > 0), reverse=True)
    target = share_half_up(sum(most[: rule.largest]), rule.share)
    exposed = sorted(who for who, exposure in exposures.items() if exposure > 0)
    weights = [exposures[who] for who in exposed]
    parts = share_out(target, weights, [target] * len(weights))
    return dict.fromkeys(sorted(exposures), rule.least) | {
        who: max(rule.least, part) for who, part in zip(exposed, parts, strict=True)
    }


def propose(
    conn: Connection,
    organisation_id: int,
    *,
    required: int,
    cap: int,
    by: str,
    reason: str,
    at: datetime,
) -> Proposal:
    """Propose what one organisation has to contribute and the most it bears of one default.

    Refuses ``amount-out-of-range``, ``organisation-not-found``, ``organisation-closed``,
    ``operator-stays`` for the operator, whose part is the first loss, and ``text-malformed``.
    """
    _check("required", required, 0, limits.AMOUNT)
    _check("cap", cap, 0, limits.AMOUNT)
    if organisations.lock_open(conn, organisation_id).role == "operator":
        raise organisations.OperatorStays(wanted="a member of the guarantee fund")
    terms = {"required": required, "cap": cap}
    return proposals.propose(conn, CAP, organisation_id, terms, by=by, reason=reason, at=at)


def propose_assessment(
    conn: Connection, rule: Rule, *, by: str, reason: str, at: datetime
) -> Proposal:
    """Propose to assess all active organisations by ``rule``, on the day it is approved.

    Refuses ``amount-out-of-range`` and ``text-malformed``.
    """
    _check("largest", rule.largest, 1, limits.BULK)
    _check("share", rule.share, 0, limits.RATE)
    _check("least", rule.least, 0, limits.AMOUNT)
    _check("times", rule.times, 1, _TIMES)
    terms = msgspec.structs.asdict(rule)
    return proposals.propose(conn, ASSESS, None, terms, by=by, reason=reason, at=at)


def apply(conn: Connection, proposal: Proposal, at: datetime) -> list[Cap]:
    """Do what was approved; give what it requires of whom.

    A default that is declared already goes on by what ruled when it was declared.
    """
    if proposal.organisation_id is not None:
        organisations.lock_open(conn, proposal.organisation_id)
        terms = proposal.terms
        new = {proposal.organisation_id: (terms["required"], terms["cap"])}
    else:
        rule = msgspec.convert(proposal.terms, Rule)
        due = assess(dict(conn.execute(Q.exposures_of_all).fetchall()), rule)
        new = {who: (part, min(rule.times * part, limits.AMOUNT)) for who, part in due.items()}
    values: dict[str, Any] = {
        "organisations": arrays.ints(new),
        "required": arrays.ints(required for required, _ in new.values()),
        "caps": arrays.ints(cap for _, cap in new.values()),
    }
    conn.execute(Q.write_caps, {**values, "proposal": proposal.id, "at": at})
    return [one for one in listed(conn, at) if one.organisation_id in new]


def get(conn: Connection, organisation_id: int) -> Cap:
    """Give what an organisation has to contribute, its cap and what is there; zero without any."""
    organisations.get(conn, organisation_id)
    row = conn.execute(Q.get_member, {"organisation": organisation_id}).fetchone()
    assert row is not None, "every organisation has an account in the fund"
    return _cap(row)


def listed(conn: Connection, at: datetime) -> list[Cap]:
    """Give all who have a part in the guarantee fund, by what rules at ``at``."""
    values = {"ruled_at": at, "statuses": arrays.words(_ALL)}
    return [_cap(row) for row in conn.execute(Q.list_members, values)]


def standing(conn: Connection, at: datetime) -> Fund:
    """Give what stands behind defaults at ``at``; refuses ``operator-missing``."""
    operator = organisations.operator(conn)
    members = listed(conn, at)
    return Fund(
        first_loss=accounts.balances(conn, operator.id)["first_loss"],
        contributed=sum(one.contributed for one in members),
        required=sum(one.required for one in members),
        missing=sum(one.missing for one in members),
        caps=sum(one.cap for one in members),
        members=len(members),
    )


def _cap(row: tuple[int, int, int, int]) -> Cap:
    return Cap(organisation_id=row[0], required=row[1], cap=row[2], contributed=row[3])


def _check(name: str, given: object, least: int, most: int) -> None:
    if type(given) is not int or not least <= given <= most:
        raise AmountOutOfRange(name=name, amount=repr(given)[:40], least=least, most=most)
