"""A bank desk for tests: accounts, files of a settlement, the simulated bank, imports."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.clearing.desk import instructed, window_of
from tests.world import AT, World
from tongbao.bank import accounts, files, importing
from tongbao.bank.importing import Imported
from tongbao.bank.types import Account, Details, PaymentFile
from tongbao.clearing.types import Settlement
from tongbao.desk import exceptions
from tongbao.kernel.db import Connection
from tongbao.sandbox import bank
from tongbao.sandbox.bank import Answered

ZONE = ZoneInfo("Asia/Shanghai")
OPENED = date(2026, 1, 1)
OWN = Details(number="110900000001", name="通宝清算有限公司", cnaps="102290000011")


def open_account(
    conn: Connection, organisation: int, details: Details, day: date = OPENED
) -> Account:
    """Give an organisation an account, by two people."""
    with conn.transaction():
        made = accounts.propose(
            conn, organisation, details, day, by="Lin", reason="a new account", at=AT
        )
        return accounts.approve(conn, made.id, by="Wu", at=AT)


def details(number: int, name: str = "上海星光影城有限公司", *, mandate: bool = True) -> Details:
    """Give the details of an account."""
    return Details(
        number=f"6222{number:012d}",
        name=f"{name} {number}",
        cnaps="103100000026",
        mandate=f"M-{number}" if mandate else None,
        signed_on=OPENED if mandate else None,
    )


def equip(conn: Connection, world: World) -> None:
    """Give everybody in the world an account."""
    open_account(conn, world.operator, OWN)
    for organisation in world.organisations.values():
        open_account(conn, organisation, details(organisation))


def settle(conn: Connection, world: World, claims: dict[str, int], tag: str = "") -> Settlement:
    """Give an instructed settlement of these claims."""
    return instructed(conn, window_of(conn, world, claims, tag))


def plan(conn: Connection, settlement: int, **options: Any) -> list[PaymentFile]:
    """Plan the files of a settlement, in a transaction of its own."""
    with conn.transaction():
        return files.plan(conn, settlement, zone=ZONE, at=AT, **options).files


def write(conn: Connection, settlement: int, folder: Path, **options: object) -> list[Path]:
    """Write the payment files of a settlement."""
    planned = plan(conn, settlement, **options)
    return [Path(files.write(conn, file, folder).path) for file in planned]


def answer(
    paths: Sequence[Path], folder: Path, *, rejects: int = 0, opening: int = 0, sequence: int = 1
) -> Answered:
    """Let the simulated bank answer."""
    return bank.respond(paths, folder, seed=7, rejects=rejects, opening=opening, sequence=sequence)


def take(conn: Connection, path: Path) -> Imported:
    """Import a file of the bank."""
    return importing.import_file(conn, path, AT)


def took(imported: Imported) -> dict[str, int]:
    """Say how many lines of a file came to what."""
    return {count.what: count.count for count in imported.counts}


def items(conn: Connection) -> list[tuple[str, str]]:
    """Give kind and subject of all open exception items."""
    found = exceptions.listed(conn, now=AT)
    return sorted((item.kind, item.subject) for item in found)
