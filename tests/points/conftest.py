"""A desk for the tests of operations: one for each file, so that a row costs a posting only."""

from collections.abc import Iterator

import pytest

from tests.points.desk import Desk
from tests.world import broken_laws
from tongbao.kernel.db import Connection


@pytest.fixture(scope="module")
def desk(module_db: Connection) -> Iterator[Desk]:
    """Give the desk that the tests of a file share; at the end, every law holds."""
    desk = Desk(module_db)
    yield desk
    assert broken_laws(module_db) == {}


@pytest.fixture
def own_desk(db: Connection) -> Iterator[Desk]:
    """Give a desk of one's own, for what would disturb others; at the end, every law holds."""
    desk = Desk(db, people=8)
    yield desk
    assert broken_laws(db) == {}
