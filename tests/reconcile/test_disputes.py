"""Disputes: opened, answered, decided by two people, ended by an entry; never twice or too much."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from tests.reconcile.shop import Shop
from tests.world import AT, broken_laws
from tongbao.desk import exceptions, proposals
from tongbao.desk.proposals import ProposalDecided, ProposalNotFound, SamePerson
from tongbao.kernel import db as database
from tongbao.kernel import limits
from tongbao.kernel.amounts import AmountOutOfRange
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.kernel.texts import ChoiceMalformed, TextMalformed
from tongbao.points import operations as ops
from tongbao.reconcile import disputes
from tongbao.reconcile.refusals import (
    DisputeExceedsClaim,
    DisputeExists,
    DisputeNotFound,
    DisputeNothing,
    DisputeProposed,
    DisputeSide,
    DisputeState,
    DisputeTooLate,
    DisputeUnanswered,
)
from tongbao.reconcile.types import Dispute, Opening

LATE = AT + limits.DISPUTE_ANSWER + timedelta(days=1)


def start(shop: Shop, operation: int | None, amount: int = 500, **more: Any) -> Dispute:
    """Open a dispute: A wants back what B claimed."""
    given: dict[str, Any] = {
        "kind": "claim", "creditor_id": shop.a, "debtor_id": shop.b, "operation_id": operation,
        "amount": amount, "reason": "the member was not there", "evidence": "camera 3, 12:00",
    }  # fmt: skip
    at = more.pop("at", AT)
    with shop.conn.transaction():
        opening = Opening(**given | more)
        return disputes.open_dispute(shop.conn, opening, by="Xu Ping", at=at)


def settle(shop: Shop, dispute: Dispute, amount: int, *, accept: bool = True) -> Dispute:
    """Answer, propose and decide."""
    conn = shop.conn
    with conn.transaction():
        disputes.answer(
            conn, dispute.id, dispute.debtor_id, accept=accept, text="so be it", by="Ma Lin", at=AT
        )
        disputes.propose(
            conn, dispute.id, amount, by="Lin Wei", reason="the pictures show it", at=AT
        )
        return disputes.decide(
            conn, dispute.id, approve=True, by="Zhao Min", reason="agreed", at=AT
        )


def clearing(shop: Shop) -> dict[str, int]:
    rows = shop.conn.execute(
        "SELECT o.code, sum(a.balance)::bigint FROM ledger.account AS a"
        " JOIN alliance.organisation AS o ON o.id = a.owner_id"
        " WHERE a.kind IN ('clearing', 'fees') GROUP BY o.code"
    )
    return dict(rows.fetchall())


def test_a_claim_that_is_accepted_goes_back(shop: Shop) -> None:
    bought = shop.buy("R1")
    assert clearing(shop) == {"A": -500, "B": 490, "operator": 10}
    dispute = start(shop, bought.operation)
    assert (dispute.state, dispute.most, dispute.answer_by) == (
        "open", 500, AT + limits.DISPUTE_ANSWER,
    )  # fmt: skip
    done = settle(shop, dispute, 500)
    assert (done.state, done.upheld, done.decision_reason) == (
        "upheld", 500, "the pictures show it",
    )  # fmt: skip
    assert clearing(shop) == {"A": 0, "B": -10, "operator": 10}
    decided = proposals.get(shop.conn, done.proposal_id or 0)
    assert (decided.state, decided.operation_id) == ("approved", done.entry_id)
    row = shop.conn.execute(
        "SELECT kind, original_id, cash, data::json ->> 'by' FROM ledger.operation WHERE id = %s",
        (done.entry_id,),
    ).fetchone()
    assert row == ("dispute", bought.operation, 500, "Zhao Min")
    assert broken_laws(shop.conn) == {}


def test_a_part_is_upheld_in_the_window_that_is_open_now(shop: Shop) -> None:
    from tongbao.clearing import windows

    bought = shop.buy("R1")
    with shop.conn.transaction():
        windows.close(shop.conn, AT)
    done = settle(shop, start(shop, bought.operation, 400), 150, accept=False)
    assert (done.state, done.upheld) == ("upheld", 150)
    moved = shop.conn.execute(
        "SELECT organisation_id, net FROM ledger.window_movement"
        " WHERE window_id = 2 AND kind = 'clearing'"
    )
    assert dict(moved.fetchall()) == {shop.a: 150, shop.b: -150}
    assert broken_laws(shop.conn) == {}


def test_a_dispute_is_rejected_by_two_people_and_moves_nothing(shop: Shop) -> None:
    bought = shop.buy("R1")
    before = clearing(shop)
    done = settle(shop, start(shop, bought.operation), 0, accept=False)
    assert (done.state, done.upheld, done.entry_id) == ("rejected", 0, None)
    assert clearing(shop) == before
    with pytest.raises(DisputeExists, match="rejected"):
        start(shop, bought.operation, 1)


@pytest.mark.parametrize("kind", ["acceptance-fee", "issue-fee"])
def test_a_fee_goes_back_from_the_operator(shop: Shop, kind: str) -> None:
    bought = shop.buy("R1", points=1_000, amount=1_000)
    more = {"creditor_id": shop.b, "debtor_id": shop.world.operator, "kind": kind}
    if kind == "issue-fee":
        with pytest.raises(DisputeNothing):
            start(shop, bought.operation, 1, **more)
        return
    with pytest.raises(DisputeExceedsClaim):
        start(shop, bought.operation, 21, **more)
    settle(shop, start(shop, bought.operation, 20, **more), 20)
    assert clearing(shop) == {"A": -1_000, "B": 1_000, "operator": 0}
    assert broken_laws(shop.conn) == {}


def test_a_missing_operation_is_disputed_by_its_receipt(shop: Shop) -> None:
    more = {"kind": "missing", "creditor_id": shop.b, "debtor_id": shop.a, "reference": "R77"}
    done = settle(shop, start(shop, None, 700, **more), 700, accept=False)
    assert (done.state, done.reference, done.most) == ("upheld", "R77", None)
    assert clearing(shop) == {"A": -700, "B": 700, "operator": 0}
    with pytest.raises(DisputeExists):
        start(shop, None, 1, **more)
    with pytest.raises(TextMalformed):
        start(shop, None, 1, **more | {"reference": None})
    assert broken_laws(shop.conn) == {}


def test_what_a_refund_gave_back_is_not_disputed(shop: Shop) -> None:
    bought = shop.buy("R1")
    shop.refund("R2", bought, 400)
    with pytest.raises(DisputeExceedsClaim) as refused:
        start(shop, bought.operation, 301)
    assert refused.value.facts == {"wanted": 301, "most": 300}
    dispute = start(shop, bought.operation, 300)
    shop.reverse("sale:B:R1")
    with pytest.raises(DisputeNothing):
        settle(shop, dispute, 300)
    now = disputes.get(shop.conn, dispute.id, now=AT)
    assert (now.state, now.proposal_id) == ("open", None)


def test_a_refund_between_proposal_and_decision_is_seen(shop: Shop) -> None:
    bought = shop.buy("R1")
    dispute = start(shop, bought.operation)
    conn = shop.conn
    disputes.answer(conn, dispute.id, shop.b, accept=True, text="yes", by="Ma Lin", at=AT)
    disputes.propose(conn, dispute.id, 500, by="Lin Wei", reason="agreed", at=AT)
    shop.refund("R2", bought)
    with pytest.raises(DisputeNothing), conn.transaction():
        disputes.decide(conn, dispute.id, approve=True, by="Zhao Min", reason="agreed", at=AT)
    (waiting,) = proposals.waiting(conn, "dispute")
    assert waiting.state == "proposed"
    disputes.decide(conn, dispute.id, approve=False, by="Zhao Min", reason="refunded", at=AT)
    disputes.propose(conn, dispute.id, 0, by="Lin Wei", reason="it was refunded", at=AT)
    done = disputes.decide(conn, dispute.id, approve=True, by="Zhao Min", reason="yes", at=AT)
    assert (done.state, done.decision_reason) == ("rejected", "it was refunded")
    assert broken_laws(conn) == {}


def test_the_same_thing_is_disputed_once_from_whichever_side(shop: Shop) -> None:
    bought = shop.buy("R1")
    start(shop, bought.operation)
    with pytest.raises(DisputeExists, match="open"):
        start(shop, bought.operation, 1)
    with pytest.raises(DisputeExists):
        start(shop, bought.operation, 1, creditor_id=shop.b, debtor_id=shop.a)


def test_only_one_of_two_openings_at_once_stands(shop: Shop, database_url: str) -> None:
    bought = shop.buy("R1")
    ready, told = threading.Barrier(2), list[str]()

    def begin(creditor: int, debtor: int) -> None:
        opening = Opening(
            kind="claim", creditor_id=creditor, debtor_id=debtor, amount=1,
            operation_id=bought.operation, reason="x", evidence="y",
        )  # fmt: skip
        with database.connect(database_url) as conn:
            ready.wait()
            try:
                with conn.transaction():
                    disputes.open_dispute(conn, opening, by="Xu Ping", at=AT)
                    conn.execute("SELECT pg_sleep(0.2)")
                told.append("open")
            except DisputeExists:
                told.append("exists")

    run((begin, shop.a, shop.b), (begin, shop.b, shop.a))
    assert sorted(told) == ["exists", "open"]


def run(*calls: tuple[Any, ...]) -> None:
    threads = [threading.Thread(target=call[0], args=call[1:]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_two_who_decide_at_once_one_moves_money(shop: Shop, database_url: str) -> None:
    bought = shop.buy("R1")
    dispute = start(shop, bought.operation)
    conn = shop.conn
    disputes.answer(conn, dispute.id, shop.b, accept=True, text="yes", by="Ma Lin", at=AT)
    disputes.propose(conn, dispute.id, 500, by="Lin Wei", reason="agreed", at=AT)
    ready, told = threading.Barrier(2), list[str]()

    def decide(by: str) -> None:
        with database.connect(database_url) as mine:
            ready.wait()
            try:
                with mine.transaction():
                    disputes.decide(mine, dispute.id, approve=True, by=by, reason="x", at=AT)
                    mine.execute("SELECT pg_sleep(0.2)")
                told.append("decided")
            except (DisputeState, ProposalDecided):
                told.append("told")

    run((decide, "Zhao Min"), (decide, "Sun Li"))
    assert sorted(told) == ["decided", "told"]
    assert clearing(shop) == {"A": 0, "B": -10, "operator": 10}
    assert broken_laws(conn) == {}


def test_a_refund_and_a_decision_at_once_never_give_back_twice(
    shop: Shop, database_url: str
) -> None:
    bought = shop.buy("R1", points=1_000, amount=1_000)
    dispute = start(shop, bought.operation, 1_000)
    conn = shop.conn
    disputes.answer(conn, dispute.id, shop.b, accept=True, text="yes", by="Ma Lin", at=AT)
    disputes.propose(conn, dispute.id, 1_000, by="Lin Wei", reason="agreed", at=AT)
    ready, told = threading.Barrier(2), list[str]()

    def decide(mine: Connection) -> None:
        ready.wait()
        try:
            with mine.transaction():
                disputes.decide(mine, dispute.id, approve=True, by="Sun Li", reason="x", at=AT)
            told.append("decided")
        except DisputeNothing:
            told.append("refunded before")

    def refund() -> None:
        from tongbao.points.post import post

        back = ops.Refund(key="back", scope=shop.b, original=bought.operation)
        with database.connect(database_url) as mine, mine.transaction():
            mine.execute("SELECT 1")
            post(mine, [back], AT)
            ready.wait()
            mine.execute("SELECT pg_sleep(0.3)")

    run((refund,), (decide, conn))
    assert told == ["refunded before"]
    assert broken_laws(conn) == {}


def test_who_answers_and_when(shop: Shop) -> None:
    bought = shop.buy("R1")
    dispute = start(shop, bought.operation)
    conn = shop.conn
    with pytest.raises(DisputeSide):
        disputes.answer(conn, dispute.id, shop.a, accept=False, text="no", by="Xu Ping", at=AT)
    with pytest.raises(DisputeUnanswered):
        disputes.propose(conn, dispute.id, 1, by="Lin Wei", reason="x", at=AT)
    said = disputes.answer(conn, dispute.id, shop.b, accept=False, text="no", by="Ma Lin", at=AT)
    assert (said.state, said.answer, said.decide_by) == (
        "contested", "no", AT + limits.DISPUTE_DECISION,
    )  # fmt: skip
    with pytest.raises(DisputeState):
        disputes.answer(conn, dispute.id, shop.b, accept=True, text="yes", by="Ma Lin", at=AT)
    disputes.propose(conn, dispute.id, 1, by="Lin Wei", reason="x", at=AT)
    with pytest.raises(DisputeProposed):
        disputes.propose(conn, dispute.id, 2, by="Sun Li", reason="x", at=AT)
    for by in ("Lin Wei", "lin wei"):
        with pytest.raises(SamePerson), conn.transaction():
            disputes.decide(conn, dispute.id, approve=True, by=by, reason="x", at=AT)


def test_silence_does_not_stop_a_dispute(shop: Shop) -> None:
    bought = shop.buy("R1")
    dispute = start(shop, bought.operation)
    conn = shop.conn
    disputes.propose(conn, dispute.id, 500, by="Lin Wei", reason="no answer", at=LATE)
    with pytest.raises(DisputeProposed):
        disputes.answer(conn, dispute.id, shop.b, accept=False, text="no", by="Ma Lin", at=LATE)
    with conn.transaction():
        done = disputes.decide(conn, dispute.id, approve=True, by="Sun Li", reason="x", at=LATE)
    assert done.state == "upheld"
    for call in (
        lambda: disputes.propose(conn, dispute.id, 1, by="Lin Wei", reason="x", at=LATE),
        lambda: disputes.decide(conn, dispute.id, approve=True, by="Sun Li", reason="x", at=LATE),
    ):
        with pytest.raises(DisputeState):
            call()


def test_deadlines_that_pass_become_exception_items_and_end_with_the_dispute(shop: Shop) -> None:
    bought = shop.buy("R1")
    dispute = start(shop, bought.operation)
    conn = shop.conn
    assert disputes.remind(conn, AT) == 0
    assert [disputes.remind(conn, LATE) for _ in range(2)] == [1, 1]
    (item,) = exceptions.listed(conn, "dispute", now=LATE)
    assert (item.subject, item.organisation_id) == (f"{dispute.id}:answer", shop.b)
    disputes.answer(conn, dispute.id, shop.b, accept=False, text="no", by="Ma Lin", at=LATE)
    assert exceptions.listed(conn, "dispute", now=LATE) == []
    later = LATE + limits.DISPUTE_DECISION + timedelta(days=3)
    assert disputes.remind(conn, later) == 1
    (listed,) = disputes.listed(conn, shop.a, now=later, overdue=True)
    assert (listed.id, listed.overdue, listed.age) == (dispute.id, True, 34)
    disputes.propose(conn, dispute.id, 0, by="Lin Wei", reason="nothing shows it", at=later)
    disputes.decide(conn, dispute.id, approve=True, by="Sun Li", reason="x", at=later)
    assert exceptions.listed(conn, "dispute", now=later) == []
    assert disputes.listed(conn, now=later) == []
    (ended,) = disputes.listed(conn, now=later + timedelta(days=9), decided=True)
    assert (ended.age, ended.overdue) == (34, False)


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"amount": 0}, AmountOutOfRange),
        ({"amount": -5}, AmountOutOfRange),
        ({"amount": True}, AmountOutOfRange),
        ({"amount": 501}, DisputeExceedsClaim),
        ({"kind": "points"}, ChoiceMalformed),
        ({"kind": "acceptance-fee"}, DisputeSide),
        ({"reason": ""}, TextMalformed),
        ({"evidence": "x" * 4_001}, TextMalformed),
        ({"operation_id": 4_711}, DisputeNothing),
        ({"operation_id": -1}, DisputeNothing),
        ({"operation_id": 2**70}, DisputeNothing),
        ({"operation_id": None}, DisputeNothing),
        ({"at": AT + timedelta(days=181)}, DisputeTooLate),
    ],
)
def test_what_makes_no_sense_is_refused(
    shop: Shop, more: dict[str, Any], refusal: type[Refusal]
) -> None:
    bought = shop.buy("R1")
    given = {"operation_id": bought.operation} | more
    with pytest.raises(refusal):
        start(shop, given.pop("operation_id"), **given)
    with pytest.raises(DisputeSide):
        start(shop, bought.operation, creditor_id=shop.a, debtor_id=shop.a)
    with pytest.raises(DisputeNothing):
        start(shop, bought.operation, creditor_id=shop.world.operator)
    assert disputes.listed(shop.conn, now=AT) == []
    with pytest.raises(DisputeNotFound):
        disputes.get(shop.conn, 0, now=AT)
    with pytest.raises(ProposalNotFound):
        disputes.decide(
            shop.conn, start(shop, bought.operation).id, approve=True, by="x", reason="y", at=AT
        )
