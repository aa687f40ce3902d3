"""What most tests of the bank begin with."""

import pytest

from tests.bank.desk import equip, settle
from tests.clearing.desk import EXAMPLE
from tests.world import World, build
from tongbao.alliance.types import Terms
from tongbao.clearing.types import Settlement
from tongbao.kernel.db import Connection


@pytest.fixture
def world(db: Connection) -> World:
    """Give four organisations with bank accounts."""
    made = build(db, {name: Terms(earn_rate=0) for name in "ABCD"})
    equip(db, made)
    return made


@pytest.fixture
def made(db: Connection, world: World) -> Settlement:
    """Give the worked example, instructed: A pays 270, B 350, D 50, C is paid 670."""
    return settle(db, world, EXAMPLE)
