"""Keys over HTTP: shown once, replaced with an overlap, made to sign, limited, ended.

None gives more than it has.
"""

import base64
import secrets
from typing import Any

from tests.api.conftest import Served, token
from tests.api.office import Office, office
from tongbao.access import audit, keys, signing
from tongbao.access.roles import ROLES
from tongbao.kernel import clock


def test_a_token_is_shown_once(served: Served) -> None:
    headers = served.headers("A", "first") | {"Tongbao-Actor": "Lin"}
    body = {"role": "cashier", "name": "till 7"}
    made = served.client.post("/v1/keys", json=body, headers=headers)
    assert made.status_code == 201, made.text
    assert made.json()["key"]["scopes"] == list(ROLES["cashier"])
    again = served.client.post("/v1/keys", json=body, headers=headers)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == made.json() | {"token": None}
    found = served.client.get("/v1/keys", headers=headers)
    assert made.json()["token"] not in found.text
    kept = served.db.execute("SELECT count(*) FROM kernel.once WHERE answer::text LIKE '%tbk_%'")
    assert kept.fetchone() == (0,)


def test_a_key_is_replaced_and_ended(served: Served) -> None:
    a = office(served, "A")
    made = a.send("keys", role="manager", name="office")
    number = made["key"]["id"]
    new = a.send(f"keys/{number}/rotate", overlap_hours=1)
    assert new["key"]["replaces"] == number
    assert Office(served.client, new["token"]).get(f"keys/{number}")["expires_at"] is not None
    assert a.send(f"keys/{number}/revoke", by="Wu")["revoked_by"] == "Wu"
    gone = a.try_to(f"keys/{number}/rotate")
    assert (gone.status_code, gone.json()["code"]) == (422, "api-key-ended")
    dead = served.client.get("/v1/keys", headers={"Authorization": f"Bearer {made['token']}"})
    assert (dead.status_code, dead.json()["code"]) == (401, "key-unknown")


def test_no_key_gives_what_it_has_not_got(served: Served) -> None:
    who = served.world.organisations["A"]
    poor = Office(served.client, token(served.db, who, "manager", ["keys:write", "points:read"]))
    refused = poor.try_to("keys", role="manager", name="all")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-exceeded")
    assert poor.send("keys", role="cashier", name="reader", scopes=["points:read"])["token"]
    rich = served.tokens["A"].split("_")[1]
    assert poor.try_to(f"keys/{rich}/rotate").json()["code"] == "scope-exceeded"
    for role in ("admin", "settlement"):
        answer = office(served, "A").try_to("keys", role=role, name="x")
        assert answer.status_code in (403, 422), answer.text


def signed(served: Served, key_id: str, secret: str) -> Any:
    """Read the keys of a key's organisation, with a request that is signed."""
    nonce = secrets.token_urlsafe(18)
    created = int(clock.now().timestamp())
    covered = (
        f'till=("@method" "@path" "@query");created={created};keyid="tbk_{key_id}";nonce="{nonce}"'
    )
    asked = signing.Request(method="GET", path="/v1/keys", query="", headers={}, body=b"")
    value = signing.sign(covered, asked, base64.b64decode(secret))
    return served.client.get("/v1/keys", headers={"Signature-Input": covered, "Signature": value})


