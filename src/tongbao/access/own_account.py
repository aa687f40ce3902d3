"""What members do for themselves: lock spending, end devices, sign out, consent. All is logged."""

from datetime import datetime

from tongbao.access import audit, devices, member_sessions
from tongbao.access.member_sessions import MemberIn
from tongbao.kernel.db import Connection
from tongbao.members import consents, members
from tongbao.members.consents import Purpose
from tongbao.members.types import Member


def set_spend_lock(
    conn: Connection, who: MemberIn, *, locked: bool, address: str, at: datetime
) -> Member:
    """Keep the own points from being spent, or let them; letting them needs a recent code.

    Refuses ``proof-needed`` and what ``lock.living`` refuses.
    """
    if not locked:
        member_sessions.check_proof(who, at)
    changed = members.set_spend_lock(conn, who.member_id, locked=locked)
    kind = "spend-locked" if locked else "spend-unlocked"
    audit.note(conn, kind, who.actor(address), at, subject=f"member {who.member_id}")
    return changed


def revoke_device(
    conn: Connection, who: MemberIn, device_id: int, *, address: str, at: datetime
) -> None:
    """End one of the own devices, its sessions and payment codes; ``device-not-found``."""
    devices.revoke(conn, device_id, who.member_id, at)
    audit.note(conn, "device-revoked", who.actor(address), at, subject=f"device {device_id}")


def sign_out(conn: Connection, who: MemberIn, at: datetime) -> None:
    """End this session and its device."""
    devices.revoke(conn, who.device_id, who.member_id, at)


def consent(
    conn: Connection,
    who: MemberIn,
    organisation_id: int,
    purpose: Purpose,
    *,
    given: bool,
    address: str,
    at: datetime,
) -> None:
    """Give a consent or take it back; refuses what ``consents.record`` refuses."""
    consents.record(conn, who.member_id, organisation_id, purpose, given=given, by="member", at=at)
    said = {"organisation": organisation_id, "purpose": purpose}
    kind = "consent-given" if given else "consent-withdrawn"
    audit.note(conn, kind, who.actor(address), at, said=said)
