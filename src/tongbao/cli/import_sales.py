"""``tongbao import sales``: sales files of merchants go in, rejects come out, and a summary."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tongbao.cli import output, session
from tongbao.intake import importing, mapping, source
from tongbao.intake.refusals import MappingMalformed
from tongbao.intake.tally import Summary
from tongbao.kernel import clock
from tongbao.kernel.amounts import show

app = typer.Typer(add_completion=False)

# Options without a default leave the mapping file its say.
Files = Annotated[list[Path], typer.Argument(help="CSV or Parquet files.", metavar="FILE…")]
MappingFile = Annotated[
    Path | None, typer.Option("--mapping", help="TOML file that says how to read them.")
]
ColumnOf = Annotated[
    list[str] | None, typer.Option(help="FIELD=HEADER, such as outlet=shop_no; repeatable.")
]
OutletCode = Annotated[str | None, typer.Option(help="The one outlet of these files.")]
MemberKind = Annotated[
    str | None, typer.Option(help="What members are known by: card, phone or external.")
]
MemberIssuer = Annotated[
    str | None, typer.Option(help="Code of the organisation that gave the card or id.")
]
Amounts = Annotated[str | None, typer.Option(help="Amounts are in yuan or fen.")]
Rounding = Annotated[
    str | None, typer.Option(help="Fractions of a fen: exact (rejected) or half-up.")
]
Lines = Annotated[bool | None, typer.Option("--lines", help="Each row is one line of a receipt.")]
GroupByReceipt = Annotated[
    bool | None,
    typer.Option("--group-by-receipt", help="The rows are in no order: sort them first."),
]
TimeZone = Annotated[
    str | None, typer.Option(help="Zone of times without one, such as Asia/Shanghai.")
]
TimeFormat = Annotated[
    str | None, typer.Option(help="How times are written, such as '%d.%m.%Y %H:%M'.")
]
Delimiter = Annotated[str | None, typer.Option(help="What separates fields.")]
Encoding = Annotated[str | None, typer.Option(help="utf-8 or gb18030.")]
Spend = Annotated[
    str | None, typer.Option(help="Points every member spends whenever there are so many.")
]
Enrol = Annotated[bool | None, typer.Option("--enrol", help="Enrol members that are not known.")]
Rejects = Annotated[
    Path | None, typer.Option(help="Folder for the rejects; default: beside each file.")
]


@app.callback()
def imports() -> None:
    """Import what merchants have on file."""


@app.command()
def sales(
    files: Files,
    mapping_file: MappingFile = None,
    column: ColumnOf = None,
    outlet: OutletCode = None,
    member_kind: MemberKind = None,
    member_issuer: MemberIssuer = None,
    amounts: Amounts = None,
    rounding: Rounding = None,
    lines: Lines = None,
    group_by_receipt: GroupByReceipt = None,
    time_zone: TimeZone = None,
    time_format: TimeFormat = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    spend: Spend = None,
    enrol: Enrol = None,
    rejects: Rejects = None,
    as_json: output.Json = False,
) -> None:
    """Import sales: points are earned, spent and taken back; rejects go to FILE.rejects.csv.

    A file imported twice changes nothing; an import that was interrupted goes on where it was.
    Exits with 0 also when rows were rejected, and with 2 when a file cannot be read at all.
    """
    options = {
        "outlet": outlet, "member_kind": member_kind, "member_issuer": member_issuer,
        "amounts": amounts, "rounding": rounding, "lines": lines,
        "group_by_receipt": group_by_receipt, "time_zone": time_zone,
        "time_format": time_format, "delimiter": _tab(delimiter), "encoding": encoding,
        "spend": spend, "enrol": enrol,
    }  # fmt: skip
    how = mapping.load(mapping_file, options, _columns(column or []))
    sources = [source.examine(file, how) for file in files]  # before the first one is imported
    summaries: list[Summary] = []
    with session.open_session() as opened:
        for one in sources:
            with output.progress(one.path.name, one.rows, quiet=as_json) as advance:
                summary = importing.import_file(
                    opened.conn,
                    one,
                    opened.settings,
                    clock=clock.now,
                    rejects_folder=rejects,
                    tell=advance,
                )
            summaries.append(summary)
            if not as_json:
                _print(summary)
    if as_json:
        output.json({"files": summaries})


def _columns(given: list[str]) -> dict[str, str]:
    """Read ``FIELD=HEADER`` options."""
    columns: dict[str, str] = {}
    for one in given:
        field, equals, header = one.partition("=")
        if not equals:
            raise MappingMalformed(reason=f"--column {one!r} is not FIELD=HEADER")
        columns[field.strip()] = header.strip()
    return columns


def _tab(delimiter: str | None) -> str | None:
    return "\t" if delimiter in ("tab", "\\t") else delimiter


def _print(summary: Summary) -> None:
    s = summary
    rows: list[tuple[Any, ...]] = [
        ("sales", f"{s.sales.count:,}", show(s.sales.amount)),
        ("awards", f"{s.awards.count:,}", show(s.awards.amount)),
        ("redemptions", f"{s.redemptions.count:,}", show(s.redemptions.amount)),
        ("returns", f"{s.returns.count:,}", show(s.returns.amount)),
        ("clawbacks", f"{s.clawbacks.count:,}", show(s.clawbacks.amount)),
        ("imported before", f"{s.known:,}", ""),
        ("members enrolled", f"{s.enrolled:,}", ""),
        ("rows read", f"{s.rows:,}", ""),
        ("rows rejected", f"{s.rejected:,}", ""),
    ]
    output.table(s.file, ["", ">count", ">yuan or points"], rows)
    refused = [(code.code, f"{code.count:,}") for code in s.refusals]
    refused += [(f"{code.code} (reward withheld)", f"{code.count:,}") for code in s.withheld]
    if refused:
        output.table("Refusals", ["code", ">rows"], refused)
    if s.issuers:
        output.table(
            "Points by issuer, the largest",
            ["organisation", ">issued", ">taken back", ">spent"],
            [(i.organisation, show(i.issued), show(i.clawed), show(i.redeemed)) for i in s.issuers],
        )
    if s.claims:
        output.table(
            f"Claims, the largest of {s.claiming_pairs.count:,} pairs"
            f" ({show(s.claiming_pairs.amount)} in all)",
            ["issuer owes", "redeemer", ">operations", ">yuan"],
            [(c.issuer, c.redeemer, f"{c.count:,}", show(c.amount)) for c in s.claims],
        )
    if s.rejects_file is not None:
        output.line(f"rejects: {s.rejects_file}")
    how = "went on after an interruption; " if s.resumed else ""
    output.line(f"{how}{s.seconds:,.1f} s, {s.rows_per_second:,} rows/s")
