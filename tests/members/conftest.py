"""Shorthands for members and their identities."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tongbao.kernel.db import Connection
from tongbao.members import members
from tongbao.members.types import Identity, Member

AT = datetime(2026, 1, 1, 4, 0, tzinfo=UTC)
SECRET = "a secret of the tests"

Enrol = Callable[..., Member]


@pytest.fixture
def at() -> datetime:
    return AT


@pytest.fixture
def secret() -> str:
    return SECRET


@pytest.fixture
def enrol(db: Connection) -> Enrol:
    """Give a function that enrols a member with these cards."""

    def enrol_with(*cards: str) -> Member:
        return members.enrol(db, [Identity("card", card) for card in cards], AT, secret=SECRET)

    return enrol_with
