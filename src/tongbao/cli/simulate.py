"""``tongbao simulate``: load of any size, in a sandbox."""

from time import perf_counter
from typing import Annotated, Any, Final

import typer

from tongbao.clearing.laws import LAWS
from tongbao.cli import output, pages
from tongbao.cli.sandboxed import Sandbox, open_sandbox
from tongbao.kernel import limits
from tongbao.ledger import verify as laws
from tongbao.sandbox import alliance, load, picture, traffic
from tongbao.sandbox.load import Plan
from tongbao.sandbox.picture import Picture
from tongbao.sandbox.tally import Tally

app = typer.Typer(add_completion=False)

DATABASE: Final = "tongbao_simulation"
_BROKEN: Final = 1
_TOP: Final = 10


@app.command()
def simulate(
    organisations: Annotated[int, typer.Option(min=2, max=99_999)] = 100,
    members: Annotated[int, typer.Option(min=2, max=50_000_000)] = 10_000,
    operations: Annotated[int, typer.Option(min=1, max=10**9)] = 100_000,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="Made-up days it lasts.")] = 7,
    batch: Annotated[int, typer.Option(min=1, max=limits.BATCH, help="Posted together.")] = 1_000,
    skew: Annotated[float, typer.Option(min=0, max=2, help="Zipf's exponent; 0: uniform.")] = (
        traffic.SKEW
    ),
    hot_share: Annotated[
        float, typer.Option(min=0, max=0.95, help="Share of all sales at one organisation.")
    ] = 0.0,
    verify: Annotated[bool, typer.Option(help="Verify the laws at the end.")] = True,
    database: Annotated[
        str, typer.Option(help="The sandbox to make anew, beside the real database.")
    ] = DATABASE,
    as_json: output.Json = False,
) -> None:
    """Make load of any size: 60 % awards, 30 % purchases, 5 % holds, 5 % refunds.

    Works in a database of its own; the real one is not touched. The same options give the same
    operations. Exits with 1 when a law is broken.
    """
    plan = Plan(operations=operations, days=days, batch=batch, skew=skew, hot_share=hot_share)
    with open_sandbox(database) as sandbox:
        answer = _run(sandbox, plan, organisations, members, seed, quiet=as_json)
        answer["holds"] = _verify(sandbox, quiet=as_json) if verify else None
    if as_json:
        output.json({"seed": seed, "database": database, **answer})
    else:
        _print(answer, database)
    if answer["holds"] is False:
        raise typer.Exit(_BROKEN)


def _run(
    sandbox: Sandbox, plan: Plan, count: int, people: int, seed: int, *, quiet: bool
) -> dict[str, Any]:
    random = traffic.seeded(seed)
    secret = sandbox.settings.identity_secret
    with sandbox.begin() as conn:
        world = alliance.found_plain(conn, random, count, people, load.FIRST, secret)
    with output.progress("opening wallets", people, quiet=quiet) as advance:
        load.open_wallets(sandbox.begin, world, advance)
    with output.progress("operations", plan.operations, quiet=quiet) as advance:
        began = perf_counter()
        tally = load.run(sandbox.begin, world, random, plan, advance)
        seconds = perf_counter() - began
    with sandbox.begin() as conn:
        taken = picture.take(conn, load.FIRST)
    return _answer(tally, taken, plan, seconds)


def _answer(tally: Tally, taken: Picture, plan: Plan, seconds: float) -> dict[str, Any]:
    return {
        "operations": plan.operations,
        "seconds": round(seconds, 3),
        "operations_per_second": round(plan.operations / seconds),
        "posted": dict(tally.posted),
        "refused": dict(tally.refused),
        "withheld": dict(tally.withheld),
        "sizes": taken.sizes,
        "claims": taken.claims[:_TOP],
    }


def _verify(sandbox: Sandbox, *, quiet: bool) -> bool:
    with (
        output.progress("verifying laws", len(LAWS), quiet=quiet) as advance,
        sandbox.begin() as conn,
    ):
        report = laws.verify(
            conn, incremental=False, at=load.FIRST, tell=lambda _: advance(), laws=LAWS
        )
    return report.holds


def _print(answer: dict[str, Any], database: str) -> None:
    sizes = answer["sizes"]
    pages.facts(
        f"{answer['operations']:,} operations in {answer['seconds']:,.1f} s:"
        f" {answer['operations_per_second']:,} a second",
        [
            ("members", f"{sizes.members:,}"),
            ("organisations", f"{sizes.organisations:,}"),
            ("transfers", f"{sizes.transfers:,}"),
            ("lots", f"{sizes.lots:,}"),
            *((f"posted {kind}", f"{count:,}") for kind, count in answer["posted"].items()),
            *((f"refused {code}", f"{count:,}") for code, count in answer["refused"].items()),
            *((f"withheld {code}", f"{count:,}") for code, count in answer["withheld"].items()),
            ("laws", {True: "all hold", False: "BROKEN", None: "not verified"}[answer["holds"]]),
        ],
    )
    output.table(
        "Largest claims",
        ["issuer", "owes", ">yuan"],
        [(owed.issuer, owed.redeemer, pages.amount(owed.amount)) for owed in answer["claims"]],
        pages.WIDTH,
    )
    output.line(f"Look further: TONGBAO_DATABASE={database} tongbao show organisation org-00001")
