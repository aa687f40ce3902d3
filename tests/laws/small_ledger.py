"""A small sound ledger in which every kind of thing has happened once, posted as the product does.

Two members, three merchants: Anna funds at redemption, Bao sets money aside at issue, Cai redeems.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from tongbao.kernel.db import Connection
from tongbao.ledger.books import LOT_BITS, Books
from tongbao.ledger.journal import Answer, record
from tongbao.ledger.journal import Q as JOURNAL
from tongbao.ledger.movements import M
from tongbao.ledger.types import Hold, Lot, Posting, Stamp, Transfer

AT = datetime(2026, 5, 1, 12, 0, 0, 123_457, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)
OPERATOR, ANNA, BAO, CAI, MEI, LI, CAMPAIGN = 1, 11, 12, 13, 101, 102, 201
LINES = {"bread": [12_000, 5_000], "tea": [8_000, 3_000]}
"""Lines of the purchase: amount and points."""

Plan = Callable[[int], Posting]
"""What an operation posts, given its id."""


def open_accounts(conn: Connection) -> None:
    """Open the accounts that are there before anything happens."""
    kinds = [(o, kind) for o in (ANNA, BAO, CAI) for kind in ("issued", "clearing", "bank")]
    kinds += [
        (BAO, "reserve"),
        (CAI, "owed"),
        (ANNA, "collateral"),
        (OPERATOR, "fees"),
        (CAMPAIGN, "budget"),
    ]
    for owner, kind in kinds:
        unit = "PTS" if kind in ("issued", "owed", "budget") else "CNY"
        conn.execute(
            "INSERT INTO ledger.account (owner_id, kind, unit) VALUES (%s, %s, %s)",
            (owner, kind, unit),
        )
    for member in (MEI, LI):
        conn.execute("INSERT INTO ledger.account VALUES (%s, 'wallet', 'PTS', 0)", (member,))


def begin(conn: Connection) -> Books:
    """Take a batch id and the open window, and gather everything there is."""
    row = conn.execute(JOURNAL.next_batch).fetchone()
    assert row
    books = Books(row[0], AT, row[1])
    found = {
        (owner, kind): balance
        for owner, kind, balance in conn.execute(
            "SELECT owner_id, kind, balance FROM ledger.account"
        )
    }
    for member in (MEI, LI):
        kinds = ("wallet", "held", "pending", "owing")
        books.add_member(member, {k: found[member, k] for k in kinds if (member, k) in found})
    for lot in conn.execute(
        "SELECT owner_id, id, issuer_id, available, held, pending, reserve FROM ledger.lot"
    ):
        names = ("owner", "id", "issuer", "available", "held", "pending", "reserve")
        books.add_lot(Lot(kind="earned", earned_at=AT, **dict(zip(names, lot, strict=True))))
    return books


def finish(conn: Connection, books: Books, *plans: Plan) -> list[int]:
    """Decide these operations in ``books``, record them, and give their ids."""
    ids = [books.operation_id(place) for place in range(len(plans))]
    for id_, plan in zip(ids, plans, strict=True):
        stamp = Stamp(id=id_, at=AT, effective_at=AT, window=books.window)
        books.enter(stamp, plan(id_))
    answers = [
        Answer(
            scope=CAI, key=f"key-{id_}", operation=id_, refused=False, fingerprint=b"", answer="{}"
        )
        for id_ in ids
    ]
    record(conn, books, answers)
    return ids


def post(conn: Connection, *plans: Plan) -> list[int]:
    """Post these operations as one batch and give their ids."""
    with conn.transaction():
        return finish(conn, begin(conn), *plans)


def first_lot(operation: int) -> int:
    """Give the id of the first lot that an operation made."""
    return operation << LOT_BITS


def say(**data: object) -> str:
    """Write the data of an operation as JSON text."""
    return msgspec.json.encode(data).decode()


def award(issuer: int, points: int, *, pending: bool = False, reserve: int = 0) -> Plan:
    """Plan an award to Mei; ``reserve`` is what the issuer sets aside."""

    def plan(id_: int) -> Posting:
        lot = first_lot(id_)
        movement = M.AWARD_PENDING if pending else M.AWARD
        transfers = [Transfer(movement, issuer, MEI, points, to_lot=lot)]
        if reserve:
            transfers.append(Transfer(M.FUND, issuer, issuer, reserve, to_lot=lot))
        transfers.append(Transfer(M.ISSUE_FEE, issuer, OPERATOR, 50))
        return Posting(
            kind="award", owner=MEI, organisation=issuer, points=points, transfers=transfers,
            data=say(lines=[["all", 0, points]], note='a "quoted" \\ {纸}\n'),
            lots=[Lot(owner=MEI, id=lot, issuer=issuer, kind="earned", earned_at=AT)],
        )  # fmt: skip

    return plan


def purchase(anna: int, bao: int) -> Plan:
    """Plan a purchase of Mei at Cai with points of Anna's and of Bao's lot."""

    def plan(id_: int) -> Posting:
        lot = first_lot(id_)
        return Posting(
            kind="purchase", owner=MEI, organisation=CAI, points=8_000, cash=12_000,
            data=say(lines=[[name, *line] for name, line in LINES.items()]),
            transfers=[
                Transfer(M.REDEEM, MEI, ANNA, 5_000, from_lot=anna),
                Transfer(M.REDEEM, MEI, BAO, 3_000, from_lot=bao),
                Transfer(M.CLAIM, ANNA, CAI, 5_000),
                Transfer(M.CLAIM_RESERVE, BAO, CAI, 3_000, from_lot=bao),
                Transfer(M.ACCEPTANCE_FEE, CAI, OPERATOR, 160),
                Transfer(M.AWARD, CAI, MEI, 120, to_lot=lot),
            ],
            lots=[Lot(owner=MEI, id=lot, issuer=CAI, kind="earned", earned_at=AT)],
        )  # fmt: skip

    return plan


def refund_tea(sale: int, bao: int) -> Plan:
    """Plan the refund of the second line: Bao's points come back, some earned ones go."""
    return lambda _: Posting(
        kind="refund", owner=MEI, organisation=CAI, original=sale, points=3_000, cash=5_000,
        data=say(lines=[["tea", *LINES["tea"]]]),
        transfers=[
            Transfer(M.RESTORE, BAO, MEI, 3_000, to_lot=bao),
            Transfer(M.COUNTERCLAIM, CAI, BAO, 3_000),
            Transfer(M.FUND, BAO, BAO, 3_000, to_lot=bao),
            Transfer(M.ACCEPTANCE_FEE_BACK, OPERATOR, CAI, 60),
            Transfer(M.CLAW_BACK, MEI, CAI, 50, from_lot=first_lot(sale)),
        ],
    )  # fmt: skip


