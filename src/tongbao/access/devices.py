"""Members' devices: each has a secret that makes payment codes where there is no network."""

from datetime import datetime
from typing import Final

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.access import sealing
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import NotFound

Q = sql.load(__package__, "member_queries.sql")

SECRET: Final = 32
"""Bytes of a device's secret."""


class DeviceNotFound(NotFound):
    code = "device-not-found"
    text = "there is no device {device}"


class Device(Struct, frozen=True, kw_only=True):
    """A member's phone or browser."""

    id: int
    member_id: int
    name: str
    created_at: datetime
    seen_at: datetime
    revoked_at: datetime | None


class Armed(Struct, frozen=True, kw_only=True):
    """Whose device it is, and the secret of its payment codes."""

    member_id: int
    secret: bytes


def add(
    conn: Connection, member_id: int, name: str, secret: bytes, at: datetime, *, key: str
) -> int:
    """Add a device and give its id; the oldest one beyond the limit is revoked.

    ``secret`` is 32 bytes of chance, ``key`` the setting ``access_secret``.
    """
    assert len(secret) == SECRET, "a secret has 256 bits"
    number: int = (conn.execute(Q.next_device).fetchone() or (0,))[0]
    values = {
        "id": number,
        "member": member_id,
        "name": texts.shown(name, limits.NAME),
        "secret": sealing.seal(secret, _use(number), key),
        "at": at,
    }
    conn.execute(Q.insert_device, values)
    for old in list_of(conn, member_id)[limits.DEVICES :]:
        revoke(conn, old.id, member_id, at)
    return number


def armed(conn: Connection, device_id: int, *, key: str) -> Armed | None:
    """Give whose device it is and its secret; nothing if there is none, or it was revoked."""
    row = None
    if 0 < device_id < 2**63:
        row = conn.execute(Q.device_secret, {"id": device_id}).fetchone()
    if row is None:
        return None
    member_id, sealed = row
    return Armed(member_id=member_id, secret=sealing.unseal(sealed, _use(device_id), key))


def list_of(conn: Connection, member_id: int) -> list[Device]:
    """Give a member's devices that were not revoked, last seen first."""
    with conn.cursor(row_factory=class_row(Device)) as cursor:
        return cursor.execute(Q.list_devices, {"member": member_id}).fetchall()


def revoke(conn: Connection, device_id: int, member_id: int, at: datetime) -> None:
    """End a device of a member, its sessions and its payment codes.

    Refuses ``device-not-found``, also when it is another member's.
    """
    values = {"id": device_id, "member": member_id, "at": at}
    if conn.execute(Q.revoke_device, values).rowcount != 1:
        raise DeviceNotFound(device=device_id)
    conn.execute(Q.revoke_device_sessions, values)


def _use(device_id: int) -> str:
    return f"device {device_id}"
