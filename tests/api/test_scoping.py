"""Who may do what: every route is called with another's key and ids, by each role, and without.

A route that is new is tried, too: the reference says who sees what of it, and this holds it to it.
"""

import re
from typing import Any

import pytest

from tests.api import routes
from tests.api.conftest import Served, token
from tests.api.furnished import UNKNOWN, Thing, furnish, keys_of_roles
from tests.api.routes import Route
from tongbao.access.roles import OPERATOR_ROLES, ROLES, Role

ROUTES = [route for route, _ in routes.served()]
SAID = routes.documented()
CARD = {"card": "CARD000001"}

BODIES: dict[str, dict[str, Any]] = {
    "POST /v1/purchases": {
        "member": CARD, "outlet": "{outlet}", "amount": {"value": 1}, "points": {"value": 1},
    },
    "POST /v1/awards": {"member": CARD, "outlet": "{outlet}", "points": {"value": 1}},
    "POST /v1/holds": {"member": CARD, "outlet": "{outlet}", "points": {"value": 1}},
    "POST /v1/advices": {"member": CARD, "outlet": "{outlet}", "points": {"value": 1}},
    "POST /v1/refunds": {"original": "{original}"},
    "POST /v1/holds/{hold_id}/captures": {"points": {"value": 1}},
    "POST /v1/adjustments": {
        "member": CARD, "points": {"value": 1}, "reason": "x", "organisation": "{organisation}",
    },
    "POST /v1/disputes": {
        "debtor": UNKNOWN, "amount": {"value": 1}, "reason": "x", "evidence": "y",
        "creditor": "{organisation}", "reference": "z", "kind": "missing",
    },
    "POST /v1/disputes/{dispute}/answer": {"accept": True, "text": "x"},
    "POST /v1/quotes": {"member": CARD, "outlet": "{outlet}", "amount": {"value": 1}},
    "POST /v1/members/{member_id}/identities": {"kind": "card", "value": "NEW000001"},
    "POST /v1/members/{member_id}/identities/remove": {"kind": "card", "value": "CARD000000"},
    "POST /v1/members/{member_id}/merge": {"into": UNKNOWN},
    "PATCH /v1/members/{member_id}": {"spend_locked": True},
    "POST /v1/identifications": {"scanned": "CARD000001", "outlet": "{outlet}"},
    "POST /v1/terminal-keys": {
        "outlet": "{outlet}", "terminal": "till", "public_key": "ab" * 32, "by": "Lin",
    },
    "POST /v1/allowances": {
        "outlet": "{outlet}", "terminal": "till", "spend_points": {"value": 1}, "by": "Lin",
        "member_points": {"value": 1}, "award_amount": {"value": 1},
        "valid_until": "2100-01-01T00:00:00Z",
    },
    "POST /v1/risk/items/{item_id}/decision": {
        "verdict": "cleared", "by": "Lin", "reason": "x",
    },
    "POST /v1/risk/items/{item_id}/take-back": {"by": "Lin", "reason": "x"},
    "POST /v1/risk/limits": {
        "subject": "terminal", "measure": "spend", "span": "day", "uses": 1, "by": "Lin",
        "reason": "x", "organisation": "{organisation}",
    },
    "POST /v1/risk/proofs": {
        "proof": "pin", "by": "Lin", "reason": "x", "organisation": "{organisation}",
    },
    "POST /v1/members/{member_id}/reveal": {"reason": "x"},
    "POST /v1/one-time-codes": {"phone": "+8613812345678", "outlet": "{outlet}"},
    "POST /v1/webhooks": {
        "url": "https://shop.example/", "name": "x", "organisation": "{organisation}",
    },
    "PATCH /v1/webhooks/{webhook_id}": {"name": "other"},
    "POST /v1/webhooks/{webhook_id}/replays": {"since": "2026-05-01T00:00:00Z"},
    "PATCH /v1/staff/{staff_id}": {"disabled": True},
    "POST /v1/staff/{staff_id}/link": {"email": "lin@example.cn"},
    "POST /v1/staff": {
        "login": "new@example.cn", "name": "New", "role": "cashier",
        "organisation": "{organisation}",
    },
    "POST /v1/keys": {"role": "manager", "name": "x", "organisation": "{organisation}"},
}  # fmt: skip
"""What is sent where the body must be something, naming things as paths do."""

NAMES_NOTHING = {
    "POST /v1/reversals", "POST /v1/gifts", "POST /v1/members", "POST /v1/members/find",
    "POST /v1/bulk", "POST /v1/pins", "POST /v1/offline-uploads",
    "POST /v1/risk/items/{item_id}/decision", "POST /v1/risk/items/{item_id}/take-back",
}  # fmt: skip
"""Routes of one's own that name no thing of anybody: members are
found by what they show, and each call in a bulk is one that is tried here. What the watch has
found of another is tried where it is found (``test_till``)."""

QUERIES: dict[str, dict[str, str]] = {
    "POST /v1/reconciliations": {"day": "2026-05-01", "organisation": "{organisation}"},
    "GET /v1/windows/{window}/organisations/{organisation}/claims": {"kind": "claim_due"},
}


def fill(pattern: Any, things: dict[str, Thing], which: str) -> Any:
    """Put ids in place of their names; fails where nobody has said what a name stands for."""
    if isinstance(pattern, dict):
        return {name: fill(one, things, which) for name, one in pattern.items()}
    if isinstance(pattern, str):
        return re.sub(r"\{(\w+)\}", lambda m: getattr(things[m[1]], which), pattern)
    return pattern


