"""Found an alliance in an empty database: the demo's, or a plain one of any size."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from msgspec import Struct

from tongbao.alliance import brands, contracts, formats, organisations, outlets, sites, terminals
from tongbao.alliance.types import NewOutlet, Role, Terms
from tongbao.kernel.db import Connection
from tongbao.members import members
from tongbao.members.keys import normalise
from tongbao.members.types import Identity, Key
from tongbao.sandbox.catalogue import BANK, BANK_FORMAT, BUSINESSES, MERCHANTS, PLACES, Merchant
from tongbao.sandbox.traffic import Outlet, World

FROM: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""From when on contracts hold: before any point that is brought into the alliance was earned."""

HOLDING: Final = ("hotel", "restaurant", "hotpot")
"""Formats that take holds: for a room, for a table."""

EXPIRING: Final = "xinglan"
"""The one whose points expire after twelve months."""

STRAINED: Final = "xiaojing"
"""The one whose credit limit does not last the month."""

_AGREED: Final[dict[str, dict[str, Any]]] = {
    BANK.code: {"earn_rate": 0, "prepaid_share": 1_000_000, "issue_fee": 5_000},
    EXPIRING: {"earn_rate": 50_000, "expiry_months": 12, "acceptance_fee": 10_000},
    STRAINED: {"earn_rate": 80_000, "credit_limit": 150_000},
    "jinheng": {"earn_rate": 15_000, "acceptance_fee": 20_000, "credit_limit": 50_000_000},
    "yunqili": {"earn_rate": 30_000, "prepaid_share": 500_000, "acceptance_fee": 15_000},
    "hongguo": {"prepaid_share": 300_000},
    "haitang": {"prepaid_share": 1_000_000, "breakage_to": "operator"},
    "yunshang": {"reimbursement": 950_000},
}
"""What the story of the demo needs; everything else is drawn."""

_CHUNK: Final = 10_000


PHONE: Final = "13800138000"
"""The phone of the first member, so that somebody can sign in as her."""


class Alliance(Struct, frozen=True, kw_only=True):
    """The demo's alliance: ids by code (an outlet's is ``jinheng-ja``), members in order."""

    operator: int
    organisations: dict[str, int]
    outlets: dict[str, Outlet]
    members: list[int]
    world: World


def found(
    conn: Connection, random: Random, people: int, cast: int, at: datetime, secret: str
) -> Alliance:
    """Found the demo's alliance with ``people`` members; the first ``cast`` are left to the story.

    The caller's transaction; the same ``random`` gives the same alliance.
    """
    operator = organisations.register(conn, "tongbao", "通宝联盟 (Tongbao)", "operator", at)
    places = {
        place.code: sites.add(conn, place.code, place.name, place.kind, place.region).id
        for place in PLACES
    }
    for business in BUSINESSES:
        formats.add(conn, business.code, business.name, business.mcc)
    formats.add(conn, *BANK_FORMAT)
    known: dict[str, int] = {}
    stands: dict[str, Outlet] = {}
    for merchant in (*MERCHANTS, BANK):
        known[merchant.code] = _register(conn, merchant, random, at)
        stands |= _open_outlets(conn, merchant, known[merchant.code], places)
    enrolled: list[int] = []
    for keys in _chunks(_people(random, people, secret)):
        enrolled += [member.id for member in members.enrol_many(conn, keys, at)]
    tills = _by_business(random, stands)
    bills = {business.code: business.bill for business in BUSINESSES}
    return Alliance(
        operator=operator.id,
        organisations=known,
        outlets=stands,
        members=enrolled,
        world=World(
            operator=operator.id,
            outlets=[stands[code] for code in tills],
            members=enrolled[cast:],
            holding=[stands[code] for code in tills if _format_of(code) in HOLDING],
            bills={stands[code][1]: bills[_format_of(code)] for code in tills},
        ),
    )


def found_plain(
    conn: Connection, random: Random, count: int, people: int, at: datetime, secret: str
) -> World:
    """Found an alliance of ``count`` organisations with one outlet each and ``people`` members.

    Contracts are of all kinds (prepaid, split, postpaid; bounded and not), and strain nobody.
    """
    operator = organisations.register(conn, "operator", "Operator", "operator", at)
    places = [sites.add(conn, p.code, p.name, p.kind, p.region).id for p in PLACES]
    for business in BUSINESSES:
        formats.add(conn, business.code, business.name, business.mcc)
    new = []
    for n in range(1, count + 1):
        code = f"org-{n:05d}"
        made = organisations.register(conn, code, f"Organisation {n}", "merchant", at)
        contracts.sign(conn, made.id, _plain_terms(random), FROM, at)
        new.append(
            NewOutlet(
                code=f"{code}-1",
                name=f"Outlet of organisation {n}",
                organisation_id=made.id,
                site_id=places[n % len(places)],
                format=BUSINESSES[n % len(BUSINESSES)].code,
            )
        )
    tills = [(outlet.organisation_id, outlet.id) for outlet in outlets.add_many(conn, new)]
    enrolled: list[int] = []
    for keys in _chunks(_cards(people, secret)):
        enrolled += [member.id for member in members.enrol_many(conn, keys, at)]
    return World(operator=operator.id, outlets=tills, members=enrolled)


