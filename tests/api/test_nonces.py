"""Nonces and keys of one process and of several, asked for by many at once."""

import asyncio
from datetime import timedelta

import pytest

from tests.api.conftest import token
from tests.world import AT, build
from tongbao.access.signing import NonceUsed, Signature
from tongbao.alliance.types import Terms
from tongbao.api.keyring import KeyRing
from tongbao.api.nonces import Nonces
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.kernel.settings import Settings


def signature(nonce: str) -> Signature:
    return Signature(key_id=7, covers=(), created=0, nonce=nonce, written="", value=b"")


async def use(nonces: Nonces, nonce: str) -> bool:
    try:
        await nonces.use(signature(nonce), AT)
    except NonceUsed:
        return False
    return True


def test_of_many_with_one_nonce_in_two_processes_one_is_let_in(
    db: Connection, database_url: str
) -> None:
    async def crowd(*doors: Nonces) -> list[bool]:
        names = [f"nonce-number-{n % 10:04d}" for n in range(200)]
        return await asyncio.gather(*(use(door, name) for name in names for door in doors))

    with database.pool(Settings(database_url=database_url)) as pool:
        assert sum(asyncio.run(crowd(Nonces(pool), Nonces(pool)))) == 10
    kept = db.execute("SELECT count(*), min(expires_at) FROM access.nonce").fetchone()
    assert kept == (10, AT + timedelta(minutes=10, seconds=1))


def test_a_key_that_many_ask_for_is_looked_up_once_and_a_wrong_one_is_not_kept(
    db: Connection, database_url: str
) -> None:
    given = token(db, build(db, {"A": Terms()}).organisations["A"])

    async def crowd(ring: KeyRing) -> None:
        assert ring.known(given) is None
        found = await asyncio.gather(*(ring.caller(given) for _ in range(50)))
        assert {id(one) for one in found} == {id(ring.known(given))}
        for _ in range(2):
            with pytest.raises(Refusal):
                await ring.caller("tbk_1_" + "a" * 43)
        assert len(ring._known) == 1
        assert ring._asked == {}

    with database.pool(Settings(database_url=database_url)) as pool:
        asyncio.run(crowd(KeyRing(pool, "an access secret")))
