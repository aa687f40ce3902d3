"""The database goes away and comes back: while nothing happens, before a commit, in it, after."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.points.desk import Desk, good
from tests.teller.troubles import (
    Admin,
    commits_waiting,
    eventually,
    line_that_loses_an_answer,
    number,
    terminate,
    waiting,
    wallet_locked,
    written,
)
from tests.world import AT
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection, DatabaseUnreachable
from tongbao.points.operations import Award
from tongbao.points.outcome import Outcome
from tongbao.teller.batch import OutcomeUnknown
from tongbao.teller.teller import Teller

Connect = Callable[[], Connection]


@pytest.fixture
def teller(connect: Connect) -> Iterator[Teller]:
    with Teller(connect, now=lambda: AT) as teller:
        yield teller


@contextmanager
def gone(admin: Admin, server_url: str) -> Iterator[None]:
    """Let nobody connect to the database until the block ends."""
    name = admin.info.dbname
    with psycopg.connect(server_url, autocommit=True) as other:
        other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        try:
            yield
        finally:
            other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


def award(desk: Desk, member: int) -> Award:
    one: Award = desk.at(Award, "a", member=member, points=100)
    return one


def submit(desk: Desk, teller: Teller, member: int, count: int) -> list[Future[Outcome]]:
    return [teller.submit(award(desk, member)) for _ in range(count)]


def end_idle(admin: Admin) -> None:
    """End the connections of tellers that wait for work."""
    query = (
        "FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'"
        " AND application_name = 'teller'"
    )
    eventually(lambda: number(admin, f"SELECT count(*) {query}") > 0)
    admin.execute(f"SELECT pg_terminate_backend(pid, 5000) {query}".encode())


def test_a_connection_that_ended_while_nobody_used_it_costs_no_caller_anything(
    desk: Desk, admin: Admin, teller: Teller
) -> None:
    member = desk.member()
    good(teller.post(award(desk, member)))
    end_idle(admin)
    assert not good(teller.post(award(desk, member))).replayed
    assert desk.balances(member).available == 200


def test_a_connection_that_ends_before_the_commit_is_replaced_and_the_batch_posted_once(
    desk: Desk, admin: Admin, url: str, teller: Teller
) -> None:
    member, before = desk.member(), written(admin)
    with wallet_locked(url, member):
        futures = submit(desk, teller, member, 1)
        eventually(lambda: bool(waiting(admin)))
        futures += submit(desk, teller, member, 4)
        terminate(admin)
        eventually(lambda: bool(waiting(admin)))  # it is there again, and waits again
        assert not any(future.done() for future in futures)
    assert not any(good(future.result()).replayed for future in futures)
    assert written(admin) == before + 2
    assert desk.balances(member).available == 500


def test_a_connection_that_ends_in_the_commit_is_replaced_and_the_batch_posted_once(
    desk: Desk, admin: Admin, teller: Teller
) -> None:
    member, before = desk.member(), written(admin)
    with commits_waiting(admin):
        futures = submit(desk, teller, member, 3)
        terminate(admin)
    for future in futures:
        good(future.result())
    assert written(admin) - before <= 2
    assert desk.balances(member).available == 300


def test_an_answer_lost_on_its_way_is_asked_for_again(
    desk: Desk, admin: Admin, url: str, short_path: Path
) -> None:
    member, before = desk.member(), written(admin)
    with (
        line_that_loses_an_answer(url, short_path) as (line, lose),
        Teller(lambda: database.connect(line), now=lambda: AT) as teller,
    ):
        lose.set()
        outcome = good(teller.post(award(desk, member)))
        assert not lose.is_set()
    assert outcome.replayed
    assert written(admin) == before + 1
    assert desk.balances(member).available == 100


def test_while_the_database_is_away_callers_are_told_and_when_it_is_back_it_goes_on(
    desk: Desk, admin: Admin, server_url: str, teller: Teller
) -> None:
    member = desk.member()
    good(teller.post(award(desk, member)))
    one = award(desk, member)
    with gone(admin, server_url):
        end_idle(admin)
        for _ in range(3):
            with pytest.raises(DatabaseUnreachable):
                teller.post(one)
    assert not good(teller.post(one)).replayed
    assert desk.balances(member).available == 200


def test_an_outcome_that_cannot_be_asked_for_is_unknown_until_its_key_is_asked_again(
    desk: Desk, admin: Admin, server_url: str, teller: Teller
) -> None:
    one = award(desk, desk.member())
    with gone(admin, server_url), commits_waiting(admin):
        future = teller.submit(one)
        assert isinstance(future.exception(timeout=5), DatabaseUnreachable)
    with commits_waiting(admin):
        future = teller.submit(one)
        eventually(lambda: bool(waiting(admin)))
        with gone(admin, server_url):
            terminate(admin)
            with pytest.raises(OutcomeUnknown):
                future.result()
    assert good(teller.post(one)).member == one.member
    assert desk.balances(one.member).available == 100


def test_closing_without_a_database_ends(
    desk: Desk, admin: Admin, server_url: str, connect: Connect
) -> None:
    with Teller(connect, now=lambda: AT) as teller:
        good(teller.post(award(desk, desk.member())))
        with gone(admin, server_url):
            end_idle(admin)
            futures = submit(desk, teller, desk.member(), 5)
            teller.__exit__()
            assert all(isinstance(f.exception(timeout=0), DatabaseUnreachable) for f in futures)
