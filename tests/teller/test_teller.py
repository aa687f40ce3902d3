"""The teller: batches of what arrives together, answers after the commit, and nobody left alone."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from datetime import datetime

import pytest

from tests.points.desk import Desk, good
from tests.teller.test_batch import Unheard
from tests.teller.troubles import Admin, commits_waiting, eventually, number, waiting, written
from tests.world import AT
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award, Operation
from tongbao.points.outcome import Outcome
from tongbao.teller.batch import OutcomeUnknown
from tongbao.teller.teller import Teller, TellerBusy, TellerClosed

Connect = Callable[[], Connection]


@pytest.fixture
def teller(connect: Connect) -> Iterator[Teller]:
    with Teller(connect, now=lambda: AT) as teller:
        yield teller


def award(desk: Desk, member: int, points: int = 100) -> Award:
    one: Award = desk.at(Award, "a", member=member, points=points)
    return one


@contextmanager
def one_in_commit(desk: Desk, admin: Admin, teller: Teller) -> Iterator[Future[Outcome]]:
    """Keep the teller busy with one operation that waits in its commit."""
    with commits_waiting(admin):
        first = teller.submit(award(desk, desk.member()))
        eventually(lambda: bool(waiting(admin)))
        yield first


def test_a_lone_operation_waits_for_nobody(desk: Desk, admin: Admin, teller: Teller) -> None:
    before, member = written(admin), desk.member()
    for _ in range(3):
        good(teller.post(award(desk, member)))
    assert written(admin) == before + 3
    assert desk.balances(member).available == 300


def test_what_arrives_during_a_commit_is_the_next_batch(
    desk: Desk, admin: Admin, teller: Teller
) -> None:
    before, member = written(admin), desk.member()
    with one_in_commit(desk, admin, teller) as first:
        others = [teller.submit(award(desk, member)) for _ in range(20)]
    outcomes = [good(future.result()) for future in (first, *others)]
    assert written(admin) == before + 2
    ids = [outcome.operation for outcome in outcomes]
    assert ids == sorted(set(ids))  # in the order in which they were handed in


def test_nothing_is_answered_before_it_is_committed(
    desk: Desk, admin: Admin, teller: Teller
) -> None:
    before = written(admin)
    with one_in_commit(desk, admin, teller) as first:
        with pytest.raises(NotYet):
            first.result(timeout=0.3)
        assert written(admin) == before
    good(first.result())
    assert written(admin) == before + 1


def test_a_batch_is_never_larger_than_the_limit(desk: Desk, admin: Admin, connect: Connect) -> None:
    largest = "SELECT max(operations) FROM ledger.batch WHERE id > {}"
    last = number(admin, "SELECT coalesce(max(id), 0) FROM ledger.batch")
    with Teller(connect, limit=3, now=lambda: AT) as teller:
        with one_in_commit(desk, admin, teller):
            member = desk.member()
            futures = [teller.submit(award(desk, member)) for _ in range(10)]
        for future in futures:
            good(future.result())
    assert number(admin, largest.format(last)) == 3


def test_with_a_linger_operations_wait_for_company_until_the_batch_is_full(
    desk: Desk, admin: Admin, connect: Connect
) -> None:
    before, member = written(admin), desk.member()
    with Teller(connect, limit=4, linger=30, now=lambda: AT) as teller:
        futures = [teller.submit(award(desk, member)) for _ in range(4)]
        for future in futures:
            good(future.result())
        assert written(admin) == before + 1
        last = teller.submit(award(desk, member))
    good(last.result(timeout=0))  # closing the teller ended the linger


def test_a_linger_ends(desk: Desk, connect: Connect) -> None:
    with Teller(connect, linger=0.05, now=lambda: AT) as teller:
        good(teller.submit(award(desk, desk.member())).result(timeout=20))


def test_too_many_waiting_are_refused_and_not_forgotten(
    desk: Desk, admin: Admin, connect: Connect
) -> None:
    member = desk.member()
    with Teller(connect, waiting=2, now=lambda: AT) as teller:
        with one_in_commit(desk, admin, teller):
            futures = [teller.submit(award(desk, member)) for _ in range(2)]
            with pytest.raises(TellerBusy) as refused:
                teller.submit(award(desk, member))
            assert refused.value.facts == {"waiting": 2}
        for future in futures:
            good(future.result())
    assert desk.balances(member).available == 200


def test_what_is_handed_in_together_is_posted_together_each_for_itself(
    desk: Desk, connect: Connect
) -> None:
    member = desk.member()
    with Teller(connect, now=lambda: AT) as teller:
        given = [award(desk, member), desk.by(Unheard, "a"), award(desk, member)]
        first, mistake, last = teller.submit_all(given).result(timeout=20)
        assert isinstance(mistake, KeyError)
        assert teller.submit_all([]).result(timeout=20) == ()
    positions = {good(one).position for one in (first, last) if isinstance(one, Outcome)}
    assert desk.balances(member).available == 200
    assert len(positions) == 2


def test_together_in_several_batches_are_answered_when_the_last_is_posted(
    desk: Desk, admin: Admin, connect: Connect
) -> None:
    member = desk.member()
    with Teller(connect, limit=2, now=lambda: AT) as teller:
        with one_in_commit(desk, admin, teller):
            together = teller.submit_all([award(desk, member, points=n) for n in (1, 2, 3, 4, 5)])
            assert not together.done()
        earned = [one.earned for one in together.result(20) if isinstance(one, Outcome)]
    assert earned == [1, 2, 3, 4, 5]


def test_together_are_cancelled_before_the_first_is_posted_or_not_at_all(
    desk: Desk, admin: Admin, teller: Teller
) -> None:
    member = desk.member()
    with one_in_commit(desk, admin, teller):
        dropped = teller.submit_all([award(desk, member) for _ in range(3)])
        kept = teller.submit_all([award(desk, member) for _ in range(2)])
        assert dropped.cancel()
    assert len(kept.result(timeout=20)) == 2
    assert not kept.cancel()
    assert desk.balances(member).available == 200


def test_together_are_refused_for_whom_there_is_no_room(
    desk: Desk, admin: Admin, connect: Connect
) -> None:
    member = desk.member()
    with (
        Teller(connect, waiting=2, now=lambda: AT) as teller,
        one_in_commit(desk, admin, teller),
        pytest.raises(TellerBusy),
    ):
        teller.submit_all([award(desk, member) for _ in range(3)])
    assert desk.balances(member).available == 0


def test_many_threads_get_their_own_answers(desk: Desk, admin: Admin, teller: Teller) -> None:
    before, members = written(admin), [desk.member() for _ in range(4)]
    points = {n: award(desk, members[n % 4], points=n + 1) for n in range(400)}
    with ThreadPoolExecutor(16) as pool:
        outcomes = dict(zip(points, pool.map(teller.post, points.values()), strict=True))
    assert all(good(outcome).earned == n + 1 for n, outcome in outcomes.items())
    assert sum(desk.balances(member).available for member in members) == 400 * 401 // 2
    assert written(admin) - before < 400


def test_what_is_cancelled_in_time_is_not_posted(desk: Desk, admin: Admin, teller: Teller) -> None:
    member = desk.member()
    with one_in_commit(desk, admin, teller) as first:
        keep, drop = (teller.submit(award(desk, member)) for _ in range(2))
        assert drop.cancel()
        assert not first.cancel()  # it may be committed already
    good(first.result())
    good(keep.result())
    assert drop.cancelled()
    assert desk.balances(member).available == 100


def test_a_batch_of_which_all_are_cancelled_posts_nothing(
    desk: Desk, admin: Admin, teller: Teller
) -> None:
    with one_in_commit(desk, admin, teller) as first:
        assert teller.submit(award(desk, desk.member())).cancel()
    before = written(admin) - first.done()
    good(first.result())
    good(teller.post(award(desk, desk.member())))
    assert written(admin) - before <= 2


def test_a_mistake_fails_alone_and_the_teller_goes_on(
    desk: Desk, admin: Admin, teller: Teller
) -> None:
    member = desk.member()
    with one_in_commit(desk, admin, teller):
        mistake = teller.submit(desk.by(Unheard, "a"))
        others = [teller.submit(award(desk, member)) for _ in range(5)]
    with pytest.raises(KeyError):
        mistake.result()
    for future in others:
        good(future.result())
    good(teller.post(award(desk, member)))
    assert desk.balances(member).available == 600


@pytest.mark.parametrize("kind", [ValueError, SystemExit, KeyboardInterrupt])
def test_whatever_a_callback_raises_the_others_are_answered(
    desk: Desk, admin: Admin, teller: Teller, kind: type[BaseException]
) -> None:
    def fail(_: Future[Outcome]) -> None:
        raise kind

    with one_in_commit(desk, admin, teller) as first:
        first.add_done_callback(fail)
        futures = [teller.submit(award(desk, desk.member())) for _ in range(3)]
        futures[1].add_done_callback(fail)
    for future in (first, *futures):
        good(future.result())
    good(teller.post(award(desk, desk.member())))


def test_a_callback_may_hand_in_but_not_wait(desk: Desk, admin: Admin, teller: Teller) -> None:
    member, handed, waited = desk.member(), [], []

    def follow(_: Future[Outcome]) -> None:
        handed.append(teller.submit(award(desk, member)))
        try:
            teller.post(award(desk, member))
        except AssertionError as mistake:
            waited.append(mistake)

    with one_in_commit(desk, admin, teller) as first:
        first.add_done_callback(follow)
    eventually(lambda: bool(waited))
    good(handed[0].result())
    assert desk.balances(member).available == 100


def test_closing_posts_what_waits_and_takes_nothing_more(
    desk: Desk, admin: Admin, connect: Connect
) -> None:
    member = desk.member()
    with ThreadPoolExecutor(1) as pool, Teller(connect, now=lambda: AT) as teller:
        with one_in_commit(desk, admin, teller):
            futures = [teller.submit(award(desk, member)) for _ in range(5)]
            closing = pool.submit(teller.__exit__)
            eventually(lambda: closed(desk, teller))
            assert not closing.done()
        closing.result()
        assert all(future.done() for future in futures)
    assert desk.balances(member).available == 500


def closed(desk: Desk, teller: Teller) -> bool:
    try:
        teller.submit(desk.by(Unheard, "a")).cancel()
    except TellerClosed:
        return True
    return False


def test_a_teller_that_was_not_opened_takes_nothing(desk: Desk, connect: Connect) -> None:
    assert closed(desk, Teller(connect))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, MemoryError])
def test_when_its_thread_is_ended_nobody_waits_in_vain(
    desk: Desk, connect: Connect, kind: type[BaseException]
) -> None:
    begun, go = threading.Event(), threading.Event()

    def now() -> datetime:
        begun.set()
        go.wait()
        raise kind

    member = desk.member()
    with Teller(connect, now=now) as teller:
        first = teller.submit(award(desk, member))
        begun.wait()
        second = teller.submit(award(desk, member))
        go.set()
        ends = [type(future.exception()) for future in (first, second)]
        if issubclass(kind, Exception):  # that is an answer like others
            assert ends == [kind, kind]
        else:
            assert ends == [OutcomeUnknown, TellerClosed]
            eventually(lambda: closed(desk, teller))
    assert desk.balances(member).available == 0


def test_a_caller_who_is_interrupted_leaves_the_operation_to_the_teller(
    desk: Desk, admin: Admin, connect: Connect
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def send() -> None:
        eventually(lambda: bool(waiting(admin)))
        os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        one = award(desk, desk.member())
        with Teller(connect, now=lambda: AT) as teller, commits_waiting(admin):
            threading.Thread(target=send).start()
            with pytest.raises(KeyboardInterrupt):
                teller.post(one)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert desk.balances(one.member).available == 100
    assert desk.one(one).replayed


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_cannot_post_through_the_teller_of_its_parent(desk: Desk, teller: Teller) -> None:
    member = desk.member()
    good(teller.post(award(desk, member)))
    one: Operation = award(desk, member)
    child = os.fork()
    if not child:
        with_closed = closed(desk, teller)
        teller.__exit__()
        os._exit(0 if with_closed else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    good(teller.post(one))
    assert desk.balances(member).available == 200


def test_batches_are_sealed_when_there_is_time(desk: Desk, admin: Admin, teller: Teller) -> None:
    good(teller.post(award(desk, desk.member())))
    eventually(lambda: unsealed(admin) == 0)
    good(teller.post(award(desk, desk.member())))
    good(teller.post(award(desk, desk.member())))
    eventually(lambda: unsealed(admin) == 0)


def test_batches_are_sealed_at_the_end(desk: Desk, admin: Admin, connect: Connect) -> None:
    with Teller(connect, now=lambda: AT) as teller:
        for _ in range(3):
            good(teller.post(award(desk, desk.member())))
    assert unsealed(admin) == 0


def test_batches_that_another_one_kept_from_being_sealed_are_sealed_later(
    desk: Desk, admin: Admin, teller: Teller
) -> None:
    with admin.transaction():
        admin.execute("SELECT pg_advisory_xact_lock(7407002)")
        good(teller.post(award(desk, desk.member())))
        time.sleep(0.3)  # it has tried
        assert unsealed(admin) > 0
    eventually(lambda: unsealed(admin) == 0)


def test_a_seal_that_fails_keeps_nobody_from_posting(
    desk: Desk, admin: Admin, connect: Connect
) -> None:
    admin.execute("REVOKE INSERT ON ledger.seal FROM tongbao_app")
    with Teller(connect, now=lambda: AT) as teller:
        for _ in range(3):
            good(teller.post(award(desk, desk.member())))
    admin.execute("GRANT INSERT ON ledger.seal TO tongbao_app")
    assert unsealed(admin) == 3
    with Teller(connect, now=lambda: AT) as teller:
        good(teller.post(award(desk, desk.member())))
    assert unsealed(admin) == 0


def unsealed(admin: Admin) -> int:
    return number(admin, "SELECT count(*) FROM ledger.unsealed")
