"""Receipts are gathered in bounded memory, and sorting a file loses and adds nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tongbao.intake.entry import Entry, Fault
from tongbao.intake.receipts import Receipt, gather
from tongbao.intake.sorting import by_time
from tongbao.kernel import limits

START = datetime(2026, 1, 1, tzinfo=UTC)


def sold(line: int, receipt: str, amount: int = 100, member: str = "M", minute: int = 0) -> Entry:
    return Entry(
        position=line - 2, line=line, outlet="A", receipt=receipt, member=member,
        at=START + timedelta(minutes=minute), amount=amount,
    )  # fmt: skip


def bad(line: int, receipt: str = "") -> Entry:
    return Entry(
        position=line - 2, line=line, outlet="A" if receipt else "", receipt=receipt,
        fault=Fault("amount-malformed", "no amount"),
    )  # fmt: skip


def codes(receipt: Receipt) -> list[tuple[int, str]]:
    return [(entry.line, fault.code) for entry, fault in receipt.rejected]


def test_rows_that_follow_each_other_with_one_number_are_a_receipt() -> None:
    rows = [sold(2, "1"), sold(3, "1"), sold(4, "2"), sold(5, "1")]
    assert [len(r.sold) for r in gather(rows, lines=True)] == [2, 1, 1]
    assert [len(r.sold) for r in gather(rows, lines=False)] == [1, 1, 1, 1]


def test_a_sale_with_a_line_that_cannot_be_used_is_rejected_whole() -> None:
    (receipt,) = gather([sold(2, "1"), bad(3, "1"), sold(4, "1")], lines=True)
    assert receipt.sold == []
    assert codes(receipt) == [
        (3, "amount-malformed"), (2, "receipt-incomplete"), (4, "receipt-incomplete"),
    ]  # fmt: skip


def test_lines_that_came_back_stand_for_themselves() -> None:
    (receipt,) = gather([sold(2, "1", -5), bad(3, "1"), sold(4, "1", -7)], lines=True)
    assert [entry.line for entry in receipt.returned] == [2, 4]
    assert codes(receipt) == [(3, "amount-malformed")]


def test_a_receipt_of_two_members_is_refused() -> None:
    (receipt,) = gather([sold(2, "1"), sold(3, "1", member="N")], lines=True)
    assert codes(receipt) == [(2, "receipt-contradictory"), (3, "receipt-contradictory")]


def test_rows_without_a_number_have_nothing_to_do_with_each_other() -> None:
    assert [codes(r) for r in gather([bad(2), bad(3)], lines=True)] == [
        [(2, "amount-malformed")], [(3, "amount-malformed")],
    ]  # fmt: skip


def test_a_receipt_that_is_too_long_never_fills_the_memory_and_ends_with_itself() -> None:
    for count in (limits.LINES, limits.LINES + 1, limits.LINES + 2, 3 * limits.LINES):
        rows = [sold(n + 2, "long") for n in range(count)] + [sold(count + 2, "next")]
        *pieces, following = gather(rows, lines=True)
        assert [entry.line for entry in following.sold] == [count + 2]
        assert max(piece.entries for piece in pieces) <= limits.LINES + 1
        assert sum(piece.entries for piece in pieces) == count
        refused = [code for piece in pieces for _, code in codes(piece)]
        assert refused == ([] if count <= limits.LINES else ["lines-malformed"] * count)


def test_a_piece_of_a_receipt_says_where_to_go_on() -> None:
    receipts = list(gather([sold(2, "1"), sold(3, "1"), sold(4, "2")], lines=True))
    assert [(r.position, r.line) for r in receipts] == [(0, 1), (2, 3)]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=40))
def test_sorting_gathers_receipts_in_order_of_their_first_line(
    drawn: Sequence[tuple[int, int]],
) -> None:
    entries = [sold(n + 2, str(r), minute=m) for n, (r, m) in enumerate(drawn)]
    ordered = list(by_time(entries, receipts=True))
    assert sorted(e.line for e in ordered) == [e.line for e in entries]
    assert [e.position for e in ordered] == list(range(len(entries)))
    began: dict[str, tuple[datetime, str]] = {}
    for entry in entries:
        assert entry.at is not None
        first = began.get(entry.receipt, (entry.at, entry.receipt))
        began[entry.receipt] = min(first, (entry.at, entry.receipt))
    expected = sorted(entries, key=lambda e: (began[e.receipt], e.line))
    assert [e.line for e in ordered] == [e.line for e in expected]


def test_sorting_keeps_faults_and_puts_single_sales_in_order_of_time() -> None:
    entries = [sold(2, "1", minute=9), bad(3), sold(4, "2", minute=1)]
    ordered = list(by_time(entries, receipts=False))
    assert [e.line for e in ordered] == [3, 4, 2]
    assert ordered[0].fault == Fault("amount-malformed", "no amount")
