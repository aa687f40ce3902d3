"""Taking one membership for a change."""

from psycopg.rows import class_row

from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import NotFound, Refused
from tongbao.members.types import Member

Q = sql.load(__package__)


class MemberNotFound(NotFound):
    code = "member-not-found"
    text = "there is no member {member}"


class MemberMerged(Refused):
    code = "member-merged"
    text = "membership {member} lives on as {into}"


class MemberNotActive(Refused):
    code = "member-not-active"
    text = "member {member} is {status}"


def living(conn: Connection, member_id: int) -> Member:
    """Keep a membership from changing until this transaction ends, and give it.

    Refuses ``member-not-found``, ``member-merged`` and, when it is closed, ``member-not-active``.
    """
    with conn.cursor(row_factory=class_row(Member)) as cursor:
        member = cursor.execute(Q.lock_member, {"id": member_id}).fetchone()
    if member is None:
        raise MemberNotFound(member=member_id)
    if member.status == "merged":
        raise MemberMerged(member=member_id, into=member.merged_into)
    if member.status == "closed":
        raise MemberNotActive(member=member_id, status=member.status)
    return member
