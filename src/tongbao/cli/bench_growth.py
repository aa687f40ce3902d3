"""``tongbao bench growth``: whether posting stays as fast while a ledger grows."""

from typing import Annotated, Final

import typer

from tongbao.cli import output
from tongbao.cli.bench_world import found
from tongbao.cli.sandboxed import open_sandbox
from tongbao.kernel import garbage
from tongbao.sandbox import database, growth
from tongbao.sandbox.growth import Ledger, Pair

DATABASE: Final = "tongbao_growth"


def measure(
    members: Annotated[int, typer.Option(min=100, max=10_000_000)] = 100_000,
    organisations: Annotated[int, typer.Option(min=10, max=99_999)] = 1_000,
    small: Annotated[
        int, typer.Option(min=1_000, help="Operations of the small ledger.")
    ] = 1_000_000,
    large: Annotated[
        int, typer.Option(min=1_000, help="Operations of the large ledger.")
    ] = 10_000_000,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Pairs of runs.")] = 8,
    batches: Annotated[int, typer.Option(min=1, max=1_000, help="Batches of a run.")] = 20,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    as_json: output.Json = False,
) -> None:
    """Grow a ledger in batches of 1,000, then post to it and to its earlier copy in turn.

    Both are measured in one run, because machines are not steady for as long as growing takes.
    """
    garbage.calm()
    with open_sandbox(DATABASE) as sandbox:
        world = found(sandbox, organisations, members, seed, quiet=as_json)
        grown = sandbox.settings
    with output.progress("batches", large // growth.SIZE, quiet=as_json) as advance:
        copy = growth.grow(grown, world, large, small, seed, advance)
    sizes = [growth.size(copy), growth.size(grown)]
    pairs: list[Pair] = []
    with output.progress("pairs of runs", rounds, quiet=as_json) as advance:
        for pair in growth.compare(copy, grown, world, rounds, batches, seed):
            pairs.append(pair)
            advance()
    database.drop(copy)
    database.drop(grown)
    if as_json:
        output.json(
            {
                "ledgers": sizes,
                "runs": [run for pair in pairs for run in (pair.small, pair.large)],
                "ratio": growth.ratio(pairs),
            }
        )
    else:
        _print(sizes, pairs)


def _print(sizes: list[Ledger], pairs: list[Pair]) -> None:
    output.table(
        "The two ledgers",
        ["", ">operations", ">transfers", ">GB"],
        [
            (name, f"{one.operations:,}", f"{one.transfers:,}", f"{one.bytes / 1e9:,.1f}")
            for name, one in zip(("small", "large"), sizes, strict=True)
        ],
    )
    output.table(
        "Posting to both in turn",
        ["pair", ">small, a second", ">large, a second", ">WAL bytes", ">WAL bytes", ">ratio"],
        [
            (
                str(n),
                f"{pair.small.operations_per_second:,.0f}",
                f"{pair.large.operations_per_second:,.0f}",
                f"{pair.small.wal_bytes_per_operation:,.0f}",
                f"{pair.large.wal_bytes_per_operation:,.0f}",
                f"{growth.ratio([pair]):.2f}",
            )
            for n, pair in enumerate(pairs, start=1)
        ],
    )
    output.line(
        f"The large ledger posts {growth.ratio(pairs):.0%} of what the small one does (median)."
    )
