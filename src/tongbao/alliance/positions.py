"""Positions: how an organisation stands with the alliance, now."""

from datetime import datetime

from msgspec import Struct

from tongbao.alliance import contracts, organisations
from tongbao.alliance.contracts import NoContract
from tongbao.alliance.headroom import headroom
from tongbao.kernel.db import Connection
from tongbao.ledger import accounts


class Position(Struct, frozen=True, kw_only=True):
    """What an organisation has and owes, in fen.

    ``clearing``: of all windows not settled yet, positive is owed to it. ``reserve``: set aside
    for its points. ``collateral``: its deposit. ``circulation``: its points that members hold.
    ``headroom``: what it may still issue; None: its issuing is not bounded; below zero: more is
    out than stands behind it. ``prepaid``: what is left of the blocks it has bought.
    """

    clearing: int
    reserve: int
    collateral: int
    circulation: int
    headroom: int | None
    prepaid: int = 0


def position(conn: Connection, organisation_id: int, when: datetime) -> Position:
    """Give how an organisation stands, by the terms that rule at ``when``.

    Without terms that rule then it may issue nothing. Refuses ``organisation-not-found``.
    """
    organisations.get(conn, organisation_id)
    balances = accounts.balances(conn, organisation_id)
    amounts = {
        "clearing": balances["clearing"],
        "reserve": balances["reserve"],
        "collateral": balances["collateral"],
        "circulation": -balances["issued"],
    }
    try:
        terms = contracts.terms_at(conn, organisation_id, when)
    except NoContract:
        return Position(**amounts, headroom=0, prepaid=balances["prepaid"])
    room = headroom(terms, **amounts)
    return Position(**amounts, headroom=room, prepaid=balances["prepaid"])
