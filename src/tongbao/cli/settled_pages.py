"""How the demo shows a settled day: who decided, what the bank was told, what it answered."""

from collections.abc import Iterator
from pathlib import Path

from tongbao.cli import output, pages
from tongbao.kernel.amounts import show as yuan
from tongbao.sandbox.settled_day import STATED, SettledDay

_INDENT = "     "


def show(day: SettledDay) -> None:
    """Print a settled day, with a payment and its answer as they stand in the files."""
    settlement = day.settlement
    output.line(
        f"Settlement {settlement.id}: proposed by {settlement.proposed_by}, approved by"
        f" {settlement.approved_by}, paid by the bank, {settlement.state}."
    )
    output.table(
        "What the bank was told, and what it answered",
        ["file", "", ">payments", ">yuan"],
        [
            *(
                (_name(one.path), one.file.kind, f"{one.file.count:,}", yuan(one.file.amount))
                for one in day.written
            ),
            *(
                (_name(day.answer), f"read back: {one.what}", f"{one.count:,}", yuan(one.amount))
                for one in day.imported.counts
            ),
        ],
        pages.WIDTH,
    )
    paid_out = next(one for one in day.written if one.file.kind == "payout")
    output.line("The first payment of the pain.001:")
    _quote(Path(paid_out.path), "<CdtTrfTxInf>")
    output.line("and the bank's entry for it in the camt.053:")
    _quote(day.answer, "<Ntry>")
    output.line(f"All files are in {day.paper.parent}; the month of {STATED} on paper:")
    output.line(f"  {day.paper}")
    output.line()


def _name(path: Path | str) -> str:
    return Path(path).name


def _quote(path: Path, tag: str) -> None:
    """Print the first line of a file that begins with ``tag``, broken between elements."""
    with path.open(encoding="utf-8") as file:
        found = next(line.strip() for line in file if line.startswith(tag))
    for line in _break(found):
        output.line(_INDENT + line)
    output.line()


def _break(text: str) -> Iterator[str]:
    from rich.cells import cell_len

    line = ""
    for piece in text.replace("><", ">\n<").split("\n"):
        if line and cell_len(_INDENT + line + piece) > pages.WIDTH:
            yield line
            line = ""
        line += piece
    yield line
