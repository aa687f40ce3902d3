"""Payment files of a settlement: what goes into them is decided once, then written at will.

Deciding (``plan``) writes down which payment is in which file, with the account as it then is.
Writing reads nothing else, so that a file made again is the same to the byte.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct

from tongbao.alliance import organisations
from tongbao.bank import accounts, writers
from tongbao.bank.types import Account, Kind, Payment, PaymentFile
from tongbao.clearing import settlements
from tongbao.clearing.settlements import SettlementState
from tongbao.clearing.types import Settlement
from tongbao.desk import exceptions
from tongbao.desk.exceptions import NewItem
from tongbao.kernel import arrays, limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound, Refused

Q = sql.load(__package__, "file_queries.sql")

NO_ACCOUNT: Final = "bank-no-account"
"""Exception items: a leg that no file can have, for lack of an account or of a mandate."""

_PAGE: Final = 2_000
_NOT_YET: Final = frozenset({"proposed", "approved", "rejected"})
_WORDS: Final = {"payout": ("Payout", "付款"), "collection": ("Collection", "收款")}


class OperatorAccountMissing(NotFound):
    code = "bank-operator-account-missing"
    text = "the operator has no bank account at {day}"


class PaymentFileNotFound(NotFound):
    code = "bank-payment-file-not-found"
    text = "there is no payment file {file}"


class FileChanged(Conflict):
    code = "bank-file-changed"
    text = "the writer {writer} makes something else of file {message} than it did at first"


class FileUnwritable(Refused):
    code = "bank-file-unwritable"
    text = "{path} cannot be written: {reason}"


class Planned(Struct, frozen=True, kw_only=True):
    """The files of a settlement, and the organisations whose leg could go into none."""

    files: list[PaymentFile]
    left_out: list[int]


class Written(Struct, frozen=True, kw_only=True):
    """A payment file that was written to ``path``; ``same``: as it was before, to the byte."""

    file: PaymentFile
    path: str
    size: int
    same: bool


class _Leg(Struct, frozen=True, gc=False):
    organisation_id: int
    attempt: int
    payout: bool
    amount: int


def plan(
    conn: Connection,
    settlement_id: int,
    *,
    zone: ZoneInfo,
    at: datetime,
    writer: str = writers.STANDARD,
    most: int = limits.PAYMENTS,
) -> Planned:
    """Decide which files the instructed legs of a settlement go into; give all its files.

    Asked again, it adds what was instructed since, and nothing else. At most ``most`` payments go
    into a file. Legs of organisations without an account at the day, or without a mandate to
    collect from, are left out and become exception items; they are taken when it is asked again.
    Refuses ``settlement-not-found``, ``settlement-state`` before it is instructed,
    ``bank-operator-account-missing``, ``bank-writer-not-found`` and ``bank-writer-unusable``.
    """
    writers.find(writer)
    found = settlements.lock(conn, settlement_id)
    if found.state in _NOT_YET:
        raise SettlementState(
            settlement=settlement_id, state=found.state, wanted="written to files"
        )
    values = {"settlement": settlement_id}
    legs = [_Leg(*row) for row in conn.execute(Q.legs_without_payment, values)]
    left_out: list[_Leg] = []
    for kind in get_args(Kind):
        some = [leg for leg in legs if leg.payout == (kind == "payout")]
        if some:
            run = _Run(found, kind, writer, zone, at, most)
            left_out += _add_run(conn, run, some)
    _report_left_out(conn, found, legs, left_out, at)
    return Planned(
        files=of_settlement(conn, settlement_id),
        left_out=sorted(leg.organisation_id for leg in left_out),
    )


def of_settlement(conn: Connection, settlement_id: int | None) -> list[PaymentFile]:
    """Give the files of a settlement, or the newest of all, in the order they were made."""
    values = {"settlement": settlement_id, "file": None, "limit": limits.PAGE}
    return [_file(row) for row in conn.execute(Q.files, values)]


def get(conn: Connection, file_id: int) -> PaymentFile:
    """Give a file by its id; refuses ``bank-payment-file-not-found``."""
    row = None
    if 0 < file_id < 2**63:
        values = {"settlement": None, "file": file_id, "limit": 1}
        row = conn.execute(Q.files, values).fetchone()
    if row is None:
        raise PaymentFileNotFound(file=file_id)
    return _file(row)


def render(conn: Connection, file: PaymentFile) -> Iterator[bytes]:
    """Make a file, in pieces; refuses ``bank-writer-not-found``, ``bank-writer-unusable``."""
    return writers.find(file.writer).write(file, payments(conn, file.id))


def payments(conn: Connection, file_id: int) -> Iterator[Payment]:
    """Give the payments of a file in their order, read page by page."""
    after = 0
    while True:
        values = {"file": file_id, "after": after, "limit": _PAGE}
        rows = conn.execute(Q.payments_of_file, values).fetchall()
        for row in rows:
            yield Payment(
                settlement_id=row[0],
                organisation_id=row[1],
                attempt=row[2],
                end_to_end_id=row[3],
                amount=row[4],
                account=accounts.details_of(row[6:]),
            )
        if len(rows) < _PAGE:
            return
        after = rows[-1][5]


def write(conn: Connection, file: PaymentFile, folder: Path) -> Written:
    """Write a file into a folder, under its message id; it is there as a whole or not at all.

    Refuses ``bank-file-unwritable`` and, when the same file was written before and would now be
    another, ``bank-file-changed``.
    """
    suffix = writers.find(file.writer).suffix
    path = folder / f"{file.message_id}{suffix}"
    part = folder / f".{file.message_id}{suffix}.part"
    digest, size = hashlib.sha256(), 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Account numbers are nobody else's business.
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            for piece in render(conn, file):
                digest.update(piece)
                size += out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        if file.digest is not None and file.digest != digest.hexdigest():
            raise FileChanged(writer=file.writer, message=file.message_id)
        conn.execute(Q.note_digest, {"file": file.id, "digest": digest.hexdigest()})
        part.replace(path)
    except OSError as error:
        raise FileUnwritable(path=path, reason=error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return Written(file=file, path=str(path), size=size, same=file.digest is not None)


def progress(conn: Connection, settlement_id: int) -> dict[int, dict[str, tuple[int, int]]]:
    """Give of each file of a settlement how many payments are in which state, and their sum."""
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for file, state, count, amount in conn.execute(
        Q.states_of_settlement, {"settlement": settlement_id}
    ):
        found.setdefault(file, {})[state] = (count, amount)
    return found


class _Run(Struct, frozen=True):
    settlement: Settlement
    kind: Kind
    writer: str
    zone: ZoneInfo
    at: datetime
    most: int


def _add_run(conn: Connection, run: _Run, legs: Sequence[_Leg]) -> list[_Leg]:
    """Put legs into files; give those that can go into none."""
    settlement = run.settlement
    values = {"settlement": settlement.id, "kind": run.kind}
    (last,) = conn.execute(Q.last_run, values).fetchone() or (0,)
    # The first run is dated by the settlement, so that it is the same whenever it is made.
    made_at = settlement.instructed_at if not last else run.at
    assert made_at is not None, "only what is instructed has instructed legs"
    day = max(settlement.business_date, made_at.astimezone(run.zone).date())
    operator = organisations.operator(conn).id
    who = [leg.organisation_id for leg in legs]
    known = accounts.at_day(conn, [operator, *who], day)
    own = known.get(operator)
    if own is None:
        raise OperatorAccountMissing(day=day)
    payable = [leg for leg in legs if _can_be_paid(known.get(leg.organisation_id), run.kind)]
    english, chinese = _WORDS[run.kind]
    for part, start in enumerate(range(0, len(payable), run.most), start=1):
        some = payable[start : start + run.most]
        row = conn.execute(
            Q.write_file,
            {
                **values,
                "run": last + 1,
                "part": part,
                "message": f"TB{settlement.id}-{english[0]}{last + 1}-{part}",
                "writer": run.writer,
                "account": own.id,
                "payments": len(some),
                "amount": sum(leg.amount for leg in some),
                "execute_on": day,
                "remittance": (
                    f"{english} of settlement {settlement.id}, through window "
                    f"{settlement.through_window} / 通宝结算{settlement.id}{chinese}"
                    f" 截至场次{settlement.through_window}"
                ),
                "at": made_at,
            },
        ).fetchone()
        assert row is not None, "it has just been written"
        _write_payments(conn, settlement.id, row[0], some, known)
    taken = {leg.organisation_id for leg in payable}
    return [leg for leg in legs if leg.organisation_id not in taken]


def _can_be_paid(account: Account | None, kind: Kind) -> bool:
    return account is not None and (kind == "payout" or account.details.mandate is not None)


def _write_payments(
    conn: Connection,
    settlement_id: int,
    file_id: int,
    legs: Sequence[_Leg],
    known: dict[int, Account],
) -> None:
    conn.execute(
        Q.write_payments,
        {
            "settlement": settlement_id,
            "file": file_id,
            "organisations": arrays.ints(leg.organisation_id for leg in legs),
            "attempts": arrays.ints(leg.attempt for leg in legs),
            "ids": arrays.words(end_to_end_id(settlement_id, leg) for leg in legs),
            "accounts": arrays.ints(known[leg.organisation_id].id for leg in legs),
            "amounts": arrays.ints(leg.amount for leg in legs),
        },
    )


def end_to_end_id(settlement_id: int, leg: _Leg) -> str:
    """Give the id by which the bank reports a leg, as ``clearing`` forms it."""
    return f"TB{settlement_id}-{leg.organisation_id}-{leg.attempt}"


def _report_left_out(
    conn: Connection,
    settlement: Settlement,
    legs: Sequence[_Leg],
    left_out: Sequence[_Leg],
    at: datetime,
) -> None:
    ids = {leg.organisation_id: end_to_end_id(settlement.id, leg) for leg in legs}
    exceptions.raise_items(
        conn,
        [
            NewItem(
                kind=NO_ACCOUNT,
                organisation_id=leg.organisation_id,
                subject=ids[leg.organisation_id],
                facts={
                    "settlement": settlement.id,
                    "amount": leg.amount,
                    "needed": "an account" if leg.payout else "an account with a mandate",
                },
            )
            for leg in left_out
        ],
        at,
    )
    out = {leg.organisation_id for leg in left_out}
    exceptions.close_subjects(
        conn,
        NO_ACCOUNT,
        [ids[who] for who in ids if who not in out],
        by="bank desk",
        how="instructed",
        reason="the leg is in a payment file",
        at=at,
    )


def _file(row: Sequence[Any]) -> PaymentFile:
    return PaymentFile(
        id=row[0],
        settlement_id=row[1],
        kind=row[2],
        run=row[3],
        part=row[4],
        message_id=row[5],
        writer=row[6],
        count=row[7],
        amount=row[8],
        execute_on=row[9],
        remittance=row[10],
        made_at=row[11],
        digest=row[12],
        account=accounts.details_of(row[13:]),
    )
