"""What the operator holds, for whom, and what a run-off of it starts from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.losses import runoff
from tongbao.losses.runoff import LONGEST, Cell, Issuer, RunOff

Q = sql.load(__package__, "runoff_queries.sql")


class Money(Struct, frozen=True, kw_only=True):
    """What the operator must hold for others, and what its bank account holds (fen).

    ``held`` is ``reserves`` + ``prepaid`` + ``collateral`` + ``guarantee`` + ``first_loss`` +
    ``owed`` (to organisations, by their positions) - ``not_collected`` (what others owe) +
    ``income`` (fees and breakage, the operator's own).
    """

    reserves: int
    prepaid: int
    collateral: int
    guarantee: int
    first_loss: int
    owed: int
    not_collected: int
    income: int
    held: int

    @property
    def required(self) -> int:
        """What must be there for others: the redemption reserve of the alliance."""
        deposits = self.reserves + self.prepaid + self.collateral
        return deposits + self.guarantee + self.first_loss + self.owed


class Report(Struct, frozen=True, kw_only=True):
    """A run-off with what it started from; ``curve`` in parts per million by age in months."""

    at: datetime
    money: Money
    circulation: int
    curve: list[int]
    observed: bool
    run_off: RunOff


def report(
    conn: Connection, months: int, at: datetime, zone: str, curve: Sequence[int] | None = None
) -> Report:
    """Simulate that the operator fails now, and points are spent for so many months.

    Without a ``curve`` by what was observed. ``zone`` is that of the business calendar. Call it in
    a transaction that sees one snapshot. Refuses ``curve-malformed`` and ``curve-unknown``.
    """
    if curve is not None:
        runoff.check_curve(curve)
    given = list(curve) if curve is not None else observed(conn, at, zone)
    balances: dict[int, dict[str, int]] = defaultdict(dict)
    for owner, kind, balance in conn.execute(Q.money):
        balances[owner][kind] = balance
    held = money(balances.values())
    found = _issuers(conn, balances, at, zone)
    return Report(
        at=at,
        money=held,
        circulation=sum(sum(issuer.stock) for issuer in found),
        curve=given,
        observed=curve is None,
        run_off=runoff.run_off(found, held.guarantee + held.first_loss, given, months),
    )


def money(balances: Iterable[Mapping[str, int]]) -> Money:
    """Sum up what everybody has with the operator. Pure."""
    sums: dict[str, int] = defaultdict(int)
    owed = not_collected = 0
    for accounts in balances:
        for kind, balance in accounts.items():
            sums[kind] += balance
        position = accounts.get("clearing", 0)
        owed += max(0, position)
        not_collected += max(0, -position)
    return Money(
        reserves=sums["reserve"],
        prepaid=sums["prepaid"],
        collateral=sums["collateral"],
        guarantee=sums["guarantee"],
        first_loss=sums["first_loss"],
        owed=owed,
        not_collected=not_collected,
        income=sums["fees"] + sums["breakage"],
        held=-sums["bank"],
    )


def observed(conn: Connection, at: datetime, zone: str) -> list[int]:
    """Give how fast points were spent so far, by their age; refuses ``curve-unknown``."""
    values = {"at": at, "zone": zone, "oldest": LONGEST}
    return runoff.observe(
        Cell(cohort=cohort, age=age, issued=issued, redeemed=redeemed, gone=gone)
        for cohort, age, issued, redeemed, gone in conn.execute(Q.redemption_by_age, values)
    )


def _issuers(
    conn: Connection, balances: Mapping[int, Mapping[str, int]], at: datetime, zone: str
) -> list[Issuer]:
    """Give whoever has points in circulation or money with the operator."""
    stock: dict[int, list[int]] = defaultdict(list)
    values = {"at": at, "zone": zone, "oldest": LONGEST}
    for issuer, age, points in conn.execute(Q.stock_by_age, values):
        ages = stock[issuer]
        ages += [0] * (age - len(ages))
        ages.append(points)
    found = []
    for who in sorted(stock.keys() | balances.keys()):
        accounts = balances.get(who, {})
        issuer = Issuer(
            organisation_id=who,
            reserve=accounts.get("reserve", 0),
            prepaid=accounts.get("prepaid", 0),
            collateral=accounts.get("collateral", 0),
            position=accounts.get("clearing", 0),
            stock=tuple(stock.get(who, ())),
        )
        if issuer.stock or issuer.own:
            found.append(issuer)
    return found
