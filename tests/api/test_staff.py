"""Staff over HTTP: added, changed, reset; nobody gives more than the own key allows; the log."""

import base64
import secrets
from typing import Any

import pyotp
from litestar.testing import TestClient

from tests.access.conftest import PASSWORD
from tests.api.conftest import Served, token
from tests.world import AT
from tongbao.access import invitations, keys, sealing, sessions, staff
from tongbao.api import app
from tongbao.kernel import clock
from tongbao.kernel.settings import DEVELOPMENT_SECRET, Settings


def add(served: Served, who: str, key: str, **more: str) -> Any:
    body = {"login": "wei", "name": "韦玲", "role": "cashier", **more}
    return served.client.post("/v1/staff", json=body, headers=served.headers(who, key))


def change(served: Served, who: str, number: str, tag: str, **more: Any) -> Any:
    headers = served.headers(who) | {"If-Match": tag}
    return served.client.patch(f"/v1/staff/{number}", json=more, headers=headers)


def test_somebody_is_added_shown_changed_and_reset(served: Served) -> None:
    made = add(served, "A", "1", outlet="A")
    assert made.status_code == 201, made.text
    said, person = made.json(), made.json()["staff"]
    assert (person["status"], person["second_factor"]) == ("invited", False)
    again = add(served, "A", "1", outlet="A").json()
    assert (again["staff"], again["invitation"]) == (person, None)  # shown once
    invitations.redeem(
        served.db, said["invitation"], "correct horse battery", b"s" * 16, clock.now()
    )
    path = f"/v1/staff/{person['id']}"
    shown = served.client.get(path, headers=served.headers("A"))
    assert shown.json()["status"] == "active"
    stale = change(served, "A", person["id"], '"old"', name="x")
    assert stale.status_code == 412
    changed = change(served, "A", person["id"], shown.headers["etag"], role="manager", outlet=None)
    assert changed.status_code == 200, changed.text
    assert changed.json()["role"] == "manager"
    assert "outlet" not in changed.json()
    answer = served.client.post(
        path + "/reset", json={"second_factor": True}, headers=served.headers("A", "2")
    )
    assert answer.json()["invitation"].startswith("tbi_")
    log = served.client.get("/v1/audit", headers=served.headers("A")).json()["data"]
    assert [entry["kind"] for entry in log] == [
        "password-reset-begun", "second-factor-removed", "staff-changed", "staff-added",
    ]  # fmt: skip
    assert log[-1]["subject"] == "staff wei"


def test_staff_are_listed_of_one_organisation(served: Served) -> None:
    add(served, "A", "1")
    add(served, "B", "2", login="min")
    for name, login in (("A", "wei"), ("B", "min")):
        answer = served.client.get(
            "/v1/staff", params={"organisation": str(served.world.organisations[name])},
            headers=served.headers("operator"),
        )  # fmt: skip
        assert [one["login"] for one in answer.json()["data"]] == [login]


def test_somebody_is_linked_to_single_sign_on_and_unlinked(
    served: Served, database_url: str
) -> None:
    number = add(served, "A", "1", role="manager").json()["staff"]["id"]
    path = f"/v1/staff/{number}"
    missing = served.client.post(
        path + "/link", json={"email": "wei@example.cn"}, headers=served.headers("A", "2")
    )
    assert (missing.status_code, missing.json()["code"]) == (422, "sso-missing")
    settings = Settings(
        database_url=database_url, public_url="https://points.example.cn",
        oidc_issuer="https://id.example.cn", oidc_client_id="tongbao",
    )  # fmt: skip
    with TestClient(app.make(settings)) as client:

        def send(where: str, key: str, who: str = "A", **body: str) -> Any:
            headers = served.headers(who, key)
            return client.post(f"{path}/{where}", json=body, headers=headers)

        linked = send("link", "3", email="Wei@example.cn")
        assert linked.status_code == 201, linked.text
        assert linked.json()["issuer"] == "https://id.example.cn"
        assert (linked.json()["email"], linked.json()["subject"]) == ("wei@example.cn", None)
        (seen,) = client.get(path + "/links", headers=served.headers("A")).json()["data"]
        assert seen == linked.json()
        for where in ("link", "unlink"):
            refused = send(where, f"4-{where}", "B", email="b@example.cn")
            assert (refused.status_code, refused.json()["code"]) == (404, "staff-not-found")
        less = token(served.db, served.world.organisations["A"], "manager", ["staff:write"])
        poor = {"Authorization": f"Bearer {less}", "Idempotency-Key": "5"}
        refused = client.post(f"{path}/link", json={"email": "x@example.cn"}, headers=poor)
        assert (refused.status_code, refused.json()["code"]) == (403, "scope-exceeded")
        assert send("unlink", "6").json()["id"] == number
        again = send("unlink", "7")
        assert (again.status_code, again.json()["code"]) == (404, "sso-link-not-found")
        assert client.get(path + "/links", headers=served.headers("A")).json()["data"] == []
    log = served.client.get("/v1/audit", headers=served.headers("A")).json()["data"]
    assert [entry["kind"] for entry in log][:2] == ["sso-unlinked", "sso-linked"]


