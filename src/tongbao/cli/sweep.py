"""``tongbao sweep``: post what time has made due, and seal the journal."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import typer
from psycopg import errors

from tongbao.cli import output, session
from tongbao.cli.session import Session
from tongbao.kernel import clock
from tongbao.ledger.journal import KeyTaken
from tongbao.ledger.seal import LIMIT, seal
from tongbao.points import due
from tongbao.points.check import Rules
from tongbao.points.operations import Operation
from tongbao.points.outcome import Outcome
from tongbao.points.post import post

app = typer.Typer()

TRIES: Final = 3
_AGAIN: Final = (KeyTaken, errors.SerializationFailure, errors.DeadlockDetected)


@app.command()
def sweep(as_json: output.Json = False) -> None:
    """End holds past their time, release awards, end lots past their date; then seal.

    Takes what is due when it begins. It may be stopped and run again at any time, also twice at
    once: nothing is ended or released a second time.
    """
    posted: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    points: Counter[str] = Counter()
    with session.open_session() as opened, output.progress("sweeping", None, quiet=as_json) as on:
        for page in due.pages(opened.conn, opened.at):
            for outcome in _post(opened, page):
                if outcome.replayed:
                    continue  # somebody else sweeps too
                if outcome.refusal is None:
                    posted[outcome.kind] += 1
                    points[outcome.kind] += sum(part.points for part in outcome.lots)
                else:
                    refused[outcome.refusal.code] += 1
            on(len(page))
        sealed = _seal(opened)
    if as_json:
        output.json({"posted": posted, "points": points, "refused": refused, "sealed": sealed})
        return
    output.line(
        f"{posted['expire_hold']:,} holds ended, {posted['release_pending']:,} awards released, "
        f"lots of {posted['expire_lots']:,} members ended; {sealed:,} batches sealed"
    )
    for code, count in sorted(refused.items()):
        output.line(f"{count:,} refused: {code}")


def _post(opened: Session, page: Sequence[Operation]) -> list[Outcome]:
    """Post one page; what collides with another's work is tried again."""
    rules = Rules(zone=opened.settings.time_zone)
    tries = 0
    while True:
        tries += 1
        try:
            with opened.conn.transaction():
                return post(opened.conn, page, clock.now(), rules)
        except _AGAIN:
            if tries == TRIES:
                raise


def _seal(opened: Session) -> int:
    """Seal what waits, and not for ever: under load there is always one more."""
    total = 0
    while True:
        with opened.conn.transaction():
            sealed = seal(opened.conn, clock.now(), LIMIT)
        total += sealed
        if sealed < LIMIT:
            return total
