import msgspec
import pytest

from tongbao.alliance import brands, formats, organisations, outlets, sites
from tongbao.alliance.types import Format, NewOutlet, Organisation, Site
from tongbao.kernel import limits, lists, texts
from tongbao.kernel.db import Connection


@pytest.fixture
def new(cinema: Organisation, mall: Site, film: Format) -> NewOutlet:
    return NewOutlet(
        code="c-1", name="一店", organisation_id=cinema.id, site_id=mall.id, format=film.code
    )


def count(db: Connection) -> int:
    row = db.execute("SELECT count(*) FROM alliance.outlet").fetchone()
    assert row is not None
    return int(row[0])


def test_an_outlet_is_open_and_found_by_id_and_code(db: Connection, new: NewOutlet) -> None:
    outlet = outlets.add(db, new)
    assert outlet.open
    assert outlet.brand_id is None
    assert outlets.get(db, outlet.id) == outlet
    assert outlets.find(db, "c-1") == outlet


def test_many_outlets_come_back_in_the_order_they_were_given(
    db: Connection, new: NewOutlet
) -> None:
    codes = [f"c-{n}" for n in range(2_000, 0, -1)]
    added = outlets.add_many(db, [msgspec.structs.replace(new, code=code) for code in codes])
    assert [outlet.code for outlet in added] == codes
    assert len({outlet.id for outlet in added}) == 2_000
    found = outlets.find_many(db, ["c-7", "c-2000", "c-0", "NULL", "a b", "\0", "\ud800"])
    assert set(found) == {"c-7", "c-2000"}


def test_no_outlets_at_all_are_no_problem(db: Connection) -> None:
    assert outlets.add_many(db, []) == []
    assert outlets.find_many(db, []) == {}


def test_an_outlet_may_carry_a_brand_of_its_organisation_alone(
    db: Connection, new: NewOutlet, cinema: Organisation, hotel: Organisation
) -> None:
    own = brands.add(db, cinema.id, "Star")
    foreign = brands.add(db, hotel.id, "Star")
    branded = msgspec.structs.replace(new, brand_id=own.id)
    assert outlets.add(db, branded).brand_id == own.id
    with pytest.raises(brands.BrandNotFound):
        outlets.add(db, msgspec.structs.replace(new, code="c-2", brand_id=foreign.id))


def test_one_that_cannot_be_added_keeps_all_from_being_added(
    db: Connection, new: NewOutlet
) -> None:
    outlets.add(db, msgspec.structs.replace(new, code="known"))
    good = msgspec.structs.replace(new, code="good")
    changes: list[tuple[dict[str, object], type[Exception]]] = [
        ({"code": "c 1"}, texts.CodeMalformed),
        ({"code": "good"}, outlets.OutletCodeTaken),
        ({"code": "known"}, outlets.OutletCodeTaken),
        ({"name": "\0"}, texts.TextMalformed),
        ({"format": "电影"}, texts.CodeMalformed),
        ({"format": "opera"}, formats.FormatNotFound),
        ({"organisation_id": 1}, organisations.OrganisationNotFound),
        ({"organisation_id": 2**63}, organisations.OrganisationNotFound),
        ({"organisation_id": -(2**70)}, organisations.OrganisationNotFound),
        ({"site_id": 10**9}, sites.SiteNotFound),
        ({"site_id": 2**63}, sites.SiteNotFound),
        ({"brand_id": 10**9}, brands.BrandNotFound),
        ({"brand_id": 2**63}, brands.BrandNotFound),
    ]
    for change, refusal in changes:
        with pytest.raises(refusal):
            outlets.add_many(db, [good, msgspec.structs.replace(new, **change)])
    assert count(db) == 1


def test_a_closed_organisation_gets_no_new_outlet(
    db: Connection, new: NewOutlet, cinema: Organisation
) -> None:
    organisations.set_status(db, cinema.id, "closed")
    with pytest.raises(organisations.OrganisationClosed):
        outlets.add(db, new)


def test_a_list_over_the_limit_is_refused(db: Connection, new: NewOutlet) -> None:
    with pytest.raises(lists.ListTooLong):
        outlets.add_many(db, [new] * (limits.BULK + 1))
    with pytest.raises(lists.ListTooLong):
        outlets.find_many(db, ["c-1"] * (limits.BULK + 1))


def test_the_outlets_of_an_organisation_are_listed_page_by_page(
    db: Connection, new: NewOutlet, hotel: Organisation
) -> None:
    own = outlets.add_many(db, [msgspec.structs.replace(new, code=f"c-{n}") for n in range(5)])
    outlets.add(db, msgspec.structs.replace(new, code="h-1", organisation_id=hotel.id))
    first = outlets.list_of(db, new.organisation_id, limit=3)
    assert first == sorted(own, key=lambda outlet: outlet.id)[:3]
    rest = outlets.list_of(db, new.organisation_id, first[-1].id)
    assert {outlet.code for outlet in first + rest} == {f"c-{n}" for n in range(5)}


def test_an_outlet_closes_and_opens_again(db: Connection, new: NewOutlet) -> None:
    outlet = outlets.add(db, new)
    assert not outlets.set_open(db, outlet.id, is_open=False).open
    assert not outlets.get(db, outlet.id).open
    assert outlets.set_open(db, outlet.id, is_open=True).open


def test_what_is_not_there_is_not_found(db: Connection) -> None:
    with pytest.raises(outlets.OutletNotFound):
        outlets.get(db, 2**63)
    with pytest.raises(outlets.OutletNotFound):
        outlets.find(db, "c-1")
    with pytest.raises(outlets.OutletNotFound):
        outlets.set_open(db, 1, is_open=False)
    with pytest.raises(texts.CodeMalformed):
        outlets.find(db, "c 1")


def test_an_outlet_gets_another_name_and_a_brand_of_its_own(
    db: Connection, new: NewOutlet, cinema: Organisation, mall: Site
) -> None:
    outlet = outlets.add(db, new)
    brand = brands.add(db, cinema.id, "影都")
    changed = outlets.change(db, outlet.id, name=" 二店 ", brand_id=brand.id)
    assert (changed.name, changed.brand_id) == ("二店", brand.id)
    assert outlets.get(db, outlet.id) == changed
    assert outlets.change(db, outlet.id, name="二店", brand_id=None).brand_id is None


def test_another_organisations_brand_is_refused(db: Connection, new: NewOutlet) -> None:
    outlet = outlets.add(db, new)
    other = organisations.register(db, "other", "Other", "merchant", organisations.get(
        db, outlet.organisation_id
    ).registered_at)  # fmt: skip
    brand = brands.add(db, other.id, "x")
    with pytest.raises(brands.BrandNotFound):
        outlets.change(db, outlet.id, name="x", brand_id=brand.id)
    with pytest.raises(outlets.OutletNotFound):
        outlets.change(db, 999, name="x", brand_id=None)
    with pytest.raises(texts.TextMalformed):
        outlets.change(db, outlet.id, name="", brand_id=None)
