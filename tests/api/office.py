"""Somebody who calls the API again and again, as one organisation, for one person or another."""

from typing import Any
from urllib.parse import quote

import httpx

from tests.api.conftest import Served


class Office:
    """Somebody who calls for the operator or for a merchant, each call under a key of its own."""

    def __init__(self, client: httpx.Client, token: str) -> None:
        self._client, self._token, self._calls = client, token, 0

    def get(self, path: str, **query: Any) -> Any:
        answer = self._client.get(f"/v1/{path}", params=query, headers=self._headers())
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fetch(self, path: str) -> bytes:
        answer = self._client.get(f"/v1/{path}", headers=self._headers())
        assert answer.status_code == 200, answer.text
        return answer.content

    def send(self, path: str, by: str = "Lin", **body: Any) -> Any:
        answer = self.try_to(path, by, **body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def try_to(self, path: str, by: str = "Lin", **body: Any) -> Any:
        self._calls += 1
        key = f"{self._token[:12]}-{self._calls}"
        headers = self._headers() | {"Idempotency-Key": key, "Tongbao-Actor": quote(by)}
        return self._client.post(f"/v1/{path}", json=body, headers=headers)

    def upload(self, path: str, content: bytes, **query: Any) -> Any:
        headers = self._headers() | {"Tongbao-Actor": "Lin"}
        answer = self._client.post(f"/v1/{path}", params=query, content=content, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}


def office(served: Served, who: str) -> Office:
    """Give somebody who calls for an organisation of the small alliance."""
    return Office(served.client, served.tokens[who])