def test_others_see_and_change_nothing(served: Served) -> None:
    person = add(served, "A", "1").json()["staff"]
    path = f"/v1/staff/{person['id']}"
    for answer in (
        served.client.get(path, headers=served.headers("B")),
        change(served, "B", person["id"], "*", disabled=True),
        served.client.post(path + "/reset", json={}, headers=served.headers("B", "2")),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "staff-not-found")
    assert served.client.get("/v1/staff", headers=served.headers("B")).json()["data"] == []
    assert served.client.get("/v1/audit", headers=served.headers("B")).json()["data"] == []
    elsewhere = add(served, "B", "3", organisation=str(served.world.organisations["A"]))
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "organisation-not-found")
    own = add(served, "B", "4", organisation=str(served.world.organisations["B"]))
    assert own.json()["code"] == "login-taken"  # and it would have been B's
    assert len(served.client.get("/v1/staff", headers=served.headers("operator")).json()["data"])


def test_nobody_gives_more_than_the_own_key_allows(served: Served) -> None:
    person = add(served, "A", "1", role="manager").json()["staff"]
    served.tokens["A"] = token(served.db, served.world.organisations["A"], "cashier")
    assert add(served, "A", "2", login="min").json()["code"] == "scope-missing"
    less = ["staff:write", "points:read"]
    served.tokens["A"] = keys.create(
        served.db, served.world.organisations["A"], "manager", "less", secrets.token_urlsafe(32),
        by="Lin", at=AT, scopes=less,
    )[1]  # fmt: skip
    refused = add(served, "A", "3", login="min")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-exceeded")
    for body in ({"role": "manager"}, {"disabled": True}):
        answer = change(served, "A", person["id"], "*", **body)
        assert answer.json()["code"] == "scope-exceeded"
    assert not staff.find(served.db, "wei").disabled
    assert add(served, "A", "4", role="partner").status_code == 400


def test_staff_get_a_token_with_name_password_and_code(served: Served) -> None:
    secret = b"a secret of 20 bytes"
    made = staff.add(
        served.db, served.world.operator, "lin", "Lin", "settlement", by="Lin", at=clock.now()
    )
    invitation = invitations.invite(
        served.db, made.id, secrets.token_urlsafe(32), by="Lin", at=clock.now()
    )
    invitations.redeem(served.db, invitation, PASSWORD, b"s" * 16, clock.now())

    def ask(code: str, **more: Any) -> Any:
        body = {"login": "lin", "password": PASSWORD, "code": code, **more}
        return served.client.post("/v1/staff/tokens", json=body)

    missing = ask("123456")
    assert (missing.status_code, missing.json()["code"]) == (403, "totp-missing")
    sealed = sealing.seal(secret, f"totp {made.id}", DEVELOPMENT_SECRET)
    served.db.execute("UPDATE access.staff SET totp = %s, totp_since = now()", (sealed,))
    phone = pyotp.TOTP(base64.b32encode(secret).decode())
    wrong = ask("000000", password="not this one at all")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "sign-in-refused")
    assert ask("12345x").json()["code"] == "totp-refused"
    given = ask(phone.now(), scopes=["audit:read"])
    assert given.status_code == 200, given.text
    assert (given.json()["scopes"], given.json()["expires_in"]) == (["audit:read"], 43_200)
    headers = {"Authorization": f"Bearer {given.json()['token']}"}
    log = served.client.get("/v1/audit", headers=headers).json()["data"]
    assert [entry["kind"] for entry in log][:2] == ["staff-token-made", "sign-in"]
    assert log[0]["by"] == "lin"
    assert served.client.get("/v1/staff", headers=headers).json()["code"] == "scope-missing"
    assert sessions.list_of(served.db, made.id, clock.now()) == []
    assert ask(phone.now()).json()["code"] == "totp-refused"  # good once
