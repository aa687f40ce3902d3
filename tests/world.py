"""A small alliance for tests: an operator, organisations with one outlet each, members."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from tongbao.alliance import contracts, formats, organisations, outlets, sites
from tongbao.alliance.types import NewOutlet, Terms
from tongbao.clearing.laws import LAWS
from tongbao.kernel.db import Connection
from tongbao.ledger.verify import verify
from tongbao.members import members
from tongbao.members.keys import normalise
from tongbao.members.types import Identity
from tongbao.points.check import Rules
from tongbao.points.operations import Operation
from tongbao.points.outcome import Outcome
from tongbao.points.post import post

AT = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
"""When the world begins, and the time of whatever is posted without another."""

SECRET = "a secret for tests, long enough to be one"


class World(Struct):
    """Ids by name: organisations and their outlets; members by number."""

    operator: int
    organisations: dict[str, int]
    outlets: dict[str, int]
    members: list[int]


def build(conn: Connection, terms: Mapping[str, Terms], people: int = 3) -> World:
    """Make an alliance with an organisation for each of ``terms`` and ``people`` members.

    All outlets stand in Shanghai (310105) and are cinemas, except ``cafe`` and ``*_bj`` ones:
    a café, and in Beijing (110105).
    """
    with conn.transaction():
        operator = organisations.register(conn, "operator", "Operator", "operator", AT)
        shanghai = sites.add(conn, "SH-1", "Shanghai Mall", "mall", "310105")
        beijing = sites.add(conn, "BJ-1", "Beijing Mall", "mall", "110105")
        formats.add(conn, "cinema", "Cinema", "7832")
        formats.add(conn, "cafe", "Café", "5814")
        world = World(operator.id, {}, {}, [])
        for name, agreed in terms.items():
            organisation = organisations.register(conn, name, name, "merchant", AT)
            contracts.sign(conn, organisation.id, agreed, datetime(2000, 1, 1, tzinfo=UTC), AT)
            outlet = outlets.add(
                conn,
                NewOutlet(
                    code=name,
                    name=name,
                    organisation_id=organisation.id,
                    site_id=beijing.id if name.endswith("_bj") else shanghai.id,
                    format="cafe" if name == "cafe" else "cinema",
                ),
            )
            world.organisations[name] = organisation.id
            world.outlets[name] = outlet.id
        cards = [Identity(kind="card", value=f"CARD{n:06d}") for n in range(people)]
        everybody = [[normalise(card, SECRET)] for card in cards]
        enrolled = members.enrol_many(conn, everybody, AT)
        world.members = [member.id for member in enrolled]
    return world


def do(
    conn: Connection,
    operations: Sequence[Operation],
    at: datetime = AT,
    rules: Rules = Rules(),  # noqa: B008 - frozen
) -> list[Outcome]:
    """Post a batch in a transaction of its own."""
    with conn.transaction():
        return post(conn, operations, at, rules)


def one(conn: Connection, operation: Operation, at: datetime = AT) -> Outcome:
    """Post one operation in a transaction of its own."""
    return do(conn, [operation], at)[0]


def broken_laws(conn: Connection) -> dict[int, object]:
    """Run every law; give what breaks them by the law's number, and nothing when all hold."""
    with conn.transaction():
        report = verify(conn, incremental=False, at=AT, laws=LAWS)
    return {result.law: result.offenders for result in report.results if result.offenders}
