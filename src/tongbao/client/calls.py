"""Calls over HTTP: tried again when that is safe, as long as the caller has patience."""

import time
from collections.abc import Callable
from random import SystemRandom
from typing import Any, Final

import httpx
import msgspec

from tongbao.client.answers import Problem

VERSION: Final = "2026-11-01"
"""The version of the interface that this client was written for."""

_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_RUNNING: Final = "key-running"
_FIRST: Final = 0.1
_LONGEST: Final = 8.0

_CHANCE: Final = SystemRandom()

_read_problem = msgspec.json.Decoder(Problem).decode


class Refused(Exception):
    """The service says no: ``problem`` has the code and the facts."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.detail}")
        self.problem = problem

    @property
    def code(self) -> str:
        """The refusal's code, which never changes its meaning."""
        return self.problem.code


class Unreachable(Exception):
    """No answer in the time that the caller has; ask again later, with the same key."""


class Calls:
    """Send requests; use it by ``with``, or close it.

    ``patience``: seconds after which nothing is tried again. ``wait`` and ``now`` are the clock,
    ``chance`` gives a number from 0 to 1: those who were refused together come back apart.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 10.0,
        patience: float = 30.0,
        http: httpx.Client | None = None,
        wait: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = _CHANCE.random,
    ) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Tongbao-Version": VERSION}
        self._timeout = timeout
        self._patience = patience
        self._http = httpx.Client() if http is None else http
        self._wait = wait
        self._now = now
        self._chance = chance

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        body: object = None,
        parameters: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request and give the answer; what may be repeated is, until there is one.

        Raises ``Refused`` and ``Unreachable``.
        """
        told = self._headers | (headers or {})
        content = None
        if key is not None:
            told["Idempotency-Key"] = key
        if body is not None:
            told["Content-Type"] = "application/json"
            content = msgspec.json.encode(body)
        until = self._now() + self._patience
        tried = 0
        while True:
            answer, why = self._try(method, path, told, content, parameters)
            if answer is not None and answer.is_success:
                return answer
            problem = None if answer is None else problem_of(answer)
            repeatable = key is not None or method == "GET"
            again = answer is None or answer.status_code in _AGAIN
            if problem is not None and problem.code == _RUNNING:
                again = True
            pause = self._pause(answer, tried)
            tried += 1
            if not (again and repeatable) or self._now() + pause > until:
                if problem is None:
                    raise Unreachable(f"{method} {path}: tried {tried} times") from why
                raise Refused(problem)
            self._wait(pause)

    def _try(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        content: bytes | None,
        parameters: dict[str, Any] | None,
    ) -> tuple[httpx.Response | None, Exception | None]:
        try:
            answer = self._http.request(
                method,
                self._url + path,
                headers=headers,
                content=content,
                params=parameters,
                timeout=self._timeout,
            )
        except httpx.TransportError as error:
            return None, error
        return answer, None

    def _pause(self, answer: httpx.Response | None, tried: int) -> float:
        """Give how long to wait: as the service says, else longer each time, and by chance."""
        said = "" if answer is None else answer.headers.get("retry-after", "")
        most = min(_LONGEST, _FIRST * float(2**tried))
        wished = float(said) if said.isascii() and said.isdecimal() else 0.0
        return wished + most * self._chance()


def problem_of(answer: httpx.Response) -> Problem:
    """Give why not; a proxy on the way may answer something else."""
    try:
        return _read_problem(answer.content)
    except msgspec.DecodeError:
        code = f"http-{answer.status_code}"
        return Problem(status=answer.status_code, code=code, detail=answer.reason_phrase)
