import pytest

from tests.points.desk import Desk, code, good
from tests.world import AT
from tongbao.points.operations import DecideAdjustment, Merge, ProposeAdjustment
from tongbao.points.outcome import Outcome


def propose(desk: Desk, member: int, points: int, name: str = "a", **fields: object) -> Outcome:
    fields = {
        "member": member, "organisation": desk.org(name), "points": points,
        "reason": "the till was down", "by": "Li",
    } | fields  # fmt: skip
    return desk.one(desk.by(ProposeAdjustment, name, **fields))


def decide(
    desk: Desk, proposal: Outcome, by: str = "Wang", name: str | None = "a", **fields: object
) -> Outcome:
    fields = {"proposal": proposal.operation, "by": by, "approve": True} | fields
    return desk.one(desk.by(DecideAdjustment, name, **fields))


def state(desk: Desk, proposal: Outcome) -> tuple[object, ...] | None:
    row: tuple[object, ...] | None = desk.conn.execute(
        "SELECT state, proposed_by, decided_by, decided_at FROM points.adjustment WHERE id = %s",
        (proposal.operation,),
    ).fetchone()
    return row


def test_a_proposal_moves_nothing_and_its_approval_by_another_posts(desk: Desk) -> None:
    member = desk.member()
    proposal = good(propose(desk, member, 500))
    assert desk.moved(proposal) == []
    assert state(desk, proposal) == ("proposed", "Li", None, None)
    done = good(decide(desk, proposal))
    assert desk.moved(done) == [("adjust_up", "a", "member", 500)]
    assert state(desk, proposal) == ("approved", "Li", "Wang", AT)
    row = desk.conn.execute("SELECT kind FROM ledger.lot WHERE owner_id = %s", (member,)).fetchone()
    assert row == ("goodwill",)


def test_whoever_proposed_does_not_decide(desk: Desk) -> None:
    proposal = propose(desk, desk.member(), 500)
    assert code(decide(desk, proposal, "Li")) == "two-people-needed"
    assert code(decide(desk, proposal, "LI")) == "two-people-needed"
    good(decide(desk, proposal))


def test_whoever_proposed_takes_it_back(desk: Desk) -> None:
    member = desk.member()
    proposal = propose(desk, member, 500)
    assert desk.moved(good(decide(desk, proposal, "Li", approve=False))) == []
    assert state(desk, proposal) == ("rejected", "Li", "Li", AT)
    assert code(decide(desk, proposal)) == "adjustment-decided"


@pytest.mark.parametrize("approve", [True, False])
def test_a_proposal_is_decided_once_even_within_one_batch(desk: Desk, approve: bool) -> None:
    proposal = propose(desk, desk.member(), 500)
    decisions = [
        desk.by(DecideAdjustment, "a", proposal=proposal.operation, by=by, approve=first)
        for by, first in (("Wang", approve), ("Zhao", True))
    ]
    word = "approved" if approve else "rejected"
    first, second = desk.post(*decisions)
    good(first)
    assert second.refusal is not None
    assert (second.refusal.code, second.refusal.facts["state"]) == ("adjustment-decided", word)
    assert code(decide(desk, proposal)) == "adjustment-decided"


def test_a_rejection_moves_nothing(desk: Desk) -> None:
    proposal = propose(desk, desk.member(), 500)
    done = good(decide(desk, proposal, approve=False))
    assert (desk.moved(done), (state(desk, proposal) or ("",))[0]) == ([], "rejected")


def test_a_negative_adjustment_takes_only_the_organisations_own_points(desk: Desk) -> None:
    member = desk.rich(300, "prepaid")
    desk.award("a", member, 1_000)
    assert desk.moved(good(decide(desk, propose(desk, member, -200, "prepaid"), name=None))) == [
        ("adjust_down", "member", "prepaid", 200),
        ("unfund", "prepaid", "prepaid", 200),
    ]
    refused = decide(desk, propose(desk, member, -101, "prepaid"), name="prepaid")
    assert refused.refusal is not None
    assert refused.refusal.code == "insufficient-points"
    assert refused.refusal.facts["available"] == 100


def test_an_adjustment_keeps_within_headroom_and_may_be_tried_again(own_desk: Desk) -> None:
    desk = own_desk
    proposal = propose(desk, desk.member(), 10_001, "tight")
    assert code(decide(desk, proposal, name="tight")) == "headroom-exceeded"
    assert (state(desk, proposal) or ("",))[0] == "proposed"


def test_an_organisation_adjusts_its_own_points_only(desk: Desk) -> None:
    member = desk.member()
    assert code(propose(desk, member, 1, scope=desk.org("b"))) == "organisation-not-found"
    proposal = good(propose(desk, member, 1))
    assert code(decide(desk, proposal, name="b")) == "adjustment-not-found"
    assert code(propose(desk, 999_999, 1)) == "member-not-found"
    nothing = desk.by(DecideAdjustment, "a", proposal=1, by="Wang", approve=True)
    assert code(desk.one(nothing)) == "adjustment-not-found"
    good(decide(desk, proposal, name=None))


def test_a_proposal_for_a_merged_member_can_still_be_rejected(desk: Desk) -> None:
    member = desk.member()
    proposal = propose(desk, member, 500)
    good(desk.one(desk.by(Merge, None, member=member, into=desk.member())))
    assert code(decide(desk, proposal)) == "member-merged"
    good(decide(desk, proposal, approve=False))
