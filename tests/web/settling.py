"""A settlement as far as the console has it when two people have agreed."""

from tests.bank.desk import OWN, details, open_account
from tests.losses.fall import owe
from tests.web.serving import Served
from tests.web.stepping import step_up
from tongbao.clearing import windows
from tongbao.kernel import clock


def approved(served: Served) -> str:
    """Give the page of an approved settlement: A owes B, and everybody has an account."""
    owe(served.db, served.world, {"AB": 30_000})
    with served.db.transaction():
        windows.close(served.db, clock.now())
    open_account(served.db, served.world.operator, OWN)
    for organisation in served.world.organisations.values():
        open_account(served.db, organisation, details(organisation))
    served.sign_in("admin")
    page = str(served.send("/operator/settlements/propose", {}).headers["location"])
    step_up(served, "settlement")
    assert served.send(f"{page}/decision", {"decision": "approve"}).status_code == 303
    return page
