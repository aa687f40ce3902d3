"""Receipts: the entries that belong together, with what makes the whole of them impossible."""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct, field

from tongbao.intake.entry import Entry, Fault, fault_of
from tongbao.intake.refusals import ReceiptContradictory, ReceiptIncomplete
from tongbao.kernel import limits
from tongbao.points.refusals import LinesMalformed

_TOO_MANY: Final = fault_of(LinesMalformed(reason=f"a sale has at most {limits.LINES} lines"))


class Receipt(Struct):
    """The lines sold and the lines that came back; ``rejected`` are entries with their fault."""

    sold: list[Entry] = field(default_factory=list)
    returned: list[Entry] = field(default_factory=list)
    rejected: list[tuple[Entry, Fault]] = field(default_factory=list)
    position: int = 0
    line: int = 0

    @property
    def entries(self) -> int:
        """How many rows of the file it has."""
        return len(self.sold) + len(self.returned) + len(self.rejected)


def gather(entries: Iterable[Entry], *, lines: bool) -> Iterator[Receipt]:
    """Put together the entries that follow each other with the same outlet and receipt.

    Without ``lines`` each entry is a receipt. A receipt that is too long comes in several
    pieces, all rejected, so that none fills the memory.
    """
    group: list[Entry] = []
    too_long = False
    for entry in entries:
        same = bool(
            lines
            and group
            and entry.receipt
            and entry.receipt == group[0].receipt
            and entry.outlet == group[0].outlet
        )
        if group and not (same and len(group) <= limits.LINES):
            too_long = too_long or same
            yield _receipt(group, too_long=too_long)
            group = []
            too_long = too_long and same
        group.append(entry)
    if group:
        yield _receipt(group, too_long=too_long)


def _receipt(group: list[Entry], *, too_long: bool) -> Receipt:
    receipt = Receipt(position=group[0].position, line=group[0].line - 1)
    if too_long or len(group) > limits.LINES:
        receipt.rejected = [(entry, entry.fault or _TOO_MANY) for entry in group]
        return receipt
    for entry in group:
        if entry.fault is not None:
            receipt.rejected.append((entry, entry.fault))
        elif entry.amount < 0 or entry.return_of is not None:
            receipt.returned.append(entry)
        else:
            receipt.sold.append(entry)
    fault = _fault_of_sale(receipt)
    if fault is not None:
        receipt.rejected += [(entry, fault) for entry in receipt.sold]
        receipt.sold = []
    return receipt


def _fault_of_sale(receipt: Receipt) -> Fault | None:
    """Say why the lines sold cannot be a sale: a part of it would be another sale."""
    if not receipt.sold:
        return None
    if receipt.rejected:
        return fault_of(ReceiptIncomplete(line=receipt.rejected[0][0].line))
    first = receipt.sold[0]
    for entry in receipt.sold:
        if entry.member != first.member:
            return fault_of(ReceiptContradictory(line=first.line, other=entry.line))
    return None
