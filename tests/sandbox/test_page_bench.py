"""The bench of the pages, small: everybody finds their pages, and no link leads nowhere."""

import json
from collections.abc import Iterator
from itertools import count

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from typer.testing import CliRunner

from tongbao.cli import app, bench_pages
from tongbao.sandbox.page_bench import Answer, at_least, kind_of, summed
from tongbao.web import assets

_numbers = count(1)


def answer(path: str, milliseconds: float, status: int = 200) -> Answer:
    return Answer(path=path, status=status, milliseconds=milliseconds, bytes=2_000)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/m", "/m"),
        ("/operator/members/17", "/operator/members/…"),
        ("/operator/organisations/3/operations?since=2026-01-01&until=2026-01-01",
         "/operator/organisations/…/operations?since"),
        ("/operator/members?sort=-id&cursor=WzFd", "/operator/members?sort=-id&cursor"),
        ("/operator/organisations?search=7", "/operator/organisations?search"),
        ("/operator/organisations?search=nowhere", "/operator/organisations?search=nowhere"),
        ("/till/at/org-1", "/till/at/org-1"),
        ("/operator/bank/lines/22-107", "/operator/bank/lines/…"),
    ],
)  # fmt: skip
def test_pages_that_differ_by_what_they_are_about_are_of_one_kind(path: str, kind: str) -> None:
    assert kind_of(path) == kind


def test_what_takes_long_comes_first_and_what_is_not_there_is_not_counted() -> None:
    answers = [answer(f"/a/{n}", n) for n in range(1, 101)]
    answers += [answer("/b", 500), answer("/c", 900, status=404)]
    slow, quick = summed("admin", answers)
    assert (slow.kind, slow.p95_ms, slow.kb) == ("/b", 500, 2)
    assert (quick.kind, quick.asked, quick.p50_ms, quick.p95_ms) == ("/a/…", 100, 50, 95)
    assert quick.slowest == "/a/100"
    assert at_least(100, answers) == 500


@pytest.fixture
def sandbox(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the bench a database of its own, and drop it."""
    name = f"{conninfo_to_dict(database_url)['dbname']}_p{next(_numbers)}"
    monkeypatch.setattr(bench_pages, "DATABASE", name)
    yield name
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


@pytest.mark.skipif(not assets.built(), reason="the assets of the pages are not built")
@pytest.mark.usefixtures("sandbox")
def test_everybody_finds_their_pages_and_no_link_leads_nowhere(database_url: str) -> None:
    sizes = ("--members", "100", "--organisations", "10", "--operations", "1000", "--days", "2")
    ended = CliRunner().invoke(
        app, ["bench", "pages", *sizes, "--times", "1", "--json"],
        env={"TONGBAO_DATABASE_URL": database_url}, catch_exceptions=False,
    )  # fmt: skip
    assert ended.exit_code == 0
    said = json.loads(ended.stdout)
    kinds = {(page["role"], page["kind"]) for page in said["pages"]}
    assert kinds >= {
        ("admin", "/operator"),
        ("admin", "/operator/organisations/…"),
        ("admin", "/operator/members?search"),
        ("admin", "/operator/organisations?search=nowhere"),
        ("admin", "/operator/operations?since"),
        ("admin", "/operator/operations?sort=-id&cursor"),
        ("admin", "/operator/settlements/…"),
        ("admin", "/operator/exceptions/…"),
        ("admin", "/operator/applications/…"),
        ("admin", "/operator/proposals/…"),
        ("admin", "/operator/bank/reports/…"),
        ("manager", "/merchant/operations/…"),
        ("manager", "/merchant/disputes/…"),
        ("manager", "/merchant/settlements/…"),
        ("manager", "/merchant/reconciliations/…"),
        ("manager", "/merchant/webhooks/…"),
        ("manager", "/merchant/terminals/…"),
        ("cashier", "/till/at/org-00001-1/receipts/…"),
        ("member", "/m/history/…"),
    }
    assert said["leads_nowhere"] == []
    assert 0 < said["p50_ms"] <= said["p95_ms"]
