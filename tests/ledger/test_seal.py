"""The hash chain: what is sealed when, and that no change of what was sealed stays unseen."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from tests.laws.plants import plant
from tests.laws.small_ledger import ANNA, AT, MEI, award, begin, finish, live, open_accounts, post
from tongbao.kernel import arrays
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.ledger.digest import GENESIS, OPERATION_COLUMNS, TRANSFER_COLUMNS, digest, link
from tongbao.ledger.seal import Fault, seal, verify_chain
from tongbao.ledger.types import Posting

NASTY = [
    {},
    {"note": "NULL"},
    {"note": 'a "quoted" and \\ and \\\\" and {}, and \' and ;'},
    {"note": "tab\t, newline\n, nul-like \u0001, euro €, 通宝, 🀄"},
    {"lines": [["é", 1, 2], ["", 0, 0]], "n": None, "yes": True},
]


def run_seal(conn: Connection, limit: int = 100) -> int:
    with conn.transaction():
        return seal(conn, AT, limit)


def walk(conn: Connection, limit: int = 20) -> list[Fault]:
    with conn.transaction():
        return verify_chain(conn, limit=limit)


def chain(conn: Connection) -> list[tuple[int, int]]:
    """Give position and batch of all seals."""
    rows = conn.execute("SELECT position, batch_id FROM ledger.seal ORDER BY position")
    return [(position, batch) for position, batch in rows]


@pytest.fixture
def sealed(db: Connection) -> Connection:
    """Give a ledger of five batches (1 to 5) with a seal each."""
    open_accounts(db)
    live(db)
    assert run_seal(db) == 5
    return db


@pytest.fixture
def late(db: Connection, database_url: str) -> Iterator[tuple[Connection, Connection]]:
    """Give two connections, the second about to post the batch with the lower id."""
    open_accounts(db)
    with database.connect(database_url) as other:
        yield db, other


def test_a_digest_is_what_the_page_says() -> None:
    at = datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC)
    columns = [["{1}"] * len(OPERATION_COLUMNS), ["{纸}"] * len(TRANSFER_COLUMNS)]
    text = "tongbao batch 1\n7\n1000005\n" + "3:{1}" * 11 + "5:{纸}" * 9
    assert digest(7, at, *columns) == sha256(text.encode()).digest()
    assert link(GENESIS, 7, b"x") == sha256(bytes(39) + b"\x07" + b"x").digest()


@pytest.mark.postgres
@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_database_gives_back_the_texts_that_were_hashed(
    db: Connection, ascii_only: bool
) -> None:
    open_accounts(db)
    texts = [json.dumps(data, ensure_ascii=ascii_only) for data in NASTY]
    plans = [
        lambda _, text=text, n=n: Posting(
            kind="adjust", owner=MEI, outlet=n or None, points=-n, data=text
        )
        for n, text in enumerate(texts)
    ]
    post(db, *plans)
    rows = db.execute("SELECT array_agg(data::text ORDER BY id)::text FROM ledger.operation")
    assert rows.fetchone() == (arrays.texts(texts),)
    assert walk(db) == []


def test_seals_follow_each_other_in_the_order_of_what_is_visible(sealed: Connection) -> None:
    batches = [row[0] for row in sealed.execute("SELECT id FROM ledger.batch ORDER BY id")]
    assert chain(sealed) == list(enumerate(batches, start=1))
    assert walk(sealed) == []
    assert run_seal(sealed) == 0


def test_sealing_stops_at_its_limit_and_goes_on_from_there(db: Connection) -> None:
    open_accounts(db)
    live(db)
    assert [run_seal(db, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert walk(db) == []


def test_sealing_in_one_go_and_in_parts_gives_the_same_chain(db: Connection) -> None:
    open_accounts(db)
    live(db)
    digests = "SELECT array_agg(digest ORDER BY position) FROM ledger.seal"
    with db.transaction(force_rollback=True):
        seal(db, AT)
        at_once = db.execute(digests).fetchone()
    while run_seal(db, limit=1):
        pass
    assert db.execute(digests).fetchone() == at_once


def test_only_one_seals_at_a_time_and_the_other_does_not_wait(
    late: tuple[Connection, Connection],
) -> None:
    one, other = late
    live(one)
    with one.transaction():
        assert seal(one, AT) == 5
        assert run_seal(other) == 0
    assert run_seal(other) == 0
    assert walk(one) == []


def test_posting_does_not_wait_for_the_sealer(late: tuple[Connection, Connection]) -> None:
    one, other = late
    live(one)
    other.execute("SET lock_timeout = '2s'")
    with one.transaction():
        seal(one, AT)
        post(other, award(ANNA, 100))
    assert run_seal(one) == 1
    assert walk(one) == []


def test_a_batch_that_commits_late_is_sealed_late(late: tuple[Connection, Connection]) -> None:
    one, other = late
    with other.transaction():
        books = begin(other)
        post(one, award(ANNA, 100))
        assert run_seal(one) == 1
        finish(other, books, award(ANNA, 200))
    assert run_seal(one) == 1
    (_, first), (_, second) = chain(one)
    assert second == books.batch_id < first
    assert walk(one) == []


def test_a_batch_that_was_given_up_leaves_a_gap_and_no_fault(sealed: Connection) -> None:
    with sealed.transaction(force_rollback=True):
        post(sealed, award(ANNA, 100))
    post(sealed, award(ANNA, 100))
    assert run_seal(sealed) == 1
    assert chain(sealed)[-1][1] == chain(sealed)[-2][1] + 2
    assert walk(sealed) == []


ROWS = "its rows do not give its digest"
TAMPERED = {
    "an amount altered": ("UPDATE ledger.transfer SET amount = amount + 1 WHERE movement = 5", 2),
    "two lots swapped": (
        "UPDATE ledger.transfer SET from_lot = from_lot + 1 WHERE movement = 8",
        1,
    ),
    "an amount of cash altered": ("UPDATE ledger.operation SET cash = 1 WHERE kind = 'deposit'", 1),
    "a business time altered by a microsecond": (
        """
        UPDATE ledger.operation SET effective_at = effective_at + interval '1 microsecond'
        WHERE kind = 'gift'
        """,
        1,
    ),
    "spaces in the data": (
        "UPDATE ledger.operation SET data = (' ' || data::text)::json WHERE kind = 'refund'",
        1,
    ),
    "two operations swapped": (
        """
        UPDATE ledger.operation SET points = CASE points WHEN 10000 THEN 6000 ELSE 10000 END
        WHERE kind = 'award' AND points > 2000
        """,
        1,
    ),
}


@pytest.mark.parametrize("tampering", TAMPERED)
def test_an_altered_row_is_seen(sealed: Connection, tampering: str) -> None:
    done, batches = TAMPERED[tampering]
    plant(sealed, done)
    faults = walk(sealed)
    assert [fault.fault for fault in faults] == [ROWS] * batches
    assert all(fault.batch_id for fault in faults)


@pytest.mark.parametrize("table", ["operation", "transfer"])
def test_a_removed_row_is_seen(sealed: Connection, table: str) -> None:
    id_ = "id" if table == "operation" else "operation_id"
    plant(sealed, f"DELETE FROM ledger.{table} WHERE {id_} >> 13 = 3")
    (fault,) = walk(sealed)
    assert fault.batch_id == 3
    assert "2 and 7 were written" in fault.fault


def test_an_added_row_is_seen(sealed: Connection) -> None:
    plant(
        sealed,
        "INSERT INTO ledger.transfer SELECT owner_id, operation_id, 99, movement, window_id,"
        " from_owner, to_owner, amount, from_lot, to_lot, written_at, effective_at"
        " FROM ledger.transfer WHERE operation_id >> 13 = 4 AND n = 0",
    )
    assert [fault.batch_id for fault in walk(sealed)] == [4]


def test_another_time_of_writing_is_seen(sealed: Connection) -> None:
    plant(sealed, "UPDATE ledger.transfer SET written_at = now() WHERE movement = 8")
    plant(sealed, "UPDATE ledger.batch SET written_at = now() WHERE id = 1")
    assert [fault.batch_id for fault in walk(sealed)] == [1, 3]


def test_a_row_and_its_digest_altered_together_are_seen(sealed: Connection) -> None:
    plant(sealed, "UPDATE ledger.batch SET digest = sha256('x') WHERE id = 2")
    assert [(f.position, f.batch_id) for f in walk(sealed)] == [(2, 2), (None, 2)]


def test_swapped_seals_are_seen(sealed: Connection) -> None:
    plant(
        sealed,
        """
        UPDATE ledger.seal AS a SET digest = b.digest FROM ledger.seal AS b
        WHERE (a.position, b.position) IN ((2, 3), (3, 2))
        """,
    )
    assert [fault.position for fault in walk(sealed)] == [2, 3, 4]


def test_seals_that_name_each_others_batch_are_seen(sealed: Connection) -> None:
    plant(
        sealed,
        """
        ALTER TABLE ledger.seal DROP CONSTRAINT seal_batch_id_key;
        UPDATE ledger.seal SET batch_id = 5 - batch_id WHERE position IN (2, 3)
        """,
    )
    assert [fault.position for fault in walk(sealed)] == [2, 3]


def test_a_missing_seal_is_seen(sealed: Connection) -> None:
    plant(sealed, "DELETE FROM ledger.seal WHERE position = 3")
    missing, next_one = walk(sealed)
    assert (missing.position, missing.fault) == (3, "seals 3 to 3 are missing")
    assert next_one.position == 4


def test_a_seal_of_a_batch_that_is_gone_is_seen(sealed: Connection) -> None:
    plant(sealed, "DELETE FROM ledger.batch WHERE id = 4")
    (fault,) = walk(sealed)
    assert (fault.position, fault.fault) == (4, "there is no such batch")


@pytest.mark.parametrize(
    "done",
    [
        "DELETE FROM ledger.seal WHERE position >= 4",
        "UPDATE ledger.seal SET digest = sha256('x') WHERE position = 5",
    ],
    ids=["cut short", "rewritten"],
)
def test_a_chain_that_is_not_the_one_verified_before_is_seen(sealed: Connection, done: str) -> None:
    row = sealed.execute("SELECT digest FROM ledger.seal WHERE position = 5").fetchone()
    assert row
    plant(sealed, done)
    with sealed.transaction():
        (fault,) = verify_chain(sealed, 5, row[0], 6)
    assert fault == Fault(position=5, fault="this seal was verified before and is another now")


def test_the_faults_shown_are_the_first_ones(sealed: Connection) -> None:
    plant(sealed, "UPDATE ledger.operation SET points = points + 1")
    assert [fault.batch_id for fault in walk(sealed, limit=3)] == [1, 2, 3]


def test_a_long_chain_is_walked_in_parts(
    sealed: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tongbao.ledger.seal._CHUNK", 1)
    assert walk(sealed) == []
    plant(sealed, "UPDATE ledger.operation SET points = points + 1 WHERE id >> 13 = 4")
    assert [fault.batch_id for fault in walk(sealed)] == [4]
