"""An offline till as the console has it set up: its key, its allowance, and its way home."""

from collections.abc import Sequence
from datetime import timedelta

from tests.world import SECRET, do
from tongbao.alliance import terminals
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import DEVELOPMENT_SECRET
from tongbao.till import allowances, uploads
from tongbao.till.identify import Secrets
from tongbao.till.offline_till import OfflineTill
from tongbao.till.signed import Grant, Line


def allow(db: Connection, outlet: int, code: str) -> Grant:
    """Add a terminal with a key to an outlet, and allow it something offline."""
    at = clock.now()
    with db.transaction():
        terminals.add(db, outlet, code)
        public = OfflineTill(b"7" * 32).public_key
        allowances.register(db, outlet, code, public, by="Lin", at=at)
        return allowances.grant(
            db, outlet, code, spend_points=10_000, member_points=10_000, award_amount=10_000,
            valid_until=at + timedelta(days=1), by="Lin", at=at, key=DEVELOPMENT_SECRET,
        )  # fmt: skip


def come_home(
    db: Connection, organisation: int, lines: Sequence[Line], late: timedelta = timedelta(0)
) -> list[str]:
    """Upload lines as the door does, so long from now; say of each how it ended."""
    at = clock.now() + late
    with db.transaction():
        checked = uploads.accept(
            db, lines, organisation, at, secrets=Secrets(SECRET, DEVELOPMENT_SECRET)
        )
    ends = []
    for one in checked:
        if one.operation is None:
            assert one.refusal is not None
            ends.append(one.refusal.code)
            continue
        (outcome,) = do(db, [one.operation], at)
        with db.transaction():
            uploads.note(db, [(one.line, outcome)])
        ends.append(outcome.status)
    return ends
