"""The provider of single sign-on: asked over the network, outside any transaction (OIDC).

Discovery, the code flow with PKCE, and the token checked: its signature by the provider's keys,
its issuer, audience, time and nonce. What comes from there is bounded in size and time.
"""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tongbao.access.sso import Person, UnderWay
from tongbao.kernel.errors import Refused
from tongbao.kernel.settings import Settings

_log = logging.getLogger("tongbao.sso")

_SCOPE: Final = "openid email profile"
_ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
"""Those with keys that the provider alone has; never ``none``, never a shared secret."""
_LEEWAY: Final = 60
_TIMEOUT: Final = 10
_LARGEST: Final = 1_000_000
_KEPT: Final = 3_600.0
"""Seconds for which what a provider says of itself is kept."""
BACK: Final = "/sign-in/sso/back"
"""The page to which the provider sends people back; registered there with the public address."""
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class SsoMissing(Refused):
    code = "sso-missing"
    text = "single sign-on is not set up"


class SsoFailed(Refused):
    code = "sso-failed"
    text = "single sign-on failed: {reason}"


class Provider:
    """One provider, by its issuer; what it says of itself is kept for an hour. Thread-safe."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, back: str) -> None:
        """Take what was registered there; ``back`` is the page to which it sends people back."""
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._back = back
        self._known: tuple[float, dict[str, Any], KeySet] | None = None
        self._guard = threading.Lock()

    @classmethod
    def of(cls, settings: Settings) -> "Provider":
        """Make the one that is set up; refuses ``sso-missing``."""
        issuer, client_id = settings.oidc_issuer, settings.oidc_client_id
        if issuer is None or client_id is None or settings.public_url is None:
            raise SsoMissing
        back = settings.public_url.rstrip("/") + BACK
        return cls(issuer.rstrip("/"), client_id, settings.oidc_client_secret or "", back)

    def address(self, way: UnderWay, state: str) -> str:
        """Give the address to send a browser to; refuses ``sso-failed``."""
        said, _ = self._discovered()
        wanted = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._back,
            "scope": _SCOPE,
            "state": state,
            "nonce": way.nonce,
            "code_challenge": create_s256_code_challenge(way.verifier),
            "code_challenge_method": "S256",
        }
        return str(add_params_to_uri(said["authorization_endpoint"], list(wanted.items())))

    def person(self, way: UnderWay, code: str) -> Person:
        """Give whom the provider vouches for with ``code``; refuses ``sso-failed``."""
        said, keys = self._discovered()
        answer = self._ask(
            "POST",
            said["token_endpoint"],
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._back,
                "code_verifier": way.verifier,
            },
            auth=(self._client_id, self._client_secret),
        )
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SsoFailed(reason="the provider gave no identity")
        try:
            claims = self._checked(token, keys, way.nonce, answer.get("access_token"))
        except (JoseError, ValueError) as error:
            _log.warning("a token of %s was refused: %s", self.issuer, error)
            self._known = None  # it may have other keys by now
            raise SsoFailed(reason="the provider's answer is not to be trusted") from None
        email = claims.get("email")
        return Person(
            issuer=self.issuer,
            subject=str(claims["sub"]),
            email=email if isinstance(email, str) else None,
            email_verified=claims.get("email_verified") is True,
        )

    def _checked(
        self, token: str, keys: KeySet, nonce: str, access_token: object
    ) -> Mapping[str, Any]:
        read = jwt.decode(token, keys, algorithms=_ALGORITHMS)
        claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self._client_id},
                "sub": {"essential": True, "allow_blank": False},
                "nonce": {"essential": True, "value": nonce},
            },
            {"nonce": nonce, "client_id": self._client_id, "access_token": access_token},
        )
        claims.validate(leeway=_LEEWAY)
        checked: Mapping[str, Any] = claims
        return checked

    def _discovered(self) -> tuple[dict[str, Any], KeySet]:
        with self._guard:
            known = self._known
            if known is None or known[0] < time.monotonic():
                said = self._ask("GET", self.issuer + "/.well-known/openid-configuration")
                if str(said.get("issuer", "")).rstrip("/") != self.issuer:
                    raise SsoFailed(reason="the provider calls itself otherwise")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    _check_address(str(said.get(name, "")))
                published: Any = self._ask("GET", said["jwks_uri"])
                keys = KeySet.import_key_set(published)
                known = self._known = (time.monotonic() + _KEPT, said, keys)
            return known[1], known[2]

    def _ask(self, method: str, address: str, **sent: Any) -> dict[str, Any]:
        _check_address(address)
        try:
            with (
                httpx.Client(timeout=_TIMEOUT, follow_redirects=False) as client,
                client.stream(method, address, **sent) as answer,
            ):
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > _LARGEST:
                        raise SsoFailed(reason="the provider's answer is too large")
                status = answer.status_code
            said = msgspec.json.decode(body)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            _log.warning("%s cannot be asked: %r", address, error)
            raise SsoFailed(reason="the provider does not answer") from None
        if status != 200 or not isinstance(said, dict):
            _log.warning("%s answered %s", address, status)
            raise SsoFailed(reason="the provider refused")
        return said


def _check_address(address: str) -> None:
    """Refuse what would travel in the clear, but on this machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise SsoFailed(reason="the provider has an address without https")
