"""What is left of a sale, line by line, after what has been taken back of it."""

from msgspec import Struct

from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.points.detail import decode
from tongbao.points.original import SALES

Q = sql.load(__package__, "explain_queries.sql")


class LineLeft(Struct, frozen=True, kw_only=True):
    """A line of a sale, and how much of its amount may still be taken back (fen)."""

    id: str
    amount: int
    left: int


def lines_left(conn: Connection, operation_id: int) -> list[LineLeft]:
    """Give the lines of a sale; none of what is no sale, could not be posted, or was undone.

    Posting decides anew: between this look and a refund, another one may come.
    """
    row = conn.execute(Q.sale_to_take_back, {"id": operation_id}).fetchone()
    if row is None or row[0] not in SALES:
        return []
    sale, back = decode(row[1]), dict[str, int]()
    if sale.reason is not None:  # an advice that moved nothing
        return []
    for kind, data in conn.execute(Q.taken_back_of, {"id": operation_id}):
        if kind != "refund":
            return []
        for line, amount, _ in decode(data).lines:
            back[line] = back.get(line, 0) + amount
    return [
        LineLeft(id=line, amount=amount, left=amount - back.get(line, 0))
        for line, amount, _ in sale.lines
    ]
