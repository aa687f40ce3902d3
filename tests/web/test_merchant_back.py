"""What a merchant takes back and disputes: refunds, reversals, disputes opened and answered."""

import secrets

import pytest

from tests.web.serving import KEY, Served, open_session
from tests.world import one
from tongbao.access import staff
from tongbao.kernel import clock
from tongbao.points import operations as ops
from tongbao.points.outcome import Outcome
from tongbao.reconcile import disputes
from tongbao.reconcile.types import Opening
from tongbao.web import who


@pytest.fixture(scope="module")
def lived(served: Served) -> Served:
    """Give a member points of A and of B."""
    world = served.world
    for name in "AB":
        given = ops.Award(
            key=f"given-{name}", scope=world.organisations[name], member=world.members[0],
            outlet=world.outlets[name], points=100_000,
        )  # fmt: skip
        one(served.db, given, clock.now())
    return served


def buy(
    served: Served, name: str, *, amount: int = 9_000, points: int = 4_000, **more: object
) -> Outcome:
    """Pay a bill at an outlet with points, the soonest first: those of A."""
    world = served.world
    sale = ops.Purchase(
        key=secrets.token_urlsafe(8), scope=world.organisations[name], member=world.members[0],
        outlet=world.outlets[name], amount=amount, points=points, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    outcome = one(served.db, sale, clock.now())
    assert outcome.refusal is None
    return outcome


def be_manager_of_b(served: Served) -> None:
    """Be a manager of B from now on."""
    try:
        person = staff.find(served.db, "b-manager").id
    except staff.StaffNotFound:
        with served.db.transaction():
            person = staff.add(
                served.db, served.world.organisations["B"], "b-manager", "B", "manager",
                by="Lin", at=clock.now(),
            ).id  # fmt: skip
    served.client.cookies.clear()
    served.client.cookies.set(who.COOKIE, open_session(served.db, person))


def test_an_amount_is_refunded_once_however_often_its_form_is_sent(lived: Served) -> None:
    sold = buy(lived, "A").operation
    path = f"/merchant/operations/{sold}"
    lived.sign_in("manager")
    assert "¥90.00 of this sale can be taken back" in lived.get(path).text
    key = secrets.token_urlsafe(18)
    fields = {"amount": "30", "reference": "back-1"}
    first, again = (lived.send(f"{path}/refund", fields, key=key) for _ in range(2))
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    page = lived.get(first.headers["location"]).text
    assert "Refund" in page
    assert "back-1" in page
    assert "¥60.00 of this sale can be taken back" in lived.get(path).text
    too_much = lived.send(f"{path}/refund", {"amount": "100"})
    assert too_much.status_code == 422
    assert 'value="100"' in too_much.text
    # The key of what was refused keeps its refusal: the form that is shown again has another.
    key_again = KEY.search(too_much.text.partition(f'action="{path}/refund"')[2])
    assert key_again is not None
    mended = lived.send(f"{path}/refund", {"amount": "10"}, key=key_again[1])
    assert mended.status_code == 303
    assert f"{path}/reverse" in lived.get(path).text
    assert lived.send(f"{path}/refund", {"amount": ""}).status_code == 303
    page = lived.get(path).text
    assert "can be taken back" not in page
    assert f"{path}/reverse" not in page, "nothing is left to undo"


def test_a_sale_is_refunded_by_line(lived: Served) -> None:
    lines = (ops.Line(id="tea", amount=3_000), ops.Line(id="cup", amount=6_000))
    sold = buy(lived, "A", lines=lines).operation
    path = f"/merchant/operations/{sold}"
    lived.sign_in("manager")
    page = lived.get(path).text
    assert 'name="back:tea"' in page
    assert "cup, of ¥60.00" in page
    done = lived.send(f"{path}/refund", {"back:tea": "", "back:cup": "15.50", "amount": ""})
    assert done.status_code == 303
    page = lived.get(path).text
    assert "cup, of ¥44.50" in page
    assert "tea, of ¥30.00" in page
    wrong = lived.send(f"{path}/refund", {"back:cup": "50"})
    assert wrong.status_code == 422


def test_a_sale_that_never_was_is_reversed(lived: Served) -> None:
    sold = buy(lived, "A").operation
    path = f"/merchant/operations/{sold}"
    lived.sign_in("manager")
    assert f'action="{path}/reverse"' in lived.get(path).text
    done = lived.send(f"{path}/reverse", {})
    assert done.status_code == 303
    assert "Reversal" in lived.get(done.headers["location"]).text
    page = lived.get(path).text
    assert f'action="{path}/reverse"' not in page
    assert f'action="{path}/refund"' not in page


def test_finance_people_take_nothing_back_and_nobody_anothers(lived: Served) -> None:
    here, elsewhere = buy(lived, "A").operation, buy(lived, "B").operation
    lived.sign_in("finance")
    assert "can be taken back" not in lived.get(f"/merchant/operations/{here}").text
    for action in ("refund", "reverse"):
        assert lived.send(f"/merchant/operations/{here}/{action}", {}).status_code == 404
    lived.sign_in("manager")
    count = lived.db.execute("SELECT count(*) FROM ledger.operation").fetchone()
    for action in ("refund", "reverse"):
        answer = lived.send(f"/merchant/operations/{elsewhere}/{action}", {"amount": "1"})
        assert answer.status_code == 404
    assert lived.db.execute("SELECT count(*) FROM ledger.operation").fetchone() == count


def test_a_claim_elsewhere_shows_what_is_ones_own_and_no_more(lived: Served) -> None:
    elsewhere = buy(lived, "B", points=1_000, reference="B-secret").operation
    lived.sign_in("finance")
    assert lived.get(f"/merchant/operations/{elsewhere}").status_code == 404
    page = lived.get(f"/merchant/claims/{elsewhere}").text
    for text in ("Your points in it", "¥10.00", "Paid for points by the issuer"):
        assert text in page
    for hidden in ("B-secret", "****", "¥80.00"):
        assert hidden not in page
    here = buy(lived, "A").operation
    assert lived.get(f"/merchant/claims/{here}").headers["location"].endswith(f"/{here}")
    given = lived.db.execute(
        "SELECT id FROM ledger.operation WHERE kind = 'award' AND organisation_id = %s",
        (lived.world.organisations["B"],),
    ).fetchone()
    assert given is not None
    for unknown in (given[0], 7):
        assert lived.get(f"/merchant/claims/{unknown}").status_code == 404


def test_a_claim_is_disputed_answered_and_seen_by_its_two_sides(lived: Served) -> None:
    elsewhere = buy(lived, "B", points=2_000).operation
    lived.sign_in("finance")
    path = f"/merchant/operations/{elsewhere}/dispute"
    b = lived.world.organisations["B"]
    page = lived.get(path).text
    assert f'value="claim:{b}"' in page
    assert "at most ¥20.00" in page
    fields = {
        "what": f"claim:{b}", "amount": "12", "reason": "not there",
        "evidence": "camera 3\nat noon",
    }  # fmt: skip
    much = lived.send(path, fields | {"amount": "50"})
    assert much.status_code == 422
    assert 'id="why-amount"' in much.text
    opened = lived.send(path, fields)
    assert opened.status_code == 303
    dispute = opened.headers["location"]
    assert "camera 3 at noon" in lived.get(dispute).text
    twice = lived.send(path, fields)
    assert "dispute-exists" in twice.text
    assert "We want" in lived.get("/merchant/disputes?side=mine").text
    assert lived.send(f"{dispute}/answer", {"answer": "accept", "text": "x"}).status_code == 422
    be_manager_of_b(lived)
    assert dispute in lived.get("/merchant").text
    assert "wants it of us" in lived.get(dispute).text
    empty = lived.send(f"{dispute}/answer", {"answer": "contest", "text": ""})
    assert 'id="why-text"' in empty.text
    answered = lived.send(f"{dispute}/answer", {"answer": "contest", "text": "it was\nthere"})
    assert answered.status_code == 303
    assert "it was there" in lived.get(dispute).text
    lived.sign_in("manager")
    assert "Contested" in lived.get(dispute).text


def test_a_missing_operation_is_disputed_by_its_receipt(lived: Served) -> None:
    lived.sign_in("manager")
    fields = {
        "against": "B", "reference": "R-99", "amount": "8.50", "reason": "never posted",
        "evidence": "the paper",
    }  # fmt: skip
    unknown = lived.send("/merchant/disputes/new", fields | {"against": "nobody"})
    assert 'id="why-against"' in unknown.text
    opened = lived.send("/merchant/disputes/new", fields)
    assert opened.status_code == 303
    assert "R-99" in lived.get(opened.headers["location"]).text
    for wanted in ("R-99", "Liu Yang", "manager@"):  # by its receipt, and by who opened it
        assert "R-99" in lived.get(f"/merchant/disputes?format=csv&search={wanted}").text
    assert "R-99" not in lived.get("/merchant/disputes?format=csv&search=Zhou").text


def test_a_dispute_of_others_is_not_there(lived: Served) -> None:
    be_manager_of_b(lived)
    opening = Opening(
        kind="missing",
        creditor_id=lived.world.organisations["A"],
        debtor_id=lived.world.operator,
        amount=100,
        reason="r",
        evidence="e",
        reference="R-100",
    )
    with lived.db.transaction():
        number = disputes.open_dispute(lived.db, opening, by="Lin", at=clock.now()).id
    path = f"/merchant/disputes/{number}"
    assert lived.get(path).status_code == 404
    assert lived.send(f"{path}/answer", {"answer": "accept", "text": "x"}).status_code == 404
    assert path not in lived.get("/merchant/disputes").text
