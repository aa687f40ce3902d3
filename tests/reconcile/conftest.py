"""A small alliance whose tills are reconciled, and a file for what a till says."""

from pathlib import Path

import pytest

from tests.reconcile.shop import Shop
from tongbao.kernel.db import Connection


@pytest.fixture
def shop(db: Connection, tmp_path: Path) -> Shop:
    return Shop(db, tmp_path)
