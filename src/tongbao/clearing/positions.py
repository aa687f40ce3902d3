"""What a window's sums say: how far each organisation moved, and who claims what of whom."""

from collections.abc import Iterator
from typing import Final

from psycopg.rows import class_row

from tongbao.alliance import organisations
from tongbao.clearing import net, windows
from tongbao.clearing.types import Claim, Net, Pair
from tongbao.kernel import limits, sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__)

_FETCH: Final = 10_000


def nets(conn: Connection, window_id: int) -> list[Net]:
    """Give how far each organisation moved in a window, in the order of their ids.

    Of a window that is open, as it stands now. Refuses ``window-not-found``.
    """
    windows.get(conn, window_id)
    with conn.cursor(row_factory=class_row(Net)) as cursor:
        return cursor.execute(Q.nets_of_window, {"window": window_id}).fetchall()


def nets_after(
    conn: Connection, window_id: int, after: int, limit: int, organisation: int | None = None
) -> list[Net]:
    """Give at most so many of ``nets`` after an organisation, or of one organisation alone."""
    windows.get(conn, window_id)
    values = {
        "window": window_id, "after": after, "limit": min(limit, limits.PAGE),
        "organisation": organisation,
    }  # fmt: skip
    with conn.cursor(row_factory=class_row(Net)) as cursor:
        return cursor.execute(Q.nets_after, values).fetchall()


def flat(conn: Connection, window_id: int) -> dict[int, int]:
    """Give what each organisation receives (negative: pays) when all settle with all at once.

    The operator comes out at its own and what it keeps; all of it sums to zero. What ``owed``
    nets to, from sums that posting keeps: costs as much as there are organisations. Refuses
    ``window-not-found`` and ``operator-missing``.
    """
    operator = organisations.operator(conn).id
    moved = nets(conn, window_id)
    received = {one.organisation_id: one.clearing for one in moved}
    if kept := sum(one.kept for one in moved):
        received[operator] = received.get(operator, 0) + kept
    return received


def claims(conn: Connection, window_id: int) -> Iterator[Claim]:
    """Give the claims and counter-claims of a window, summed by who owes whom, as they come.

    There may be millions, so they are not held here: needs a transaction. Of a window that is
    open, as it stands now. Refuses ``window-not-found``.
    """
    windows.get(conn, window_id)
    return _stream(conn, Q.claims_of_window, window_id)


def pairs(conn: Connection, window_id: int) -> Iterator[Pair]:
    """Give who owes whom in a window, pair by pair, gross and set off, as they come.

    What reserves have paid already is in it: these are claims, ``nets`` says what is left to
    pay. Needs a transaction. Of a window that is open, as it stands now. Refuses
    ``window-not-found``.
    """
    windows.get(conn, window_id)
    return net.set_off(_stream(conn, Q.claims_by_two, window_id))


def pairs_after(
    conn: Connection,
    window_id: int,
    after: tuple[int, int],
    limit: int,
    organisation: int | None = None,
) -> list[Pair]:
    """Give at most so many of ``pairs`` after two ids, the smaller one first, in their order.

    Of all organisations, or of the pairs that one is in.
    """
    windows.get(conn, window_id)
    values = {
        "window": window_id, "one": after[0], "other": after[1],
        "limit": min(limit, limits.PAGE), "organisation": organisation,
    }  # fmt: skip
    query = Q.pairs_after if organisation is None else Q.own_pairs_after
    return [_pair(*row) for row in conn.execute(query, values)]


def owed(conn: Connection, window_id: int) -> Iterator[Claim]:
    """Give all that is owed in a window: claims, and what goes to or comes from the operator.

    Netted, each organisation comes out at its position, and the operator at its own and what it
    keeps. Fees, what reserves are paid and what they pay are one amount for each organisation.
    Needs a transaction, one that sees one snapshot if the window is open. Refuses
    ``window-not-found`` and ``operator-missing``.
    """
    operator = organisations.operator(conn).id
    return _with_operator(conn, window_id, claims(conn, window_id), operator)


def _pair(one: int, other: int, owed: int, owed_back: int, claims: int) -> Pair:
    if owed < owed_back:
        return Pair(debtor=other, creditor=one, owed=owed_back, owed_back=owed, claims=claims)
    return Pair(debtor=one, creditor=other, owed=owed, owed_back=owed_back, claims=claims)


def _with_operator(
    conn: Connection, window_id: int, found: Iterator[Claim], operator: int
) -> Iterator[Claim]:
    claimed: dict[int, int] = {}
    for claim in found:
        claimed[claim.debtor] = claimed.get(claim.debtor, 0) - claim.amount
        claimed[claim.creditor] = claimed.get(claim.creditor, 0) + claim.amount
        yield claim
    for one in nets(conn, window_id):
        rest = one.clearing - claimed.get(one.organisation_id, 0)
        if rest > 0 and one.organisation_id != operator:
            yield Claim(operator, one.organisation_id, rest)
        elif rest < 0 and one.organisation_id != operator:
            yield Claim(one.organisation_id, operator, -rest)


def _stream(conn: Connection, query: bytes, window_id: int) -> Iterator[Claim]:
    with conn.cursor(name="claims_of_window") as cursor:
        cursor.itersize = _FETCH
        cursor.execute(query, {"window": window_id}, binary=True)
        for issuer, redeemer, claimed, claims, countered, counterclaims in cursor:
            if claimed:
                yield Claim(issuer, redeemer, claimed, claims)
            if countered:
                yield Claim(redeemer, issuer, countered, counterclaims)
