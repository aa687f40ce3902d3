"""Statements: put together from the sums of windows, one organisation after the other.

Whoever calls this holds a transaction: the sums are read through cursors of the server, so that
thirty thousand statements need no more memory than the largest of them.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import msgspec
from msgspec import Raw

from tongbao.alliance import organisations
from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused
from tongbao.statements.fees import fees_of
from tongbao.statements.items import ACCOUNTS, FEES, ORDER, POINTS
from tongbao.statements.types import Accepted, Account, Line, Party, Period, Statement, Unit

Q = sql.load(__package__)

_FETCH: Final = 100
_NONE: Final = (0,) * 12
_OPERATORS: Final = frozenset({"fees", "breakage", "first_loss"})

Row = tuple[Any, ...]
Take = Callable[[int], list[Row]]


class StatementUnbalanced(Refused):
    code = "statement-unbalanced"
    text = "{account} of {organisation} does not add up: {opening} and {change} is not {closing}"


_WHY: Final = (
    ("settlement", int),
    ("dispute", int),
    ("default", int),
    ("reference", str),
    ("reason", str),
)
"""What a line keeps of what its operation says."""


def one(conn: Connection, period: Period, organisation_id: int) -> Statement:
    """Give the statement of one organisation; its windows must be summed.

    Refuses ``organisation-not-found``, ``operator-missing``, ``statement-unbalanced``.
    """
    organisations.get(conn, organisation_id)
    return next(every(conn, period, organisation_id))


def every(
    conn: Connection, period: Period, organisation_id: int | None = None
) -> Iterator[Statement]:
    """Give the statements of all organisations in the order of their ids, or of one.

    Every one adds up: ``statement-unbalanced`` is refused, and means a broken law. Refuses
    ``operator-missing``.
    """
    found = organisations.operator(conn)
    operator = Party(id=found.id, code=found.code, name=found.name)
    asked = {
        "first": period.first_window,
        "last": period.last_window,
        "organisation": organisation_id,
    }
    (lacking,) = conn.execute(Q.not_summed, asked).fetchone() or (None,)
    assert lacking == 0, "windows are summed before statements are made of them"
    conn.execute(Q.plan_anew)
    fees = {"fees": arrays.words(FEES)}
    lines = _by_organisation(_stream(conn, "statement_lines", Q.lines, {**asked, **fees}))
    issuers = _by_organisation(_stream(conn, "statement_issuers", Q.issuers, asked))
    redeemers = _by_organisation(_stream(conn, "statement_redeemers", Q.redeemers, asked))
    for head in _stream(conn, "statement_heads", Q.heads, asked):
        who = Party(id=head[0], code=head[1], name=head[2])
        own, theirs = issuers(who.id), redeemers(who.id)
        yield _statement(
            who,
            operator,
            period,
            head,
            lines(who.id),
            own[0][1:] if own else _NONE,
            theirs[0][1:] if theirs else _NONE,
        )


def _stream(conn: Connection, name: str, query: bytes, asked: dict[str, Any]) -> Iterator[Row]:
    with conn.cursor(name=name) as cursor:
        cursor.itersize = _FETCH
        yield from cursor.execute(query, asked)


def _by_organisation(rows: Iterator[Row]) -> Take:
    """Give what takes the rows of one organisation; ask in the order in which they come."""
    groups = groupby(rows, key=itemgetter(0))
    current = next(groups, None)

    def take(who: int) -> list[Row]:
        nonlocal current
        if current is None or current[0] != who:
            return []
        found = list(current[1])
        current = next(groups, None)
        return found

    return take


def _statement(
    who: Party,
    operator: Party,
    period: Period,
    head: Row,
    lines: list[Row],
    own: Row,
    theirs: Row,
) -> Statement:
    redemptions, points, returns, points_back, on_us, *due = own[:9]
    stated = [_line(row) for row in lines] + _claims(due, theirs[:4])
    stated.sort(key=lambda line: (ORDER[line.account, line.item], line.operation or 0))
    return Statement(
        number=f"{who.code}-{period.first_window:06d}-{period.last_window:06d}",
        organisation=who,
        operator=operator,
        period=period,
        accounts=_accounts(who, operator, head, stated),
        lines=stated,
        fees=fees_of(stated),
        accepted=Accepted(
            redemptions=redemptions,
            points=points,
            returns=returns,
            points_back=points_back,
            on_us=on_us,
        ),
        issuers=_list(own[9]),
        redeemers=_list(theirs[4]),
    )


def _list(stated: str | int) -> Raw:
    return Raw(f"[{stated or ''}]".encode())


def _claims(due: list[int], owed: Row) -> list[Line]:
    """Give the lines of claims; who they are with is said beside them."""
    sums = [
        ("claims_due", due[0], due[1]),
        ("counterclaims_owed", due[2], -due[3]),
        ("claims_owed", owed[0], -owed[1]),
        ("counterclaims_due", owed[2], owed[3]),
    ]
    return [
        Line(account="position", item=item, count=count, amount=amount)
        for item, count, amount in sums
        if count
    ]


def _line(row: Row) -> Line:
    _, account, item, counterparty, vat, count, amount, operation, at, data = row
    said: dict[str, Any] = {} if data is None else msgspec.json.decode(data)
    return Line(
        account=account,
        item=item,
        count=count,
        amount=amount,
        counterparty=counterparty,
        vat=vat,
        operation=operation,
        at=at,
        **{name: said[name] for name, kind in _WHY if isinstance(said.get(name), kind)},
    )


def _accounts(who: Party, operator: Party, head: Row, lines: list[Line]) -> list[Account]:
    openings, closings = head[3], head[4]
    changes = dict.fromkeys(ACCOUNTS, 0)
    for line in lines:
        changes[line.account] += line.amount
    found = []
    for place, account in enumerate(ACCOUNTS):
        opening, closing = openings[place] or 0, closings[place] or 0
        change = changes[account]
        if opening + change != closing:
            raise StatementUnbalanced(
                account=account,
                organisation=who.code,
                opening=opening,
                change=change,
                closing=closing,
            )
        if account in _OPERATORS and who.id != operator.id:
            continue
        unit: Unit = "PTS" if account in POINTS else "CNY"
        found.append(
            Account(account=account, unit=unit, opening=opening, change=change, closing=closing)
        )
    return found
