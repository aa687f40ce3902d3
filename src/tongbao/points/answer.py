"""Turn what was decided, or why not, into the answer for the caller."""

from typing import Final

from tongbao.kernel.errors import Malformed, Refusal
from tongbao.ledger.movements import M
from tongbao.ledger.types import Stamp, Transfer
from tongbao.points import outcome as out
from tongbao.points.books import Books
from tongbao.points.operations import Operation
from tongbao.points.purchase import kind_of
from tongbao.points.sheet import Decision

_CLAIMS: Final = frozenset({M.CLAIM, M.CLAIM_RESERVE, M.COUNTERCLAIM})


def answer_of(stamp: Stamp, decision: Decision, books: Books) -> out.Outcome:
    """Give the answer to an operation that was posted, with the balances it left."""
    posting = decision.posting
    member = posting.owner if posting.owner in books.members else None
    return out.Outcome(
        operation=stamp.id,
        kind=posting.kind,
        status=decision.status,
        position=stamp.id,
        written_at=stamp.at,
        effective_at=stamp.effective_at,
        window=stamp.window,
        member=member,
        balances=None if member is None else balances_of(books, member),
        spent=decision.spent,
        earned=decision.earned,
        cash=decision.cash,
        lots=decision.slices,
        claims=claims_of(posting.transfers),
        lot=decision.lot,
        withheld=decision.withheld,
    )


def balances_of(books: Books, member: int) -> out.Balances:
    """Give a member's balances as they stand in the books."""
    accounts = books.accounts[member]
    return out.Balances(
        accounts["wallet"], accounts["held"], accounts["pending"], -accounts["owing"]
    )


def claims_of(transfers: list[Transfer]) -> tuple[out.Claim, ...]:
    """Sum the claims by issuer and redeemer; counter-claims are negative."""
    if not any(t.movement in _CLAIMS for t in transfers):
        return ()
    sums: dict[tuple[int, int], int] = {}
    for t in transfers:
        if t.movement is M.CLAIM or t.movement is M.CLAIM_RESERVE:
            pair, amount = (t.from_owner, t.to_owner), t.amount
        elif t.movement is M.COUNTERCLAIM:
            pair, amount = (t.to_owner, t.from_owner), -t.amount
        else:
            continue
        sums[pair] = sums.get(pair, 0) + amount
    return tuple(out.Claim(*pair, amount) for pair, amount in sums.items())


def refusal_of(op: Operation, stamp: Stamp, refusal: Refusal) -> out.Outcome:
    """Give the answer to an operation that was refused."""
    return out.Outcome(
        operation=stamp.id,
        kind=kind_of(op),
        status="malformed" if isinstance(refusal, Malformed) else "refused",
        position=stamp.id,
        written_at=stamp.at,
        effective_at=stamp.effective_at,
        refusal=out.Refusal(refusal.code, str(refusal), dict(refusal.facts)),
    )
