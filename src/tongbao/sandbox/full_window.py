"""A full clearing window: millions of claims between thousands of organisations, made set by set.

Posting them one by one would take an hour; this writes what posting would have written - journal,
digests, lots, keys, balances, claims, sums of the window - in statements of millions of rows, so
that every law holds of it. For measuring what comes after: close, net, settle, state.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.alliance import contracts, formats, organisations, outlets, sites
from tongbao.alliance.types import NewOutlet, Terms
from tongbao.kernel import limits, sql
from tongbao.kernel.db import Connection
from tongbao.ledger import accounts
from tongbao.ledger.seal import seal
from tongbao.members import members
from tongbao.members.keys import normalise
from tongbao.members.types import Identity
from tongbao.sandbox.alliance import FROM
from tongbao.sandbox.catalogue import BUSINESSES, PLACES
from tongbao.sandbox.load import FIRST

Q = sql.load(__package__, "full_window.sql")

LOTS: Final = 8
"""Lots of each member, each of another draw of issuer."""

PARTS: Final = 4
"""Lots that pay for one purchase."""

PURCHASES: Final = 25
"""Purchases of each member."""

SPARE: Final = 1.03
"""More parts than claims are drawn: points spent at their own issuer make no claim."""

_TERMS: Final = Terms(earn_rate=0, acceptance_fee=10_000)
_OPENING: Final = FIRST + timedelta(hours=1)
_CHUNK: Final = 10_000


class Made(Struct, frozen=True, kw_only=True):
    """How large it became."""

    organisations: int
    members: int
    operations: int
    transfers: int
    claims: int
    pairs: int
    bytes: int


def found(conn: Connection, count: int, claims: int, secret: str) -> int:
    """Found an alliance of ``count`` organisations, and members for ``claims``; give the operator.

    Every organisation has one outlet, in turn at one of the sites, and is settled daily. In the
    caller's transaction.
    """
    operator = organisations.register(conn, "operator", "Operator", "operator", FIRST)
    places = [sites.add(conn, p.code, p.name, p.kind, p.region).id for p in PLACES]
    for business in BUSINESSES:
        formats.add(conn, business.code, business.name, business.mcc)
    first = organisations.register(conn, "org-00001", "Organisation 1", "merchant", FIRST).id
    contracts.sign(conn, first, _TERMS, FROM, FIRST)
    others = [i for (i,) in conn.execute(Q.register_many, {"count": count, "at": FIRST})]
    accounts.open_organisations(conn, others)
    conn.execute(Q.sign_many, {"first": first})
    outlets.add_many(
        conn,
        [
            NewOutlet(
                code=f"org-{n:05d}-1",
                name=f"Outlet of organisation {n}",
                organisation_id=organisation,
                site_id=places[n % len(places)],
                format=BUSINESSES[n % len(BUSINESSES)].code,
            )
            for n, organisation in enumerate([first, *others], start=1)
        ],
    )
    people = _people(claims)
    for start in range(0, people, _CHUNK):
        cards = (f"TB{n:010d}" for n in range(start, min(start + _CHUNK, people)))
        keys = [[normalise(Identity(kind="card", value=card), secret)] for card in cards]
        members.enrol_many(conn, keys, FIRST)
    return operator.id


def fill(
    owner: Connection, operator: int, count: int, claims: int, seed: int, tell: Callable[[], object]
) -> Made:
    """Write a window of at least ``claims`` claims; ``tell`` hears of each statement (STATEMENTS).

    ``owner`` is a connection of the database's owner without a transaction: it also takes the
    statistics that planning needs.
    """
    people = _people(claims)
    (window,) = owner.execute(
        "SELECT id FROM ledger.clearing_window WHERE closed_at IS NULL"
    ).fetchone() or (0,)
    awards = -(-people * LOTS // limits.BATCH)
    batches = awards - (-people * PURCHASES // limits.BATCH)
    with owner.transaction():
        (first,) = owner.execute(Q.take_batches, {"count": batches}).fetchone() or (0,)
        values = {
            "organisations": count,
            "members": people,
            "lots": LOTS,
            "parts": PARTS,
            "purchases": PURCHASES,
            "seed": seed,
            "window": window,
            "operator": operator,
            "at": _OPENING,
            "first": first,
            "last": first + batches - 1,
        }
        owner.execute("SET LOCAL work_mem = '256MB'")
        owner.execute("SET LOCAL synchronous_commit = off")
        for name in _ORDER:
            chosen = values | {"first": first + awards} if name == "make_parts" else values
            owner.execute(Q.statements[name], chosen)
            if name.startswith(("number", "draw", "make")):
                owner.execute("ANALYZE")
            tell()
    owner.execute("VACUUM ANALYZE")
    while True:
        with owner.transaction():
            if not seal(owner, _OPENING + timedelta(hours=20)):
                break
    tell()
    with owner.cursor(row_factory=class_row(Made)) as cursor:
        made = cursor.execute(Q.count_made).fetchone()
    assert made is not None, "counting gives one row"
    return made


def _people(claims: int) -> int:
    return max(LOTS, int(claims * SPARE) // (PARTS * PURCHASES) + 1)


_ORDER: Final = (
    "number_members",
    "number_organisations",
    "draw_claims",
    "make_lots",
    "make_parts",
    "write_award_operations",
    "write_award_transfers",
    "write_made_lots",
    "write_purchase_operations",
    "write_purchase_transfers",
    "write_keys",
    "write_batches",
    "write_unsealed",
    "write_balances",
    "write_claims",
    "write_window_movements",
    "write_bank_accounts",
)

STATEMENTS: Final = len(_ORDER) + 1
"""How often ``fill`` tells that it has come further."""
