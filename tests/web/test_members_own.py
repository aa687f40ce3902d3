"""What members see and decide: theirs, nobody else's, once, and with a proof where it matters."""

import re
import secrets
from datetime import timedelta
from itertools import count
from typing import Any, cast

import pytest
from httpx import Response

from tests.web import phones
from tests.web.serving import Served
from tests.world import AT, broken_laws
from tongbao.access.member_sign_in import MemberEntered
from tongbao.alliance import organisations
from tongbao.kernel import clock
from tongbao.members import consents, members
from tongbao.points import caps, statements
from tongbao.till import payment_code, pins
from tongbao.web import who

_numbers = count(13_700_000_001)


class Phone:
    """A member with a phone in the hand."""

    def __init__(self, served: Served, **points: int) -> None:
        self.served = served
        self.number = str(next(_numbers))
        self.entered: MemberEntered = phones.enter(served.db, self.number)
        self.member = self.entered.who.member_id
        phones.give(served.db, served.world, self.member, **points)

    def use(self) -> None:
        self.served.client.cookies.clear()
        self.served.client.cookies.set(who.MEMBER_COOKIE, self.entered.token)

    def get(self, path: str) -> Response:
        self.use()
        return self.served.get(path)

    def send(self, path: str, key: str | None = None, **fields: str) -> Response:
        self.use()
        proof = {"_proof": who.proof(self.entered.token)}
        return self.served.send(path, proof | fields, key=key)

    def forget_proof(self) -> None:
        """Let the last code be a day old."""
        self.served.db.execute(
            "UPDATE access.member_session SET proved_at = %s WHERE id = %s",
            (clock.now() - timedelta(days=1), self.entered.who.id),
        )

    @property
    def available(self) -> int:
        return statements.balances(self.served.db, self.member).available


def test_a_code_lets_in_whoever_has_the_phone_and_makes_them_a_member(served: Served) -> None:
    served.sign_in(None)
    number = str(next(_numbers))
    with phones.codes() as sent:
        answer = served.send("/m/sign-in", {"phone": number, "next": "/m/pay"})
        assert answer.headers["location"] == "/m/code?next=/m/pay"
        wrong = served.send("/m/code", {"code": "000000"})
        assert (wrong.status_code, "why-code" in wrong.text) == (422, True)
        page = served.send("/m/code", {"code": sent[f"+86{number}"], "next": "/m/pay"})
    assert page.status_code == 200
    assert 'data-to="/m/pay"' in page.text
    assert "Welcome to the alliance" in page.text
    assert served.get("/m").status_code == 200
    assert phones.member_of(served.db, number)


@pytest.mark.parametrize("phone", ["", "12", "not a phone", "1" * 400])
def test_what_is_no_phone_is_said_beside_its_field(served: Served, phone: str) -> None:
    served.sign_in(None)
    answer = served.send("/m/sign-in", {"phone": phone})
    assert answer.status_code == 422
    assert 'id="why-phone"' in answer.text


def test_nobody_sees_a_page_of_members_without_signing_in(served: Served) -> None:
    for role in (None, "admin", "cashier"):
        served.sign_in(role)
        for path in ("/m", "/m/pay", "/m/pay/code", "/m/history", "/m/privacy/my-data.json"):
            answer = served.get(path)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/m/sign-in")


def test_a_member_sees_no_receipt_of_another(served: Served) -> None:
    one, other = Phone(served, A=10), Phone(served, B=10)
    theirs = one.get("/m/history").text
    number = theirs.split('href="/m/history/', 1)[1].split('"', 1)[0]
    assert one.get(f"/m/history/{number}").status_code == 200
    assert other.get(f"/m/history/{number}").status_code == 404
    assert other.get("/m/history/999999999").status_code == 404
    assert "Nothing found" in one.get("/m/history?search=%25").text


def test_the_code_that_is_fetched_is_the_one_the_till_expects(served: Served) -> None:
    phone = Phone(served)
    before = payment_code.step_at(clock.now())
    said = phone.get("/m/pay/code").json()
    after = payment_code.step_at(clock.now())
    device, secret = phone.entered.who.device_id, phone.entered.secret
    assert said["code"] in {payment_code.make(secret, device, s) for s in (before, after)}
    assert 0 < said["left"] <= 60


def test_a_gift_is_shown_first_and_given_once(served: Served) -> None:
    giver, receiver = Phone(served, A=30, B=20), Phone(served)
    fields = {"phone": receiver.number, "points": "35"}
    assert giver.send("/m/gift", **fields).headers["location"] == "/m/gift/sure"
    assert "You are about to give" in giver.served.get("/m/gift/sure").text
    assert giver.available == 5_000
    key = secrets.token_urlsafe(18)
    first, again = (giver.send("/m/gift/give", key=key, **fields) for _ in range(2))
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    assert (giver.available, receiver.available) == (1_500, 3_500)
    assert "Gift received" in receiver.get("/m/history").text
    assert "Gift given" in giver.get(first.headers["location"]).text
    assert broken_laws(served.db) == {}


def test_a_gift_that_cannot_be_is_said_beside_its_field(served: Served) -> None:
    giver = Phone(served, A=5)
    for fields, field in (
        ({"phone": giver.number, "points": "1"}, "phone"),
        ({"phone": "13600000000", "points": "1"}, "phone"),
        ({"phone": Phone(served).number, "points": "6"}, "points"),
        ({"phone": Phone(served).number, "points": "0"}, "points"),
        ({"phone": Phone(served).number, "points": "1.234"}, "points"),
    ):
        answer = giver.send("/m/gift", **fields)
        assert answer.status_code == 422
        assert f'id="why-{field}"' in answer.text


