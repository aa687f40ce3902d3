"""A small OIDC provider on loopback, with real keys and real signed tokens."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "tongbao", "the provider's secret"


class Provider(ThreadingHTTPServer):
    """Vouches for ``claims``; ``change`` is done to each token before it is signed."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
        self.claims: dict[str, Any] = {
            "sub": "007", "email": "wei@example.cn", "email_verified": True,
        }  # fmt: skip
        self.changes: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.asked: dict[str, dict[str, str]] = {}
        self.said: dict[str, Any] = {}

    def sign_in(self, address: str) -> tuple[str, str]:
        """Do what a browser does whose person signs in: give state and code."""
        answer = httpx.get(address)
        assert answer.status_code == 302, answer.text
        back = parse_qs(urlsplit(answer.headers["location"]).query)
        return back["state"][0], back["code"][0]

    def token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], **self.claims, **self.changes,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm == "none":
            parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
            return ".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts) + "."
        return jwt.encode({"alg": self.algorithm, "kid": "1"}, claims, self.key)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        provider = cast(Provider, self.server)
        parts = urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            found = {
                "issuer": provider.issuer,
                "authorization_endpoint": provider.issuer + "/authorize",
                "token_endpoint": provider.issuer + "/token",
                "jwks_uri": provider.issuer + "/keys",
            }
            self._say(found | provider.said)
        elif parts.path == "/keys":
            self._say(KeySet([provider.key]).as_dict(private=False))
        else:
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            code = secrets.token_urlsafe(16)
            provider.asked[code] = asked
            self.send_response(302)
            back = f"{asked['redirect_uri']}?state={asked['state']}&code={code}"
            self.send_header("Location", back)
            self.end_headers()

    def do_POST(self) -> None:
        provider = cast(Provider, self.server)
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        asked = provider.asked.pop(sent["code"], None)
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != sent["redirect_uri"]
            or self.headers["authorization"] != f"Basic {known}"
        ):
            self._say({"error": "invalid_grant"}, 400)
        else:
            self._say({"access_token": "a", "id_token": provider.token(asked)})

    def _say(self, said: object, status: int = 200) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def running() -> Iterator[Provider]:
    """Run a provider for the length of the block."""
    with Provider() as provider:
        thread = threading.Thread(target=provider.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield provider
        finally:
            provider.shutdown()
            thread.join()
