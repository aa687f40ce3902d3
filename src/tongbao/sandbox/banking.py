"""Settle as alliances do: two people, payment files, and a bank that answers them."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from tongbao.bank import accounts, files
from tongbao.bank.files import Written
from tongbao.bank.types import Details
from tongbao.clearing import settlements
from tongbao.clearing.types import Leg
from tongbao.kernel.db import Connection
from tongbao.sandbox import bank
from tongbao.sandbox.bank import Answered
from tongbao.sandbox.month import Begin
from tongbao.sandbox.settling import APPROVER, PROPOSER

SIGNED: Final = date(2026, 9, 1)
OWN: Final = Details(number="110900000001", name="通宝清算有限公司", cnaps="102290000011")
_BANK: Final = "103100000026"


class Told(Struct, frozen=True, kw_only=True):
    """A settlement that the bank was told of: its legs as instructed, the files there and back."""

    settlement: int
    legs: list[Leg]
    written: list[Written]
    answered: Answered


def open_accounts(
    conn: Connection, operator: int, names: Mapping[int, str], signed: date, at: datetime
) -> None:
    """Give the operator and everybody named (by id) an account with a mandate, by two people."""
    known = {operator: OWN}
    for organisation, name in names.items():
        known[organisation] = Details(
            number=f"6222{organisation:012d}",
            name=name,
            cnaps=_BANK,
            mandate=f"M-{organisation}",
            signed_on=signed,
        )
    for organisation, details in known.items():
        reason = "为结算开户 (opened for settlement)"
        made = accounts.propose(
            conn, organisation, details, signed, by=PROPOSER, reason=reason, at=at
        )
        accounts.approve(conn, made.id, by=APPROVER, at=at)


def tell(
    begin: Begin,
    conn: Connection,
    day: date,
    at: datetime,
    folder: Path,
    *,
    zone: ZoneInfo,
    seed: int,
    window: int | None = None,
    rejects: int = 0,
    opening: int = 0,
    sequence: int = 1,
) -> Told:
    """Settle what is open up to ``window`` (None: the newest closed), up to the bank's answer.

    ``conn`` is the connection behind ``begin``, without a transaction. The answer, in ``folder``,
    is not imported yet; ``rejects``, ``opening`` and ``sequence`` are as ``bank.respond`` has them.
    """
    with begin() as inside:
        settlement = settlements.propose(
            inside, business_date=day, through_window=window, by=PROPOSER, at=at
        ).id
    with begin() as inside:
        settlements.approve(inside, settlement, by=APPROVER, at=at)
    with begin() as inside:
        legs = settlements.instruct(inside, settlement, at=at)
        planned = files.plan(inside, settlement, zone=zone, at=at).files
    written = [files.write(conn, file, folder / "to-the-bank") for file in planned]
    answered = bank.respond(
        [Path(one.path) for one in written],
        folder / "from-the-bank",
        seed=seed,
        rejects=rejects,
        opening=opening,
        sequence=sequence,
    )
    return Told(settlement=settlement, legs=legs, written=written, answered=answered)
