"""Pages behind a line to PostgreSQL that stops to forward: they say so in time and lose nothing.

A form that got no answer is sent again as it was, with its key, and has one effect.
"""

import html
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from msgspec import Struct

from tests.api.conftest import token
from tests.serving.line import Line, line_to
from tests.serving.running import Running, serving
from tests.teller.troubles import eventually
from tests.web.serving import open_session, people
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.web import assets, who

WITHIN = 2
SLACK = 20.0
"""Seconds that a busy machine may take beside."""

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


class Page(Struct):
    status: int
    headers: dict[str, str]
    text: str


class Visitor(Struct):
    """Somebody with a browser, signed in."""

    running: Running
    cookie: str
    language: str = "en"

    def look(self, path: str, **headers: str) -> Page:
        return self._ask("GET", path, None, headers)

    def send(self, path: str, fields: list[tuple[str, str]], **headers: str) -> Page:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(fields), kind | headers)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Page:
        conn = self.running.connect(timeout=60)
        sent = {"Cookie": self.cookie, "Accept-Language": self.language, **headers}
        conn.request(method, path, body, sent)
        answer = conn.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        text = answer.read().decode()
        conn.close()
        return Page(answer.status, found, text)


def visitor(running: Running, session: str, language: str = "en") -> Visitor:
    return Visitor(running, f"{who.COOKIE}={session}", language)


def form(world: World, session: str) -> tuple[str, list[tuple[str, str]]]:
    """Give where a form goes that adds a terminal, and its fields."""
    fields = [("_key", "k" * 20), ("_proof", who.proof(session)), ("terminal", "T1")]
    return f"/merchant/outlets/{world.outlets['A']}/terminals", fields


def terminals(db: Connection, world: World) -> int:
    rows = db.execute(
        "SELECT count(*) FROM alliance.terminal WHERE outlet_id = %s", (world.outlets["A"],)
    )
    (count,) = rows.fetchone() or (0,)
    return int(count)


@pytest.mark.skipif(not assets.built(), reason="the assets of the pages are not built")
@pytest.mark.parametrize("ending", [Line.go_on, Line.cut])
def test_a_page_says_in_time_that_nothing_came_and_its_form_is_sent_again(
    db: Connection, database_url: str, ending: Callable[[Line], None]
) -> None:
    world = build(db, {"A": Terms()})
    sessions = {role: open_session(db, one) for role, one in people(db, world).items()}
    key = token(db, world.operator, "admin")
    with line_to(database_url) as (url, line), serving(
        url, "--no-worker", TONGBAO_ANSWER_WITHIN=str(WITHIN)
    ) as running, ThreadPoolExecutor(8) as pool:  # fmt: skip
        manager = visitor(running, sessions["manager"])
        chinese = visitor(running, sessions["admin"], "zh-CN")
        cashier = visitor(running, sessions["cashier"])
        assert manager.look("/merchant").status == 200
        where, fields = form(world, sessions["manager"])
        line.stall()

        began = time.monotonic()
        asked = [
            pool.submit(manager.send, where, fields),
            pool.submit(chinese.look, "/operator?x=1"),
            pool.submit(manager.look, "/merchant/outlets", **{"HX-Request": "true"}),
            pool.submit(
                cashier.send, "/till/at/A/quote", [], Accept="application/json",
                **{"X-Proof": who.proof(sessions["cashier"])},
            ),
        ]  # fmt: skip
        office = pool.submit(
            running.get, "/v1/windows", Authorization=f"Bearer {key}"
        )  # people's work: waited for as long as there is a sign of life
        sent, looked, part, till = (one.result() for one in asked)
        assert office.result() == (503, office.result()[1])
        assert office.result()[1]["code"] == "answer-overdue"
        assert time.monotonic() - began < WITHIN + SLACK
        for page in (sent, looked, part, till):
            assert (page.status, page.headers["retry-after"]) == (503, "1"), page.text
            assert "answer-overdue" in page.text
        assert "数据库在 2 秒内没有响应" in looked.text
        assert 'href="/operator?x=1"' in looked.text
        assert till.headers["content-type"].startswith("application/json")
        assert "The database has not answered within 2 seconds." in sent.text
        shown = sent.text.partition('id="resend"')[2].partition("</form>")[0]
        again = [(name, html.unescape(value)) for name, value in HIDDEN.findall(shown)]
        assert sorted(again) == sorted(fields)
        assert f'action="{where}"' in sent.text

        ending(line)
        eventually(lambda: running.get("/v1/ready")[0] == 200, 60)
        eventually(lambda: manager.send(where, again).status == 303, 60)
        assert manager.send(where, again).status == 303
        assert terminals(db, world) == 1
        assert chinese.look("/operator").status == 200
        assert broken_laws(db) == {}
        assert running.stop()[0] == 0


@pytest.mark.skipif(not assets.built(), reason="the assets of the pages are not built")
def test_a_form_with_a_secret_is_not_shown_again(db: Connection, database_url: str) -> None:
    world = build(db, {"A": Terms()})
    people(db, world)
    with line_to(database_url) as (url, line), serving(
        url, "--no-worker", TONGBAO_ANSWER_WITHIN=str(WITHIN)
    ) as running:  # fmt: skip
        nobody = visitor(running, "")
        line.stall()
        fields = [("_key", "k" * 20), ("_proof", ""), ("login", "x"), ("password", "hidden-one")]
        page = nobody.send("/sign-in", fields)
        assert page.status == 503, page.text
        assert "hidden-one" not in page.text
        assert "go back" in page.text
        line.go_on()
        eventually(lambda: running.get("/v1/ready")[0] == 200, 60)
        assert running.stop()[0] == 0
