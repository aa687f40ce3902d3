"""Turn what was decided, or why not, into the answer for the caller."""

from tongbao.kernel.errors import Malformed, Refusal
from tongbao.ledger.types import Stamp
from tongbao.points import outcome as out
from tongbao.points.books import Books
from tongbao.points.operations import Operation
from tongbao.points.purchase import kind_of
from tongbao.points.sheet import Decision


def answer_of(
    stamp: Stamp, decision: Decision, books: Books, claims: dict[tuple[int, int], int]
) -> out.Outcome:
    """Give the answer to an operation that was posted, with the balances it left.

    ``claims`` are those it made, by issuer and redeemer; counter-claims are negative.
    """
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
        claims=tuple([out.Claim(*pair, amount) for pair, amount in claims.items()]),
        lot=decision.lot,
        withheld=decision.withheld,
    )


def balances_of(books: Books, member: int) -> out.Balances:
    """Give a member's balances as they stand in the books."""
    accounts = books.accounts[member]
    return out.Balances(
        accounts["wallet"], accounts["held"], accounts["pending"], -accounts["owing"]
    )


def refusal_of(op: Operation, stamp: Stamp, refusal: Refusal) -> out.Outcome:
    """Give the answer to an operation that was refused."""
    return out.Outcome(
        operation=stamp.id,
        kind=kind_of(op),
        status="malformed" if isinstance(refusal, Malformed) else "refused",
        position=stamp.id,
        written_at=stamp.at,
        effective_at=stamp.effective_at,
        refusal=out.Refusal(
            refusal.code,
            str(refusal),
            dict(refusal.facts),
            None if op.asked is None else op.asked.request_id,
        ),
    )
