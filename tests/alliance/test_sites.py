import pytest

from tongbao.alliance import regions, sites
from tongbao.alliance.types import Site
from tongbao.kernel import texts
from tongbao.kernel.db import Connection


def test_a_site_is_found_by_its_code(db: Connection) -> None:
    site = sites.add(db, "mall-1", "万象城", "mall", "440305")
    assert site == Site(id=site.id, code="mall-1", name="万象城", kind="mall", region="440305")
    assert sites.find(db, "mall-1") == site
    assert sites.get(db, site.id) == site
    with pytest.raises(sites.SiteNotFound):
        sites.get(db, site.id + 1)


def test_a_site_may_lie_in_a_province_a_prefecture_or_a_county(db: Connection) -> None:
    for region in ("440000", "440300", "440305"):
        assert sites.add(db, f"s-{region}", "Online", "online", region).region == region


def test_what_makes_no_sense_is_refused(db: Connection) -> None:
    for code, name, kind, region, refusal in (
        ("a b", "Mall", "mall", "440305", texts.CodeMalformed),
        ("mall", " ", "mall", "440305", texts.TextMalformed),
        ("mall", "Mall", "moon", "440305", texts.ChoiceMalformed),
        ("mall", "Mall", "mall", "440399", regions.RegionUnknown),
    ):
        with pytest.raises(refusal):
            sites.add(db, code, name, kind, region)  # type: ignore[arg-type]
    assert db.execute("SELECT count(*) FROM alliance.site").fetchone() == (0,)


def test_a_code_is_given_once(db: Connection, mall: Site) -> None:
    with pytest.raises(sites.SiteCodeTaken):
        sites.add(db, mall.code, "Another", "street", "110000")


def test_an_unknown_code_is_not_found(db: Connection) -> None:
    with pytest.raises(sites.SiteNotFound):
        sites.find(db, "nowhere")
