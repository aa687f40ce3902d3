"""A small alliance to test on."""

from datetime import UTC, datetime

import pytest

from tongbao.alliance import formats, organisations, sites
from tongbao.alliance.types import Format, Organisation, Site
from tongbao.kernel.db import Connection

AT = datetime(2026, 1, 1, 4, 0, tzinfo=UTC)


@pytest.fixture
def at() -> datetime:
    return AT


@pytest.fixture
def operator(db: Connection) -> Organisation:
    return organisations.register(db, "operator", "通宝运营", "operator", AT)


@pytest.fixture
def cinema(db: Connection) -> Organisation:
    return organisations.register(db, "cinema", "星光影院", "merchant", AT)


@pytest.fixture
def hotel(db: Connection) -> Organisation:
    return organisations.register(db, "hotel", "Harbour Hotels", "merchant", AT)


@pytest.fixture
def mall(db: Connection) -> Site:
    return sites.add(db, "mall-1", "万象城", "mall", "440305")


@pytest.fixture
def film(db: Connection) -> Format:
    return formats.add(db, "film", "Cinema", "7832")
