"""The bank in the console: files that go out, files that come in, and money nobody expected."""

import re
import secrets
from pathlib import Path

import pytest
from httpx import Response

from tests.bank.desk import answer, plan, settle
from tests.bank.made import Entry, statement
from tests.bank.test_bad_files import BOMB, camt
from tests.web.serving import Served
from tests.web.settling import approved
from tests.web.stepping import step_up
from tests.world import broken_laws
from tongbao.clearing import legs, settlements
from tongbao.desk import exceptions
from tongbao.kernel import clock
from tongbao.web import who


@pytest.fixture(scope="module")
def settled(served: Served) -> str:
    """Give the page of an approved settlement: A owes B, and everybody has an account."""
    return approved(served)


def upload(served: Served, name: str, content: bytes) -> Response:
    """Upload a file as its form does."""
    hidden = {
        "_key": secrets.token_urlsafe(18),
        "_proof": who.proof(served.client.cookies.get(who.COOKIE) or ""),
    }
    return served.client.post(
        "/operator/bank/reports",
        data=hidden,
        files={"file": (name, content, "application/xml")},
        headers={"Accept-Language": "en"},
        follow_redirects=False,
    )


def test_what_goes_to_the_bank_and_comes_back_is_booked(
    served: Served, settled: str, tmp_path: Path
) -> None:
    step_up(served, "settlement")
    for _ in range(2):
        assert served.send(f"{settled}/files", {}).status_code == 303
    listed = served.get("/operator/bank/files").text
    paths = []
    number = settled.rpartition("/")[2]
    for name, place in served.db.execute("SELECT message_id, id FROM bank.file ORDER BY id"):
        assert name in listed
        assert f"{settled}/files/{place}" in listed
        first, again = (served.get(f"{settled}/files/{place}").content for _ in range(2))
        assert first == again
        paths.append(tmp_path / f"{name}.xml")
        paths[-1].write_bytes(first)
    assert len(paths) == 2
    for path in answer(paths, tmp_path).files:
        sent = upload(served, path.name, path.read_bytes())
        assert sent.status_code == 303, path.name
        shown = served.get(sent.headers["location"]).text
        assert path.name in shown
        assert "everything dealt with" in shown
        twice = upload(served, "another-name.xml", path.read_bytes())
        assert twice.headers["location"] == sent.headers["location"]
        assert "nothing was booked twice" in served.get(twice.headers["location"]).text
    assert settlements.get(served.db, int(number)).state == "settled"
    reports = served.get("/operator/bank").text
    assert "Statement (camt.053)" in reports
    assert "another-name.xml" not in reports
    assert broken_laws(served.db) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"MT940 {1:F01}", "bank-file", id="no XML"),
        pytest.param(b"", "why-file", id="empty"),
        pytest.param(BOMB.encode(), "document type", id="an entity bomb"),
        pytest.param(camt("", "camt.052.001.08").encode(), "is not read", id="another message"),
        pytest.param(camt("").encode(), "line", id="nothing in it"),
    ],
)
def test_a_bad_file_is_refused_and_nothing_of_it_kept(
    served: Served, content: bytes, said: str
) -> None:
    served.sign_in("settlement")
    before = served.db.execute("SELECT count(*) FROM bank.report").fetchone()
    sent = upload(served, "bad.xml", content)
    assert sent.status_code == 422
    assert 'id="why-file"' in sent.text
    assert said in sent.text or said.startswith("bank")
    assert served.db.execute("SELECT count(*) FROM bank.report").fetchone() == before
    assert "bad.xml" not in served.get("/operator/bank").text


def test_no_file_at_all_is_asked_for(served: Served) -> None:
    served.sign_in("settlement")
    assert 'id="why-file"' in served.send("/operator/bank/reports", {}).text
    served.sign_in("auditor")
    assert 'type="file"' not in served.get("/operator/bank").text


