"""What the worker does on time, done over HTTP; verifications asked for, carried out and read."""

from datetime import timedelta
from typing import Any

import psycopg

from tests.api.conftest import Served, token
from tests.api.office import office
from tests.world import broken_laws, one
from tongbao.api import upkeep
from tongbao.kernel import clock
from tongbao.kernel.settings import Settings
from tongbao.points.operations import Award, Hold
from tongbao.upkeep.jobs import JOBS
from tongbao.upkeep.run import run


def let_time_pass(served: Served) -> None:
    """Give and hold points whose time is over by now."""
    ago = clock.now() - timedelta(days=3)
    soon = ago + timedelta(days=1)
    till: dict[str, Any] = {
        "scope": served.world.organisations["A"],
        "member": served.world.members[0],
        "outlet": served.world.outlets["A"],
    }
    for operation in (
        Award(key="1", points=900, **till),
        Award(key="2", points=70, expires_at=soon, **till),
        Award(key="3", points=40, release_at=soon, **till),
        Hold(key="4", points=100, expires_at=soon, **till),
    ):
        assert one(served.db, operation, ago).refusal is None


def work(served: Served, url: str) -> None:
    """Run the job that verifies, as a worker does."""
    job = next(one for one in JOBS if one.name == "verify")
    assert run(job, Settings(database_url=url), clock.now).outcome == "done"


def test_what_is_due_is_swept_once_and_answered_again(served: Served) -> None:
    let_time_pass(served)
    headers = served.headers("operator", "sweep-1") | {"Tongbao-Actor": "Lin"}
    first = served.client.post("/v1/sweeps", headers=headers)
    assert first.status_code == 200, first.text
    done = first.json()
    assert done["posted"] == {"expire_hold": 1, "release_pending": 1, "expire_lots": 1}
    assert done["points"] == {"expire_hold": 100, "release_pending": 40, "expire_lots": 70}
    assert (done["sealed"] > 0, done["more"]) == (True, False)
    again = served.client.post("/v1/sweeps", headers=headers)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert office(served, "operator").send("sweeps")["posted"] == {}
    log = served.db.execute("SELECT by FROM access.audit WHERE kind = 'upkeep.sweep'")
    assert log.fetchall() == [("Lin",), ("Lin",)]
    assert broken_laws(served.db) == {}


def test_what_takes_too_long_says_that_there_is_more(served: Served, monkeypatch: Any) -> None:
    let_time_pass(served)
    monkeypatch.setattr(upkeep, "_MOST", timedelta(0))
    operator = office(served, "operator")
    assert operator.send("sweeps") == {
        "posted": {}, "points": {}, "refused": {}, "failed": {}, "sealed": 0, "more": True,
    }  # fmt: skip
    assert operator.send("risk/watch") == {"events": 0, "found": 0, "more": True}
    assert operator.send("risk/sleepers", after="7") == {"locked": 0, "through": "7"}


def test_the_watch_and_the_sleepers_say_what_the_commands_print(served: Served) -> None:
    ago = clock.now() - timedelta(days=800)
    served.db.execute("UPDATE members.member SET enrolled_at = %s", (ago,))
    award = Award(
        key="old", scope=served.world.organisations["A"], member=served.world.members[0],
        outlet=served.world.outlets["A"], points=5,
    )  # fmt: skip
    assert one(served.db, award, ago).refusal is None
    operator = office(served, "operator")
    seen = operator.send("risk/watch")
    assert (seen["events"] > 0, seen["found"], seen["more"]) == (True, 0, False)
    assert operator.send("risk/watch")["events"] == 0
    last = str(served.world.members[0])
    assert operator.send("risk/sleepers", after=last) == {"locked": 0, "through": None}
    assert operator.send("risk/sleepers") == {"locked": 1, "through": None}
    assert operator.send("risk/sleepers") == {"locked": 0, "through": None}


