"""What statements are compared with: the balances that the ledger has, account by account."""

import csv
import io
from collections import defaultdict

from tongbao.kernel.db import Connection
from tongbao.statements import statement, summing, tables
from tongbao.statements.items import KINDS
from tongbao.statements.types import Period, Statement
from tongbao.statements.writing import FEE_VAT


def stated(conn: Connection, period: Period) -> dict[str, Statement]:
    """Give everybody's statement by code; windows are summed first."""
    with conn.transaction():
        summing.sum_windows(conn, FEE_VAT, period.last_window)
        return {one.organisation.code: one for one in statement.every(conn, period)}


def closings(found: dict[str, Statement]) -> dict[tuple[str, str], int]:
    """Give the closing balances by organisation and account, zeros left out."""
    return {
        (code, account.account): account.closing
        for code, one in found.items()
        for account in one.accounts
        if account.closing
    }


def openings(found: dict[str, Statement]) -> dict[tuple[str, str], int]:
    """Give the opening balances by organisation and account, zeros left out."""
    return {
        (code, account.account): account.opening
        for code, one in found.items()
        for account in one.accounts
        if account.opening
    }


def changes(found: dict[str, Statement]) -> dict[tuple[str, str, str, str | None], int]:
    """Give what changed each account, by item and counterparty."""
    sums: dict[tuple[str, str, str, str | None], int] = defaultdict(int)
    for code, one in found.items():
        for line in one.lines:
            sums[code, line.account, line.item, line.counterparty] += line.amount
    return {key: amount for key, amount in sums.items() if amount}


def ledger(conn: Connection) -> dict[tuple[str, str], int]:
    """Give what the ledger has in the accounts of statements, with their sign, zeros left out."""
    rows = conn.execute(
        "SELECT o.code, a.kind, a.balance FROM ledger.account AS a"
        " INNER JOIN alliance.organisation AS o ON a.owner_id = o.id"
        " WHERE a.balance <> 0 AND a.kind = ANY (%s::text[])",
        (list(KINDS),),
    )
    return {
        (code, KINDS[kind]): -balance if kind == "issued" else balance
        for code, kind, balance in rows
    }


def table(one: Statement) -> list[dict[str, str]]:
    """Read a statement's CSV as anybody would."""
    return list(csv.DictReader(io.StringIO(tables.head() + tables.rows(one), newline="")))
