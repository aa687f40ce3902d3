"""Explain a leg: from what is paid to its windows, to their lines, to the single claims.

Everything said adds up to the fen: lines to their window, windows and what was carried over to the
leg.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, get_args

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.clearing import legs
from tongbao.clearing.types import Leg
from tongbao.kernel import arrays, limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.ledger.movements import M

Q = sql.load(__package__, "explain_queries.sql")

LINES: Final = Q.lines_of_organisation
"""The query of an organisation's lines in the windows above ``after`` up to ``through``."""

Kind = Literal[
    "claim_due", "claim_owed", "counterclaim_due", "counterclaim_owed", "acceptance_fee",
    "acceptance_fee_back", "issue_fee", "issue_fee_back", "reserve_funded", "reserve_released",
    "breakage", "shared_loss", "dispute",
]  # fmt: skip
"""What moves a position in a window. Claims are owed to the redeemer, counter-claims (refunds) to
the issuer; ``breakage`` is reserve of points that ended, back with their issuer."""


class Line(Struct, frozen=True, kw_only=True, gc=False):
    """What one kind of thing with one counterparty did to a position in a window.

    ``amount`` is positive where it is owed to the organisation; ``counterparty_id`` is none where
    it is between its own accounts. ``operations`` counts them.
    """

    kind: Kind
    counterparty_id: int | None
    amount: int
    operations: int


class WindowPart(Struct, frozen=True, kw_only=True):
    """A window that a leg pays: how far it moved the position, and by which lines."""

    window_id: int
    amount: int
    lines: list[Line]


class Explanation(Struct, frozen=True, kw_only=True):
    """A leg; ``carried_over + otherwise`` and the amounts of its windows sum to its amount.

    ``carried_over`` is what was left of the leg before, of settlement ``former``; ``otherwise``
    what moved the position outside windows since: collateral, fund and first loss that paid for a
    defaulter, and money that came back after that.
    """

    leg: Leg
    former: int | None
    carried_over: int
    otherwise: int
    windows: list[WindowPart]


class Single(Struct, frozen=True, kw_only=True, gc=False):
    """One operation behind a line; ``owner_id`` is its member, or the organisation."""

    operation_id: int
    owner_id: int
    kind: str
    written_at: datetime
    effective_at: datetime
    amount: int


class _Way(NamedTuple):
    """Which transfers are of a kind: movements, directions, and whether points ended."""

    movements: Sequence[M]
    out: bool
    into: bool
    ended: bool | None = None


_WAYS: Final[dict[Kind, _Way]] = {
    "claim_due": _Way((M.CLAIM, M.CLAIM_RESERVE), False, True),
    "claim_owed": _Way((M.CLAIM,), True, False),
    "counterclaim_due": _Way((M.COUNTERCLAIM,), False, True),
    "counterclaim_owed": _Way((M.COUNTERCLAIM,), True, False),
    "acceptance_fee": _Way((M.ACCEPTANCE_FEE,), True, False),
    "acceptance_fee_back": _Way((M.ACCEPTANCE_FEE_BACK,), False, True),
    "issue_fee": _Way((M.ISSUE_FEE,), True, False),
    "issue_fee_back": _Way((M.ISSUE_FEE_BACK,), False, True),
    "reserve_funded": _Way((M.FUND,), True, False),
    "reserve_released": _Way((M.UNFUND,), False, True, False),
    "breakage": _Way((M.UNFUND,), False, True, True),
    "shared_loss": _Way((M.SHARE_LOSS, M.REPAY_LOSS), True, True),
    "dispute": _Way((M.DISPUTE,), True, True),
}


def explain_leg(conn: Connection, settlement_id: int, organisation_id: int) -> Explanation:
    """Explain what an organisation is paid in a settlement, or pays, line by line.

    Reads the transfers of the windows that the leg pays: those after the leg before it. Refuses
    ``leg-not-found``.
    """
    leg = legs.get(conn, settlement_id, organisation_id)
    values: dict[str, Any] = {"settlement": settlement_id, "organisation": organisation_id}
    former = conn.execute(Q.former_leg, values).fetchone()
    number, after, amount, paid = former or (None, 0, 0, 0)
    left = amount + paid if amount < 0 else amount - paid
    parts = _windows(conn, organisation_id, after, leg.through_window)
    return Explanation(
        leg=leg,
        former=number,
        carried_over=left,
        otherwise=leg.amount - left - sum(part.amount for part in parts),
        windows=parts,
    )


def lines(conn: Connection, organisation_id: int, window_id: int) -> list[Line]:
    """Give the lines of an organisation in one window, an open one as it stands now."""
    found = _lines(conn, organisation_id, window_id - 1, window_id)
    return found.get(window_id, [])


def singles(
    conn: Connection,
    organisation_id: int,
    window_id: int,
    kind: Kind,
    counterparty_id: int | None,
    *,
    after: int = 0,
    limit: int = limits.PAGE,
) -> list[Single]:
    """Give the operations behind a line, at most ``limit`` above the operation ``after``.

    Refuses ``choice-malformed``.
    """
    values = values_of(organisation_id, window_id, kind, counterparty_id)
    values |= {"after": after, "limit": min(limit, limits.PAGE)}
    with conn.cursor(row_factory=class_row(Single)) as cursor:
        return cursor.execute(Q.operations_of_line, values).fetchall()


def values_of(
    organisation_id: int, window_id: int, kind: Kind, counterparty_id: int | None
) -> dict[str, Any]:
    """Give what tells the transfers behind a line, as parameters of a query.

    Refuses ``choice-malformed``.
    """
    texts.choice("kind", kind, get_args(Kind))
    way = _WAYS[kind]
    return {
        "organisation": organisation_id,
        "counterparty": organisation_id if counterparty_id is None else counterparty_id,
        "window": window_id,
        "movements": arrays.ints(int(movement) for movement in way.movements),
        "outward": way.out,
        "inward": way.into,
        "ended": way.ended,
    }


def _windows(conn: Connection, organisation_id: int, after: int, through: int) -> list[WindowPart]:
    values = {"organisation": organisation_id, "after": after, "through": through}
    found = _lines(conn, organisation_id, after, through)
    return [
        WindowPart(window_id=window, amount=amount, lines=found.get(window, []))
        for window, amount in conn.execute(Q.moved_in_windows, values)
    ]


def _lines(
    conn: Connection, organisation_id: int, after: int, through: int
) -> dict[int, list[Line]]:
    values = {"organisation": organisation_id, "after": after, "through": through}
    found: dict[int, list[Line]] = {}
    for window, kind, counterparty, amount, operations in conn.execute(LINES, values):
        line = Line(kind=kind, counterparty_id=counterparty, amount=amount, operations=operations)
        found.setdefault(window, []).append(line)
    return found
