import pytest

from tongbao.alliance import brands, organisations
from tongbao.alliance.types import Organisation
from tongbao.kernel import texts
from tongbao.kernel.db import Connection


def test_a_brand_belongs_to_an_organisation(db: Connection, cinema: Organisation) -> None:
    brand = brands.add(db, cinema.id, " 星光 ")
    assert (brand.organisation_id, brand.name) == (cinema.id, "星光")
    assert brands.find(db, cinema.id, "星光") == brand


def test_two_organisations_may_have_brands_of_the_same_name(
    db: Connection, cinema: Organisation, hotel: Organisation
) -> None:
    assert brands.add(db, cinema.id, "Star").id != brands.add(db, hotel.id, "Star").id
    with pytest.raises(brands.BrandTaken):
        brands.add(db, cinema.id, "Star")


def test_another_organisations_brand_is_not_found(
    db: Connection, cinema: Organisation, hotel: Organisation
) -> None:
    brands.add(db, cinema.id, "Star")
    with pytest.raises(brands.BrandNotFound):
        brands.find(db, hotel.id, "Star")


def test_a_brand_needs_a_name_and_an_organisation_that_is_not_closed(
    db: Connection, cinema: Organisation
) -> None:
    with pytest.raises(texts.TextMalformed):
        brands.add(db, cinema.id, "\0")
    with pytest.raises(organisations.OrganisationNotFound):
        brands.add(db, 2**63, "Star")
    organisations.set_status(db, cinema.id, "closed")
    with pytest.raises(organisations.OrganisationClosed):
        brands.add(db, cinema.id, "Star")
