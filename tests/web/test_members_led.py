"""Where members are led: back to what they looked at, on to what is theirs, to what to do next."""

import re

import pytest

from tests.web.serving import Served
from tests.web.test_members_own import Phone


def coming_back(page: str) -> str:
    """Give where a page leads who chooses the other language."""
    found = re.search(r'name="next" value="([^"]*)"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")


@pytest.mark.parametrize(
    ("path", "fields", "page"),
    [
        ("/m/safety/pin", {"pin": "111111"}, "/m/safety"),
        ("/m/safety/devices/1/end", {}, "/m/safety"),
        ("/m/gift", {"phone": "x", "points": "1"}, "/m/gift"),
        ("/m/gift/give", {"phone": "x", "points": "1"}, "/m/gift"),
    ],
)
def test_another_language_leads_from_what_was_refused_to_its_page(
    served: Served, path: str, fields: dict[str, str], page: str
) -> None:
    phone = Phone(served, A=10)
    refused = phone.send(path, **fields)
    assert refused.status_code in (404, 422), refused.text
    assert coming_back(refused.text) == page
    assert phone.get(page).status_code == 200


def test_another_language_keeps_what_was_searched_for(served: Served) -> None:
    page = Phone(served).get("/m/history?search=a+b&sort=effective_at").text
    assert coming_back(page) == "/m/history?search=a+b&sort=effective_at"


def test_who_is_in_is_led_to_the_wallet(served: Served) -> None:
    phone = Phone(served)
    for path in ("/", "/m/sign-in"):
        assert phone.get(path).headers["location"] == "/m", path
    assert phone.get("/m/sign-in?next=/m/pay").headers["location"] == "/m/pay"
    served.sign_in(None)
    assert served.get("/").headers["location"] == "/sign-in"
    assert served.get("/m/sign-in").status_code == 200


def test_what_is_not_there_leads_a_member_to_the_wallet(served: Served) -> None:
    page = Phone(served).get("/m/nowhere").text
    assert re.findall(r'class="btn" href="([^"]*)"', page) == ["/m"]
    served.sign_in("manager")
    assert re.findall(r'class="btn" href="([^"]*)"', served.get("/merchant/no").text) == ["/"]


def test_a_code_is_asked_for_only_once_one_is_under_way(served: Served) -> None:
    assert Phone(served).get("/m/prove/code").headers["location"] == "/m/prove"


def test_a_gift_says_to_whom_and_from_whom(served: Served) -> None:
    giver, getter = Phone(served, A=10), Phone(served)
    given = giver.send("/m/gift/give", phone=getter.number, points="4").headers["location"]
    for phone, said, other in (
        (giver, "To the phone", getter.number), (getter, "From the phone", giver.number)
    ):  # fmt: skip
        page = phone.get(given).text
        assert f"{said}</dt><dd>•••• {other[-4:]}" in page
        assert other not in page


def test_who_has_nothing_to_give_is_told_what_to_do(served: Served) -> None:
    poor, locked = Phone(served), Phone(served, A=10)
    page = poor.get("/m/gift").text
    assert "no points that you could give yet" in page
    assert 'name="phone"' not in page
    locked.send("/m/safety/lock", locked="yes")
    page = locked.get("/m/gift").text
    assert "Unlock it before you give points" in page
    assert 'name="phone"' not in page
