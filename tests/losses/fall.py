"""What tests of defaults share: an alliance that can lose, and short ways to let it."""

from collections.abc import Mapping

from tests.world import AT, World, build, do
from tongbao.alliance import collateral
from tongbao.alliance.types import Terms
from tongbao.clearing import windows
from tongbao.kernel.db import Connection
from tongbao.losses import caps, decide, default, fund
from tongbao.losses.decide import Decided
from tongbao.losses.plan import plan
from tongbao.losses.types import Plan, Run, Share
from tongbao.points.operations import Award, Operation, Purchase

CAPS = {"B": 500_00, "C": 300_00, "D": 200_00}


def alliance(conn: Connection, **terms: Terms) -> World:
    """Make A, B, C and D, whose issuing is not bounded unless ``terms`` says so."""
    return build(conn, {name: terms.get(name, Terms(earn_rate=0)) for name in "ABCD"})


def award(world: World, issuer: str, points: int, key: str = "") -> Award:
    return Award(
        key=key or f"award {issuer} {points}".replace(" ", "-"),
        scope=world.organisations[issuer], member=world.members[0],
        outlet=world.outlets[issuer], points=points,
    )  # fmt: skip


def spend(world: World, redeemer: str, points: int, key: str) -> Purchase:
    return Purchase(
        key=key, scope=world.organisations[redeemer], member=world.members[0],
        outlet=world.outlets[redeemer], amount=points, points=points,
    )  # fmt: skip


def owe(conn: Connection, world: World, claims: Mapping[str, int], tag: str = "") -> None:
    """Let points of one be spent at another, for each claim such as ``AC``."""
    operations: list[Operation] = []
    for pair, points in claims.items():
        operations += [
            award(world, pair[0], points, f"{tag}{pair}+"),
            spend(world, pair[1], points, f"{tag}{pair}-"),
        ]
    for outcome in do(conn, operations):
        assert outcome.status == "posted", outcome


def close(conn: Connection) -> int:
    with conn.transaction():
        return windows.close(conn, AT).id


def approve(conn: Connection, proposal_id: int, by: str = "Wu") -> Decided:
    with conn.transaction():
        return decide.approve(conn, proposal_id, by=by, at=AT)


def deposit(conn: Connection, world: World, name: str, amount: int) -> None:
    with conn.transaction():
        collateral.deposit(conn, world.organisations[name], amount, f"deposit-{name}", AT, "Lin")


def contribute(conn: Connection, world: World, name: str, amount: int, key: str = "c1") -> None:
    """Let an organisation pay into the fund; the operator into its first loss."""
    operator = name == "operator"
    kind = fund.SET_FIRST_LOSS if operator else fund.CONTRIBUTE
    who = world.operator if operator else world.organisations[name]
    with conn.transaction():
        made = fund.propose(conn, kind, who, amount, key, by="Lin", reason="paid", at=AT)
    moved = approve(conn, made.id).moved
    assert moved is not None and moved.amount == amount


def set_caps(conn: Connection, world: World, amounts: Mapping[str, int]) -> None:
    for name, cap in amounts.items():
        with conn.transaction():
            made = caps.propose(
                conn, world.organisations[name], required=0, cap=cap,
                by="Lin", reason="agreed", at=AT,
            )  # fmt: skip
        approve(conn, made.id)


def dry_run(conn: Connection, world: World, name: str = "A") -> Plan:
    with conn.transaction():
        return plan(conn, world.organisations[name], AT)


def declare(conn: Connection, world: World, name: str = "A") -> Run | None:
    with conn.transaction():
        made = default.propose(conn, world.organisations[name], by="Lin", reason="insolvent", at=AT)
    return approve(conn, made.id).run


def cover(conn: Connection, world: World, name: str = "A") -> Run | None:
    with conn.transaction():
        return default.cover(conn, world.organisations[name], by="Lin", at=AT)


def named(world: World, shares: list[Share]) -> dict[tuple[str, str], int]:
    names = {who: name for name, who in world.organisations.items()}
    names[world.operator] = "operator"
    return {(share.step, names[share.organisation_id]): share.amount for share in shares}


def balances(conn: Connection, world: World, kind: str) -> dict[str, int]:
    rows = conn.execute("SELECT owner_id, balance FROM ledger.account WHERE kind = %s", (kind,))
    found: dict[int, int] = dict(rows.fetchall())
    everybody = {**world.organisations, "operator": world.operator}
    return {name: found[who] for name, who in everybody.items() if found.get(who)}
