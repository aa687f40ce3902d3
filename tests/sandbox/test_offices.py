"""Offices that have worked for some days: much in every list, and the books still hold."""

import pytest

from tests.world import broken_laws
from tongbao.cli.sandboxed import Sandbox
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.sandbox import alliance, load, offices, traffic
from tongbao.sandbox import database as sandboxes
from tongbao.sandbox.load import Plan
from tongbao.sandbox.offices import STEPS, Month

DAYS = 7


def count(conn: Connection, table: str, where: str = "TRUE") -> int:
    row = conn.execute(f"SELECT count(*) FROM {table} WHERE {where}".encode()).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.timeout(120)
def test_days_are_settled_and_lists_are_full(database_url: str) -> None:
    name = f"{database_url.split('?', maxsplit=1)[0].rsplit('/', 1)[1]}_offices"
    settings = sandboxes.renew(Settings(database_url=database_url), name, load.FIRST)
    try:
        with database.connect(settings) as conn:
            _work(conn, settings)
            assert broken_laws(conn) == {}
            assert count(conn, "clearing.settlement") == DAYS
            assert count(conn, "bank.file", "settlement_id IS NOT NULL") > 0
            assert count(conn, "bank.line", "state <> 'open'") > 0
            assert count(conn, "reconcile.dispute", "decided_at IS NULL") == 5
            assert count(conn, "desk.exception_item", "kind = 'advice'") == 10
            assert count(conn, "joining.application") == 5
            told = count(conn, "webhooks.delivery")
            assert told == count(
                conn,
                "events.event AS e, webhooks.endpoint AS o",
                "e.data ->> 'organisation' = o.organisation_id::text",
            )
            assert told > 100
    finally:
        sandboxes.drop(settings)


def _work(conn: Connection, settings: Settings) -> None:
    begin = Sandbox(settings=settings, conn=conn).begin
    random = traffic.seeded(1)
    secret = settings.identity_secret
    with conn.transaction():
        world = alliance.found_plain(conn, random, 20, 200, load.FIRST, secret)
    plan = Plan(operations=2_000, days=DAYS, batch=500, skew=traffic.SKEW, hot_share=0)
    load.open_wallets(begin, world, lambda _: None)
    load.run(begin, world, random, plan, lambda _: None)
    done: list[int] = []
    month = Month(
        world=world, first=load.FIRST, days=DAYS, now=load.FIRST + (DAYS + 1) * offices.DAY
    )
    offices.work(begin, conn, settings, month, offices.sizes(20, 2_000), done.append)
    assert len(done) == len(STEPS)
