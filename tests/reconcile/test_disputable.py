"""What of an operation may be disputed, by whom, and how much is left of it."""

from datetime import timedelta

import pytest

from tests.reconcile.shop import Shop
from tests.world import AT
from tongbao.kernel import limits
from tongbao.points import operations as ops
from tongbao.reconcile.disputable import Disputable, disputable
from tongbao.reconcile.refusals import DisputeNothing, DisputeTooLate


def test_each_side_may_dispute_the_claim_and_who_paid_a_fee_the_fee(shop: Shop) -> None:
    bought = shop.buy("R1", points=500, amount=1_000).operation
    claim, fee = 500, 10
    assert disputable(shop.conn, bought, shop.a, AT) == [
        Disputable(kind="claim", debtor_id=shop.b, most=claim)
    ]
    assert disputable(shop.conn, bought, shop.b, AT) == [
        Disputable(kind="claim", debtor_id=shop.a, most=claim),
        Disputable(kind="acceptance-fee", debtor_id=shop.world.operator, most=fee),
    ]


def test_what_refunds_gave_back_is_off_it(shop: Shop) -> None:
    bought = shop.buy("R1", points=500, amount=1_000).operation
    shop.post(ops.Refund(key="half", scope=shop.b, original=bought, amount=500))
    (left,) = disputable(shop.conn, bought, shop.a, AT)
    assert left.most == 250
    shop.post(ops.Refund(key="rest", scope=shop.b, original=bought))
    with pytest.raises(DisputeNothing):
        disputable(shop.conn, bought, shop.a, AT)


def test_nothing_is_disputed_that_does_not_concern_one_or_is_too_old(shop: Shop) -> None:
    bought = shop.buy("R1").operation
    for stranger, operation in ((shop.world.operator, bought), (shop.a, 7)):
        with pytest.raises(DisputeNothing):
            disputable(shop.conn, operation, stranger, AT)
    late = AT + limits.DISPUTE + timedelta(days=1)
    with pytest.raises(DisputeTooLate):
        disputable(shop.conn, bought, shop.a, late)
