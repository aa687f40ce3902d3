"""A batch gives the same answers as its operations one by one."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.copies import copied
from tests.points.desk import Desk, good
from tests.world import AT, broken_laws, do, one
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.points import operations as ops
from tongbao.points.outcome import Outcome

NAMES = ["a", "c", "split", "tight", "fee"]
LATER = AT + timedelta(days=2)


class Past(msgspec.Struct):
    """What has happened before the batch: ids that it may name."""

    people: list[int]
    sales: list[int] = []
    holds: list[int] = []
    awards: list[int] = []
    proposals: list[int] = []


def live(desk: Desk) -> Past:
    """Let something of every kind happen to four members."""
    past = Past([desk.member() for _ in range(4)])
    for n, member in enumerate(past.people):
        for name in NAMES:
            given = desk.award(name, member, 500 + n, expires_at=AT + timedelta(days=1 + n))
            past.awards.append(given.operation)
        given = desk.award("prepaid", member, 300, release_at=LATER)
        past.awards.append(given.operation)
        past.sales.append(desk.buy("c", member, 5_000, 400).operation)
        wait = AT + timedelta(days=3)
        held = [desk.hold("c", member, points, expires_at=wait) for points in (100, 50)]
        past.holds.extend(hold.operation for hold in held)
        propose = desk.by(
            ops.ProposeAdjustment, "a", member=member, organisation=desk.org("a"),
            points=(n - 2) * 100 or 50, reason="r", by="Li",
        )  # fmt: skip
        past.proposals.append(good(desk.one(propose)).operation)
    return past


def operations(desk: Desk, past: Past) -> st.SearchStrategy[list[Any]]:
    """Draw lists of operations that name each other's members, sales, holds and keys."""
    who, where = st.sampled_from(past.people), st.sampled_from(NAMES)
    points, keys = st.integers(1, 600), st.integers(1, 12).map("n{}".format)
    older = st.integers(1, 60).map("k{}".format)

    def at(kind: Any, **fields: Any) -> st.SearchStrategy[Any]:
        return where.flatmap(
            lambda name: st.builds(
                kind, key=keys, scope=st.just(desk.org(name)), member=who,
                outlet=st.just(desk.outlet(name)), points=points, **fields,
            )
        )  # fmt: skip

    def by(kind: Any, name: str | None = None, **fields: Any) -> st.SearchStrategy[Any]:
        scope = st.just(desk.operator if name is None else desk.org(name))
        return st.builds(kind, key=keys, scope=scope, **fields)

    holds, awards = st.sampled_from(past.holds), st.sampled_from(past.awards)
    one = st.one_of(
        at(ops.Award, amount=st.integers(0, 9_000)),
        at(ops.Purchase, amount=st.integers(500, 9_000), up_to=st.booleans()),
        at(ops.Hold, up_to=st.booleans()),
        at(ops.Advice, cash=st.integers(0, 500)),
        by(ops.Capture, "c", hold=holds, points=points, cash=points, final=st.booleans()),
        by(ops.Void, "c", hold=holds),
        by(ops.Refund, "c", original=st.sampled_from(past.sales), amount=st.none() | points),
        by(ops.Refund, original=awards, amount=st.none() | points),
        by(ops.Reversal, "c", original_key=keys | older),
        by(ops.Gift, "c", member=who, to=who, points=points),
        by(ops.DecideAdjustment, proposal=st.sampled_from(past.proposals), by=st.just("Wang"),
           approve=st.booleans()),
        by(ops.ExpireLots, member=who),
        by(ops.ReleasePending, award=awards),
        by(ops.CancelPending, award=awards),
        by(ops.Merge, member=who, into=who),
        by(ops.Close, member=who, give_to=st.none() | who, forfeit=st.booleans()),
    )  # fmt: skip
    return st.lists(one, min_size=2, max_size=14)


def told(outcomes: list[Outcome]) -> list[Any]:
    """Give the answers with new ids replaced by the order in which they turn up."""
    names: dict[int, str] = {}
    text = msgspec.json.decode(msgspec.json.encode(outcomes))

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items() if key != "position"}
        if isinstance(value, list):
            return [plain(one) for one in value]
        if isinstance(value, int) and not isinstance(value, bool) and value > 2**13 * FIRST:
            return names.setdefault(value, f"new {len(names)}")
        return value

    return [plain(one) for one in text]


FIRST = 1_000
"""Batches from here on are those of the test; lots and operations before it keep their ids."""

STATE = (
    "SELECT owner_id, kind, balance FROM ledger.account WHERE balance <> 0 ORDER BY 1, 2",
    (
        "SELECT owner_id, issuer_id, available, held, pending, reserve, expires_at, scope::text"
        " FROM ledger.lot WHERE open OR reserve > 0 ORDER BY owner_id, id"
    ),
    "SELECT owner_id, organisation_id, amount FROM ledger.owing WHERE amount > 0 ORDER BY 1, 2",
    (
        "SELECT owner_id, amount, remaining, slices FROM ledger.hold WHERE remaining > 0"
        " ORDER BY owner_id, id"
    ),
    (
        "SELECT issuer_id, redeemer_id, claimed, countered, claims, counterclaims"
        " FROM ledger.claim ORDER BY 1, 2"
    ),
    "SELECT organisation_id, kind, net FROM ledger.window_movement WHERE net <> 0 ORDER BY 1, 2",
    "SELECT id, status, merged_into FROM members.member ORDER BY 1",
    "SELECT id, state, decided_by FROM points.adjustment ORDER BY 1",
    "SELECT scope, key, refused FROM kernel.once ORDER BY 1, 2",
)


def state(conn: Connection) -> list[Any]:
    return [conn.execute(query).fetchall() for query in STATE]


def test_a_batch_is_its_operations_one_by_one(database_url: str, server_url: str) -> None:
    compare(database_url, server_url, examples=12, always_the_same=True)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_many_batches_are_their_operations_one_by_one(database_url: str, server_url: str) -> None:
    compare(database_url, server_url, examples=300, always_the_same=False)


def compare(database_url: str, server_url: str, *, examples: int, always_the_same: bool) -> None:
    """Compare batches drawn by chance, or (in the suite) the same ones every time."""
    with database.connect(database_url) as conn:
        desk = Desk(conn, people=4)
        past = live(desk)
        conn.execute("RESET ROLE")
        conn.execute("SELECT setval('ledger.batch_id', %s)", (FIRST,))
    source = urlsplit(database_url).path.lstrip("/")

    def one_by_one(conn: Connection, batch: list[ops.Operation]) -> tuple[list[Any], list[Any]]:
        """Post each by itself, and undo it all: cheaper than one more copy.

        A rollback leaves sequences where they are, so they start again by hand.
        """
        conn.execute("RESET ROLE")
        conn.execute("SELECT setval('ledger.batch_id', %s)", (FIRST,))
        conn.execute("SET ROLE tongbao_app")
        with conn.transaction(force_rollback=True):
            return told([one(conn, op, LATER) for op in batch]), state(conn)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=always_the_same,
        suppress_health_check=list(HealthCheck),
    )
    @given(operations(desk, past))
    def holds(batch: list[ops.Operation]) -> None:
        with copied(server_url, source) as together:
            at_once = told(do(together, batch, LATER))
            assert (at_once, state(together)) == one_by_one(single, batch)
            assert broken_laws(together) == {}

    with copied(server_url, source) as single:
        holds()
