"""Changes of what posting relies on: statuses, contracts, outlets."""

from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.ledger import lock

Q = sql.load(__package__)


def begin(conn: Connection) -> None:
    """Keep postings out until this transaction ends, and let them read the alliance anew after it.

    Call it before whatever changes a status, a contract or an outlet that exists. The number is
    taken behind the exclusive fence: no posting can see it before what it stands for.
    """
    lock.fence_closing(conn)
    conn.execute(Q.next_version)
