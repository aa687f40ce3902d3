"""``tongbao bench pages``: how long the pages take when there is much to show."""

import platform
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import typer

from tongbao.access import bearer, devices, member_sessions, sessions, staff
from tongbao.access.roles import Role
from tongbao.alliance import outlets
from tongbao.cli import output
from tongbao.cli.bench_world import found
from tongbao.cli.sandboxed import Sandbox, open_sandbox
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.ledger.seal import seal
from tongbao.sandbox import load, offices, page_bench, served, traffic
from tongbao.sandbox.load import Plan
from tongbao.sandbox.offices import Month
from tongbao.sandbox.page_bench import Answer, Kind, Visitor
from tongbao.sandbox.traffic import World
from tongbao.upkeep import jobs
from tongbao.upkeep.types import Bench
from tongbao.web import who

DATABASE: Final = "tongbao_pages"
_BATCH: Final = 1_000
_BY: Final = "bench"
_ADDRESS: Final = "127.0.0.1"
_SHOWN: Final = 30


def pages(
    members: Annotated[int, typer.Option(min=100, max=10_000_000)] = 200_000,
    organisations: Annotated[int, typer.Option(min=10, max=99_999)] = 4_000,
    operations: Annotated[int, typer.Option(min=1_000, max=10**9)] = 1_000_000,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="They are spread over.")] = 30,
    times: Annotated[int, typer.Option(min=1, max=1_000, help="How often each is asked.")] = 5,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    as_json: output.Json = False,
) -> None:
    """Make a large alliance up, and time every page that operator, merchant and member can reach.

    Follows all links from where each of them begins; of each list also other orders, the next
    page, a search that finds something, one that finds nothing, and its oldest day. Today's
    window is open and has its share. The offices have worked, too: windows are settled, files
    sent and answered, terminals, people and webhooks there, and much waits to be decided.
    """
    first = clock.now() - timedelta(days=days)
    with open_sandbox(DATABASE, first) as sandbox:
        world = found(sandbox, organisations, members, seed, quiet=as_json, at=first)
        _live(sandbox, world, operations, days, first, seed, quiet=as_json)
        with sandbox.begin() as conn:
            visitors = _visitors(conn, sandbox, world)
        answers = _visit(sandbox, visitors, f"{first:%Y-%m-%d}", times, quiet=as_json)
    kinds = [kind for role, found in answers.items() for kind in page_bench.summed(role, found)]
    everything = [answer for found in answers.values() for answer in found]
    answer: dict[str, Any] = {
        "pages": kinds,
        "p50_ms": page_bench.at_least(50, everything),
        "p95_ms": page_bench.at_least(95, everything),
        "goal_ms": page_bench.GOAL_MS,
        "leads_nowhere": sorted({a.path for a in everything if a.status >= page_bench.GONE}),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }
    if as_json:
        output.json(answer)
    else:
        _print(answer, kinds)


def _live(
    sandbox: Sandbox,
    world: World,
    operations: int,
    days: int,
    first: datetime,
    seed: int,
    *,
    quiet: bool,
) -> None:
    plan = Plan(
        operations=operations,
        days=days,
        batch=_BATCH,
        skew=traffic.SKEW,
        hot_share=0,
        first=first,
        open=True,
    )
    with output.progress("operations", operations, quiet=quiet) as advance:
        load.run(sandbox.begin, world, traffic.seeded(seed), plan, advance)
    month = Month(world=world, first=first, days=days, now=clock.now())
    many = offices.sizes(len(world.outlets), operations)
    with output.progress("offices", len(offices.STEPS), quiet=quiet) as advance:
        offices.work(sandbox.begin, sandbox.conn, sandbox.settings, month, many, advance)
    with sandbox.begin() as conn:
        seal(conn, clock.now())
    # As the worker has done by the time that anybody looks.
    jobs.figures(Bench(settings=sandbox.settings, conn=sandbox.conn, now=clock.now))
    sandbox.conn.execute("VACUUM ANALYZE")


def _visitors(conn: Connection, sandbox: Sandbox, world: World) -> list[Visitor]:
    """Let somebody in for each view: the operator, the busiest merchant, its till, a member."""
    at = clock.now()
    organisation, outlet = world.outlets[0]
    seats: tuple[tuple[Role, int, int | None, str], ...] = (
        ("admin", world.operator, None, "/operator"),
        ("manager", organisation, None, "/merchant"),
        ("cashier", organisation, outlet, f"/till/at/{outlets.get(conn, outlet).code}"),
    )
    visitors = []
    for role, whose, place, begins in seats:
        person = staff.add(conn, whose, role, role, role, by=_BY, at=at, outlet_id=place)
        token = sessions.open_session(
            conn, person.id, _chance(), means="password", entered=True, device=_BY,
            address=_ADDRESS, at=at,
        )  # fmt: skip
        cookie = f"{who.COOKIE}={token}"
        visitors.append(Visitor(role=role, cookie=cookie, begins=(begins,)))
    member = world.members[0]
    key = sandbox.settings.access_secret
    device = devices.add(conn, member, _BY, secrets.token_bytes(32), at, key=key)
    token = member_sessions.open_session(conn, member, device, _chance(), address=_ADDRESS, at=at)
    cookie = f"{who.MEMBER_COOKIE}={token}"
    return [*visitors, Visitor(role="member", cookie=cookie, begins=("/m",))]


def _chance() -> str:
    return secrets.token_urlsafe(bearer.BYTES)


def _visit(
    sandbox: Sandbox, visitors: list[Visitor], day: str, times: int, *, quiet: bool
) -> dict[str, list[Answer]]:
    with (
        output.progress("pages", None, quiet=quiet) as advance,
        served.tongbao(sandbox.settings, 1) as service,
    ):
        return {one.role: page_bench.visit(service, one, day, times, advance) for one in visitors}


def _print(answer: dict[str, Any], kinds: list[Kind]) -> None:
    output.table(
        f"Pages, {answer['machine']}; the slowest {_SHOWN} of {len(kinds)} kinds",
        ["who", "page", ">asked", ">p50 ms", ">p95 ms", ">kB"],
        [
            (
                one.role,
                one.kind,
                str(one.asked),
                f"{one.p50_ms:,.0f}",
                f"{one.p95_ms:,.0f}",
                f"{one.kb:,.1f}",
            )
            for one in sorted(kinds, key=lambda kind: -kind.p95_ms)[:_SHOWN]
        ],
    )
    for path in answer["leads_nowhere"]:
        output.line(f"A link leads nowhere: {path}")
    output.line(
        f"All pages: half within {answer['p50_ms']:,.0f} ms, 95 in 100 within"
        f" {answer['p95_ms']:,.0f} ms; aimed at {answer['goal_ms']} ms."
    )
