"""What the tests of joining begin with: an alliance with accounts, a café among its formats."""

import pytest

from tests.bank.desk import equip
from tests.world import World, build
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection


@pytest.fixture
def world(db: Connection) -> World:
    """Give two organisations with bank accounts."""
    made = build(db, {name: Terms() for name in "AB"})
    equip(db, made)
    return made
