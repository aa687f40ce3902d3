import pytest

from tongbao.alliance import outlets, terminals
from tongbao.alliance.types import Format, NewOutlet, Organisation, Outlet, Site
from tongbao.kernel import texts
from tongbao.kernel.db import Connection


@pytest.fixture
def outlet(db: Connection, cinema: Organisation, mall: Site, film: Format) -> Outlet:
    return outlets.add(
        db,
        NewOutlet(
            code="c-1", name="一店", organisation_id=cinema.id, site_id=mall.id, format=film.code
        ),
    )


def test_a_terminal_is_found_at_its_outlet(db: Connection, outlet: Outlet) -> None:
    terminal = terminals.add(db, outlet.id, "till-1")
    assert (terminal.outlet_id, terminal.code, terminal.active) == (outlet.id, "till-1", True)
    assert terminals.find(db, outlet.id, "till-1") == terminal


def test_a_code_is_given_once_at_an_outlet(db: Connection, outlet: Outlet) -> None:
    terminals.add(db, outlet.id, "till-1")
    with pytest.raises(terminals.TerminalCodeTaken):
        terminals.add(db, outlet.id, "till-1")


def test_a_lost_terminal_is_blocked_and_may_come_back(db: Connection, outlet: Outlet) -> None:
    terminals.add(db, outlet.id, "till-1")
    assert not terminals.set_active(db, outlet.id, "till-1", active=False).active
    assert not terminals.find(db, outlet.id, "till-1").active
    assert terminals.set_active(db, outlet.id, "till-1", active=True).active


def test_what_is_not_there_is_not_found(db: Connection, outlet: Outlet) -> None:
    with pytest.raises(outlets.OutletNotFound):
        terminals.add(db, 2**63, "till-1")
    with pytest.raises(terminals.TerminalNotFound):
        terminals.find(db, outlet.id, "till-1")
    with pytest.raises(terminals.TerminalNotFound):
        terminals.set_active(db, outlet.id, "till-1", active=False)
    with pytest.raises(texts.CodeMalformed):
        terminals.add(db, outlet.id, "till 1")
