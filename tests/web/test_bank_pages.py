"""The bank in the console: files that go out, files that come in, and money nobody expected."""

import secrets
from pathlib import Path

import pytest
from httpx import Response

from tests.bank.desk import answer
from tests.bank.made import Entry, statement
from tests.bank.test_bad_files import BOMB, camt
from tests.web.serving import Served
from tests.web.settling import approved
from tests.web.stepping import step_up
from tests.world import broken_laws
from tongbao.clearing import settlements
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
    wrong = served.send(f"{page}/match", {"what": "match", "payment": "TB9-9-9"})
    assert wrong.status_code == 422
    assert served.send(f"{page}/match", {"what": "return", "why": "not ours"}).status_code == 303
    assert "Sent back: not ours" in served.get(page).text
