"""In Chinese the console is Chinese: no word of English but names, codes and what people wrote."""

import re
from html.parser import HTMLParser

import pytest

from tests.bank.desk import OWN, ZONE, details, open_account
from tests.bank.made import Entry, statement
from tests.joining.wanting import applied
from tests.losses.fall import contribute, deposit
from tests.web.homecoming import allow
from tests.web.serving import Served
from tests.world import AT, one
from tongbao.alliance import collateral
from tongbao.bank import files, importing
from tongbao.clearing import settlements, windows
from tongbao.desk import exceptions
from tongbao.kernel import clock
from tongbao.points import operations as ops
from tongbao.reconcile import disputes
from tongbao.reconcile.types import Opening
from tongbao.upkeep import verifications
from tongbao.web import app, labels

WORD = re.compile(r"[A-Za-z]{3,}")
# Names of things that have no other name in Chinese.
NAMES = {
    "Tongbao", "English", "CSV", "JSON", "XML", "xml", "PIN", "BIC", "CNAPS", "VAT", "SQL",
    "PostgreSQL", "MCC",
    "Prometheus", "CNY", "GB", "camt", "pain", "UTF", "API",
}  # fmt: skip
# What the world of these tests is called, and what its people wrote.
WROTE = {
    "Operator", "Shanghai", "Beijing", "Mall", "Wang", "Fang", "Liu", "Yang", "Lin", "test",
    "admin", "settlement", "marketer", "auditor", "manager", "finance", "cashier", "written",
    "CARD", "unknown", "Chen", "Cinema", "merchant", "Caf",
}  # fmt: skip
SENTENCES = {"a new account", "paid"}
_UNSAID = ("code", "script", "style", "template", "svg")
_VOID = {"input", "img", "br", "hr", "meta", "link", "use"}
_SAID = ("placeholder", "aria-label", "title", "alt")


class Text(HTMLParser):
    """What is read on a page: its text, and what fields and pictures are called."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.inside.append(tag)
        self.said += [value or "" for name, value in attrs if name in _SAID]

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(tag in self.inside for tag in _UNSAID):
            self.said.append(data)


def english(page: str) -> list[str]:
    """Give the lines of a page in which there are English words."""
    text = Text()
    text.feed(page)
    return [
        " ".join(said.split())
        for said in text.said
        if said.strip() not in SENTENCES and set(WORD.findall(said)) - NAMES - WROTE
    ]


@pytest.fixture(scope="module")
def lived(served: Served, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int | str]:
    """Let something of each kind happen; give what stands for the parts of paths."""
    db, world = served.db, served.world
    a, b = world.organisations["A"], world.organisations["B"]
    now, member = clock.now(), world.members[0]
    one(db, ops.Award(key="a", scope=a, member=member, outlet=world.outlets["A"], points=10_000))
    bought = one(
        db,
        ops.Purchase(
            key="p", scope=b, member=member, outlet=world.outlets["B"], amount=9_000, points=4_000
        ),
    )
    deposit(db, world, "A", 5_000)
    contribute(db, world, "B", 700)
    open_account(db, world.operator, OWN)
    for organisation in (a, b):
        open_account(db, organisation, details(organisation))
    folder = tmp_path_factory.mktemp("bank")
    application = applied(db).id
    path = statement(folder / "unknown.xml", [Entry(amount=100, party="陈")], sequence=1)
    report = importing.import_file(db, path, now).report.id
    with db.transaction():
        windows.close(db, now)
        closed = windows.newest_closed(db)
        assert closed is not None
        made = settlements.propose(db, business_date=AT.date(), by="Lin", at=now)
        settlements.approve(db, made.id, by="Wang", at=now)
        settlements.instruct(db, made.id, at=now)
        files.plan(db, made.id, zone=ZONE, at=now)
        proposal = collateral.propose_deposit(db, a, 100, by="Lin", reason="约定", at=now)
        asked = Opening(
            kind="missing", creditor_id=b, debtor_id=a, amount=300, reason="断网",
            evidence="小票", reference="77",
        )  # fmt: skip
        dispute = disputes.open_dispute(db, asked, by="Lin", at=now)
        known = {name: 12_345 for name in labels.FACTS if name not in ("member", "outlet", "code")}
        for kind in labels.EXCEPTIONS:
            exceptions.raise_item(db, kind, a, "7", known | {"outlet": world.outlets["A"]}, now)
        item = exceptions.raise_item(db, "till", a, "8", {"action": "post-late"}, now)
    with db.transaction():
        verified = verifications.ask(db, incremental=False, by="Lin", at=now)
    (site,) = db.execute("SELECT min(id) FROM alliance.site").fetchone() or (0,)
    return {
        "organisation": a, "member": member, "operation": bought.operation or 0,
        "window": closed.id, "settlement": made.id, "item": item.id, "proposal": proposal.id,
        "dispute": dispute.id, "report": report, "application": application,
        "person": served.people["admin"],
        "allowance": allow(db, world.outlets["A"], "t1").allowance,
        "site": site, "other": b,
        "verification": verified.id,
        "what": "account", "move": "moved", "line": f"{report}-1", "payment": f"TB{made.id}-{a}-1",
    }  # fmt: skip


def test_every_page_of_the_console_is_chinese(served: Served, lived: dict[str, int | str]) -> None:
    served.sign_in("admin")
    found: dict[str, list[str]] = {}
    looked = 0
    for handler in app.ROUTES:
        for path in handler.paths if "GET" in getattr(handler, "http_methods", ()) else ():
            if not path.startswith("/operator") or "file" in path:
                continue
            where = re.sub(r"\{(\w+):\w+\}", lambda part: str(lived[part[1]]), path)
            page = served.get(where, language="zh")
            assert page.status_code == 200, where
            looked += 1
            found[where] = english(page.text)
    assert looked > 30
    assert {where: lines for where, lines in found.items() if lines} == {}


def test_every_kind_of_exception_is_chinese(served: Served, lived: dict[str, int | str]) -> None:
    del lived
    served.sign_in("admin")
    found = {}
    for (item,) in served.db.execute("SELECT id FROM desk.exception_item"):
        page = served.get(f"/operator/exceptions/{item}", language="zh")
        found[item] = english(page.text)
    assert len(found) >= len(labels.EXCEPTIONS)
    assert {item: lines for item, lines in found.items() if lines} == {}
