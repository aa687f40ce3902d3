"""A batch: tried again when it collides, halved when it fails, and certain about what it knows."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.points.desk import Desk, good
from tests.teller.troubles import (
    Admin,
    attempts,
    commits_waiting,
    failing_first,
    line_that_loses_an_answer,
    terminate,
    wallet_locked,
    written,
)
from tests.world import AT
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection, DatabaseUnreachable
from tongbao.points.check import Rules
from tongbao.points.operations import Award, Operation
from tongbao.points.outcome import Outcome
from tongbao.teller.batch import RETRIES, OutcomeUnknown, PostingCollided, post_batch


class Unheard(Operation, frozen=True, kw_only=True, tag="unheard"):
    """An operation that nobody has planned for, as a mistake of ours would make it."""


def post(conn: Connection, operations: Sequence[Operation]) -> list[Outcome | Exception]:
    return post_batch(conn, operations, AT, Rules())


def fine(results: Sequence[Outcome | Exception]) -> list[Outcome]:
    outcomes = [good(result) for result in results if isinstance(result, Outcome)]
    assert len(outcomes) == len(results), results
    return outcomes


def awards(desk: Desk, count: int, points: int = 100) -> list[Award]:
    member = desk.member()
    return [desk.at(Award, "a", member=member, points=points) for _ in range(count)]


@pytest.mark.parametrize("state", ["40001", "40P01"], ids=["serialization", "deadlock"])
@pytest.mark.parametrize("times", [1, RETRIES])
def test_a_collision_is_tried_again(desk: Desk, admin: Admin, state: str, times: int) -> None:
    batch = awards(desk, 3)
    with failing_first(admin, batch[1].key, times, state):
        outcomes = fine(post(desk.conn, batch))
        assert attempts(admin) == times + 1
    assert [outcome.replayed for outcome in outcomes] == [False] * 3
    assert desk.balances(batch[0].member).available == 300


def test_what_collides_for_ever_is_given_up_and_nothing_is_written(
    desk: Desk, admin: Admin
) -> None:
    (award,) = awards(desk, 1)
    with failing_first(admin, award.key, 1_000, "40001"):
        (given_up,) = post(desk.conn, [award])
        assert attempts(admin) == RETRIES + 1
    assert isinstance(given_up, PostingCollided)
    assert desk.balances(award.member).available == 0
    fine(post(desk.conn, [award]))
    assert desk.balances(award.member).available == 100


@pytest.mark.parametrize("size", [2, 3, 16])
@pytest.mark.parametrize("last", [True, False], ids=["last", "first"])
def test_only_the_culprit_suffers_and_the_others_keep_their_order(
    desk: Desk, admin: Admin, size: int, *, last: bool
) -> None:
    batch = awards(desk, size)
    place = size - 1 if last else 0
    before = written(admin)
    with failing_first(admin, batch[place].key, 1_000, "23514"):
        results = post(desk.conn, batch)
    (error,) = [result for result in results if isinstance(result, Exception)]
    assert results.index(error) == place
    assert "on purpose" in str(error)
    outcomes = fine([result for result in results if result is not error])
    assert [o.operation for o in outcomes] == sorted(o.operation for o in outcomes)
    assert desk.balances(batch[0].member).available == 100 * (size - 1)
    halves = written(admin) - before
    assert halves <= (size - 1).bit_length()  # and not one for each operation


def test_a_mistake_of_ours_is_its_own_operations_alone(desk: Desk) -> None:
    first, second = awards(desk, 2)
    mistake = desk.by(Unheard, "a")
    results = post(desk.conn, [first, mistake, mistake, second])
    assert [type(result) for result in results] == [Outcome, KeyError, KeyError, Outcome]
    assert desk.balances(first.member).available == 200


def test_the_same_operation_in_two_halves_happens_once(desk: Desk) -> None:
    first, second = awards(desk, 2)
    results = post(desk.conn, [first, desk.by(Unheard, "a"), second, first])
    outcomes = fine([result for result in results if isinstance(result, Outcome)])
    assert [outcome.replayed for outcome in outcomes] == [False, False, True]
    assert desk.balances(first.member).available == 200


def test_a_connection_that_ends_before_the_commit_leaves_nothing(
    desk: Desk, admin: Admin, url: str, connect: Callable[[], Connection]
) -> None:
    batch, before = awards(desk, 4), written(admin)
    with connect() as conn, ThreadPoolExecutor(1) as pool:
        with wallet_locked(url, batch[0].member):
            results = pool.submit(post, conn, batch)
            terminate(admin)
            assert [type(result) for result in results.result()] == [DatabaseUnreachable] * 4
        assert conn.broken
    assert written(admin) == before
    assert [o.replayed for o in fine(post(desk.conn, batch))] == [False] * 4


def test_a_connection_that_ends_in_the_commit_leaves_the_outcome_unknown(
    desk: Desk, admin: Admin, connect: Callable[[], Connection]
) -> None:
    batch, before = awards(desk, 4), written(admin)
    with connect() as conn, ThreadPoolExecutor(1) as pool, commits_waiting(admin):
        results = pool.submit(post, conn, batch)
        terminate(admin)
        assert [type(result) for result in results.result()] == [OutcomeUnknown] * 4
    assert written(admin) == before
    assert [o.replayed for o in fine(post(desk.conn, batch))] == [False] * 4


def test_an_answer_lost_on_its_way_is_found_by_its_key(
    desk: Desk, admin: Admin, url: str, short_path: Path
) -> None:
    batch, before = awards(desk, 4), written(admin)
    with (
        line_that_loses_an_answer(url, short_path) as (line, lose),
        database.connect(line) as conn,
    ):
        lose.set()
        assert [type(result) for result in post(conn, batch)] == [OutcomeUnknown] * 4
        assert not lose.is_set()
    assert written(admin) == before + 1
    assert [o.replayed for o in fine(post(desk.conn, batch))] == [True] * 4
    assert desk.balances(batch[0].member).available == 400
