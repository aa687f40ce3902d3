"""What the offices of a large alliance have after a month: settlements, files, logs, open items.

A bench of pages needs more than sales: lists are slow where there is much in them. What people do
one by one goes through the operations that they use; what tills and servers write by the thousand
is written set by set.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from stdnum.cn import uscc

from tongbao.access import keys
from tongbao.bank import accounts, importing
from tongbao.bank.types import Details
from tongbao.clearing import calendar
from tongbao.clearing.calendar import Cutover
from tongbao.desk import exceptions
from tongbao.desk.exceptions import NewItem
from tongbao.joining import applications
from tongbao.joining.types import Wanted
from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.reconcile import disputes
from tongbao.reconcile.types import Opening
from tongbao.sandbox import banking
from tongbao.sandbox.catalogue import BUSINESSES
from tongbao.sandbox.month import Begin
from tongbao.sandbox.settling import PROPOSER, settle
from tongbao.sandbox.traffic import World
from tongbao.till import allowances
from tongbao.webhooks import endpoints

Q = sql.load(__package__, "offices.sql")

DAY: Final = timedelta(days=1)
_BY: Final = "bench"
_HOUR: Final = timedelta(hours=1)
_BANKED: Final = 5
"""Days whose payments go through files and a bank; those before are booked at once."""

_REJECTS: Final = 20_000
"""Payments that the bank refuses, in parts per million."""

STEPS: Final = ("accounts", "settlements", "people", "items", "log", "tills", "webhooks")
"""What is made, in this order."""


class Sizes(Struct, frozen=True, kw_only=True):
    """How many of each there are, for an alliance of so many organisations and operations."""

    people: int
    entries: int
    items: int
    disputes: int
    applicants: int
    terminals: int
    grants: int
    files: int
    differences: int


def sizes(organisations: int, operations: int) -> Sizes:
    """Give a hundred times what the demo has, or what so large an alliance would have."""
    return Sizes(
        people=max(20, organisations // 4),
        entries=operations // 10,
        items=max(10, organisations // 4),
        disputes=max(5, organisations // 10),
        applicants=max(5, organisations // 8),
        terminals=max(3, organisations // 40),
        grants=5,
        files=max(3, organisations // 40),
        differences=max(10, operations // 5_000),
    )


class Month(Struct, frozen=True, kw_only=True):
    """Whose month it was: the world, its first midnight, its days; ``now`` is after all of it."""

    world: World
    first: datetime
    days: int
    now: datetime


def work(
    begin: Begin,
    conn: Connection,
    settings: Settings,
    month: Month,
    many: Sizes,
    tell: Callable[[int], None],
) -> None:
    """Make all of it; ``tell`` hears of each of ``STEPS``.

    ``conn`` is the connection behind ``begin``, without a transaction.
    """
    with begin() as inside:
        names: dict[int, str] = dict(inside.execute(Q.names_of_merchants).fetchall())
        signed = month.first.date()
        banking.open_accounts(inside, month.world.operator, names, signed, month.first)
    tell(1)
    _settle(begin, conn, ZoneInfo(settings.time_zone), calendar.cutover_of(settings))
    tell(1)
    organisation, outlet = month.world.outlets[0]
    values = {
        "operator": month.world.operator,
        "organisation": organisation,
        "outlet": outlet,
        "member": month.world.members[0],
        "at": month.first,
        "days": month.days,
        "people": many.people,
        "most": many.terminals,
        "entries": many.entries,
        "apart": month.days * DAY / max(1, many.entries),
        "files": many.files,
        "differences": many.differences,
        "lines": many.differences * 5,
    }
    with begin() as inside:
        for statement in (Q.write_brands, Q.write_terminals, Q.write_staff, Q.write_consents):
            inside.execute(statement, values)
    tell(1)
    with begin() as inside:
        _raise_items(inside, month, many, sorted(names))
        _apply(inside, month, many)
    tell(1)
    with begin() as inside:
        for statement in (Q.write_log, Q.write_reconciliations, Q.write_differences):
            inside.execute(statement, values)
    tell(1)
    with begin() as inside:
        _work_offline(inside, outlet, many, month.now, settings.access_secret)
        inside.execute(Q.write_offline_lines, values)
    tell(1)
    with begin() as inside:
        _listen(inside, organisation, month.first, settings.access_secret)
    tell(1)


def _settle(begin: Begin, conn: Connection, zone: ZoneInfo, cutover: Cutover) -> None:
    """Settle every closed window; the last days by files that a bank answers and partly refuses."""
    closed = conn.execute(Q.closed_windows).fetchall()
    opening = 0
    with tempfile.TemporaryDirectory() as folder:
        for n, (window, at) in enumerate(closed, start=1):
            day = calendar.business_date(at - _HOUR, cutover)
            if n <= len(closed) - _BANKED:
                with begin() as inside:
                    settle(inside, window, day, at + _HOUR)
                continue
            told = banking.tell(
                begin, conn, day, at + _HOUR, Path(folder) / f"{n}", zone=zone, seed=n,
                window=window, rejects=_REJECTS, opening=opening, sequence=n,
            )  # fmt: skip
            opening = told.answered.closing
            for file in told.answered.files:
                importing.import_file(conn, file, at + 2 * _HOUR)


def _raise_items(conn: Connection, month: Month, many: Sizes, merchants: list[int]) -> None:
    """Let things wait for somebody: advices, disputes, new accounts to be approved."""
    world = month.world
    for start in range(0, many.items, 500):
        items = [
            NewItem(
                kind="advice",
                organisation_id=merchants[n % len(merchants)],
                subject=f"{n}",
                facts={"member": world.members[n % len(world.members)], "points": 5_000,
                       "reason": "insufficient-points"},
            )
            for n in range(start, min(start + 500, many.items))
        ]  # fmt: skip
        exceptions.raise_items(conn, items, month.first + start * _HOUR / 10)
    busiest = world.outlets[0][0]
    others = [merchant for merchant in merchants if merchant != busiest]
    for n in range(many.disputes):
        sides = (busiest, others[n % len(others)])
        creditor, debtor = sides if n % 2 else sides[::-1]
        given = Opening(
            kind="missing",
            creditor_id=creditor,
            debtor_id=debtor,
            amount=1_000 + n,
            reference=f"R-{n}",
            reason="The receipt is not on the statement.",
            evidence="The paper is in the till.",
        )
        disputes.open_dispute(conn, given, by=_BY, at=month.now - n % 5 * DAY)
        if n % 4 == 0:
            details = Details(number=f"6228{debtor:012d}", name="New", cnaps="103100000026")
            accounts.propose(
                conn, debtor, details, month.now.date() + (n + 1) * DAY,
                by=PROPOSER, reason="moved to another bank", at=month.now,
            )  # fmt: skip


def _apply(conn: Connection, month: Month, many: Sizes) -> None:
    """Let merchants ask to take part, each from an address of its own."""
    for n, code in zip(range(many.applicants), _credit_codes(), strict=False):
        wanted = Wanted(
            name=f"Applicant {n}",
            credit_code=code,
            format=BUSINESSES[n % len(BUSINESSES)].code,
            region="310104",
            outlet=f"Outlet of applicant {n}",
            contact=f"Person {n}",
            phone=f"1370000{n % 10_000:04d}",
            account=Details(number=f"6217{n:012d}", name=f"Applicant {n}", cnaps="103100000026"),
        )
        address = f"198.51.{n // 250 % 250}.{n % 250}"
        made = month.now - n % month.days * DAY
        applications.submit(conn, wanted, _secret(f"applicant-{n}"), address=address, at=made)


def _credit_codes() -> Iterator[str]:
    """Give credit codes of companies of Shanghai, each with the character that fits it."""
    n = 0
    while True:
        body = f"91310104MA1F{n:05d}"
        yield body + uscc.calc_check_digit(body)
        n += 1


def _work_offline(conn: Connection, outlet: int, many: Sizes, at: datetime, key: str) -> None:
    """Let the terminals of an outlet work without a network, each with some allowances."""
    for n in range(1, many.terminals + 1):
        public = hashlib.sha256(f"terminal {n}".encode()).hexdigest()
        allowances.register(conn, outlet, f"T{n}", public, by=_BY, at=at - _HOUR)
        for day in range(1, many.grants + 1):
            allowances.grant(
                conn, outlet, f"T{n}", spend_points=100_000, member_points=10_000,
                award_amount=1_000_000, valid_until=at + day * _HOUR, by=_BY, at=at, key=key,
            )  # fmt: skip


def _listen(conn: Connection, organisation: int, at: datetime, key: str) -> None:
    """Give the busiest merchant keys, and a webhook that was told of all that happened."""
    for n in range(50):
        keys.create(conn, organisation, "cashier", f"Till {n}", _secret(f"key-{n}"), by=_BY, at=at)
    made = endpoints.create(
        conn, organisation, "https://hooks.example.com/tongbao", (), "Warehouse",
        hashlib.sha256(b"webhook").digest(), by=_BY, at=at, allowed=(), key=key,
    )  # fmt: skip
    values = {"endpoint": made.id, "organisation": organisation}
    conn.execute(Q.write_deliveries, values)
    conn.execute(Q.write_attempts, values)


def _secret(about: str) -> str:
    """Give 43 characters that nobody has to guess: nothing here is secret."""
    return about.ljust(43, "0")
