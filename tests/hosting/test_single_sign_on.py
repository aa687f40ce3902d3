"""Single sign-on against a provider with real tokens, through the parts of a running service."""

from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from tests.hosting import oidc
from tests.world import build
from tongbao.access import sessions, sso, staff
from tongbao.alliance.types import Terms
from tongbao.hosting import single_sign_on
from tongbao.hosting.parts import Parts
from tongbao.hosting.provider import SsoFailed, SsoMissing
from tongbao.kernel import clock
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.teller.teller import Teller


@pytest.fixture
def provider() -> Iterator[oidc.Provider]:
    """Give a provider on loopback."""
    with oidc.running() as made:
        yield made


@pytest.fixture
def parts(db: Connection, database_url: str, provider: oidc.Provider) -> Iterator[Parts]:
    """Give a service that the provider knows, with Wei linked to it."""
    world = build(db, {"A": Terms()})
    wei = staff.add(db, world.operator, "wei", "Wei", "admin", by="Lin", at=clock.now())
    sso.link(db, wei.id, provider.issuer, "wei@example.cn", by="Lin", at=clock.now())
    settings = Settings(
        database_url=database_url,
        public_url="https://points.example.cn",
        oidc_issuer=provider.issuer,
        oidc_client_id=oidc.CLIENT,
        oidc_client_secret=oidc.SECRET,
    )
    with database.pool(settings) as pool, Teller.of(settings) as teller:
        yield Parts(settings=settings, pool=pool, teller=teller)


def come_back(parts: Parts, provider: oidc.Provider, **instead: str) -> sessions.SignedIn:
    away = single_sign_on.begin(parts, "/settlements")
    state, code = provider.sign_in(away.address)
    sent = {"state": state, "code": code, "browser": away.browser} | instead
    entered, onward = single_sign_on.finish(parts, **sent, device="Firefox", address="192.0.2.7")
    assert onward == "/settlements"
    with parts.pool.connection() as conn:
        return sessions.check(conn, entered.token, clock.now())


def test_somebody_signs_in_at_the_provider_and_is_known_here(
    parts: Parts, provider: oidc.Provider
) -> None:
    away = single_sign_on.begin(parts, "/")
    assert "code_challenge_method=S256" in away.address
    assert "redirect_uri=https%3A%2F%2Fpoints.example.cn%2Fsign-in%2Fsso%2Fback" in away.address
    assert come_back(parts, provider).login == "wei"
    provider.claims["email"] = "new@example.cn"
    assert come_back(parts, provider).login == "wei"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "another service"},
        {"nonce": "another sign-in"},
        {"nonce": None},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"sub": None},
        {"aud": [oidc.CLIENT, "other"], "azp": "other"},
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    parts: Parts, provider: oidc.Provider, changes: dict[str, Any]
) -> None:
    provider.changes = changes
    with pytest.raises(SsoFailed):
        come_back(parts, provider)


def test_a_token_that_others_signed_or_nobody_is_refused(
    parts: Parts, provider: oidc.Provider
) -> None:
    come_back(parts, provider)
    known = provider.key
    provider.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
    with pytest.raises(SsoFailed):
        come_back(parts, provider)  # the keys are fetched anew after this
    assert come_back(parts, provider).login == "wei"
    provider.algorithm = "none"
    with pytest.raises(SsoFailed):
        come_back(parts, provider)
    assert known is not provider.key


def test_state_code_and_browser_belong_together(parts: Parts, provider: oidc.Provider) -> None:
    for wrong in ({"state": "x"}, {"browser": "a" * 43}, {"browser": ""}):
        with pytest.raises(sso.SsoUnknown):
            come_back(parts, provider, **wrong)
    with pytest.raises(SsoFailed):
        come_back(parts, provider, code="guessed")


def test_who_is_not_linked_is_refused(parts: Parts, provider: oidc.Provider) -> None:
    provider.claims = {"sub": "008", "email": "min@example.cn", "email_verified": True}
    with pytest.raises(sso.SsoRefused):
        come_back(parts, provider)
    provider.claims = {"sub": "008", "email": "wei@example.cn", "email_verified": "true"}
    with pytest.raises(sso.SsoRefused):
        come_back(parts, provider)


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://id.example.cn/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": ""},
        {"padding": "x" * 1_000_001},
    ],
)
def test_a_provider_that_says_odd_things_is_not_used(
    parts: Parts, provider: oidc.Provider, said: dict[str, str]
) -> None:
    provider.said = said
    with pytest.raises(SsoFailed):
        single_sign_on.begin(parts, "/")


def test_without_a_provider_there_is_no_single_sign_on(parts: Parts) -> None:
    from msgspec.structs import replace

    alone = replace(parts, settings=replace(parts.settings, oidc_issuer=None))
    with pytest.raises(SsoMissing):
        single_sign_on.begin(alone, "/")
