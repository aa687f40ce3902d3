"""What a window's sums say: how far each organisation moved, and who claims what of whom."""

from collections.abc import Iterator

from psycopg.rows import class_row

from tongbao.alliance import organisations
from tongbao.clearing import net, windows
from tongbao.clearing.types import Claim, Net, Pair
from tongbao.kernel import sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__)


def nets(conn: Connection, window_id: int) -> list[Net]:
    """Give how far each organisation moved in a window, in the order of their ids.

    Of a window that is open, as it stands now. Refuses ``window-not-found``.
    """
    windows.get(conn, window_id)
    with conn.cursor(row_factory=class_row(Net)) as cursor:
        return cursor.execute(Q.nets_of_window, {"window": window_id}).fetchall()


def claims_by_pair(conn: Connection, window_id: int) -> list[Pair]:
    """Give who owes whom in a window, pair by pair, gross and set off; the largest net first.

    What reserves have paid already is in it: these are claims, ``nets`` says what is left to
    pay. Of a window that is open, as it stands now. Refuses ``window-not-found``.
    """
    return net.pairs(claims(conn, window_id))


def claims(conn: Connection, window_id: int) -> list[Claim]:
    """Give the claims and counter-claims of a window, summed by who owes whom.

    Of a window that is open, as it stands now. Refuses ``window-not-found``.
    """
    windows.get(conn, window_id)
    rows = conn.execute(Q.claims_of_window, {"window": window_id})
    return [claim for row in rows for claim in _claims(*row)]


def owed(conn: Connection, window_id: int) -> list[Claim]:
    """Give all that is owed in a window: claims, and what goes to or comes from the operator.

    Netted, each organisation comes out at its position, and the operator at its own and what it
    keeps. Fees, what reserves are paid and what they pay are one amount for each organisation.
    Call it in a transaction that sees one snapshot if the window is open. Refuses
    ``window-not-found`` and ``operator-missing``.
    """
    operator = organisations.operator(conn).id
    found = claims(conn, window_id)
    claimed = net.multilateral(found)
    for one in nets(conn, window_id):
        rest = one.clearing - claimed.get(one.organisation_id, 0)
        if rest > 0 and one.organisation_id != operator:
            found.append(Claim(operator, one.organisation_id, rest))
        elif rest < 0 and one.organisation_id != operator:
            found.append(Claim(one.organisation_id, operator, -rest))
    return found


def _claims(
    issuer: int, redeemer: int, claimed: int, claims: int, countered: int, counterclaims: int
) -> Iterator[Claim]:
    if claimed:
        yield Claim(issuer, redeemer, claimed, claims)
    if countered:
        yield Claim(redeemer, issuer, countered, counterclaims)
