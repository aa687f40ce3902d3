"""A statement on the terminal: the accounts, their lines, with whom, fees, single payments."""

from collections.abc import Sequence
from typing import Final

from tongbao.cli import output, pages
from tongbao.kernel.amounts import percent, show
from tongbao.statements import tables
from tongbao.statements.items import POINTS
from tongbao.statements.types import Account, Issuer, Redeemer, Statement
from tongbao.statements.words import word

_ENGLISH: Final = "en"


def statement(stated: Statement, zone: str, limit: int) -> None:
    """Print a statement; of the counterparties the ``limit`` largest."""
    period = stated.period
    days = f"{period.first_date} to {period.last_date}" if period.first_date else None
    pages.facts(
        f"Statement {stated.number}",
        [
            ("organisation", f"{stated.organisation.name}, {stated.organisation.code}"),
            ("business dates", days),
            ("windows", f"{period.first_window} to {period.last_window}"),
            ("opened", pages.moment(period.opened_at, zone)),
            ("closed", pages.moment(period.closed_at, zone)),
        ],
    )
    for account in stated.accounts:
        if account.account == "position" or account.opening or account.closing or account.change:
            _account(account, stated)
    _issuers(tables.issuers(stated), limit)
    _redeemers(tables.redeemers(stated), limit)
    _fees(stated)
    _single(stated, zone)


def _account(account: Account, stated: Statement) -> None:
    sums: dict[str, tuple[int, int]] = {}
    for line in stated.lines:
        if line.account == account.account:
            count, amount = sums.get(line.item, (0, 0))
            sums[line.item] = (count + line.count, amount + line.amount)
    rows = [("opening", "", show(account.opening))]
    rows += [(_name(i), f"{count:,}", show(amount)) for i, (count, amount) in sums.items()]
    rows.append(("closing", "", show(account.closing)))
    unit = "points" if account.account in POINTS else "yuan"
    output.table(_name(account.account), ["", ">count", f">{unit}"], rows, pages.WIDTH)


def _issuers(issuers: Sequence[Issuer], limit: int) -> None:
    if not issuers:
        return
    largest = sorted(issuers, key=lambda one: (-one.points - one.due_back, one.code))[:limit]
    output.table(
        f"Points accepted, by issuer: the {len(largest)} largest of {len(issuers)}",
        ["issuer", "name", ">points", ">given back", ">claims", ">due", ">due back"],
        [
            (
                one.code,
                one.name,
                pages.amount(one.points),
                pages.amount(one.points_back),
                f"{one.claims + one.counterclaims:,}",
                pages.amount(one.due),
                pages.amount(one.due_back),
            )
            for one in largest
        ],
        pages.WIDTH,
    )


def _redeemers(redeemers: Sequence[Redeemer], limit: int) -> None:
    if not redeemers:
        return
    largest = sorted(redeemers, key=lambda one: (-one.owed - one.owed_back, one.code))[:limit]
    output.table(
        f"Own points accepted, by redeemer: the {len(largest)} largest of {len(redeemers)}",
        ["redeemer", "name", ">claims", ">owed", ">owed back"],
        [
            (
                one.code,
                one.name,
                f"{one.claims + one.counterclaims:,}",
                pages.amount(one.owed),
                pages.amount(one.owed_back),
            )
            for one in largest
        ],
        pages.WIDTH,
    )


def _fees(stated: Statement) -> None:
    if stated.fees:
        output.table(
            "Fees, VAT included",
            ["fee", "", ">VAT rate", ">charged", ">given back", ">net", ">VAT", ">gross"],
            [
                (
                    fee.fee,
                    "received" if fee.received else "paid",
                    percent(fee.rate),
                    *map(show, (fee.charged, -fee.given_back, fee.net, fee.vat, fee.gross)),
                )
                for fee in stated.fees
            ],
            pages.WIDTH,
        )


def _single(stated: Statement, zone: str) -> None:
    single = [line for line in stated.lines if line.operation is not None]
    if single:
        output.table(
            "Payments and decisions, one by one",
            ["when", "what", "settlement", "reference", "with", ">operation", ">yuan"],
            [
                (
                    pages.moment(line.at, zone),
                    _name(line.item),
                    line.settlement or "-",
                    line.reference or line.reason or "-",
                    line.counterparty or "-",
                    line.operation,
                    show(line.amount),
                )
                for line in single
            ],
            pages.WIDTH,
        )


def _name(key: str) -> str:
    return word(key, _ENGLISH)