def test_money_that_nobody_expected_is_sent_back(
    served: Served, settled: str, tmp_path: Path
) -> None:
    del settled
    entries = [Entry(amount=7_700, party="Somebody", reference="R-1")]
    path = statement(tmp_path / "unknown.xml", entries, id="S-9", sequence=2)
    step_up(served, "settlement")
    shown = served.get(upload(served, path.name, path.read_bytes()).headers["location"]).text
    assert "Somebody must look" in shown
    (item,) = exceptions.listed(served.db, "bank-unknown", now=clock.now())
    page = f"/operator/exceptions/{item.id}"
    assert page in shown
    assert "¥77.00" in served.get(page).text
    line = re.search(r"/operator/bank/lines/\d+-\d+", served.get(page).text)
    assert line is not None
    assert line[0] in shown
    wrong = served.send(line[0], {"what": "match", "payment": "TB9-9-9"})
    assert (wrong.status_code, "bank-payment-not-found" in wrong.text) == (422, True)
    unsure = served.send(line[0], {"what": "return", "reason": "not ours"})
    assert (unsure.status_code, 'id="why-sure"' in unsure.text) == (422, True)
    given = {"what": "return", "reason": "not ours", "sure": "yes"}
    assert served.send(line[0], given).status_code == 303
    assert "Sent back: not ours" in served.get(page).text
    shown = served.get(line[0]).text
    assert "not ours" in shown
    assert "Which payment it is" not in shown
    late = served.send(line[0], given)
    assert (late.status_code, "decided meanwhile" in late.text) == (422, True)


def test_a_line_is_matched_with_a_payment_that_fits(
    served: Served, settled: str, tmp_path: Path
) -> None:
    """In part, in whole, and as what came back of it."""
    del settled
    made = settle(served.db, served.world, {"BA": 5_000})
    plan(served.db, made.id)
    a, b = (served.world.organisations[name] for name in "AB")
    entries = [
        Entry(amount=2_000, party="Unclear", reference="R-1"),
        Entry(amount=3_000, party="Unclear", reference="R-2"),
        Entry(amount=-3_000, party="Unclear", reference="R-3"),
        Entry(amount=6_000, party="Unclear", reference="R-4"),
    ]
    path = statement(tmp_path / "unclear.xml", entries, id="S-10", sequence=3, opening=7_700)
    step_up(served, "settlement")
    report = upload(served, path.name, path.read_bytes()).headers["location"].rpartition("/")[2]
    listed = served.get("/operator/bank/lines?search=unclear").text
    lines = [f"/operator/bank/lines/{report}-{number}" for number in (1, 2, 3, 4)]
    assert [line in listed for line in lines] == [True] * 4
    assert f"TB{made.id}-{b}-1" not in served.get(lines[3]).text
    leg = f"/operator/settlements/{made.id}/legs/{b}"
    for line, fits, paid, state in (
        (lines[0], "A part of it", 2_000, "partly_paid"),
        (lines[1], "All of it", 5_000, "paid"),
        (lines[2], "Came back of it", 2_000, "failed"),
    ):
        shown = served.get(line).text
        assert fits in shown
        # A is paid by money that goes out, of which only the third line is.
        assert (f"TB{made.id}-{a}-1" in shown) == (line == lines[2])
        sure = served.get(f"{line}/as/TB{made.id}-{b}-1").text
        assert leg in sure
        sent = served.send(line, {"what": "match", "payment": f"TB{made.id}-{b}-1"})
        assert (sent.status_code, sent.headers["location"]) == (303, line)
        found = legs.get(served.db, made.id, b)
        assert (found.paid, found.state) == (paid, state)
        assert line in served.get(leg).text
        assert leg in served.get(line).text
    late = served.get(f"{lines[0]}/as/TB{made.id}-{b}-1")
    assert (late.status_code, "decided meanwhile" in late.text) == (422, True)
    not_so = served.get(f"{lines[3]}/as/TB{made.id}-{a}-1")
    assert (not_so.status_code, "cannot come back: ¥0.00 was paid" in not_so.text) == (422, True)
    assert broken_laws(served.db) == {}


def test_who_only_looks_places_no_money(served: Served) -> None:
    (line,) = served.db.execute("SELECT report_id || '-' || number FROM bank.line").fetchone() or ()
    step_up(served, "auditor")
    assert 'name="what"' not in served.get(f"/operator/bank/lines/{line}").text
    given = {"what": "return", "reason": "x", "sure": "yes"}
    assert served.send(f"/operator/bank/lines/{line}", given).status_code == 404
    served.sign_in("settlement")
    for nothing in ("9-9", "none", "1-1-1"):
        assert served.get(f"/operator/bank/lines/{nothing}").status_code == 404
