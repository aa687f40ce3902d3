"""``tongbao runoff``: what becomes of members' points if the operator fails."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from tongbao.cli import organisation as organisations
from tongbao.cli import output, session
from tongbao.kernel.amounts import show as yuan
from tongbao.kernel.db import Connection
from tongbao.losses.holdings import Money, Report, report
from tongbao.losses.runoff import LONGEST, CurveMalformed

app = typer.Typer(add_completion=False)


@app.command()
def runoff(
    months: Annotated[int, typer.Option(min=1, max=LONGEST, help="Months simulated.")] = 24,
    curve: Annotated[
        str | None,
        typer.Option(
            help="Per cent of points spent in a month, by their age in months, such as 12,8.5,5; "
            "without it, as observed so far."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Issuers shown, the least covered first.")] = 20,
    as_json: output.Json = False,
) -> None:
    """Simulate that the operator fails: whose money pays for whose points, and until when.

    Nothing is issued any more, nothing is collected that was not, and every point costs par.
    """
    with session.open_session() as opened, opened.conn.transaction():
        opened.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        shares = None if curve is None else _curve(curve)
        zone = opened.settings.time_zone
        found = report(opened.conn, months, opened.at, zone, shares)
        if as_json:
            output.json(found)
        else:
            _print(opened.conn, found, limit)


def _curve(text: str) -> list[int]:
    """Read percentages as parts per million; refuses ``curve-malformed``."""
    shares = []
    for part in text.split(","):
        try:
            share = Decimal(part.strip()) * 10_000
        except InvalidOperation:
            share = Decimal("NaN")
        if not share.is_finite() or share != int(share):
            raise CurveMalformed(most=LONGEST, whole=1_000_000)
        shares.append(int(share))
    return shares


def _print(conn: Connection, found: Report, limit: int) -> None:
    output.table("What the operator holds", ["", ">yuan"], _money(found.money))
    source = "observed" if found.observed else "given"
    spent = ", ".join(_percent(share) for share in found.curve[:12])
    more = ", …" if len(found.curve) > 12 else ""
    output.line(f"Points spent in a month, by age in months ({source}): {spent}{more}")
    output.table(
        f"Run-off of {yuan(found.circulation)} points",
        [">month", ">redeemed", ">own money", ">fund", ">unpaid", ">money left", ">still out"],
        [
            (
                one.month, *map(yuan, (
                    one.redeemed, one.own, one.fund, one.unpaid, one.money_left, one.circulation,
                )),
            )
            for one in found.run_off.months
        ],
    )  # fmt: skip
    short, ends = found.run_off.first_unpaid, found.run_off.runs_out
    output.line("everything is paid" if short is None else f"first unpaid in month {short}")
    output.line("money does not run out" if ends is None else f"no money is left in month {ends}")
    issuers = sorted(
        found.run_off.issuers,
        key=lambda one: (one.coverage is None, one.coverage or 0, one.organisation_id),
    )
    output.table(
        f"Issuers: the {min(limit, len(issuers))} least covered of {len(issuers)}",
        ["issuer", ">circulation", ">own money", ">redeemed", ">covered", ">fund", ">unpaid",
         ">dry in month"],
        [
            (
                organisations.code_of(conn, one.organisation_id),
                *map(yuan, (one.circulation, one.own, one.redeemed)),
                "-" if one.coverage is None else _percent(one.coverage),
                *map(yuan, (one.fund, one.unpaid)),
                "-" if one.dry is None else one.dry,
            )
            for one in issuers[:limit]
        ],
    )  # fmt: skip


def _money(money: Money) -> list[tuple[str, str]]:
    rows = [
        ("reserves for points", money.reserves),
        ("blocks paid in advance", money.prepaid),
        ("collateral", money.collateral),
        ("guarantee fund", money.guarantee),
        ("first loss", money.first_loss),
        ("owed to organisations", money.owed),
        ("must be there for others", money.required),
        ("not collected yet", -money.not_collected),
        ("fees and breakage", money.income),
        ("is in the bank", money.held),
    ]
    return [(name, yuan(amount)) for name, amount in rows]


def _percent(share: int) -> str:
    return f"{share // 10_000}.{share % 10_000 // 1_000} %"
