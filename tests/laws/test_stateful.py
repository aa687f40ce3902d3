"""The real thing and the small model, side by side, through whatever Hypothesis thinks of."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.copies import copied
from tests.laws.model_after import WholeModel
from tests.laws.nouns import Terms as Known
from tests.world import AT, World, broken_laws, build, do
from tongbao.alliance import blocks
from tongbao.alliance.types import Terms
from tongbao.clearing import windows
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.members.members import set_spend_lock
from tongbao.points import operations as ops

TERMS = {
    "plain": Terms(earn_rate=100_000),
    "prepaid": Terms(earn_rate=100_000, prepaid_share=1_000_000),
    "tight": Terms(earn_rate=1_000_000, credit_limit=100),
    "total": Terms(earn_rate=200_000, earn_on="total"),
    "block": Terms(earn_rate=200_000, prepaid_share=1_000_000, block=50, replenish_below=30),
}
KNOWN = {
    "plain": Known(10),
    "prepaid": Known(10),
    "tight": Known(100, limit=100),
    "total": Known(20, earns_on_points=True),
    "block": Known(20, block=100),
}
NAMES = st.sampled_from(sorted(TERMS))
PEOPLE = st.integers(0, 4)
POINTS = st.integers(1, 60)
CASH = st.integers(0, 200)
WHICH = st.integers(0, 99)
YES = st.booleans()
DAYS = st.sampled_from([None, 2, 12])
HOURS = st.sampled_from([1, 25, 240])


class SideBySide(RuleBasedStateMachine):
    """Collect operations into a batch; post it; compare every answer and every balance."""

    def __init__(self, opened: Any, world: World) -> None:
        super().__init__()
        self.opened = opened
        self.conn: Connection = opened.__enter__()
        self.world = world
        self.orgs, self.operator = self.world.organisations, self.world.operator
        outlets = {self.world.outlets[name]: owner for name, owner in self.orgs.items()}
        self.model = WholeModel(
            self.operator, outlets, {self.orgs[name]: known for name, known in KNOWN.items()}
        )
        self.now: datetime = AT
        self.batch: list[Any] = []
        self.asked: list[Any] = []
        self.ids: dict[str, list[int]] = {}
        self.numbers = count(1)

    # making operations

    def add(self, kind: type[ops.Operation], by: str | None, **fields: Any) -> None:
        scope = self.operator if by is None else self.orgs[by]
        made: dict[str, Any] = {"key": f"k{next(self.numbers)}", "scope": scope} | fields
        self.batch.append(kind(**made))

    def person(self, n: int) -> int:
        return self.world.members[n]

    def earlier(self, kinds: str, n: int) -> int | None:
        """Give the id of an earlier operation of one of these kinds, if there is one."""
        found = [i for kind in kinds.split() for i in self.ids.get(kind, [])]
        return sorted(found)[n % len(found)] if found else None

    def owner_of(self, operation: int) -> str:
        by = self.model.state.done[operation].organisation
        return next((name for name, owner in self.orgs.items() if owner == by), "plain")

    @rule(by=NAMES, who=PEOPLE, points=POINTS, days=DAYS, only=st.none() | NAMES, later=YES)
    def award(
        self, by: str, who: int, points: int, days: int | None, only: str | None, later: bool
    ) -> None:
        self.add(
            ops.Award, by, member=self.person(who), outlet=self.world.outlets[by], points=points,
            amount=points * 7,
            release_at=self.now + timedelta(days=3) if later else None,
            expires_at=None if days is None else self.now + timedelta(days=days),
            limited_to=None if only is None else ops.Scope(organisations=(self.orgs[only],)),
        )  # fmt: skip

    @rule(by=NAMES, who=PEOPLE, points=st.integers(0, 60), cash=CASH, up_to=YES)
    def purchase(self, by: str, who: int, points: int, cash: int, up_to: bool) -> None:
        where = self.world.outlets[by]
        amount = max(1, points + cash - 5)
        self.add(ops.Purchase, by, member=self.person(who), outlet=where, amount=amount,
                 points=points, up_to=up_to)  # fmt: skip

    @rule(by=NAMES, who=PEOPLE, points=POINTS, up_to=YES, hours=HOURS)
    def hold(self, by: str, who: int, points: int, up_to: bool, hours: int) -> None:
        expires = self.now + timedelta(hours=hours)
        self.add(ops.Hold, by, member=self.person(who), outlet=self.world.outlets[by],
                 points=points, up_to=up_to, expires_at=expires)  # fmt: skip

    @rule(n=WHICH, points=st.integers(0, 40), cash=st.integers(1, 200), final=YES)
    def capture(self, n: int, points: int, cash: int, final: bool) -> None:
        hold = self.earlier("hold", n)
        if hold is not None:
            self.add(ops.Capture, self.owner_of(hold), hold=hold, points=points, cash=cash,
                     final=final)  # fmt: skip

    @rule(n=WHICH, kind=st.sampled_from([ops.Void, ops.ExpireHold]))
    def end_hold(self, n: int, kind: type[ops.Operation]) -> None:
        hold = self.earlier("hold", n)
        if hold is not None:
            self.add(kind, self.owner_of(hold), hold=hold)

    @rule(n=WHICH, by=NAMES, who=PEOPLE, points=POINTS, cash=CASH, held=YES)
    def advice(self, n: int, by: str, who: int, points: int, cash: int, held: bool) -> None:
        hold = self.earlier("hold", n) if held else None
        member = self.person(who)
        if hold is not None:
            by, member = self.owner_of(hold), self.model.state.holds[hold].member
        self.add(ops.Advice, by, member=member, outlet=self.world.outlets[by], points=points,
                 cash=cash, hold=hold)  # fmt: skip

    @rule(n=WHICH, amount=st.none() | st.integers(1, 100))
    def refund(self, n: int, amount: int | None) -> None:
        sale = self.earlier("award purchase capture advice refund hold", n)
        if sale is not None:
            self.add(ops.Refund, self.owner_of(sale), original=sale, amount=amount)

    @rule(n=WHICH)
    def reversal(self, n: int) -> None:
        known = [*self.asked, *self.batch]
        if known:
            op = known[-1 - n % len(known)]
            self.batch.append(
                ops.Reversal(key=f"k{next(self.numbers)}", scope=op.scope, original_key=op.key)
            )

    @rule(by=NAMES, who=PEOPLE, points=POINTS)
    def reversal_before_its_original(self, by: str, who: int, points: int) -> None:
        late = ops.Award(
            key=f"k{next(self.numbers)}", scope=self.orgs[by], member=self.person(who),
            outlet=self.world.outlets[by], points=points,
        )  # fmt: skip
        self.add(ops.Reversal, by, original_key=late.key)
        self.batch.append(late)

    @rule(n=WHICH, other=YES)
    def again(self, n: int, other: bool) -> None:
        known = [*self.asked, *self.batch]
        if known:
            op = known[-1 - n % len(known)]
            changed = {"campaign": "another body"} if other else {}
            fields = {name: getattr(op, name) for name in op.__struct_fields__}
            self.batch.append(type(op)(**fields | changed))

    @rule(who=PEOPLE, to=PEOPLE, points=POINTS)
    def gift(self, who: int, to: int, points: int) -> None:
        self.add(ops.Gift, "plain", member=self.person(who), to=self.person(to), points=points)

    @rule(by=NAMES, who=PEOPLE, points=st.integers(-40, 40).filter(bool))
    def propose(self, by: str, who: int, points: int) -> None:
        self.batch.append(
            ops.ProposeAdjustment(
                key=f"k{next(self.numbers)}", scope=self.orgs[by], member=self.person(who),
                organisation=self.orgs[by], points=points, reason="it was wrong", by="Li",
            )
        )  # fmt: skip

    @rule(n=WHICH, decider=st.sampled_from(["Li", "Wang", "Wang"]), approve=YES)
    def decide(self, n: int, decider: str, approve: bool) -> None:
        proposal = self.earlier("propose_adjustment", n)
        if proposal is not None:
            self.batch.append(
                ops.DecideAdjustment(
                    key=f"k{next(self.numbers)}", scope=self.operator, proposal=proposal,
                    by=decider, approve=approve,
                )
            )  # fmt: skip

    @rule(who=PEOPLE)
    def expire_lots(self, who: int) -> None:
        self.add(ops.ExpireLots, None, member=self.person(who))

    @rule(n=WHICH, kind=st.sampled_from([ops.ReleasePending, ops.CancelPending]))
    def end_pending(self, n: int, kind: type[ops.Operation]) -> None:
        award = self.earlier("award", n)
        if award is not None:
            self.add(kind, self.owner_of(award), award=award)

    @rule(who=PEOPLE, into=PEOPLE, seldom=st.integers(0, 3))
    def merge(self, who: int, into: int, seldom: int) -> None:
        if not seldom:
            self.add(ops.Merge, None, member=self.person(who), into=self.person(into))

    @rule(who=PEOPLE, to=st.none() | PEOPLE, forfeit=YES, seldom=st.integers(0, 3))
    def close(self, who: int, to: int | None, forfeit: bool, seldom: int) -> None:
        if not seldom:
            give_to = None if to is None else self.person(to)
            self.add(ops.Close, None, member=self.person(who), give_to=give_to, forfeit=forfeit)

    # posting, and what is not posted

    @rule(shared=YES)
    def post(self, shared: bool) -> None:
        """Post what was collected, as one batch or each by itself; compare all of it."""
        batch, self.batch = self.batch, []
        for part in [batch] if shared else [[op] for op in batch]:
            if part:
                for op, outcome in zip(part, do(self.conn, part, self.now), strict=True):
                    self.compare(op, outcome)
        self.compare_balances()

    def compare(self, op: Any, outcome: Any) -> None:
        expected, replayed = self.model.apply(op, outcome.operation, self.now)
        told = None if outcome.refusal is None else outcome.refusal.code
        assert (outcome.status, told) == (expected.status, expected.code), (op, outcome)
        assert outcome.replayed == replayed, (op, outcome)
        assert (outcome.spent, outcome.earned) == (expected.spent, expected.earned), (op, outcome)
        assert outcome.withheld == expected.withheld, (op, outcome)
        if replayed:
            return
        self.asked.append(op)
        if told is None:
            self.ids.setdefault(outcome.kind, []).append(outcome.operation)
        if outcome.balances is not None:
            b = outcome.balances
            told_balances = (b.available, b.held, b.pending, b.owing)
            assert told_balances == self.model.balances(outcome.member), (op, outcome)

    def compare_balances(self) -> None:
        rows = self.conn.execute(
            "SELECT owner_id, issuer_id, sum(available)::bigint, sum(held)::bigint,"
            " sum(pending)::bigint FROM ledger.lot WHERE open GROUP BY owner_id, issuer_id"
        )
        found = {(owner, issuer): tuple(sums) for owner, issuer, *sums in rows}
        assert found == self.model.by_issuer()
        rows = self.conn.execute(
            "SELECT owner_id, sum(balance)::bigint FROM ledger.account"
            " WHERE kind IN ('clearing', 'reserve', 'prepaid') GROUP BY owner_id"
        )
        positions = {owner: n for owner, n in rows if owner != self.operator}
        assert positions == self.model.state.position
        rows = self.conn.execute(
            "SELECT owner_id, balance FROM ledger.account WHERE kind = 'prepaid'"
        )
        left = {owner: n for owner, n in rows if owner in self.model.state.block}
        assert left == self.model.state.block
        rows = self.conn.execute(
            "SELECT subject::bigint FROM desk.exception_item"
            " WHERE state = 'open' AND kind = 'advice'"
        )
        assert {item for (item,) in rows} == self.model.state.items

    @rule(hours=HOURS)
    def wait(self, hours: int) -> None:
        self.post(shared=True)
        self.now += timedelta(hours=hours)

    @rule()
    def close_window(self) -> None:
        self.post(shared=True)
        with self.conn.transaction():
            windows.close(self.conn, self.now)

    @rule(whole=st.integers(1, 3))
    def buy_block(self, whole: int) -> None:
        self.post(shared=True)
        with self.conn.transaction():
            key = f"b{next(self.numbers)}"
            blocks.buy(self.conn, self.orgs["block"], 50 * whole, key, self.now, "Li")
        self.model.buy_block(self.orgs["block"], 50 * whole)

    @rule(who=PEOPLE, locked=YES)
    def lock_spending(self, who: int, locked: bool) -> None:
        self.post(shared=True)
        member = self.person(who)
        if member not in self.model.state.ended:
            with self.conn.transaction():
                set_spend_lock(self.conn, member, locked=locked)
            (self.model.state.locked.add if locked else self.model.state.locked.discard)(member)

    def teardown(self) -> None:
        try:
            self.post(shared=True)
            assert broken_laws(self.conn) == {}
        finally:
            self.opened.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def short_shrinking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show a failure soon: each attempt to shrink it posts to a database of its own.

    Hypothesis allows five minutes for it, and has no public setting for that.
    """
    monkeypatch.setattr("hypothesis.internal.conjecture.engine.MAX_SHRINKING_SECONDS", 30)


def run(
    server_url: str, database_url: str, *, examples: int, steps: int, always_the_same: bool
) -> None:
    """Run histories drawn by chance, or (in the suite) the same ones every time."""
    with database.connect(database_url) as conn:
        world = build(conn, TERMS, 5)
        with conn.transaction():
            blocks.buy(conn, world.organisations["block"], 100, "b", AT, "Li")
    source = urlsplit(database_url).path.lstrip("/")
    make: Any = lambda: SideBySide(copied(server_url, source), world)  # noqa: E731 - a factory
    run_state_machine_as_test(
        make,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=always_the_same,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_product_does_what_the_model_says(server_url: str, database_url: str) -> None:
    run(server_url, database_url, examples=20, steps=30, always_the_same=True)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_the_product_does_what_the_model_says_for_long(server_url: str, database_url: str) -> None:
    run(server_url, database_url, examples=300, steps=100, always_the_same=False)


def test_the_model_knows_every_operation() -> None:
    tags = {kind.__struct_config__.tag for kind in ops.AnyOperation.__args__}
    assert {tag for tag in tags if not hasattr(WholeModel, str(tag))} == set()