def test_the_worker_says_how_its_jobs_go(served: Served, database_url: str) -> None:
    operator = office(served, "operator")
    before = {job["name"]: job for job in operator.get("worker")["jobs"]}
    assert list(before) == [job.name for job in JOBS]
    assert {job["state"] for job in before.values()} == {"never-run"}
    let_time_pass(served)
    operator.send("risk/watch")
    work(served, database_url)
    found = operator.get("worker")
    after = {job["name"]: job for job in found["jobs"]}
    assert (after["verify"]["state"], after["verify"]["runs"]) == ("done", 1)
    assert after["verify"]["next_at"] > after["verify"]["ended_at"]
    assert (found["workers"], found["running"]) == (0, 0)
    assert {one["reader"] for one in found["readers"]} == {"till.watch"}


def test_a_verification_is_asked_for_once_carried_out_and_read(
    served: Served, database_url: str
) -> None:
    let_time_pass(served)
    operator = office(served, "operator")
    asked = operator.try_to("verifications", "Lin")
    assert asked.status_code == 202, asked.text
    first = asked.json()
    assert (first["state"], first["asked_by"], first["incremental"]) == ("waiting", "Lin", False)
    assert operator.try_to("verifications", "Wu").json() == first
    other = operator.try_to("verifications", "Wu", incremental=True).json()
    assert other["id"] != first["id"]
    queue = "SELECT task_name, args ? 'timestamp' FROM procrastinate.procrastinate_jobs"
    assert served.db.execute(queue).fetchall() == [("verify", True)]

    work(served, database_url)
    listed = operator.get("verifications")["data"]
    assert [(one["id"], one["state"], one["broken"]) for one in listed] == [
        (other["id"], "holds", []), (first["id"], "holds", []),
    ]  # fmt: skip
    whole = operator.get(f"verifications/{first['id']}")
    assert whole["since"] is None
    assert whole["began_at"] <= whole["ended_at"]
    assert [one["law"] for one in whole["laws"]] == list(range(1, 14))
    assert all(one["holds"] and not one["offenders"] for one in whole["laws"])
    assert operator.get(f"verifications/{other['id']}")["since"] is not None
    assert operator.try_to("verifications", "Lin").json()["id"] != first["id"]


def test_what_breaks_a_law_is_read_with_its_rows(served: Served, database_url: str) -> None:
    operator = office(served, "operator")
    work(served, database_url)
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("INSERT INTO ledger.account VALUES (77, 'clearing', 'CNY', 500)")
    operator.try_to("verifications", "Lin")
    work(served, database_url)
    newest, scheduled = operator.get("verifications")["data"]
    assert (scheduled["origin"], scheduled["state"]) == ("schedule", "holds")
    assert (newest["origin"], newest["state"]) == ("person", "broken")
    assert 1 in newest["broken"]
    laws = {one["law"]: one for one in operator.get(f"verifications/{newest['id']}")["laws"]}
    assert not laws[1]["holds"]
    assert any("500" in str(one["row"].values()) for one in laws[1]["offenders"])
    items = operator.get("exceptions", kind="broken-law")["data"]
    assert [item["facts"]["law"] for item in items] == newest["broken"]


def test_verifications_come_in_pages_and_are_not_for_others(
    served: Served, database_url: str
) -> None:
    for _ in range(3):
        work(served, database_url)
    operator = office(served, "operator")
    page = operator.get("verifications", limit=2)
    rest = operator.get("verifications", limit=2, cursor=page["next"])
    ids = [int(one["id"]) for one in page["data"] + rest["data"]]
    assert (len(ids), ids, rest["next"]) == (3, sorted(ids, reverse=True), None)
    missing = served.client.get("/v1/verifications/999", headers=served.headers("operator"))
    assert (missing.status_code, missing.json()["code"]) == (404, "verification-not-found")
    refused = served.client.get("/v1/worker", headers=served.headers("A"))
    assert (refused.status_code, refused.json()["code"]) == (403, "operator-only")
    auditor = {"Authorization": f"Bearer {token(served.db, served.world.operator, 'auditor')}"}
    assert served.client.get("/v1/verifications", headers=auditor).status_code == 200
    asked = auditor | {"Idempotency-Key": "k", "Tongbao-Actor": "Lin"}
    refused = served.client.post("/v1/verifications", json={}, headers=asked)
    assert refused.json()["code"] == "scope-missing"
