"""What a window's sums say: how far each organisation moved, and who claims what of whom."""

from collections.abc import Iterator

from psycopg.rows import class_row

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
    windows.get(conn, window_id)
    rows = conn.execute(Q.claims_of_window, {"window": window_id})
    return net.pairs(claim for row in rows for claim in _claims(*row))


def _claims(
    issuer: int, redeemer: int, claimed: int, claims: int, countered: int, counterclaims: int
) -> Iterator[Claim]:
    if claimed:
        yield Claim(issuer, redeemer, claimed, claims)
    if countered:
        yield Claim(redeemer, issuer, countered, counterclaims)
