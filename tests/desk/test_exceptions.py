"""Exception items: raised once, closed once by somebody, and older every day."""

import threading
from datetime import timedelta

import pytest

from tests.world import AT
from tongbao.desk import exceptions
from tongbao.desk.exceptions import ExceptionClosed, ExceptionItem, ExceptionNotFound, NewItem
from tongbao.desk.facts import FactsTooLong
from tongbao.kernel import db as database
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.kernel.texts import CodeMalformed, TextMalformed

LATER = AT + timedelta(days=3, hours=5)


def raise_one(conn: Connection, subject: str = "line 7", kind: str = "bank") -> ExceptionItem:
    return exceptions.raise_item(conn, kind, 12, subject, {"amount": 1, "note": "通\0宝\x1e\\"}, AT)


def test_an_item_waits_and_grows_older(db: Connection) -> None:
    raised = raise_one(db)
    assert (raised.state, raised.age, raised.organisation_id) == ("open", 0, 12)
    assert raised.facts == {"amount": 1, "note": "通\0宝\x1e\\"}
    (listed,) = exceptions.listed(db, now=LATER)
    assert (listed.id, listed.age) == (raised.id, 3)
    assert exceptions.get(db, raised.id, now=AT - timedelta(days=2)).age == 0


def test_the_same_subject_is_raised_once(db: Connection) -> None:
    first = raise_one(db)
    again = exceptions.raise_item(db, "bank", None, "line 7", {"other": True}, LATER)
    assert (again.id, again.facts, again.raised_at) == (first.id, first.facts, AT)
    assert raise_one(db, kind="till").id != first.id
    assert raise_one(db, "line 8").id != first.id


def test_what_was_closed_is_not_raised_again(db: Connection) -> None:
    item = raise_one(db)
    closed = exceptions.close_item(
        db, item.id, by="Zhao Min", how="written-off", reason="one fen", at=LATER
    )
    assert (closed.state, closed.closed_by, closed.closed_how) == (
        "closed", "Zhao Min", "written-off",
    )  # fmt: skip
    assert (closed.closed_reason, closed.closed_at, closed.age) == ("one fen", LATER, 3)
    assert exceptions.get(db, item.id, now=LATER + timedelta(days=9)).age == 3
    assert raise_one(db).state == "closed"
    assert exceptions.listed(db, now=LATER) == []
    assert [i.id for i in exceptions.listed(db, now=LATER, state=None)] == [item.id]


def test_an_item_is_closed_once(db: Connection) -> None:
    item = raise_one(db)
    exceptions.close_item(db, item.id, by="Zhao Min", how="posted", reason="found", at=LATER)
    with pytest.raises(ExceptionClosed, match="closed by Zhao Min: posted"):
        exceptions.close_item(db, item.id, by="Sun Li", how="lost", reason="not found", at=LATER)


def test_of_two_who_close_it_at_once_one_is_told_so(db: Connection, database_url: str) -> None:
    item, ready, told = raise_one(db), threading.Barrier(2), list[str]()

    def close(by: str) -> None:
        with database.connect(database_url) as conn:
            ready.wait()
            try:
                with conn.transaction():
                    exceptions.close_item(conn, item.id, by=by, how="x", reason="y", at=LATER)
                    conn.execute("SELECT pg_sleep(0.2)")
                told.append("closed")
            except ExceptionClosed:
                told.append("told")

    people = [threading.Thread(target=close, args=(by,)) for by in ("Zhao Min", "Sun Li")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(told) == ["closed", "told"]


@pytest.mark.parametrize("number", [0, -5, 99, 2**63])
def test_what_is_not_there_is_not_found(db: Connection, number: int) -> None:
    with pytest.raises(ExceptionNotFound):
        exceptions.get(db, number, now=AT)
    with pytest.raises(ExceptionNotFound):
        exceptions.close_item(db, number, by="Zhao Min", how="x", reason="y", at=LATER)


def test_what_makes_no_sense_is_refused(db: Connection) -> None:
    with pytest.raises(CodeMalformed):
        exceptions.raise_item(db, "no spaces", None, "x", {}, AT)
    with pytest.raises(TextMalformed):
        exceptions.raise_item(db, "bank", None, "", {}, AT)
    with pytest.raises(TextMalformed):
        exceptions.raise_item(db, "bank", None, "x" * (limits.KEY + 1), {}, AT)
    with pytest.raises(FactsTooLong):
        exceptions.raise_item(db, "bank", None, "x", {"a": "x" * limits.FACTS}, AT)
    item = raise_one(db)
    for by, how, reason in (("", "x", "y"), ("Zhao", "no spaces", "y"), ("Zhao", "x", "")):
        with pytest.raises((TextMalformed, CodeMalformed)):
            exceptions.close_item(db, item.id, by=by, how=how, reason=reason, at=LATER)
    assert exceptions.get(db, item.id, now=AT).state == "open"


def test_many_are_raised_and_closed_in_one_statement_each(db: Connection) -> None:
    subjects = [f"line {n}" for n in range(2_000)]
    items = [NewItem(kind="bank", subject=s, facts={"n": n}) for n, s in enumerate(subjects)]
    exceptions.raise_items(db, items + items[:5], AT)
    exceptions.raise_items(db, items, LATER)
    assert db.execute("SELECT count(*) FROM desk.exception_item").fetchone() == (2_000,)
    exceptions.close_subjects(
        db, "bank", subjects[:1_990], by="till", how="reversed", reason="undone", at=LATER
    )
    assert [i.facts["n"] for i in exceptions.listed(db, now=LATER)] == list(range(1_990, 2_000))
    exceptions.raise_items(db, [], AT)
    exceptions.close_subjects(db, "bank", [], by="x", how="x", reason="x", at=AT)


def test_they_are_listed_in_pages(db: Connection) -> None:
    ids = [
        exceptions.raise_item(db, kind, who, f"{who}", {}, AT).id
        for kind in ("advice", "till")
        for who in (1, 2, None)
    ]
    assert [i.id for i in exceptions.listed(db, now=AT)] == ids
    assert [i.id for i in exceptions.listed(db, "till", now=AT)] == ids[3:]
    assert [i.id for i in exceptions.listed(db, organisation=2, now=AT)] == [ids[1], ids[4]]
    assert [i.id for i in exceptions.listed(db, limit=2, after=ids[1], now=AT)] == ids[2:4]


def test_somebody_works_on_an_item_until_it_is_closed(db: Connection) -> None:
    raised = raise_one(db)
    taken = exceptions.assign(db, raised.id, " Lin  Mei ", by="Wu", at=LATER)
    assert (taken.assigned_to, taken.assigned_by, taken.assigned_at) == ("Lin Mei", "Wu", LATER)
    assert [one.id for one in exceptions.listed(db, now=LATER, assigned="Lin Mei")] == [raised.id]
    assert exceptions.listed(db, now=LATER, assigned="Wu") == []
    assert exceptions.assign(db, raised.id, None, by="Wu", at=LATER).assigned_to is None
    with pytest.raises(TextMalformed):
        exceptions.assign(db, raised.id, "", by="Wu", at=LATER)
    exceptions.close_item(db, raised.id, by="Wu", how="done", reason="it was nothing", at=LATER)
    with pytest.raises(ExceptionClosed):
        exceptions.assign(db, raised.id, "Lin", by="Wu", at=LATER)
    with pytest.raises(ExceptionNotFound):
        exceptions.assign(db, 99, "Lin", by="Wu", at=LATER)
