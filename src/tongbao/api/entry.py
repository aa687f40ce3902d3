"""Who is let in, and how often: by a token, or by a signature of the request."""

import time
from typing import Any, Final, cast

from litestar.connection import ASGIConnection, Request
from litestar.types import Scope

from tongbao.access import signing
from tongbao.access.keys import Caller, KeyUnknown, SignatureNeeded
from tongbao.access.signing import NonceUsed, SignatureRefused, SignatureStale
from tongbao.api.keyring import KeyRing
from tongbao.api.nonces import Nonces
from tongbao.hosting import address, rates
from tongbao.hosting.parts import Parts
from tongbao.hosting.rates import Buckets, Standing, TooManyRequests
from tongbao.kernel import clock

_BEARER: Final = "Bearer "
_STANDING: Final = "rate_standing"

Connection = ASGIConnection[Any, Any, Any, Any]


class Entry:
    """The door of one process: keys checked lately, nonces, and who has asked how often."""

    def __init__(self, shared: Parts) -> None:
        self._settings = shared.settings
        self.keyring = KeyRing(shared.pool, shared.settings.access_secret)
        self._nonces = Nonces(shared.pool)
        self._keys = Buckets("key")
        self._addresses = Buckets("address")

    async def let_in(self, connection: Connection) -> Caller:
        """Give who calls, whom it is allowed to ask now.

        Refuses ``key-unknown``, ``signature-needed``, what ``signing`` refuses, and
        ``too-many-requests``. An address that gives too many wrong keys is not looked at.
        """
        header = connection.headers.get("authorization", "")
        token = header.removeprefix(_BEARER) if header.startswith(_BEARER) else None
        caller = None if token is None else self.keyring.known(token)
        if caller is None:
            caller = await self._look_up(connection, token)
        quota = rates.quota_of(caller, self._settings)
        if quota:
            name = caller.key_id if caller.key_id is not None else f"staff {caller.staff_id}"
            _take(connection, self._keys, name, quota)
        return caller

    def count_open(self, connection: Connection) -> None:
        """Count a request that needs no key; refuses ``too-many-requests``."""
        quota = self._settings.rate_limit_address
        if quota:
            _take(connection, self._addresses, self.address(connection), quota)

    def address(self, connection: Connection) -> str:
        """Give the address of who asks."""
        return address.of(connection, self._settings.proxies)

    async def _look_up(self, connection: Connection, token: str | None) -> Caller:
        quota = self._settings.rate_limit_address
        where = self.address(connection)
        if quota and not self._addresses.look(where, quota, time.monotonic()).left:
            _take(connection, self._addresses, where, quota)
        try:
            if token is not None:
                return await self.keyring.caller(token)
            return await self._signer(connection)
        except (KeyUnknown, SignatureNeeded, SignatureRefused, SignatureStale, NonceUsed):
            if quota:
                _take(connection, self._addresses, where, quota)
            raise

    async def _signer(self, connection: Connection) -> Caller:
        given = connection.headers.get("signature-input")
        if given is None:
            raise KeyUnknown
        signature = signing.read(given, connection.headers.get("signature", ""))
        signer = await self.keyring.signer(signature.key_id)
        request = cast("Request[Any, Any, Any]", connection)
        at = clock.now()
        signing.check(signature, await _signed(request), signer.secret, at)
        await self._nonces.use(signature, at)
        return signer.caller


def standing(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Give the headers that say how often a caller may still ask, as the guard has noted."""
    noted: Standing | None = scope["state"].get(_STANDING)
    if noted is None:
        return []
    return [(name.lower().encode(), value.encode()) for name, value in noted.headers().items()]


def of(connection: Connection) -> Entry:
    """Give the door through which a request has come."""
    return cast(Entry, connection.app.state.entry)


def make(app_state: Any, shared: Parts) -> None:
    """Make the door of an application, on its parts."""
    app_state.entry = Entry(shared)


def _take(connection: Connection, buckets: Buckets, name: str | int, quota: int) -> None:
    now = time.monotonic()
    try:
        standing = buckets.take(name, quota, now)
    except TooManyRequests:
        connection.scope["state"][_STANDING] = buckets.look(name, quota, now)
        raise
    connection.scope["state"][_STANDING] = standing


async def _signed(request: "Request[Any, Any, Any]") -> signing.Request:
    """Give what of a request is signed, as it was sent."""
    raw_path = request.scope["raw_path"].partition(b"?")[0]
    return signing.Request(
        method=request.method,
        path=raw_path.decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        headers=request.headers,
        body=await request.body(),
    )