def _register(conn: Connection, merchant: Merchant, random: Random, at: datetime) -> int:
    """Register one organisation with its brand and its contract."""
    role: Role = "partner" if merchant is BANK else "merchant"
    made = organisations.register(conn, merchant.code, merchant.name, role, at)
    brands.add(conn, made.id, merchant.name.split(" (", maxsplit=1)[0])
    contracts.sign(conn, made.id, _terms(random, merchant), FROM, at)
    return made.id


def _terms(random: Random, merchant: Merchant) -> Terms:
    """Draw a contract that is usual for the format; the story's own terms come before."""
    usual = {business.code: business.earn_rate for business in BUSINESSES}.get(merchant.format, 0)
    drawn: dict[str, Any] = {
        "earn_rate": usual * random.choice((80, 100, 100, 120)) // 100,
        "acceptance_fee": random.choice((0, 5_000, 10_000, 15_000)),
        "issue_fee": random.choice((0, 0, 2_000)),
        "reimbursement": random.choice((1_000_000, 1_000_000, 1_000_000, 980_000)),
        "credit_limit": random.choice((None, None, 5_000_000, 8_000_000)),
    }
    return Terms(**(drawn | _AGREED.get(merchant.code, {})))


def _plain_terms(random: Random) -> Terms:
    return Terms(
        earn_rate=random.choice((10_000, 20_000, 50_000)),
        prepaid_share=random.choice((0, 0, 0, 500_000, 1_000_000)),
        acceptance_fee=random.choice((0, 10_000, 20_000)),
        credit_limit=random.choice((None, None, None, 10**13)),
    )


def _open_outlets(
    conn: Connection, merchant: Merchant, organisation: int, places: dict[str, int]
) -> dict[str, Outlet]:
    """Open an organisation's outlets, each with two tills."""
    name = merchant.name.split(" (", maxsplit=1)[0]
    brand = brands.find(conn, organisation, name)
    named = {place.code: place.name.split(" (", maxsplit=1)[0] for place in PLACES}
    new = [
        NewOutlet(
            code=f"{merchant.code}-{site}",
            name=f"{name} · {named[site]}",
            organisation_id=organisation,
            site_id=places[site],
            format=merchant.format,
            brand_id=brand.id,
        )
        for site in merchant.sites.split()
    ]
    opened = outlets.add_many(conn, new)
    for outlet in opened:
        for till in ("t1", "t2"):
            terminals.add(conn, outlet.id, till)
    return {outlet.code: (organisation, outlet.id) for outlet in opened}


def _format_of(outlet: str) -> str:
    merchant = outlet.rpartition("-")[0]
    return next(each.format for each in MERCHANTS if each.code == merchant)


def _by_business(random: Random, stands: dict[str, Outlet]) -> list[str]:
    """Give the codes of outlets that have tills, busiest first."""
    weights = {business.code: business.weight for business in BUSINESSES}
    usual = [code for code in stands if not code.startswith(BANK.code)]
    drawn = {code: weights[_format_of(code)] * (0.5 + random.random()) for code in usual}
    return sorted(usual, key=lambda code: -drawn[code])


def _people(random: Random, count: int, secret: str) -> Iterator[list[Key]]:
    """Give each member a mobile phone and a card, no two alike."""
    numbers = random.sample(range(10**8), count)
    phones = [PHONE, *(f"139{number:08d}" for number in numbers[1:])]
    for n, value in enumerate(phones):
        phone = Identity(kind="phone", value=value)
        card = Identity(kind="card", value=f"TB{80_000_000 + n}")
        yield [normalise(phone, secret), normalise(card, secret)]


def _cards(count: int, secret: str) -> Iterator[list[Key]]:
    for n in range(count):
        yield [normalise(Identity(kind="card", value=f"TB{n:010d}"), secret)]


def _chunks(people: Iterator[list[Key]]) -> Iterator[Sequence[list[Key]]]:
    chunk: list[list[Key]] = []
    for keys in people:
        chunk.append(keys)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