def test_who_is_a_member_is_not_found_out_by_gifts(served: Served) -> None:
    giver = Phone(served, A=5)
    for _ in range(20):
        giver.send("/m/gift", phone="13600000000", points="1")
    answer = giver.send("/m/gift", phone=Phone(served).number, points="1")
    assert "too often" in answer.text


def test_to_lock_needs_no_proof_and_to_unlock_does(served: Served) -> None:
    phone = Phone(served, A=5)
    phone.forget_proof()
    assert phone.send("/m/safety/lock", locked="yes").status_code == 303
    assert members.get(served.db, phone.member).spend_locked
    refused = phone.send("/m/safety/lock", locked="no")
    assert (refused.status_code, "Prove first" in refused.text) == (422, True)
    assert members.get(served.db, phone.member).spend_locked


def test_a_lower_limit_needs_no_proof_a_higher_one_and_a_pin_do(served: Served) -> None:
    phone = Phone(served)
    phone.forget_proof()
    assert phone.send("/m/safety/limit", most="100").status_code == 303
    assert phone.send("/m/safety/limit", most="50").status_code == 303
    for more in ("51", ""):
        assert phone.send("/m/safety/limit", most=more).status_code == 422
    assert caps.own_of(served.db, phone.member) == 5_000
    assert phone.send("/m/safety/pin", pin="271828").status_code == 422
    assert not pins.has_pin(served.db, phone.member)


def test_a_device_of_somebody_else_is_not_there(served: Served) -> None:
    one, other = Phone(served), Phone(served)
    answer = one.send(f"/m/safety/devices/{other.entered.who.device_id}/end")
    assert answer.status_code == 422
    assert other.get("/m").status_code == 200


def test_consents_are_given_and_taken_back_by_organisation(served: Served) -> None:
    phone = Phone(served, A=1)
    mine = str(served.world.organisations["A"])
    assert phone.send("/m/privacy/consent", organisation=mine, sharing="yes").status_code == 303
    assert phone.get("/m/privacy").text.count(" checked") == 1
    assert phone.send("/m/privacy/consent", organisation=mine).status_code == 303
    assert phone.get("/m/privacy").text.count(" checked") == 0
    assert phone.send("/m/privacy/consent", organisation="x", sharing="yes").status_code == 404


def test_what_is_allowed_stands_first_also_without_a_purchase_and_is_found_by_name(
    served: Served,
) -> None:
    phone = Phone(served, A=1)
    for n in range(25):
        with served.db.transaction():
            made = organisations.register(served.db, f"m{n}", f"Shop {n:02}", "merchant", AT)
            for name in ("marketing", "location"):
                consents.record(
                    served.db,
                    phone.member,
                    made.id,
                    cast(Any, name),
                    given=True,
                    by="import",
                    at=AT,
                )
    page = phone.get("/m/privacy").text
    assert page.count("2 allowed") == 20
    assert "6 more" in page
    found = phone.get("/m/privacy?search=shop 24").text
    assert "Shop 24" in found
    assert found.count("<details") == 1
    assert "Nothing found" in phone.get("/m/privacy?search=nowhere").text


def test_all_that_is_known_is_given_as_a_file(served: Served) -> None:
    phone = Phone(served, A=3)
    answer = phone.get("/m/privacy/my-data.json")
    assert "attachment" in answer.headers["content-disposition"]
    said = answer.json()
    assert said["balances"]["available"] == 300
    assert len(said["history"]) == 1
    assert phone.number not in answer.text


def test_the_end_of_a_membership_needs_a_proof_and_leaves_nothing(served: Served) -> None:
    phone = Phone(served, A=3)
    assert phone.send("/m/privacy/erase").status_code == 422
    phone.forget_proof()
    assert phone.send("/m/privacy/erase", sure="yes").status_code == 422
    served.db.execute(
        "UPDATE access.member_session SET proved_at = %s WHERE id = %s",
        (clock.now(), phone.entered.who.id),
    )
    assert phone.send("/m/privacy/erase", sure="yes").status_code == 303
    assert members.get(served.db, phone.member).status == "closed"
    assert phone.get("/m").status_code == 303
    assert broken_laws(served.db) == {}


def test_it_can_be_installed_and_keeps_nothing_of_anybody(served: Served) -> None:
    served.sign_in(None)
    manifest = served.get("/m/app.webmanifest").json()
    assert (manifest["start_url"], manifest["display"]) == ("/m", "standalone")
    for icon in manifest["icons"]:
        assert served.get(icon["src"]).headers["content-type"] == icon["type"]
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert "maskable" in {icon["purpose"] for icon in manifest["icons"]}
    # A phone that reads no manifest's pictures is given one of its own.
    (own,) = re.findall('rel="apple-touch-icon" href="([^"]+)"', served.get("/m/sign-in").text)
    assert served.get(own).headers["content-type"] == "image/png"
    worker = served.get("/m/worker.js")
    assert worker.headers["service-worker-allowed"] == "/m"
    kept = worker.text.split("self.KEPT = [", 1)[1].split("]", 1)[0].split(",")
    paths = [path.strip('"') for path in kept]
    assert all(path.startswith("/assets/") for path in paths)
    assert all(served.get(path).status_code == 200 for path in paths)