def call(served: Served, route: Route, who: str, things: dict[str, Thing], which: str) -> Any:
    """Call a route as an organisation, with what is another's or nobody's."""
    key = f"{route.name}-{which}".replace(" ", "-")
    headers = served.headers(who, key) | {"Tongbao-Actor": "Lin", "If-Match": "*"}
    path = fill(route.path, things, which)
    query = fill(QUERIES.get(route.name, {}), things, which)
    body: Any = {"json": fill(BODIES.get(route.name, {}), things, which)}
    if route.name == "POST /v1/reconciliations":
        body = {"content": b"type,receipt\n"}
    if route.method == "GET":
        body = {}
    return served.client.request(route.method, path, params=query, headers=headers, **body)


def names_something(route: Route, things: dict[str, Thing]) -> bool:
    """Say whether the path, the query or the body of a route names somebody's thing."""
    said = f"{route.path} {QUERIES.get(route.name)} {BODIES.get(route.name)}"
    return any(
        things[name].theirs != things[name].nobodys for name in re.findall(r"\{(\w+)\}", said)
    )


def plain(answer: Any, things: dict[str, Thing]) -> dict[str, Any]:
    """Give a body without what the caller has said itself, and without the request's id."""
    text = re.sub(r'"request_id":"\w+"', "", answer.text)
    for thing in things.values():
        for given in (thing.theirs, thing.nobodys):
            text = re.sub(rf"(?<![\w-]){re.escape(given)}(?![\w-])", "…", text)
    return {"status": answer.status_code, "said": text}


def test_anothers_things_look_like_nobodys_on_every_route(served: Served) -> None:
    things = furnish(served)
    wrong = []
    for route in ROUTES:
        if SAID[route.name].who != "own" or not names_something(route, things):
            continue
        theirs = call(served, route, "A", things, "theirs")
        nobodys = call(served, route, "A", things, "nobodys")
        if theirs.status_code != 404 or plain(theirs, things) != plain(nobodys, things):
            wrong.append((route.name, theirs.text, nobodys.text))
    assert wrong == []


def test_lists_show_nothing_of_anothers(served: Served) -> None:
    things = furnish(served)
    b = things["organisation"].theirs
    wrong = []
    for route in ROUTES:
        if SAID[route.name].who != "own" or route.method != "GET":
            continue
        if names_something(route, things):
            continue
        answer = call(served, route, "A", things, "theirs")
        owners = re.findall(r'"(?:organisation|issuer|owner|debtor|creditor)":"(\d+)"', answer.text)
        if answer.status_code not in (200, 404, 422) or b in owners:
            wrong.append((route.name, answer.text))
        narrowed = served.client.get(
            fill(route.path, things, "theirs"), params={"organisation": b},
            headers=served.headers("A"),
        )  # fmt: skip
        if narrowed.status_code == 200 and b in narrowed.text:
            wrong.append((route.name, narrowed.text))
    assert wrong == []


def test_a_route_of_ones_own_names_something_or_somebody_has_said_that_it_does_not(
    served: Served,
) -> None:
    things = furnish(served)
    silent = [
        route.name
        for route in ROUTES
        if SAID[route.name].who == "own" and route.method != "GET"
        and not names_something(route, things) and route.name not in NAMES_NOTHING
    ]  # fmt: skip
    assert silent == [], "say in BODIES what is sent, with the name of the thing in braces"


def test_nothing_is_open_without_a_key_but_what_says_so(served: Served) -> None:
    wrong = []
    for route in ROUTES:
        path = routes.sample(route)
        for headers in ({}, {"Authorization": "Bearer tbk_1_" + "A" * 43}):
            answer = served.client.request(route.method, path, headers=headers)
            if (answer.status_code == 401) is (SAID[route.name].who == "open"):
                wrong.append((route.name, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("role", ["admin", "manager"])
def test_a_key_without_the_scope_is_refused(served: Served, role: Role) -> None:
    who = served.world.operator if role in OPERATOR_ROLES else served.world.organisations["A"]
    wrong = []
    for scope in sorted({route.scope for route in ROUTES}.intersection(ROLES[role])):
        rest = [one for one in ROLES[role] if one != scope]
        headers = {"Authorization": f"Bearer {token(served.db, who, role, rest)}"}
        for route in ROUTES:
            if route.scope == scope:
                path = routes.sample(route)
                answer = served.client.request(route.method, path, headers=headers)
                if (answer.status_code, answer.json().get("code")) != (403, "scope-missing"):
                    wrong.append((route.name, answer.text))
    assert wrong == []


def test_each_role_may_do_what_its_scopes_say_and_no_more(served: Served) -> None:
    wrong = []
    for role, key in keys_of_roles(served).items():
        for route in ROUTES:
            if SAID[route.name].who == "open":
                continue
            scoped = route.scope in ROLES[role]
            expected = "scope-missing" if not scoped else None
            if scoped and SAID[route.name].who == "operator" and role not in OPERATOR_ROLES:
                expected = "operator-only"
            if expected is None and route.method == "GET":
                continue  # what it answers is looked at elsewhere
            path = routes.sample(route)
            answer = served.client.request(
                route.method, path, headers={"Authorization": f"Bearer {key}"}
            )
            code = answer.json().get("code")
            if code != expected and (expected or code in ("scope-missing", "operator-only")):
                wrong.append((role, route.name, answer.text))
    assert wrong == []
