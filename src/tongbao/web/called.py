"""What organisations are called, for pages that have only their ids."""

from collections.abc import Iterable

from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__)


def names(conn: Connection, ids: Iterable[int | None]) -> dict[int, str]:
    """Give the names of organisations by id; what is none of theirs is left out."""
    wanted = sorted({one for one in ids if one is not None})
    return dict(conn.execute(Q.names_of, {"organisations": arrays.ints(wanted)}).fetchall())
