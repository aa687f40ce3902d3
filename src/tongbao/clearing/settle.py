"""Settlement: a closed window's positions are paid, and what it says is reported."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row

from tongbao.alliance import organisations
from tongbao.clearing import net, windows
from tongbao.clearing.types import Claim, Net, Pair, Settlement
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, Refused
from tongbao.ledger import entry
from tongbao.ledger.entry import Entry
from tongbao.ledger.movements import M
from tongbao.ledger.types import Posting, Transfer

Q = sql.load(__package__)


class WindowOpen(Refused):
    code = "window-open"
    text = "clearing window {window} is open; close it before it is settled"


class SettleOutOfOrder(Conflict):
    code = "settle-out-of-order"
    text = "clearing window {first} comes before window {window} and is not settled"


def settle(conn: Connection, window_id: int, at: datetime, by: str) -> Settlement:
    """Pay the positions of a closed window: who owes pays in, who is owed is paid out.

    One transaction for the whole window; each organisation's payment is an operation of the
    journal under the key ``settlement:<window>:<organisation>``, the whole one under
    ``settlement:<window>`` (both of the operator). Settled once: asked again, by whomever, it
    moves nothing and gives the first answer, ``replayed``. Refuses ``window-not-found``,
    ``window-open``, ``settle-out-of-order``, ``text-malformed``, ``operator-missing``.
    """
    by = texts.line("by", by, limits.NAME)
    if windows.get(conn, window_id).closed_at is None:
        raise WindowOpen(window=window_id)
    operator = organisations.operator(conn).id
    moved = [one for one in nets(conn, window_id) if one.clearing]  # closed: for ever the same
    entry.hold(conn, [one.organisation_id for one in moved])
    conn.execute(Q.lock_window, {"id": window_id})
    before = find(conn, window_id)
    if before is not None:
        return msgspec.structs.replace(before, replayed=True)
    first = conn.execute(Q.first_unsettled).fetchone()
    if first is not None and first[0] < window_id:
        raise SettleOutOfOrder(first=first[0], window=window_id)
    return _settle(conn, operator, window_id, moved, at, by)


def find(conn: Connection, window_id: int) -> Settlement | None:
    """Give how a window was settled; None while it is not."""
    with conn.cursor(row_factory=class_row(Settlement)) as cursor:
        return cursor.execute(Q.get_settlement, {"window": window_id}).fetchone()


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


def _settle(
    conn: Connection, operator: int, window_id: int, moved: Sequence[Net], at: datetime, by: str
) -> Settlement:
    owed = [-one.clearing for one in moved if one.clearing < 0]
    due = [one.clearing for one in moved if one.clearing > 0]
    sums = {
        "collections": len(owed), "paid_in": sum(owed), "payouts": len(due), "paid_out": sum(due),
    }  # fmt: skip
    key = f"settlement:{window_id}"
    mark = entry.fingerprint("settlement", window_id)
    assert entry.find(conn, operator, key, mark) is None, "it would be in clearing.settlement"
    whole = Posting(
        kind="settlement",
        owner=operator,
        cash=sums["paid_in"] - sums["paid_out"],
        data=_say(window=window_id, by=by, **sums),
    )
    entries = [
        Entry(scope=operator, key=key, fingerprint=mark, answer=whole.data, posting=whole),
        *(_payment(operator, f"{key}:{one.organisation_id}", window_id, one) for one in moved),
    ]
    operation_id = entry.enter(conn, entries, at)[0]
    row = {"window_id": window_id, "operation_id": operation_id, **sums}
    conn.execute(Q.write_settlement, {**row, "settled_by": by, "settled_at": at})
    settlement = find(conn, window_id)
    assert settlement is not None, "it has just been written"
    return settlement


def _payment(operator: int, key: str, window_id: int, one: Net) -> Entry:
    """Write the payment of one organisation; ``cash`` is what it pays, negative what it gets."""
    who = one.organisation_id
    movement = M.PAY_IN if one.clearing < 0 else M.PAY_OUT
    posting = Posting(
        kind="settlement",
        owner=who,
        organisation=who,
        cash=-one.clearing,
        data=_say(window=window_id),
        transfers=[Transfer(movement, who, who, abs(one.clearing))],
    )
    mark = entry.fingerprint("settlement", window_id, who)
    return Entry(scope=operator, key=key, fingerprint=mark, answer=posting.data, posting=posting)


def _say(**facts: Any) -> str:
    return msgspec.json.encode(facts).decode()
