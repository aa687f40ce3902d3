"""Personal data: masked, shown whole to few, with a reason that is logged; secrets nowhere."""

import logging
from typing import Any

import pytest
from msgspec.structs import replace

from tests.api.conftest import Served, token
from tests.api.test_oauth import GRANT, ask
from tongbao.access import audit, signing
from tongbao.hosting import member_sign_in, parts, sign_in
from tongbao.kernel.errors import Refusal
from tongbao.kernel.settings import DEVELOPMENT_SECRET

PHONE, CARD = "13812345678", "620012345678901"


def enrol(served: Served) -> str:
    identities = [
        {"kind": "phone", "value": PHONE},
        {"kind": "card", "value": CARD},
        {"kind": "external", "value": "customer-77"},
    ]
    answer = served.client.post(
        "/v1/members", json={"identities": identities}, headers=served.headers("A", "enrol")
    )
    assert answer.status_code == 201, answer.text
    assert [PHONE in answer.text, CARD in answer.text] == [False, False]
    said: dict[str, Any] = answer.json()
    masked = sorted(one["masked"] for one in said["identities"])
    assert masked == ["****5678", "****8901", "****r-77"]
    made: str = said["id"]
    return made


def reveal(served: Served, who: str, member: str, reason: str = "lost card") -> Any:
    return served.client.post(
        f"/v1/members/{member}/reveal", json={"reason": reason}, headers=served.headers(who)
    )


def test_who_may_sees_it_whole_and_that_is_logged_with_its_reason(served: Served) -> None:
    member = enrol(served)
    shown = reveal(served, "A", member)
    assert shown.status_code == 200, shown.text
    found = {one["kind"]: one.get("value") for one in shown.json()["identities"]}
    assert found == {"phone": None, "card": CARD, "external": "customer-77"}
    (entry,) = audit.listed(served.db, kind="member-revealed")
    assert (entry.subject, entry.facts) == (f"member {member}", {"reason": "lost card"})
    assert entry.organisation_id == served.world.organisations["A"]
    assert entry.by.startswith("key ")
    assert len(reveal(served, "operator", member).json()["identities"]) == 3


def test_others_see_nothing_and_nothing_is_logged(served: Served) -> None:
    member = enrol(served)
    assert reveal(served, "B", member).status_code == 404
    served.tokens["A"] = token(served.db, served.world.organisations["A"], "cashier")
    refused = reveal(served, "A", member)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
    assert reveal(served, "operator", member, " ").status_code == 400
    assert audit.listed(served.db, kind="member-revealed") == []


def test_no_secret_is_in_the_log_after_a_day_of_calls(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """All that signs in, with what is right and what is wrong; codes go to a sender."""
    caplog.set_level(logging.DEBUG)
    member = enrol(served)
    reveal(served, "A", member)
    partner = token(served.db, served.world.organisations["A"], "partner")
    kind, number, secret = partner.split("_", 2)
    got = ask(served, (f"{kind}_{number}", secret), **GRANT).json()["access_token"]
    ask(served, (f"{kind}_{number}", "wrong" * 8 + "abc"), **GRANT)
    signing_secret = signing.arm(
        served.db, int(number), b"s" * 32, required=True, key=DEVELOPMENT_SECRET
    )
    for given in (partner, got, "tbk_1_" + "w" * 43):
        served.client.get(f"/v1/members/{member}", headers={"Authorization": f"Bearer {given}"})
    shared = replace(
        served.client.app.state.parts,
        settings=replace(served.client.app.state.parts.settings, code_sender="nobodys"),
    )
    assert isinstance(shared, parts.Parts)
    for attempt in (
        lambda: sign_in.enter(shared, "wei", "a wrong password", device="", address="::1"),
        lambda: member_sign_in.send_code(shared, PHONE, address="::1"),
        lambda: member_sign_in.enter(
            shared, PHONE, "271828", enrol=False, device="", address="::1"
        ),
    ):
        with pytest.raises(Refusal):
            attempt()
    served.client.post("/v1/awards", content=b"{", headers=served.headers("A", "broken"))
    ours = [record for record in caplog.records if not record.name.startswith("httpcore")]
    said = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in ours)
    secrets_given = (
        partner, secret, got, signing_secret, served.tokens["A"], served.tokens["operator"],
        PHONE, CARD, "a wrong password", "271828", DEVELOPMENT_SECRET,
    )  # fmt: skip
    assert [one for one in secrets_given if one in said] == []
    assert said, "something was logged at all"
