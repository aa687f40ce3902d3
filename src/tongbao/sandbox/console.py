"""What a merchant of the demo has set up and looks into, after its month: its console is lived in.

Keys and a webhook with its log, a till's day that differs, disputes on both sides, a terminal that
may work offline. Comes after all operations, so that what it adds changes no id of theirs.
"""

import base64
import csv
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tongbao.access import bearer, keys
from tongbao.access.roles import Role
from tongbao.clearing import calendar
from tongbao.kernel import sql
from tongbao.kernel.amounts import show
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.reconcile import disputes, till
from tongbao.reconcile.disputable import disputable
from tongbao.reconcile.types import Asked, Opening
from tongbao.sandbox.alliance import Alliance
from tongbao.sandbox.month import Begin
from tongbao.till import allowances
from tongbao.webhooks import deliveries, endpoints, fanout, signing
from tongbao.webhooks.types import Answer

Q = sql.load(__package__)

_MERCHANT: Final = "jinheng"
_OUTLET: Final = "jinheng-ja"
_TERMINAL: Final = "t1"
_OTHER: Final = "xinglan"
_MANAGER, _FINANCE = "manager", "finance"
_DAY: Final = date(2026, 10, 31)
_WEEK: Final = timedelta(days=7)
_KEYS: Final[tuple[tuple[str, Role], ...]] = (
    ("till-1", "cashier"),
    ("till-2", "cashier"),
    ("账务系统 (bookkeeping)", "finance"),
)
_URL: Final = "https://hooks.jinheng.example/tongbao"
_PINGS: Final = (
    Answer(status=204, milliseconds=41),
    Answer(status=500, milliseconds=1_203),
    Answer(status=204, milliseconds=38),
)
"""How the receiver has answered, one call after the other; what failed waits to be called again."""
_PATIENCE: Final = timedelta(days=5)


def live_in(
    begin: Begin, made: Alliance, operation: int, random: Random, settings: Settings, at: datetime
) -> None:
    """Set all of it up; ``operation`` is a sale of the merchant with claims to dispute.

    ``begin`` opens transactions: what is announced is told of once it is committed.
    """
    mine = made.organisations[_MERCHANT]
    with begin() as conn:
        _make_keys(conn, mine, random, at)
        _let_work_offline(conn, made, random, settings, at)
        _reconcile(conn, made, settings, at)
        _dispute(conn, made, operation, at)
    _set_webhook_up(begin, mine, random, settings, at)


def _make_keys(conn: Connection, mine: int, random: Random, at: datetime) -> None:
    for name, role in _KEYS:
        secret = base64.urlsafe_b64encode(random.randbytes(bearer.BYTES)).decode().rstrip("=")
        last, _ = keys.create(conn, mine, role, name, secret, by=_MANAGER, at=at)
        if name == "till-2":
            keys.revoke(conn, last.id, by=_MANAGER, at=at)


def _let_work_offline(
    conn: Connection, made: Alliance, random: Random, settings: Settings, at: datetime
) -> None:
    _, outlet = made.outlets[_OUTLET]
    held = Ed25519PrivateKey.from_private_bytes(random.randbytes(32))
    public = held.public_key().public_bytes_raw().hex()
    allowances.register(conn, outlet, _TERMINAL, public, by=_MANAGER, at=at)
    allowances.grant(
        conn, outlet, _TERMINAL, spend_points=100_000, member_points=20_000,
        award_amount=5_000_000, valid_until=at + _WEEK, by=_MANAGER, at=at,
        key=settings.access_secret,
    )  # fmt: skip


def _reconcile(conn: Connection, made: Alliance, settings: Settings, at: datetime) -> None:
    """Compare what an outlet's till says of the last day: it lacks one sale, and has another wrong.

    A sale that only the till has stands at the end.
    """
    organisation, outlet = made.outlets[_OUTLET]
    values = {"outlet": outlet, "day": _DAY, "zone": settings.time_zone}
    sold = conn.execute(Q.sold_on, values).fetchall()
    with tempfile.TemporaryDirectory(prefix="tongbao-") as folder:
        path = Path(folder) / f"{_OUTLET}-{_DAY}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(("类型", "业务号", "小票号", "门店", "金额", "积分"))
            for n, (number, kind, bill, points) in enumerate(sold[1:]):
                more = 100 if n == 0 else 0
                spent = "" if points is None else show(points)
                out.writerow((kind, number, "", _OUTLET, show(bill + more), spent))
            out.writerow(("sale", "", "JH-20261031-0042", _OUTLET, "88.00", ""))
        asked = Asked(
            organisation_id=organisation,
            day=_DAY,
            by=_FINANCE,
            cutover=calendar.cutover_of(settings),
            outlet_id=outlet,
        )
        till.reconcile(conn, path, asked, at)


def _dispute(conn: Connection, made: Alliance, operation: int, at: datetime) -> None:
    mine, other = made.organisations[_MERCHANT], made.organisations[_OTHER]
    (claim, *_) = disputable(conn, operation, mine, at)
    wanted = Opening(
        kind=claim.kind, creditor_id=mine, debtor_id=claim.debtor_id, amount=claim.most,
        operation_id=operation, reason="会员退回的围巾已入账，应收金额有误 (the claim is wrong)",
        evidence="小票 JH-20261011-0087",
    )  # fmt: skip
    disputes.open_dispute(conn, wanted, by=_FINANCE, at=at)
    missing = Opening(
        kind="missing", creditor_id=other, debtor_id=mine, amount=3_600,
        reference="XL-20261028-0133", reason="一笔核销没有入账 (a sale is missing)",
        evidence="收银小票，影院留存 (the till's receipt)",
    )  # fmt: skip
    disputes.open_dispute(conn, missing, by=_OTHER, at=at)


def _set_webhook_up(
    begin: Begin, mine: int, random: Random, settings: Settings, at: datetime
) -> None:
    """Set a webhook up and try it; then it is paused, for nobody is there to be called."""
    with begin() as conn:
        made = endpoints.create(
            conn, mine, _URL, (), "账务系统 (bookkeeping)", random.randbytes(signing.SECRET),
            by=_MANAGER, at=at, allowed=(), key=settings.access_secret,
        )  # fmt: skip
        fanout.fan_out(conn, at)
    for _ in _PINGS:
        with begin() as conn:
            endpoints.ping(conn, made, at)
    with begin() as conn:
        fanout.fan_out(conn, at)
        due = deliveries.due(conn, made.id, at, len(_PINGS))
        for sent, answer in zip(due, _PINGS, strict=False):
            deliveries.note(conn, made, sent, answer, at, random.random(), _PATIENCE)
        endpoints.disable(conn, made.id, _MANAGER, at=at)
