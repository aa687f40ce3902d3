"""The feed of events: nothing is skipped, everybody sees what they may, and a caller may wait."""

import random
import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests import announced
from tests.api.conftest import Served
from tests.world import AT
from tongbao.events.outbox import Event, announce
from tongbao.events.types import TYPES
from tongbao.kernel import db as database

CARD = {"card": "CARD000001"}
AWARDED = "tongbao.points.awarded.v1"
PURCHASED = "tongbao.purchase.posted.v1"


def read(served: Served, who: str = "operator", **given: Any) -> dict[str, Any]:
    announced.wait(served.db)
    answer = served.client.get("/v1/events", params=given, headers=served.headers(who))
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def award(served: Served, key: str, at: str = "A") -> str:
    body = {"member": CARD, "outlet": at, "points": {"value": 10_000}}
    answer = served.client.post("/v1/awards", json=body, headers=served.headers(at, key))
    assert answer.status_code == 201, answer.text
    operation: str = answer.json()["id"]
    return operation


def buy(served: Served, key: str) -> None:
    body = {
        "member": CARD, "outlet": "C", "amount": {"value": 20_000}, "points": {"value": 15_000},
        "lines": [{"id": "1", "amount": {"value": 20_000}, "item": "a tent"}],
    }  # fmt: skip
    answer = served.client.post("/v1/purchases", json=body, headers=served.headers("C", key))
    assert answer.status_code == 201, answer.text


def test_what_happened_is_read_in_parts_and_the_last_cursor_leads_on(served: Served) -> None:
    made = [award(served, f"a{n}") for n in range(5)]
    first = read(served, limit=3)
    assert ([len(first["data"]), first["more"]]) == [3, True]
    rest = read(served, cursor=first["next"], limit=3)
    assert ([len(rest["data"]), rest["more"]]) == [2, False]
    said = [str(event["data"]["operation"]) for event in first["data"] + rest["data"]]
    assert said == made
    assert read(served, cursor=rest["next"]) == {
        "data": [], "next": rest["next"], "more": False,
    }  # fmt: skip
    later = award(served, "later")
    (event,) = read(served, cursor=rest["next"])["data"]
    assert str(event["data"]["operation"]) == later
    assert (event["specversion"], event["type"], event["source"]) == ("1.0", AWARDED, "/tongbao")
    assert event["time"] == event["timestamp"]


def test_everybody_sees_what_concerns_them(served: Served) -> None:
    award(served, "a", "A")
    award(served, "b", "B")
    buy(served, "p")
    a, b, c = (str(served.world.organisations[name]) for name in "ABC")
    told = {who: read(served, who)["data"] for who in ("A", "B", "C", "operator")}
    types = {who: [event["type"] for event in told[who]] for who in told}
    assert types == {
        "A": [AWARDED, PURCHASED],
        "B": [AWARDED, PURCHASED],
        "C": [PURCHASED],
        "operator": [AWARDED, AWARDED, PURCHASED],
    }
    assert told["C"][0] == told["operator"][-1]
    assert told["C"][0]["data"]["issuers"] == {a: 10_000, b: 5_000}
    of_b = told["B"][1]["data"]
    assert (of_b["issuers"], of_b["points"], of_b["organisation"]) == ({b: 5_000}, 5_000, int(c))
    assert "tent" not in str(of_b)
    assert [event["type"] for event in read(served, "A", types=PURCHASED)["data"]] == [PURCHASED]


def test_one_may_begin_at_a_time(served: Served) -> None:
    award(served, "a")
    now = datetime.now(UTC).isoformat()
    award(served, "b")
    assert len(read(served, since=now)["data"]) == 1
    assert len(read(served, since="2000-01-01T00:00:00Z")["data"]) == 2
    assert read(served, since="2100-01-01T00:00:00Z")["data"] == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"cursor": "nonsense"}, "cursor-malformed"),
        ({"types": "no.such.type"}, "choice-malformed"),
        ({"wait": 60}, "request-malformed"),
        ({"limit": 0}, "request-malformed"),
        ({"since": "yesterday"}, "request-malformed"),
    ],
)
def test_what_makes_no_sense_is_refused(served: Served, given: dict[str, Any], code: str) -> None:
    answer = served.client.get("/v1/events", params=given, headers=served.headers("A"))
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_who_waits_is_woken_by_an_event(served: Served) -> None:
    place = read(served)["next"]
    began = time.monotonic()
    assert read(served, cursor=place, wait=1)["data"] == []
    assert time.monotonic() - began >= 1
    threading.Timer(0.3, award, (served, "a")).start()
    woken = read(served, cursor=place, wait=20)
    assert len(woken["data"]) == 1
    assert time.monotonic() - began < 15


def test_nothing_is_skipped_while_many_write(served: Served, database_url: str) -> None:
    """Sixteen write at once, commit late and out of order, or not at all; one reads along."""
    written: set[int] = set()
    guard = threading.Lock()

    def write(writer: int) -> None:
        luck = random.Random(writer)
        with database.connect(database_url) as conn:
            for n in range(20):
                numbers = [writer * 10_000 + n * 10 + part for part in range(luck.randint(1, 3))]
                with conn.transaction() as block:
                    for number in numbers:
                        event = Event(number, TYPES[0], AT, '{"organisation":1,"operation":1}')
                        announce(conn, [event], AT)
                        time.sleep(luck.random() / 200)
                    if luck.random() < 0.1:
                        block.force_rollback = True
                        numbers = []
                with guard:
                    written.update(numbers)

    writers = [threading.Thread(target=write, args=(n,)) for n in range(1, 17)]
    for writer in writers:
        writer.start()
    seen: list[int] = []
    cursor: str | None = None
    while True:
        over = not any(writer.is_alive() for writer in writers)
        part = read(served, limit=50, wait=0, **({"cursor": cursor} if cursor else {}))
        seen += [int(event["subject"]) for event in part["data"]]
        cursor = part["next"]
        if over and not part["data"]:
            break
    assert len(seen) == len(set(seen))
    assert set(seen) == written
