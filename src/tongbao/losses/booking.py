"""Book what the waterfall decided: one operation for the defaulter, one for each who bears."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec

from tongbao.kernel.db import Connection
from tongbao.ledger import entry
from tongbao.ledger.entry import Entry
from tongbao.ledger.movements import M
from tongbao.ledger.types import Posting, Transfer
from tongbao.losses.types import Share, Step

_COVERS: Final[dict[Step, M]] = {
    "own_block": M.COVER_BLOCK,
    "collateral": M.COVER_COLLATERAL,
    "first_loss": M.COVER_FIRST_LOSS,
    "own_guarantee": M.COVER_GUARANTEE,
    "guarantee": M.COVER_GUARANTEE,
}


def book_shares(
    conn: Connection, operator_id: int, defaulter: int, key: str, shares: Iterable[Share],
    at: datetime, **facts: Any,
) -> int:  # fmt: skip
    """Book ``shares`` under ``key`` (the operator's); give the operation of the defaulter.

    What the defaulter bears itself is in that operation; each other bearer has its own, under
    ``<key>:<organisation>``. Postings must be held off.
    """
    by_bearer: dict[int, list[Transfer]] = {defaulter: []}
    for share in shares:
        moves = by_bearer.setdefault(share.organisation_id, [])
        moves += _cover(share, defaulter)
    return _enter(conn, "default", operator_id, defaulter, key, by_bearer, at, facts)


def book_repayments(
    conn: Connection, operator_id: int, defaulter: int, key: str, paid_in: int,
    shares: Iterable[Share], at: datetime, **facts: Any,
) -> int:  # fmt: skip
    """Book what a defaulter has paid in, and what of it each bearer is given back."""
    paid = [Transfer(M.RECOVER, defaulter, defaulter, paid_in)] if paid_in else []
    by_bearer: dict[int, list[Transfer]] = {defaulter: paid}
    for share in shares:
        who = share.organisation_id
        by_bearer.setdefault(who, []).append(Transfer(M.REPAY_LOSS, defaulter, who, share.amount))
    return _enter(conn, "recovery", operator_id, defaulter, key, by_bearer, at, facts)


def _cover(share: Share, defaulter: int) -> list[Transfer]:
    who, amount = share.organisation_id, share.amount
    if share.step == "own_credits":
        return []  # they stand in the same account as the debt
    return [Transfer(_COVERS.get(share.step, M.SHARE_LOSS), who, defaulter, amount)]


def _enter(
    conn: Connection, kind: str, operator_id: int, defaulter: int, key: str,
    by_bearer: dict[int, list[Transfer]], at: datetime, facts: dict[str, Any],
) -> int:  # fmt: skip
    entries = []
    for who, transfers in by_bearer.items():
        if not transfers and who != defaulter:
            continue
        posting = Posting(
            kind=kind,
            owner=who,
            organisation=who,
            cash=sum(transfer.amount for transfer in transfers),
            data=msgspec.json.encode({**facts, "organisation": defaulter}).decode(),
            transfers=transfers,
        )
        own_key = key if who == defaulter else f"{key}:{who}"
        mark = entry.fingerprint(own_key)
        entries.append(
            Entry(
                scope=operator_id, key=own_key, fingerprint=mark, answer=posting.data,
                posting=posting,
            )
        )  # fmt: skip
    return entry.enter(conn, entries, at)[0]
