"""Events reach whom they concern, signed, in order, at least once; nobody is told too much."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook

from tests.webhooks.conftest import KEY, Desk
from tests.world import AT, broken_laws, one
from tongbao.access.keys import OverlapMalformed
from tongbao.desk import exceptions
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award, Line, Purchase
from tongbao.webhooks import backoff, deliveries, endpoints, fanout, signing
from tongbao.webhooks.endpoints import ITEM, WebhookNotFound, WebhooksTooMany

SECRET = bytes(range(32))
PATIENCE = timedelta(days=5)


def verify(desk: Desk, place: int = -1, secret: bytes = SECRET) -> Any:
    """Check a call with the specification's own library; give what it said."""
    got = desk.receiver.got[place]
    checker = Webhook(signing.shown(secret))
    checker._Webhook__verify_timestamp = lambda _: AT  # type: ignore[attr-defined]
    checker.verify(got.body, got.headers)
    return msgspec.json.decode(got.body)


def award(desk: Desk, key: str, at: str = "A") -> None:
    one(
        desk.db,
        Award(
            key=key, scope=desk.world.organisations[at], member=desk.world.members[0],
            outlet=desk.world.outlets[at], points=10_000,
        ),
    )  # fmt: skip


def buy(desk: Desk, key: str, at: str = "C") -> None:
    """Pay a bill at C with points of A and B."""
    one(
        desk.db,
        Purchase(
            key=key, scope=desk.world.organisations[at], member=desk.world.members[0],
            outlet=desk.world.outlets[at], amount=20_000, points=15_000,
            lines=(Line("1", 20_000, "a tent"),),
        ),
    )  # fmt: skip


def test_what_happens_is_told_signed_and_in_order(desk: Desk) -> None:
    desk.hook("A", secret=SECRET)
    for n in range(5):
        award(desk, f"a{n}")
    desk.run()
    said = [verify(desk, n) for n in range(5)]
    assert [one["type"] for one in said] == ["tongbao.points.awarded.v1"] * 5
    assert [one["id"] for one in said] == desk.receiver.ids()
    assert [one["data"]["operation"] for one in said] == sorted(
        one["data"]["operation"] for one in said
    )
    assert {one["specversion"] for one in said} == {"1.0"}
    desk.run()
    assert len(desk.receiver.got) == 5
    assert broken_laws(desk.db) == {}


def test_each_is_told_what_concerns_it_and_no_more_than_it_may_see(desk: Desk) -> None:
    award(desk, "a")
    award(desk, "b", "B")
    desk.run()
    makers = {name: bytes([n]) * 32 for n, name in enumerate(("A", "C", "B", "operator"))}
    for name, secret in makers.items():
        desk.hook(name, "tongbao.purchase.posted.v1", secret=secret)
    buy(desk, "p")
    desk.run()
    award(desk, "not wanted")
    desk.run()
    told: dict[str, Any] = {}
    for place in range(len(desk.receiver.got)):
        for name, secret in makers.items():
            try:
                told[name] = verify(desk, place, secret)["data"]
            except Exception:  # noqa: BLE001 - of another's
                continue
    a, b, c = (desk.world.organisations[name] for name in "ABC")
    assert set(told) == set(makers)
    assert told["operator"] == told["C"]
    assert told["C"]["issuers"] == {str(a): 10_000, str(b): 5_000}
    assert told["C"]["lines"][0]["item"] == "a tent"
    assert told["A"]["issuers"] == {str(a): 10_000}
    assert told["B"]["issuers"] == {str(b): 5_000}
    assert {"lines", "cash", "outlet", "channel"} & set(told["A"]) == set()
    assert told["A"]["organisation"] == c


def test_who_is_not_concerned_is_told_nothing(desk: Desk) -> None:
    desk.hook("B")
    award(desk, "a")
    desk.run()
    assert desk.receiver.got == []


def test_a_receiver_that_fails_is_called_again_with_the_same_id(desk: Desk) -> None:
    endpoint = desk.hook("A", secret=SECRET)
    award(desk, "a")
    desk.receiver.decide = lambda _: 500
    desk.run()
    desk.run(AT + timedelta(seconds=3))  # not yet
    assert len(desk.receiver.got) == 1
    desk.receiver.decide = lambda _: 200
    desk.run(AT + timedelta(seconds=7))
    assert len(set(desk.receiver.ids())) == 1
    assert len(desk.receiver.got) == 2
    delivery, attempts = deliveries.get(desk.db, endpoint.id, desk.receiver.ids()[0])
    assert (delivery.state, delivery.attempts) == ("delivered", 2)
    assert [attempt.status for attempt in attempts] == [200, 500]


def test_a_redirect_is_not_followed(desk: Desk) -> None:
    endpoint = desk.hook("A")
    award(desk, "a")
    desk.receiver.decide = lambda _: 302
    desk.receiver.location = desk.receiver.url
    desk.run()
    assert len(desk.receiver.got) == 1
    found = deliveries.list_of(desk.db, endpoint.id)[0]
    assert found.state == "waiting"
    assert deliveries.get(desk.db, endpoint.id, found.event)[1][0].error == (
        "redirects are not followed"
    )


def test_a_receiver_that_is_down_is_left_alone_for_a_while(desk: Desk) -> None:
    endpoint = desk.hook("A")
    desk.receiver.decide = lambda _: 503
    for n in range(10):
        award(desk, f"a{n}")
    desk.run()
    assert len(desk.receiver.got) == 3
    assert endpoints.get(desk.db, endpoint.id).paused_until == AT + timedelta(seconds=10)
    assert fanout.due(desk.db, AT + timedelta(seconds=9)) == []
    desk.receiver.decide = lambda _: 200
    desk.run(AT + timedelta(seconds=11))
    assert len(set(desk.receiver.ids())) == 10


