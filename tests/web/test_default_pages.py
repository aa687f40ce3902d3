"""A default in the console: tried dry, declared by two people, covered, repaid, lifted."""

from tests.losses.fall import contribute, deposit, owe, set_caps
from tests.web.serving import Served
from tests.web.stepping import step_up
from tests.world import broken_laws
from tongbao.alliance import organisations
from tongbao.clearing import windows
from tongbao.kernel import clock
from tongbao.losses import default


def decide(served: Served, page: str, role: str) -> int:
    step_up(served, role)
    return served.send(f"{page}/decision", {"decision": "approve"}).status_code


def test_a_default_from_the_dry_run_to_its_end(served: Served) -> None:
    db, world = served.db, served.world
    who = world.organisations["A"]
    page = f"/operator/organisations/{who}/default"
    owe(db, world, {"AB": 60_000})
    deposit(db, world, "A", 10_000)
    contribute(db, world, "B", 20_000)
    set_caps(db, world, {"B": 20_000})

    served.sign_in("settlement")
    dry = served.get(page).text
    for text in ("Nothing is booked", "Its collateral", "¥100.00", "The guarantee fund", "¥600.00"):
        assert text in dry
    assert 'id="why-reason"' in served.send(f"{page}/propose", {"what": "declare"}).text
    declared = {"what": "declare", "reason": "insolvent"}
    proposal = served.send(f"{page}/propose", declared).headers["location"]
    assert proposal in served.get(page).text
    assert decide(served, proposal, "settlement") == 422
    assert organisations.get(db, who).status == "active"
    assert decide(served, proposal, "admin") == 303
    assert organisations.get(db, who).status == "defaulted"
    assert page in served.get(proposal).text

    after = served.get(page).text
    for text in ("Waterfall 1", "Its collateral", "The guarantee fund", "It owes nothing"):
        assert text in after
    (run,) = default.runs(db, default.listed(db, who)[0])
    assert (run.owed, run.loss) == (60_000, 60_000)
    assert f"/operator/operations/{run.operation_id}" in after
    assert served.send(f"{page}/propose", {"what": "lift", "reason": "early"}).status_code == 422
    assert served.send(f"{page}/cover", {}).status_code == 303
    assert len(default.runs(db, default.listed(db, who)[0])) == 1

    paid = {"amount": "500", "reference": "ICBC-1"}
    for _ in range(2):  # the same reference is booked once
        assert served.send(f"{page}/recoveries", paid).status_code == 303
    assert "ICBC-1" in served.get(page).text
    with db.transaction():
        windows.close(db, clock.now())
    lifted = served.send(f"{page}/propose", {"what": "lift", "reason": "all paid"})
    assert lifted.status_code == 303
    assert decide(served, lifted.headers["location"], "settlement") == 303
    assert organisations.get(db, who).status == "suspended"
    assert "Defaults that are over" in served.get(page).text
    assert broken_laws(db) == {}


def test_an_auditor_sees_the_waterfall_and_declares_nothing(served: Served) -> None:
    page = f"/operator/organisations/{served.world.organisations['B']}/default"
    served.sign_in("auditor")
    assert "Propose to declare it" not in served.get(page).text
    assert served.send(f"{page}/propose", {"what": "declare", "reason": "x"}).status_code == 404
    served.sign_in("marketer")
    assert served.get(page).status_code == 404
