"""Room: no balance and no sum of claims grows beyond what a column of the database holds.

Only a batch with a large amount in it looks, for it must read organisations that it does not lock.
Others that run beside it are not seen; ``limits.BALANCE`` leaves room for them.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from tongbao.kernel import limits
from tongbao.kernel.amounts import BalanceLimit
from tongbao.ledger.books import kinds
from tongbao.ledger.movements import M
from tongbao.ledger.types import Transfer
from tongbao.points.books import Books
from tongbao.points.operations import Operation

_CLAIMS: Final = (M.CLAIM, M.CLAIM_RESERVE, M.COUNTERCLAIM)


def is_large(batch: Iterable[Operation], books: Books) -> bool:
    """Tell whether anything a batch asks for, follows or may move as a whole is large."""
    if any(_size(op) >= limits.LARGE for op in batch):
        return True
    if any(o.points + o.cash >= limits.LARGE for o in books.originals.values()):
        return True
    if any(abs(proposal.points) >= limits.LARGE for proposal in books.proposals.values()):
        return True
    return any(_wealth(books.accounts[member]) >= limits.LARGE for member in books.members)


def _size(op: Operation) -> int:
    """Give the sum of the amounts that an operation names."""
    points: int = getattr(op, "points", 0) or 0
    amount: int = getattr(op, "amount", 0) or 0
    cash: int = getattr(op, "cash", 0)
    return abs(points) + amount + cash


def _wealth(balances: dict[str, int]) -> int:
    """Give all that a member has and owes."""
    return balances["wallet"] + balances["held"] + balances["pending"] - balances["owing"]


def check_room(books: Books, transfers: Sequence[Transfer]) -> None:
    """Refuse transfers that take a balance, or the claims of a pair, beyond the limit."""
    changes: dict[tuple[int, str], int] = {}
    for t in transfers:
        from_kind, to_kind = kinds(t.movement)
        changes[t.from_owner, from_kind] = changes.get((t.from_owner, from_kind), 0) - t.amount
        changes[t.to_owner, to_kind] = changes.get((t.to_owner, to_kind), 0) + t.amount
    for (owner, kind), change in changes.items():
        before = books.accounts.get(owner, {}).get(kind, 0)
        _check(kind, abs(before), abs(before + change))
    gross: dict[tuple[int, int], int] = {}
    for t in transfers:
        if t.movement in _CLAIMS:
            back = t.movement is M.COUNTERCLAIM
            pair = (t.to_owner, t.from_owner) if back else (t.from_owner, t.to_owner)
            gross[pair] = gross.get(pair, 0) + t.amount
    for pair, amount in gross.items():
        before = books.gross.get(pair, 0)
        made = books.claims.get(pair)
        if made is not None:
            before += made.claimed + made.countered
        _check("claims", before, before + amount)


def _check(kind: str, before: int, after: int) -> None:
    if after > limits.BALANCE and after > before:
        raise BalanceLimit(kind=kind, most=limits.BALANCE)
