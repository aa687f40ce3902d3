"""The demo's alliance is believable, seeded, and known by phone and card."""

from random import Random

import pytest

from tests.world import SECRET
from tongbao.kernel.db import Connection
from tongbao.members import identities
from tongbao.members.types import Identity
from tongbao.sandbox import alliance, month, story
from tongbao.sandbox.alliance import Alliance
from tongbao.sandbox.catalogue import BUSINESSES, MERCHANTS, PLACES
from tongbao.sandbox.traffic import World


@pytest.fixture
def made(db: Connection) -> Alliance:
    with db.transaction():
        return alliance.found(db, Random(1), 120, story.CAST, month.FIRST, SECRET)


def test_forty_organisations_of_twelve_formats_at_six_sites_of_four_cities(
    db: Connection, made: Alliance
) -> None:
    assert len(made.organisations) == 40
    assert len(BUSINESSES) == 12
    assert {merchant.format for merchant in MERCHANTS} == {b.code for b in BUSINESSES}
    assert len(PLACES) == 6
    assert len({place.region[:2] for place in PLACES}) == 4
    assert sorted(place.kind for place in PLACES) == ["mall"] * 4 + ["online", "resort"]
    rows = db.execute("SELECT count(DISTINCT site_id), count(*) FROM alliance.outlet").fetchall()
    assert rows == [(6, len(made.outlets))]


def test_contracts_are_of_all_kinds(db: Connection, made: Alliance) -> None:
    shares = {share for (share,) in db.execute("SELECT prepaid_share FROM alliance.contract")}
    assert {0, 500_000, 1_000_000} <= shares
    expiring = db.execute(
        "SELECT o.code FROM alliance.contract AS c"
        " JOIN alliance.organisation AS o ON o.id = c.organisation_id"
        " WHERE c.expiry_months IS NOT NULL"
    ).fetchall()
    assert expiring == [(alliance.EXPIRING,)]


def test_every_member_has_a_phone_and_a_card(db: Connection, made: Alliance) -> None:
    kinds = db.execute("SELECT kind, count(*) FROM members.identity GROUP BY kind ORDER BY kind")
    assert kinds.fetchall() == [("card", 120), ("phone", 120)]
    first = Identity(kind="card", value="TB 8000 0000")
    assert identities.find(db, first, secret=SECRET) == made.members[story.LIN]


def test_traffic_leaves_the_cast_and_the_bank_alone(made: Alliance) -> None:
    assert set(made.members[: story.CAST]).isdisjoint(made.world.members)
    tills = {organisation for organisation, _ in made.world.outlets}
    assert made.organisations["dongjiang"] not in tills
    assert len(tills) == 39
    assert set(made.world.holding) < set(made.world.outlets)
    assert made.world.bills.keys() == {outlet for _, outlet in made.world.outlets}


def test_a_plain_alliance_has_the_size_that_is_asked_for(db: Connection) -> None:
    with db.transaction():
        world: World = alliance.found_plain(db, Random(2), 15, 40, month.FIRST, SECRET)
    assert len({organisation for organisation, _ in world.outlets}) == 15
    assert len(set(world.members)) == 40
