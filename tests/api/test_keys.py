"""Keys over HTTP: shown once, replaced with an overlap, ended; none gives more than it has."""

from tests.api.conftest import Served, token
from tests.api.office import Office, office
from tongbao.access.roles import ROLES


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