def hold(lot: int, amount: int) -> Plan:
    """Plan a hold of Mei's points for a purchase at Cai."""
    return lambda id_: Posting(
        kind="hold", owner=MEI, organisation=CAI, points=amount,
        transfers=[Transfer(M.HOLD, MEI, MEI, amount, from_lot=lot, to_lot=lot)],
        holds=[hold_of(id_, amount, {lot: amount})],
    )  # fmt: skip


def hold_of(id_: int, amount: int, slices: dict[int, int]) -> Hold:
    """Give a hold of Mei at Cai as it stands."""
    return Hold(
        owner=MEI, id=id_, organisation=CAI, outlet=1, amount=amount, expires_at=LATER,
        slices=slices,
    )  # fmt: skip


def capture(held: int, lot: int, amount: int, captured: int) -> Plan:
    """Plan the capture of a part of a hold of Anna's points."""
    return lambda _: Posting(
        kind="capture", owner=MEI, organisation=CAI, original=held, points=captured,
        data=say(lines=[["all", captured, captured]]),
        transfers=[
            Transfer(M.CAPTURE, MEI, ANNA, captured, from_lot=lot),
            Transfer(M.CLAIM, ANNA, CAI, captured),
        ],
        holds=[hold_of(held, amount, {lot: amount - captured})],
    )  # fmt: skip


def gift_and_owe(lot: int, already_owed: int) -> Plan:
    """Plan a gift to Li, who spends it at once and then owes Cai a little more."""

    def plan(id_: int) -> Posting:
        new = first_lot(id_)
        return Posting(
            kind="gift", owner=MEI, points=500,
            transfers=[
                Transfer(M.GIFT, MEI, LI, 500, from_lot=lot, to_lot=new),
                Transfer(M.REDEEM, LI, ANNA, 500, from_lot=new),
                Transfer(M.OWE, LI, CAI, 30),
            ],
            lots=[Lot(owner=LI, id=new, issuer=ANNA, kind="earned", earned_at=AT)],
            owing={(LI, CAI): already_owed + 30},
        )  # fmt: skip

    return plan


def release(lot: int) -> Plan:
    """Plan the release of Mei's pending points."""
    return lambda _: Posting(
        kind="release", owner=MEI, points=2_000,
        transfers=[Transfer(M.RELEASE, MEI, MEI, 2_000, from_lot=lot, to_lot=lot)],
    )  # fmt: skip


def deposit(_: int) -> Posting:
    """Plan that Anna pays collateral in."""
    return Posting(
        kind="deposit", owner=ANNA, organisation=ANNA, cash=90_000,
        transfers=[Transfer(M.DEPOSIT, ANNA, ANNA, 90_000)],
    )  # fmt: skip


def live(conn: Connection) -> None:
    """Post a story in which every kind of thing happens once; it may happen again."""
    owed = conn.execute("SELECT sum(amount)::bigint FROM ledger.owing").fetchone()
    anna, bao, later = map(
        first_lot,
        post(
            conn,
            award(ANNA, 10_000),
            award(BAO, 6_000, reserve=6_000),
            award(ANNA, 2_000, pending=True),
        ),
    )
    sale, held = post(conn, purchase(anna, bao), hold(anna, 1_000))
    post(conn, capture(held, anna, 1_000, 400), refund_tea(sale, bao))
    post(conn, gift_and_owe(anna, owed[0] or 0 if owed else 0))
    post(conn, release(later), award(ANNA, 700, pending=True), deposit)
