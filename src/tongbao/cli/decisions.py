"""Proposals about losses as commands print and decide them; of ``default`` and ``guarantee``."""

from collections.abc import Sequence
from typing import Annotated

import typer

from tongbao.cli import organisation as organisations
from tongbao.cli import output, session
from tongbao.desk.proposals import Proposal
from tongbao.kernel.amounts import show as yuan
from tongbao.kernel.db import Connection
from tongbao.losses import decide
from tongbao.losses.decide import Decided
from tongbao.losses.types import Share

By = Annotated[str, typer.Option(help="Who does it, for the record.")]
Reason = Annotated[str, typer.Option(help="Why, for the record.")]
Number = Annotated[int, typer.Argument(metavar="PROPOSAL", help="The proposal's number.")]

_STEPS = {
    "own_credits": "its own credits",
    "own_block": "its own block",
    "collateral": "its collateral",
    "first_loss": "the operator's first loss",
    "own_guarantee": "its own contribution",
    "guarantee": "guarantee fund",
    "mutual": "mutual share",
    "creditors": "creditors",
    "operator": "the operator",
}


def proposed(made: Proposal, *, as_json: bool) -> None:
    """Print a proposal that waits for another person."""
    if as_json:
        output.json(made)
    else:
        output.line(f"proposal {made.id} waits for another person to approve it")


def approve(proposal: int, by: str, *, as_json: bool) -> None:
    """Approve a proposal, do what it stands for, and print what was done."""
    with session.open_session() as opened:
        with opened.conn.transaction():
            done = decide.approve(opened.conn, proposal, by=by, at=opened.at)
        if as_json:
            output.json(done)
        else:
            _print(opened.conn, done)


def reject(proposal: int, by: str, reason: str, *, as_json: bool) -> None:
    """Reject a proposal and print that."""
    with session.open_session() as opened, opened.conn.transaction():
        done = decide.reject(opened.conn, proposal, by=by, reason=reason, at=opened.at)
    if as_json:
        output.json(done)
    else:
        output.line(f"proposal {proposal} is rejected")


def shares(conn: Connection, title: str, found: Sequence[Share]) -> None:
    """Print who bears what, step by step."""
    output.table(
        title,
        ["step", "who", ">yuan"],
        [
            (_STEPS[one.step], organisations.code_of(conn, one.organisation_id), yuan(one.amount))
            for one in found
        ],
    )


def _print(conn: Connection, done: Decided) -> None:
    output.line(f"proposal {done.proposal.id} is approved by {done.proposal.decided_by}")
    if done.default is not None:
        code = organisations.code_of(conn, done.default.organisation_id)
        over = "is lifted; it is suspended" if done.default.lifted_at else "is declared"
        output.line(f"the default of {code} {over}")
    if done.run is not None:
        shares(conn, f"Run {done.run.run}: {yuan(done.run.owed)} owed", done.run.shares)
    if done.organisation is not None:
        output.line(f"{done.organisation.code} is {done.organisation.status}")
    if done.moved is not None:
        way = "came in" if done.moved.amount > 0 else "went out"
        moved = f"{yuan(abs(done.moved.amount))} {way}, {yuan(done.moved.balance)} are there"
        output.line(f"booked before: {moved}" if done.moved.replayed else moved)
    if done.caps is not None:
        output.line(f"new caps: {output.count(len(done.caps), 'organisation')}")
