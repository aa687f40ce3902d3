"""Single sign-on through the pages, against a provider on loopback with real signed tokens."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.hosting import oidc
from tests.web.serving import run, url_of
from tests.world import build
from tongbao.access import sso, staff
from tongbao.alliance.types import Terms
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.web import who

Client = TestClient[Litestar]


@pytest.fixture(scope="module")
def provider() -> Iterator[oidc.Provider]:
    """Give a provider on loopback."""
    with oidc.running() as made:
        yield made


@pytest.fixture(scope="module")
def client(module_db: Connection, provider: oidc.Provider) -> Iterator[Client]:
    """Serve pages that the provider knows, with Wei linked to it."""
    world = build(module_db, {"A": Terms()})
    at = clock.now()
    wei = staff.add(module_db, world.operator, "wei", "Wei", "admin", by="Lin", at=at)
    sso.link(module_db, wei.id, provider.issuer, "wei@example.cn", by="Lin", at=at)
    settings = Settings(
        database_url=url_of(module_db),
        public_url="https://points.example.cn",
        oidc_issuer=provider.issuer,
        oidc_client_id=oidc.CLIENT,
        oidc_client_secret=oidc.SECRET,
    )
    with run(settings) as made:
        yield made


def test_somebody_goes_to_the_provider_and_comes_back_to_the_page_that_was_wanted(
    client: Client, provider: oidc.Provider
) -> None:
    page = client.get("/sign-in?next=/members", headers={"Accept-Language": "en"})
    assert 'href="/sign-in/sso?next=/members"' in page.text
    there = client.get("/sign-in/sso?next=/members", follow_redirects=False)
    assert there.status_code == 303
    state, code = provider.sign_in(there.headers["location"])
    here = f"/sign-in/sso/back?state={state}&code={code}"
    back = client.get(here, follow_redirects=False)
    assert (back.status_code, back.headers["location"]) == (303, "/members")
    assert client.cookies[who.COOKIE].startswith("tbs_")
    again = client.get(here, follow_redirects=False)
    assert again.status_code == 422  # a way back is good once
    client.cookies.clear()


def test_another_browser_does_not_end_in_this_sign_in(
    client: Client, provider: oidc.Provider
) -> None:
    there = client.get("/sign-in/sso", follow_redirects=False)
    state, code = provider.sign_in(there.headers["location"])
    client.cookies.clear()
    lured = client.get(f"/sign-in/sso/back?state={state}&code={code}", follow_redirects=False)
    assert lured.status_code == 422
    assert who.COOKIE not in client.cookies


def test_it_leads_to_no_other_host_and_odd_ways_back_are_refused(
    client: Client, provider: oidc.Provider
) -> None:
    there = client.get("/sign-in/sso?next=//evil.example", follow_redirects=False)
    state, code = provider.sign_in(there.headers["location"])
    back = client.get(f"/sign-in/sso/back?state={state}&code={code}", follow_redirects=False)
    assert urlsplit(back.headers["location"]).netloc == ""
    assert back.headers["location"] == "/"
    client.cookies.clear()
    for odd in ("", "?state=x", "?error=access_denied&state=x", "?code=" + "x" * 3_000):
        assert client.get("/sign-in/sso/back" + odd, follow_redirects=False).status_code == 422
