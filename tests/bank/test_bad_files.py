"""Files that no bank should send: a clear refusal, and nothing of them is kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bank.desk import OWN, items, take, took
from tests.bank.made import DAY, Entry, balance, document, report, statement, summary
from tests.world import AT, World, broken_laws
from tongbao.bank import importing, reading
from tongbao.bank.pain import NAMESPACE
from tongbao.bank.xml_reader import read
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.kernel.limits import BANK_FILE

BOMB = """<?xml version="1.0"?>
<!DOCTYPE Document [
<!ENTITY a "ha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>&c;
</BkToCstmrStmt></Document>"""
OUTSIDE = """<?xml version="1.0"?>
<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&x;</Document>"""
DTD = """<?xml version="1.0"?>
<!DOCTYPE Document SYSTEM "http://127.0.0.1:1/evil.dtd">
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>"""

HEADER = "<GrpHdr><MsgId>M</MsgId><CreDtTm>2026-05-01T10:00:00</CreDtTm></GrpHdr>"
STATEMENT = "<BkToCstmrStmt>"


def camt(inside: str, message: str = "camt.053.001.08") -> str:
    return document(message, "BkToCstmrStmt", inside)


def stmt(inside: str, *, account: str = OWN.number, more: str = "") -> str:
    place = f"<Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>"
    return camt(f"{HEADER}<Stmt><Id>S</Id>{place}{more}{inside}</Stmt>")


BALANCES = balance("OPBD", 0, DAY) + balance("CLBD", 100, DAY)
ONE = (
    '<Ntry><Amt Ccy="CNY">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
    "<BookgDt><Dt>2026-05-01</Dt></BookgDt>{}</Ntry>"
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("", "bank-file-malformed", id="empty"),
        pytest.param("\x1f\x8b\x08\x00", "bank-file-malformed", id="packed"),
        pytest.param("MT940 {1:F01}", "bank-file-malformed", id="no XML"),
        pytest.param("<Document>", "bank-file-unknown", id="no namespace"),
        pytest.param(BOMB, "bank-file-unsafe", id="billion laughs"),
        pytest.param(OUTSIDE, "bank-file-unsafe", id="an outside entity"),
        pytest.param(DTD, "bank-file-unsafe", id="an outside document type"),
        pytest.param("<a>" * 50, "bank-file-unknown", id="another root"),
        pytest.param(camt("", "camt.052.001.08"), "bank-file-unknown", id="another message"),
        pytest.param(camt("", "camt.053.001.99"), "bank-file-unknown", id="another version"),
        pytest.param(
            f'<Document xmlns="{NAMESPACE}pain.001.001.09"/>', "bank-file-unknown", id="our own"
        ),
        pytest.param(camt(""), "bank-file-malformed", id="nothing in it"),
        pytest.param(camt(HEADER), "bank-file-malformed", id="no statement"),
        pytest.param(camt("<Stmt><Id>S</Id></Stmt>"), "bank-file-malformed", id="no header"),
        pytest.param(camt(HEADER + HEADER), "bank-file-malformed", id="two headers"),
        pytest.param(camt(HEADER)[:-30], "bank-file-malformed", id="broken off"),
        pytest.param(stmt(""), "bank-file-malformed", id="no balances"),
        pytest.param(stmt(BALANCES), "bank-sums-differ", id="a balance without entries"),
        pytest.param(
            stmt(BALANCES + ONE.format(""), account="999999"), "bank-account-unknown", id="not ours"
        ),
        pytest.param(
            stmt(BALANCES + "<Ntry><Amt>1</Amt></Ntry>"), "bank-file-malformed", id="half an entry"
        ),
        pytest.param(
            stmt(BALANCES + ONE.format("").replace("1.00", "-1.00")),
            "bank-file-malformed",
            id="a negative amount",
        ),
        pytest.param(
            stmt(BALANCES + ONE.format("").replace("1.00", "1.001")),
            "bank-file-malformed",
            id="a tenth of a fen",
        ),
        pytest.param(
            stmt(BALANCES + ONE.format("").replace("1.00", "1e3")),
            "bank-file-malformed",
            id="a float",
        ),
        pytest.param(
            stmt(BALANCES + ONE.format("").replace("1.00", "9" * 40)),
            "bank-file-malformed",
            id="a huge amount",
        ),
        pytest.param(
            stmt(BALANCES + ONE.format("").replace("CRDT", "UP")),
            "bank-file-malformed",
            id="no direction",
        ),
        pytest.param(
            stmt(BALANCES + ONE.format("").replace("2026-05-01", "2026-02-30")),
            "bank-file-malformed",
            id="no day of the calendar",
        ),
        pytest.param(
            stmt(BALANCES + ONE.format("")).replace("10:00:00", "25:00:00"),
            "bank-file-malformed",
            id="no time of the day",
        ),
        pytest.param(
            stmt(
                BALANCES
                + ONE.format(
                    "<NtryDtls>"
                    '<TxDtls><Amt Ccy="CNY">0.60</Amt></TxDtls>'
                    '<TxDtls><Amt Ccy="CNY">0.30</Amt></TxDtls>'
                    "</NtryDtls>"
                )
            ),
            "bank-sums-differ",
            id="an entry that is not its transactions",
        ),
        pytest.param(
            stmt(
                BALANCES
                + ONE.format(
                    "<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>"
                    '<TxDtls><Amt Ccy="CNY">1.00</Amt></TxDtls></NtryDtls>'
                )
            ),
            "bank-sums-differ",
            id="fewer transactions than it says",
        ),
        pytest.param(
            stmt(summary(2, 100, 0) + ONE.format(""), more=BALANCES),
            "bank-sums-differ",
            id="another number of entries",
        ),
        pytest.param(
            stmt(summary(1, 101, 0) + ONE.format(""), more=BALANCES),
            "bank-sums-differ",
            id="another sum",
        ),
        pytest.param(
            stmt("<StmtPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>"),
            "bank-file-malformed",
            id="the first page",
        ),
        pytest.param(
            stmt(BALANCES + ONE.format("<x>" * 60 + "</x>" * 60)),
            "bank-file-malformed",
            id="too deep",
        ),
        pytest.param(
            stmt(BALANCES + ONE.format(f"<x>{'<x/>' * 6_000}</x>")),
            "bank-file-malformed",
            id="too wide",
        ),
        pytest.param(
            stmt(BALANCES + ONE.format(f"<x>{'x' * 20_000}</x>")),
            "bank-file-malformed",
            id="too long",
        ),
        pytest.param(
            stmt(BALANCES + ONE.format("money")), "bank-file-malformed", id="text between"
        ),
        pytest.param(
            document("pain.002.001.10", "CstmrPmtStsRpt", HEADER), "bank-file-malformed", id="of?"
        ),
    ],
)
def test_a_bad_file_is_refused(
    module_world: Connection, tmp_path: Path, text: str, code: str
) -> None:
    path = tmp_path / "file.xml"
    path.write_text(text, "utf-8")
    with pytest.raises(Refusal) as refused:
        take(module_world, path)
    assert (refused.value.code, str(refused.value) != "") == (code, True)
    for table in ("report", "statement", "line", "status"):
        count = module_world.execute(f"SELECT count(*) FROM bank.{table}".encode()).fetchone()
        assert count == (0,), table
    assert items(module_world) == []


@pytest.fixture(scope="module")
def module_world(module_db: Connection) -> Connection:
    """Give a database with an operator that has an account."""
    from tests.bank.desk import open_account
    from tests.world import build

    world = build(module_db, {})
    open_account(module_db, world.operator, OWN)
    return module_db


def test_the_good_file_that_the_bad_ones_come_from_is_read(
    module_world: Connection, tmp_path: Path
) -> None:
    path = tmp_path / "file.xml"
    path.write_text(stmt(summary(1, 100, 0) + ONE.format(""), more=BALANCES), "utf-8")
    with module_world.transaction(force_rollback=True):
        found = reading.take_in(module_world, reading.examine(path), AT)
        assert (found.lines, found.message) == (1, "camt.053.001.08")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030", "gbk", "gb2312"])
def test_a_file_is_read_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    text = camt("<GrpHdr><MsgId>通宝</MsgId></GrpHdr>").replace("UTF-8", declared)
    path = tmp_path / "file.xml"
    path.write_bytes(text.encode(encoding))
    with open(path, "rb") as file:
        nodes = [node for _, node in read(file, ["camt.053.001.08"], {})]
    found = [node.get("GrpHdr/MsgId") for node in nodes if node is not None]
    assert found == ["通宝"]


def test_bytes_that_are_not_in_the_encoding_are_refused(
    module_world: Connection, tmp_path: Path
) -> None:
    path = tmp_path / "file.xml"
    for raw in (
        camt(HEADER).encode().replace(b"MsgId>M", b"MsgId>\xff\xfe"),
        camt(HEADER).replace("UTF-8", "GBK").encode().replace(b"MsgId>M", b"MsgId>\xff\xff"),
        camt(HEADER).replace("UTF-8", "KLINGON").encode(),
    ):
        path.write_bytes(raw)
        with pytest.raises(Refusal) as refused:
            take(module_world, path)
        assert refused.value.code == "bank-file-malformed"


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    module_world: Connection, tmp_path: Path
) -> None:
    path = tmp_path / "file.xml"
    with open(path, "wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(Refusal) as refused:
        take(module_world, path)
    assert refused.value.code == "bank-file-too-large"
    assert refused.value.facts["most"] == BANK_FILE


def test_a_file_that_is_not_there_is_refused(module_world: Connection, tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(Refusal) as refused:
            take(module_world, path)
        assert refused.value.code == "bank-file-unreadable"


def test_memory_does_not_grow_with_a_file_that_is_one_long_entry(tmp_path: Path) -> None:
    """Read a bomb of elements, in which each is small, as far as the limit."""

    def endless() -> Iterator[bytes]:
        yield stmt("<Ntry>").encode().split(b"</Ntry>")[0].removesuffix(b"</Stmt></BkToCstmrStmt>")
        while True:
            yield b"<a>" + b"<b>x</b>" * 1_000

    class Endless:
        given = 0

        def __init__(self) -> None:
            self.pieces = endless()

        def read(self, _: int) -> bytes:
            self.given += 1
            assert self.given < 100, "it should have been refused long ago"
            return next(self.pieces)

    file: Any = Endless()
    with pytest.raises(Refusal) as refused:
        for _ in read(file, ["camt.053.001.08"], {"BkToCstmrStmt": ("Document",)}):
            pass
    assert refused.value.code == "bank-file-malformed"


def test_a_statement_in_another_currency_is_refused(
    module_world: Connection, tmp_path: Path
) -> None:
    path = statement(tmp_path / "s.xml", [], currency="USD")
    with pytest.raises(Refusal) as refused:
        take(module_world, path)
    assert refused.value.code == "bank-currency"


def test_a_status_of_an_unknown_file_is_refused(module_world: Connection, tmp_path: Path) -> None:
    path = report(tmp_path / "r.xml", "TB9-P1-1", [("TB9-1-1", "RJCT")])
    with pytest.raises(Refusal) as refused:
        take(module_world, path)
    assert refused.value.code == "bank-message-unknown"


def test_a_file_read_twice_is_read_once(db: Connection, world: World, tmp_path: Path) -> None:
    path = statement(tmp_path / "s.xml", [Entry(amount=5)])
    first = take(db, path)
    again = take(db, statement(tmp_path / "other name.xml", [Entry(amount=5)]))
    assert (again.replayed, again.report.id, took(again)) == (True, first.report.id, {"open": 1})
    assert importing.counts(db, first.report) == again.counts
    assert len(items(db)) == 1
    assert broken_laws(db) == {}


def test_another_file_with_the_same_id_is_refused(
    db: Connection, world: World, tmp_path: Path
) -> None:
    take(db, statement(tmp_path / "1.xml", [Entry(amount=5)]))
    changed = statement(tmp_path / "2.xml", [Entry(amount=6)])
    again = statement(tmp_path / "3.xml", [Entry(amount=7)])
    again.write_text(again.read_text("utf-8").replace("M-S1", "M-S2"), "utf-8")
    for path, what in ((changed, "camt.053"), (again, "statement")):
        with pytest.raises(Refusal) as refused:
            take(db, path)
        assert (refused.value.code, refused.value.facts["what"]) == ("bank-file-reused", what)
    count = db.execute("SELECT count(*) FROM bank.line").fetchone()
    assert count == (1,)


def test_statements_that_do_not_follow_each_other_are_exception_items(
    db: Connection, world: World, tmp_path: Path
) -> None:
    days = [DAY.replace(day=n) for n in range(1, 6)]

    def day(n: int, opening: int) -> None:
        path = tmp_path / f"{n}.xml"
        take(
            db,
            statement(path, [], id=f"S{n}", sequence=n, day=days[n - 1], opening=opening),
        )

    def gaps() -> list[str]:
        return [subject for kind, subject in items(db) if kind == "bank-gap"]

    day(1, 0)
    day(2, 0)
    assert gaps() == []
    day(4, 0)
    assert gaps() == [f"{OWN.number} S4"]
    day(5, 900)
    assert gaps() == [f"{OWN.number} S4", f"{OWN.number} S5"]
    day(3, 0)
    assert gaps() == [f"{OWN.number} S5"]
