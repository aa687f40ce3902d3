"""The outbox: what is announced in a transaction is read once it cannot be overtaken any more."""

import time
from datetime import UTC, datetime

from tongbao.events import outbox
from tongbao.events.outbox import Event, Read
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection

AT = datetime(2026, 5, 1, 4, tzinfo=UTC)


def told(data: str) -> Event:
    return Event(1, "tongbao.test.told.v1", AT, data)


def read(conn: Connection) -> list[str]:
    return [event.data for event in outbox.after(conn, 0, 0, 100)]


def wait_for(conn: Connection, count: int) -> list[Read]:
    """Read until there are ``count``: what runs elsewhere on the server holds events up."""
    until = time.monotonic() + 60
    while len(events := outbox.after(conn, 0, 0, 100)) < count and time.monotonic() < until:
        time.sleep(0.02)
    return events


def test_events_are_read_in_the_order_in_which_they_were_announced(db: Connection) -> None:
    outbox.announce(db, [told('{"n":1}'), told('{"n":2}')], AT)
    outbox.announce(db, [told('{"n":3}')], AT)
    assert [e.data for e in wait_for(db, 3)] == ['{"n":1}', '{"n":2}', '{"n":3}']


def test_a_page_goes_on_where_the_last_one_ended(db: Connection) -> None:
    outbox.announce(db, [told(f'{{"n":{n}}}') for n in range(5)], AT)
    wait_for(db, 5)
    first = outbox.after(db, 0, 0, 2)
    rest = outbox.after(db, first[-1].xid, first[-1].id, 10)
    assert [event.data for event in first + rest] == [f'{{"n":{n}}}' for n in range(5)]


def test_an_event_that_commits_late_is_not_skipped(db: Connection, database_url: str) -> None:
    with database.connect(database_url) as slow:
        with slow.transaction():
            outbox.announce(slow, [told('"early id, late commit"')], AT)
            outbox.announce(db, [told('"committed before it"')], AT)
            assert read(db) == [], "it must wait for the transaction that is still running"
        told_at_last = [event.data for event in wait_for(db, 2)]
        assert told_at_last == ['"early id, late commit"', '"committed before it"']


def test_what_is_rolled_back_was_never_told(db: Connection, database_url: str) -> None:
    with database.connect(database_url) as other, other.transaction(force_rollback=True):
        outbox.announce(other, [told('"never"')], AT)
    outbox.announce(db, [told('"real"')], AT)
    assert [event.data for event in wait_for(db, 1)] == ['"real"']


def test_a_reader_finds_its_place_again(db: Connection) -> None:
    assert outbox.place_of(db, "insight") == (0, 0)
    outbox.move(db, "insight", 700, 3, AT)
    outbox.move(db, "insight", 701, 9, AT)
    assert outbox.place_of(db, "insight") == (701, 9)
    assert outbox.place_of(db, "webhooks") == (0, 0)