def test_a_key_is_made_to_sign_its_secret_shown_once_and_stops(served: Served) -> None:
    headers = served.headers("A", "sign-1") | {"Tongbao-Actor": "Lin"}
    a = office(served, "A")
    made = a.send("keys", role="manager", name="till 8")
    number = made["key"]["id"]
    assert (made["key"]["signs"], made["key"]["signing_required"]) == (False, False)
    path = f"/v1/keys/{number}/sign"
    armed = served.client.post(path, json={}, headers=headers)
    assert armed.status_code == 201, armed.text
    key, secret = armed.json()["key"], armed.json()["secret"]
    assert (key["signs"], key["signing_required"]) == (True, True)
    assert signed(served, number, secret).status_code == 200
    refused = served.client.get("/v1/keys", headers={"Authorization": f"Bearer {made['token']}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "signature-needed")

    again = served.client.post(path, json={}, headers=headers)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == armed.json() | {"secret": None}
    assert signed(served, number, secret).status_code == 200
    kept = served.db.execute(
        "SELECT count(*) FROM kernel.once WHERE position(%s IN answer::text) > 0", [secret]
    )
    assert kept.fetchone() == (0,)
    noted = audit.listed(served.db, kind="keys.sign")
    assert [(one.by, one.subject) for one in noted] == [("Lin", f"POST {path}")]

    stopped = a.send(f"keys/{number}/sign/stop", by="Wu")
    assert (stopped["signs"], stopped["signing_required"]) == (False, False)
    good = served.client.get("/v1/keys", headers={"Authorization": f"Bearer {made['token']}"})
    assert good.status_code == 200, good.text


def test_the_token_stays_good_beside_a_signature_for_a_changeover(served: Served) -> None:
    a = office(served, "A")
    made = a.send("keys", role="manager", name="till 9")
    number = made["key"]["id"]
    armed = a.send(f"keys/{number}/sign", optional=True)
    assert (armed["key"]["signs"], armed["key"]["signing_required"]) == (True, False)
    good = served.client.get("/v1/keys", headers={"Authorization": f"Bearer {made['token']}"})
    assert good.status_code == 200
    assert signed(served, number, armed["secret"]).status_code == 200


def test_no_key_makes_one_sign_that_may_more_nor_anothers(served: Served) -> None:
    who = served.world.organisations["A"]
    poor = Office(served.client, token(served.db, who, "manager", ["keys:write", "points:read"]))
    a = office(served, "A")
    rich = served.tokens["A"].split("_")[1]
    anothers = served.tokens["B"].split("_")[1]
    for path in ("sign", "sign/stop"):
        refused = poor.try_to(f"keys/{rich}/{path}")
        assert (refused.status_code, refused.json()["code"]) == (403, "scope-exceeded")
        refused = a.try_to(f"keys/{anothers}/{path}")
        assert (refused.status_code, refused.json()["code"]) == (404, "api-key-not-found")
        assert not keys.get(served.db, int(rich)).signs
    mistyped = a.try_to(f"keys/{rich}/sign", optional="perhaps")
    assert (mistyped.status_code, mistyped.json()["code"]) == (400, "request-malformed")


def test_the_operator_says_how_often_a_key_may_ask_and_nobody_else(served: Served) -> None:
    a, operator = office(served, "A"), office(served, "operator")
    made = a.send("keys", role="manager", name="nightly")
    number = made["key"]["id"]
    assert made["key"]["rate_limit"] is None
    limited = operator.send(f"keys/{number}/limit", by="Wu", rate_limit=2)
    assert (limited["id"], limited["rate_limit"]) == (number, 2)
    assert a.get(f"keys/{number}")["rate_limit"] == 2
    noted = audit.listed(served.db, kind="keys.limit")
    assert [(one.by, one.subject) for one in noted] == [("Wu", f"POST /v1/keys/{number}/limit")]

    headers = {"Authorization": f"Bearer {made['token']}"}
    said = [served.client.get("/v1/keys", headers=headers) for _ in range(3)]
    assert [one.status_code for one in said] == [200, 200, 429]
    assert said[0].headers["ratelimit-policy"] == '"key";q=2;w=60'

    own = a.try_to(f"keys/{number}/limit", rate_limit=1_000)
    assert (own.status_code, own.json()["code"]) == (403, "operator-only")
    for bad in ({"rate_limit": 0}, {"rate_limit": 10**9 + 1}, {"rate_limit": 1.5}, {}):
        refused = operator.try_to(f"keys/{number}/limit", **bad)
        assert (refused.status_code, refused.json()["code"]) == (400, "request-malformed")
    nobodys = operator.try_to("keys/999999999/limit", rate_limit=5)
    assert (nobodys.status_code, nobodys.json()["code"]) == (404, "api-key-not-found")
    assert keys.get(served.db, int(number)).rate_limit == 2
    lifted = operator.send(f"keys/{number}/limit", rate_limit=None)
    assert lifted["rate_limit"] is None
