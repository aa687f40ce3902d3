"""A worker is killed while receivers fail and answer late: each event arrives all the same."""

import secrets
import time

import pytest
from standardwebhooks.webhooks import Webhook

from tests.teller.troubles import eventually
from tests.webhooks.conftest import ALLOWED
from tests.webhooks.receiver import NETWORKS, Got, receiving
from tests.webhooks.test_delivering import SECRET
from tests.worker.working import stop, worker
from tests.world import AT, build, one
from tongbao.alliance.types import Terms
from tongbao.kernel import settings
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award
from tongbao.webhooks import endpoints, fanout, signing

OTHERS = "sweep,close,propose,alerts,pay,take,payments,disputes,statements,liability,seal,verify"


# A worker finds what a killed one left when it has missed its heartbeats, at the next full minute.
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_workers_lose_no_event(
    db: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGBAO_WEBHOOK_NETWORKS", NETWORKS)
    world = build(db, {"A": Terms()})
    with receiving() as receiver:
        with db.transaction():
            fanout.fan_out(db, AT)
            endpoints.create(
                db, world.organisations["A"], receiver.url, [], "till", SECRET, by="Lin", at=AT,
                allowed=ALLOWED, key=settings.Settings().access_secret,
            )  # fmt: skip
        good: set[str] = set()
        failed: set[str] = set()
        calls = 0

        def decide(got: Got) -> int:
            nonlocal calls
            calls += 1
            if calls % 7 == 3 and got.id not in failed:  # a second failure waits five minutes
                failed.add(got.id)
                return 500
            if calls % 11 == 5:
                time.sleep(0.5)  # so that the worker is killed in it
            good.add(got.id)
            return 200

        receiver.decide = decide
        scope, outlet, member = world.organisations["A"], world.outlets["A"], world.members[0]
        for n in range(40):
            key = secrets.token_hex(8)
            one(db, Award(key=key, scope=scope, member=member, outlet=outlet, points=100 + n))
        for wanted in (5, 15):
            with worker(database_url, skip=OTHERS) as process:
                eventually(lambda wanted=wanted: len(good) >= wanted, 240)  # type: ignore[misc]
                process.kill()
        with worker(database_url, skip=OTHERS) as process:
            eventually(lambda: len(good) == 40, 240)
            eventually(lambda: left(db) == 0, 60)
            assert stop(process)[0] == 0
        checker = Webhook(signing.shown(SECRET))
        for got in receiver.got:
            checker.verify(got.body, got.headers)
    assert len(receiver.got) >= 40


def left(db: Connection) -> int:
    row = db.execute("SELECT count(*) FROM webhooks.delivery WHERE state <> 'delivered'").fetchone()
    assert row is not None
    return int(row[0])
