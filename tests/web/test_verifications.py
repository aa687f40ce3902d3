"""When the laws were verified, and what was found: on the overview, in a list, law by law."""

import re

import pytest

from tests.web.serving import Served
from tests.world import AT
from tongbao.access import audit
from tongbao.upkeep import verifications

PATH = "/operator/verifications"
HEALTH = re.compile(r"Laws verified</dt><dd>(.*?)</dd>", re.DOTALL)


def health(served: Served, role: str) -> str:
    """Give what the overview says of the laws to somebody."""
    served.sign_in(role)
    found = HEALTH.search(served.get("/operator").text)
    assert found is not None
    return found[1]


@pytest.fixture
def clean(served: Served) -> Served:
    served.db.execute("DELETE FROM upkeep.verification")
    return served


def test_the_overview_says_when_they_were_verified_and_what_was_found(clean: Served) -> None:
    assert health(clean, "auditor") == f'<a href="{PATH}">not verified yet</a>'
    verifications.verify(clean.db, lambda: AT, origin="schedule")
    one = verifications.listed(clean.db)[0]
    said = health(clean, "auditor")
    assert f'<a href="{PATH}/{one.id}">' in said
    assert "Every law holds" in said
    # One that is only asked for says nothing yet of the laws.
    with clean.db.transaction():
        verifications.ask(clean.db, incremental=False, by="Lin", at=AT)
    assert health(clean, "auditor") == said
    assert PATH not in health(clean, "marketer")
    assert "Every law holds" in health(clean, "marketer")


def test_one_that_is_broken_says_so_wherever_it_is_told_of(clean: Served) -> None:
    verifications.verify(clean.db, lambda: AT, origin="command")
    clean.db.execute(
        """UPDATE upkeep.verification SET state = 'broken', laws = jsonb_set(jsonb_set(laws::jsonb,
        '{2,holds}', 'false'), '{2,offenders}', '[{"query": "q", "row": {"account": "77"}}]')"""
    )
    assert "A law is broken" in health(clean, "admin")
    one = verifications.listed(clean.db)[0]
    page = clean.get(f"{PATH}/{one.id}").text
    assert page.count(">holds</span>") == 12
    assert page.count(">broken</span>") == 1
    assert "No balance is below its floor." in page
    assert "account <code>77</code>" in page
    assert 'href="/operator/exceptions?kind=broken-law&amp;state=open"' in page
    listed = clean.get(PATH).text
    assert re.search(rf'<a class="made" href="{PATH}/{one.id}" tabindex="-1">1</a>', listed)
    found = clean.get(f"{PATH}?search=broken&format=csv").text
    assert "A law is broken,1,what was new,by a command" in found


def test_everything_is_verified_when_somebody_asks_for_it_once(clean: Served) -> None:
    clean.sign_in("settlement")
    led = clean.send(PATH, {}, key="a" * 24)
    asked = verifications.listed(clean.db)[0]
    assert led.headers["location"] == f"{PATH}/{asked.id}"
    assert (asked.origin, asked.incremental, asked.state) == ("person", False, "waiting")
    clean.send(PATH, {})
    assert len(verifications.listed(clean.db)) == 1
    waiting = clean.get(f"{PATH}/{asked.id}").text
    assert 'hx-trigger="every 3s"' in waiting
    verifications.carry_out_asked(clean.db, lambda: AT)
    done = clean.get(f"{PATH}/{asked.id}").text
    assert "hx-trigger" not in done
    assert "Every law holds" in done
    assert audit.listed(clean.db)[0].subject == f"verification {asked.id}"
    clean.sign_in("admin")
    log = clean.get("/operator/audit").text
    assert "Verification of the laws asked for" in log
    assert f'<a href="{PATH}/{asked.id}">Verification {asked.id}</a>' in log
    clean.sign_in("auditor")
    assert "Verify everything now" not in clean.get(PATH).text
    assert clean.get(f"{PATH}/{asked.id}").status_code == 200
    assert clean.get(f"{PATH}/999999").status_code == 404
