"""Random settlements, random banks: whatever the order, money is booked once and to the fen."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bank.desk import answer, equip, items, settle, take, write
from tests.bank.made import DAY, Entry, notification, statement
from tests.copies import copied
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.clearing import settlements
from tongbao.clearing.types import Leg
from tongbao.kernel.db import Connection

PAIRS = [one + other for one in "ABCD" for other in "ABCD" if one != other]


@pytest.fixture(scope="module")
def source(module_db: Connection) -> tuple[str, World]:
    """Give the name of a database with four organisations that have accounts."""
    world = build(module_db, {name: Terms(earn_rate=0) for name in "ABCD"})
    equip(module_db, world)
    name = module_db.info.dbname
    module_db.close()
    return name, world


claims = st.dictionaries(st.sampled_from(PAIRS), st.integers(1, 10**6), min_size=1)


@settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=claims, rejects=st.sampled_from([0, 200_000, 500_000]), seed=st.integers(0, 99))
def test_files_of_a_bank_in_any_order_and_number_settle_what_was_moved(
    server_url: str, source: tuple[str, World], asked: dict[str, int], rejects: int, seed: int
) -> None:
    name, world = source
    random = Random(seed)
    with copied(server_url, name) as conn, TemporaryDirectory() as place:
        folder = Path(place)
        made = settle(conn, world, asked)
        paths = write(conn, made.id, folder)
        if paths:
            answered = answer(paths, folder, rejects=rejects)
            given_ = [random.choice(answered.files) for _ in range(6)] + answered.files
            random.shuffle(given_)
            for path in given_:
                take(conn, path)
        for leg in settlements.legs(conn, made.id):
            assert (leg.state, leg.left) in {("paid", 0), ("rejected", abs(leg.amount))}
        assert items(conn) == []
        _check_books(conn, world)


@settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=claims, seed=st.integers(0, 10**6))
def test_lines_of_any_kind_in_any_order_never_book_more_than_a_leg(
    server_url: str, source: tuple[str, World], asked: dict[str, int], seed: int
) -> None:
    name, world = source
    random = Random(seed)
    with copied(server_url, name) as conn, TemporaryDirectory() as place:
        folder = Path(place)
        made = settle(conn, world, asked)
        write(conn, made.id, folder)
        opening = 0
        for number in range(1, 4):
            lines = [_line(random, leg) for leg in settlements.legs(conn, made.id) for _ in "12"]
            random.shuffle(lines)
            if random.random() < 0.5:
                path = notification(folder / f"{number}.xml", lines, id=f"N{number}")
            else:
                path = statement(
                    folder / f"{number}.xml", lines, id=f"S{number}", sequence=number,
                    opening=opening,
                )  # fmt: skip
            take(conn, path)
            assert take(conn, path).replayed
        _check_books(conn, world)


def _line(random: Random, leg: Leg) -> Entry:
    """Draw a line that is of a leg, more or less."""
    sign = 1 if leg.amount < 0 else -1
    amount = leg.left or abs(leg.amount)
    return Entry(
        amount=sign
        * max(1, amount + random.choice((0, 0, 0, 0, 1, -1)))
        * random.choice((1, 1, 1, -1)),
        id=random.choice((leg.end_to_end_id, leg.end_to_end_id, None, "TB9-9-9", "X")),
        currency=random.choice(("CNY",) * 9 + ("USD",)),
        status=random.choice(("BOOK",) * 5 + ("PDNG",)),
        account=random.choice((None, f"6222{leg.organisation_id:012d}")),
        day=DAY,
    )


def _check_books(conn: Connection, world: World) -> None:
    """Check that the ledger's banks are what the matched lines say."""
    rows = conn.execute(
        "SELECT organisation_id, sum(CASE WHEN incoming THEN -amount ELSE amount END)"
        " FROM bank.line WHERE state = 'matched' GROUP BY 1"
    )
    moved = {who: int(amount) for who, amount in rows if amount}
    banks = conn.execute("SELECT owner_id, balance FROM ledger.account WHERE kind = 'bank'")
    assert moved == {who: balance for who, balance in banks if balance}
    assert broken_laws(conn) == {}