def test_after_days_of_failure_a_webhook_is_disabled_with_notice(desk: Desk) -> None:
    endpoint = desk.hook("A")
    award(desk, "a")
    desk.receiver.decide = lambda _: 500
    desk.run()
    desk.run(AT + PATIENCE + timedelta(minutes=1))
    found = endpoints.get(desk.db, endpoint.id)
    assert found.state == "disabled"
    assert found.disabled_because == "it has not answered well since 2026-05-01T04:00:00+00:00"
    items = exceptions.listed(desk.db, ITEM, now=AT)
    assert [item.facts["webhook"] for item in items] == [endpoint.id]
    told = desk.db.execute("SELECT type FROM events.event ORDER BY xid DESC LIMIT 1").fetchone()
    assert told == ("tongbao.webhook.disabled.v1",)
    desk.run(AT + PATIENCE + timedelta(days=1))
    assert len(desk.receiver.got) == 2
    with desk.db.transaction():
        endpoints.enable(desk.db, endpoint.id, at=AT)
    desk.receiver.decide = lambda _: 200
    desk.run(AT + PATIENCE + timedelta(days=1))
    assert deliveries.list_of(desk.db, endpoint.id, state="waiting") == []


def test_a_receiver_that_is_gone_is_called_no_more(desk: Desk) -> None:
    endpoint = desk.hook("A")
    award(desk, "a")
    desk.receiver.decide = lambda _: 410
    desk.run()
    assert endpoints.get(desk.db, endpoint.id).disabled_because == "it answers 410 Gone"


def test_two_secrets_sign_after_a_rotation_until_the_old_one_ends(desk: Desk) -> None:
    endpoint = desk.hook("A", secret=SECRET)
    fresh = bytes(32)
    with desk.db.transaction():
        endpoints.rotate(desk.db, endpoint.id, fresh, overlap=timedelta(hours=1), at=AT, key=KEY)
    award(desk, "a")
    desk.run()
    assert verify(desk, secret=SECRET) == verify(desk, secret=fresh)
    award(desk, "b")
    desk.run(AT + timedelta(hours=2))
    assert len(desk.receiver.got[-1].headers["webhook-signature"].split()) == 1
    with pytest.raises(OverlapMalformed):
        endpoints.rotate(desk.db, endpoint.id, fresh, overlap=timedelta(1_000), at=AT, key=KEY)


def test_what_was_delivered_is_sent_again_when_it_is_asked_for(desk: Desk) -> None:
    endpoint = desk.hook("A")
    award(desk, "a")
    award(desk, "b")
    desk.run()
    first, second = desk.receiver.ids()
    with desk.db.transaction():
        deliveries.send_again(desk.db, endpoint.id, second, AT)
    desk.run()
    assert desk.receiver.ids() == [first, second, second]
    with desk.db.transaction():
        fanout.replay(desk.db, endpoint, AT - timedelta(hours=1), by="Lin", at=AT)
    desk.run()
    assert desk.receiver.ids()[3:] == [first, second]
    with desk.db.transaction():
        fanout.replay(desk.db, endpoint, AT + timedelta(hours=1), by="Lin", at=AT)
    desk.run()
    assert len(desk.receiver.got) == 5


def test_a_ping_reaches_the_one_that_is_tried(desk: Desk) -> None:
    endpoint = desk.hook("A", "tongbao.purchase.posted.v1", secret=SECRET)
    desk.hook("A")
    desk.hook("operator")
    with desk.db.transaction():
        endpoints.ping(desk.db, endpoint, AT)
    desk.run()
    assert verify(desk)["type"] == "tongbao.webhook.pinged.v1"
    assert len(desk.receiver.got) == 1


def test_a_deleted_webhook_is_told_nothing_more(desk: Desk) -> None:
    endpoint = desk.hook("A")
    award(desk, "a")
    with desk.db.transaction():
        fanout.fan_out(desk.db, AT)
        endpoints.delete(desk.db, endpoint.id, at=AT)
    desk.run(only=[])
    assert (desk.receiver.got, fanout.due(desk.db, AT)) == ([], [])
    with pytest.raises(WebhookNotFound):
        endpoints.get(desk.db, endpoint.id)
    with pytest.raises(WebhookNotFound):
        endpoints.get(desk.db, 10**12)


def test_there_is_a_limit_to_how_many(desk: Desk) -> None:
    for _ in range(20):
        desk.hook("A")
    with pytest.raises(WebhooksTooMany):
        desk.hook("A")
    assert len(endpoints.list_of(desk.db, desk.world.organisations["A"])) == 20


def test_what_was_delivered_is_forgotten_after_a_month(desk: Desk, db: Connection) -> None:
    endpoint = desk.hook("A")
    award(desk, "a")
    desk.run()
    assert deliveries.forget(db, AT + timedelta(days=29)) == 0
    assert deliveries.forget(db, AT + timedelta(days=31)) == 1
    assert deliveries.list_of(db, endpoint.id) == []


def test_waits_grow_over_three_days_and_are_spread() -> None:
    waits = [backoff.wait(n, 0.5) for n in range(1, 11)]
    assert waits[-1] is None
    total = sum((wait for wait in waits if wait is not None), timedelta())
    assert timedelta(days=3) < total < timedelta(days=4)
    assert backoff.wait(1, 0.0) == timedelta(seconds=4)
    assert backoff.wait(1, 1.0) == timedelta(seconds=6)
    assert [backoff.pause(n) for n in (2, 3, 4, 99)] == [
        None, timedelta(seconds=10), timedelta(seconds=20), timedelta(minutes=10),
    ]  # fmt: skip
